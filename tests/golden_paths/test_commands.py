"""The command line, as a process: what is printed, what is returned, what is written."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from golden_paths.commands import app, run
from golden_paths.commands.specs import SCHEMA_FILE, schema_text
from golden_paths.load import read_draft, read_spec
from golden_paths.registry import PATHS
from golden_paths.starter import starter
from golden_paths.yaml_source import parse
from projects import SPEC, make_project

ROOT = Path(__file__).parents[2]


def call(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(ROOT / "include"), "COLUMNS": os.environ.get("COLUMNS", "200")}
    command = [sys.executable, "-m", "golden_paths", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    folder = make_project(tmp_path)
    (folder / "churn.yaml").write_text(SPEC)
    return folder


def test_validate_tells_every_error_of_every_file_and_returns_1(dags: Path) -> None:
    (dags / "one.yaml").write_text(SPEC.replace("label: left", "label: leave").replace("name: churn", "name: one"))
    (dags / "two.yaml").write_text("owner: [\n")
    done = call("validate", cwd=dags.parent)
    assert (done.returncode, done.stdout, done.stderr.splitlines()) == (
        1,
        "valid   dags/churn.yaml  churn on online-model@1\n",
        [
            "one.yaml:10: training_set.label 'leave' is no column of include/data/churn.parquet; "
            "known are customer, event_timestamp, left",
            "two.yaml:2: is not YAML: did not find expected node content; mend the syntax at this line",
        ],
    )


def test_validate_returns_0_when_all_is_well(dags: Path) -> None:
    assert call("validate", "dags/churn.yaml", cwd=dags.parent).returncode == 0


def test_validate_as_json_gives_the_parts_of_each_problem(dags: Path) -> None:
    (dags / "churn.yaml").write_text(SPEC.replace("label: left", "label: leave"))
    answer = json.loads(call("validate", "--json", cwd=dags.parent).stdout)
    assert [(one["file"], one["line"], one["key"], one["value"]) for one in answer["problems"]] == [
        ("churn.yaml", 10, "training_set.label", "leave")
    ]


def test_plan_touches_nothing(dags: Path) -> None:
    before = sorted(dags.parent.rglob("*"))
    done = call("plan", "dags/churn.yaml", "--json", cwd=dags.parent)
    assert json.loads(done.stdout)["edges"][0] == ["materialize", "build_training_set"]
    assert call("plan", "dags/churn.yaml", cwd=dags.parent).stdout.startswith("churn on online-model@1: ")
    assert sorted(dags.parent.rglob("*")) == before


def test_a_plan_names_each_place_whole_however_narrow_the_terminal_is(
    dags: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "30")
    lines = call("plan", "dags/churn.yaml", cwd=dags.parent).stdout.splitlines()
    at = lines.index("build_training_set  after materialize")
    assert lines[at + 2 : at + 5] == [
        "    reads   include/data/churn.parquet",
        "    reads   Feast offline store: churn_v1",
        "    writes  MLflow: training set of churn, by its SHA-256",
    ]


def test_ctrl_c_ends_a_run_with_how_to_resume_it(dags: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any, **__: Any) -> Iterator[Any]:
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr(run, "run_path", interrupted)
    done = CliRunner().invoke(app, ["run", str(dags / "churn.yaml"), "--run-id", "mine"])
    assert (done.exit_code, done.stderr) == (
        130,
        "stopped: by Ctrl-C; what serves goes on serving\nresume with --run-id 'mine'\n",
    )


def test_piped_output_is_plain(dags: Path) -> None:
    assert "\x1b" not in call("plan", "dags/churn.yaml", cwd=dags.parent).stdout


def test_a_broken_spec_is_a_message_and_no_traceback(dags: Path) -> None:
    (dags / "churn.yaml").write_text("")
    done = call("plan", "dags/churn.yaml", cwd=dags.parent)
    assert (done.returncode, done.stderr) == (1, "churn.yaml: is empty; start with: python -m golden_paths new NAME\n")


def test_new_writes_a_starter_and_never_overwrites(dags: Path) -> None:
    assert call("new", "sales-forecast", cwd=dags.parent).returncode == 0
    again = call("new", "sales-forecast", cwd=dags.parent)
    assert (again.returncode, again.stderr) == (
        1,
        "dags/sales-forecast.yaml is there already; choose another name, or edit it\n",
    )


def test_commands_find_their_project_from_a_folder_below_it(dags: Path) -> None:
    inside = dags.parent / "include" / "models"
    assert call("new", "sales-forecast", cwd=inside).returncode == 0
    assert (dags / "sales-forecast.yaml").is_file()
    assert [path.name for path in inside.iterdir()] == ["churn.py"]
    assert f"valid   {dags / 'churn.yaml'}  churn on online-model@1\n" in call("validate", cwd=inside).stdout
    assert call("endpoints", cwd=inside).stdout == "no endpoint; run a spec with: python -m golden_paths run FILE\n"


@pytest.mark.parametrize("command", [("new", "churn"), ("validate",), ("endpoints",), ("stop", "churn")])
def test_outside_a_project_a_command_says_where_it_must_be_called(tmp_path: Path, command: tuple[str, ...]) -> None:
    done = call(*command, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (
        1,
        f"no project at {tmp_path} or above it; call this in the folder that holds dags/ and include/, "
        "or set GOLDEN_PATHS_PROJECT to it\n",
    )
    assert list(tmp_path.iterdir()) == []


def test_new_refuses_a_name_that_is_no_name(dags: Path) -> None:
    done = call("new", "../x", cwd=dags.parent)
    assert (done.returncode, done.stderr) == (
        1,
        "'../x' is no name that Kubernetes and MLflow both take; use lower-case letters, digits and '-', a letter first, "
        "at most 50, as in diabetes-progression\n",
    )


def test_the_starter_lacks_nothing_but_the_files_it_names(dags: Path) -> None:
    file = dags / "churn.yaml"
    text = starter("churn").replace("include/data/churn/entities.parquet", "include/data/churn.parquet")
    assert "repo: include/feature_repos/next_month\n" in starter("next-month")
    file.write_text(text.replace("label: label", "label: left"))
    assert read_spec(file).spec.name == "churn"


@pytest.mark.parametrize("path", PATHS)
def test_every_path_has_a_starter(dags: Path, path: str) -> None:
    assert call("new", "mine", "--path", path, cwd=dags.parent).returncode == 0
    assert read_draft(dags / "mine.yaml").spec.golden_path == path


def test_the_starter_of_a_refresh_lacks_nothing_but_the_repository_it_names(dags: Path) -> None:
    (dags / "churn-features.yaml").write_text(starter("churn", "feature-refresh@1"))
    assert read_spec(dags / "churn-features.yaml").spec.refresh is not None


def test_new_refuses_a_path_that_is_none(dags: Path) -> None:
    done = call("new", "mine", "--path", "feature-refreshes", cwd=dags.parent)
    said = "'feature-refreshes' is not a golden path; did you mean 'feature-refresh@1'?\n"
    assert (done.returncode, done.stderr) == (1, said)


def test_the_schema_in_the_repo_is_not_stale() -> None:
    assert SCHEMA_FILE.read_text() == schema_text(), "run: make schema"


def test_the_schema_accepts_the_examples_and_refuses_an_unknown_key() -> None:
    validator = jsonschema.Draft202012Validator(json.loads(SCHEMA_FILE.read_text()))
    for file in sorted((ROOT / "dags").glob("*.yaml")):
        assert list(validator.iter_errors(parse(file.read_text(), file.name).data)) == [], file.name
    assert not validator.is_valid(parse(SPEC, "churn.yaml").data | {"ownr": "x"})
