"""Plan, then act: what a spec will do, as data that can be printed. No Airflow, nothing touched."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from golden_paths.artifacts import Artifact
from golden_paths.markdown import escape
from golden_paths.paths import Path
from golden_paths.registry import PATHS, STEPS
from golden_paths.spec import PathSpec
from golden_paths.step import Step


@dataclass(frozen=True)
class PlannedStep:
    """A step in its place. `needs` are its direct predecessors; what it consumes may come from further up."""

    name: str
    summary: str
    needs: tuple[str, ...]
    consumes: tuple[str, ...]
    produces: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """The steps of one spec, in an order in which they can run."""

    spec: PathSpec
    path: Path
    steps: tuple[PlannedStep, ...]

    @property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """(before, after) pairs."""
        return tuple((before, step.name) for step in self.steps for before in step.needs)


def make_plan(spec: PathSpec, road: Path | None = None) -> Plan:
    """The plan of a checked spec: of its own path, or of another road beside it, as the watch is.

    `KeyError` when its path is unknown: loading refuses that before.
    """
    path = road or PATHS[spec.golden_path]
    steps = [step for name in path.steps if (step := STEPS[name]).applies(spec)]
    needs = direct_needs(steps)
    return Plan(
        spec,
        path,
        tuple(
            PlannedStep(
                name=step.name,
                summary=step.summary,
                needs=needs[step.name],
                consumes=tuple(kind.name for kind in consumed(step, steps)),
                produces=step.produces.name,
                reads=step.reads(spec),
                writes=step.writes(spec),
            )
            for step in steps
        ),
    )


def consumed(step: Step, steps: Sequence[Step]) -> tuple[type[Artifact], ...]:
    """What a step consumes when it stands among these."""
    made = {other.produces for other in steps}
    return step.consumes + tuple(kind for kind in step.follows if kind in made)


def direct_needs(steps: list[Step]) -> dict[str, tuple[str, ...]]:
    """Direct predecessors by step name: edges that follow from others are left out, so the graph reads as the road does.

    Raises `ValueError` when a step consumes what none before it produces: a path written wrongly.
    """
    makers: dict[type[Artifact], str] = {}
    above: dict[str, set[str]] = {}
    needs: dict[str, tuple[str, ...]] = {}
    for step in steps:
        kinds = consumed(step, steps)
        if missing := [kind.name for kind in kinds if kind not in makers]:
            raise ValueError(f"{step.name} consumes {', '.join(missing)}, which no step before it produces")
        makers_of_mine = {makers[kind] for kind in kinds}
        implied = set().union(*(above[maker] for maker in makers_of_mine))
        above[step.name] = makers_of_mine | implied
        needs[step.name] = tuple(sorted(makers_of_mine - implied))
        makers[step.produces] = step.name
    return needs


def plan_markdown(plan: Plan) -> str:
    """The plan as a Markdown page: Airflow shows it as the DAG's documentation."""
    spec = plan.spec
    rows = [
        f"| {number} | {step.name} | {step.summary} | {_list(step.reads)} | {_list(step.writes)} |"
        for number, step in enumerate(plan.steps, start=1)
    ]
    return "\n".join(
        [
            f"# {spec.name}",
            "",
            escape(spec.description),
            "",
            f"**Path** {plan.path.id}: {plan.path.promise}",
            "",
            f"**Owner** {escape(spec.owner)}",
            "",
            "| | step | what it does | reads | writes |",
            "|---|---|---|---|---|",
            *rows,
        ]
    )


def _list(names: tuple[str, ...]) -> str:
    return "<br>".join(escape(name) for name in names) or "-"
