"""A plan is pure: the same spec gives the same steps and edges, and nothing is touched."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest

from golden_paths.artifacts import Features, TrainingSet
from golden_paths.load import read_spec
from golden_paths.plan import Plan, direct_needs, make_plan, plan_markdown
from golden_paths.registry import PATHS, STEPS
from golden_paths.step import Step
from projects import SPEC, make_project


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    file = make_project(tmp_path) / "churn.yaml"
    file.write_text(SPEC)
    return make_plan(read_spec(file).spec)


def test_the_road_is_a_line(plan: Plan) -> None:
    names = [step.name for step in plan.steps]
    made, served = ["materialize", "build_training_set", "train", "evaluate", "register"], ["deploy", "smoke", "promote"]
    assert names == [*made, "approve", *served]
    assert plan.edges == tuple(itertools.pairwise(names))


def test_every_step_says_what_it_reads_and_writes(plan: Plan) -> None:
    assert [step.name for step in plan.steps if not step.reads or not step.writes] == []


def test_the_page_shows_every_step_and_renders_nothing_of_the_spec(plan: Plan) -> None:
    evil = plan.spec.model_copy(update={"description": "<script>alert(1)</script> [x](javascript:alert(1)) | a\n# b"})
    page = plan_markdown(Plan(evil, plan.path, plan.steps))
    assert [step.name for step in plan.steps if f"| {step.name} |" not in page] == []
    assert "\\<script\\>alert\\(1\\)\\</script\\> \\[x\\]\\(javascript:alert\\(1\\)\\) \\| a \\# b" in page


def test_a_path_whose_step_lacks_its_input_is_refused() -> None:
    nothing: Any = lambda *_: ()  # noqa: E731
    lonely = Step("lonely", "", (TrainingSet,), Features, nothing, nothing, nothing, nothing)
    with pytest.raises(ValueError, match="^lonely consumes training_set, which no step before it produces$"):
        direct_needs([lonely])


@pytest.mark.parametrize("path", PATHS.values(), ids=lambda path: path.id)
def test_every_path_names_steps_that_fit_together(path) -> None:  # type: ignore[no-untyped-def]
    assert list(direct_needs([STEPS[name] for name in path.steps])) == list(path.steps)
