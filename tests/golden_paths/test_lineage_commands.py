"""lineage and impact, as a process that asks the event log: what is printed and returned."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lineage_events import event
from projects import make_project

INCLUDE = Path(__file__).parents[2] / "include"
LONG = "mlflow://mlflow.shop.example.com:5000|models/" + "churn-of-customers-" * 6 + "2026"
ENDPOINT = "local://vm|churn"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    make_project(tmp_path)
    day = tmp_path / ".golden_paths" / "lineage" / "2026-01-08"
    day.mkdir(parents=True)
    events = [
        event("churn.train", "COMPLETE", 1, ["/data/orders.parquet"], [LONG]),
        event("churn.promote", "COMPLETE", 2, [LONG], [ENDPOINT]),
    ]
    (day / "100000.ndjson").write_text("".join(json.dumps(one) + "\n" for one in events))
    return tmp_path


def call(project: Path, *arguments: str, url: str = "") -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(INCLUDE), "COLUMNS": "40", "OPENLINEAGE_URL": url}
    command = [sys.executable, "-m", "golden_paths", *arguments]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


def test_a_pipe_gets_each_node_whole_on_a_line_however_narrow_the_terminal_is(project: Path) -> None:
    done = call(project, "lineage", "orders.parquet", "--down")
    assert (done.returncode, done.stdout.splitlines()) == (
        0,
        [
            "file/data/orders.parquet goes into",
            "└── churn.train COMPLETE 2026-01-08 10:01:00",
            f"    └── {LONG.replace('|', '/')}",
            "        └── churn.promote COMPLETE 2026-01-08 10:02:00",
            "            └── local://vm/churn",
        ],
    )


def test_both_ways_as_json(project: Path) -> None:
    found = json.loads(call(project, "lineage", "churn.train", "--json").stdout)
    assert (found["node"], [one["node"] for one in found["up"]], [one["node"] for one in found["down"]]) == (
        "job:golden-paths:churn.train",
        ["dataset:file:/data/orders.parquet"],
        [f"dataset:{LONG.replace('|', ':')}"],
    )


def test_with_log_a_marquez_that_is_away_is_not_asked(project: Path) -> None:
    away = "http://127.0.0.1:9"
    done = call(project, "impact", "orders.parquet", "--json", "--log", url=away)
    assert json.loads(done.stdout)["endpoints"] == ["dataset:local://vm:churn"]
    done = call(project, "impact", "orders.parquet", url=away)
    assert (done.returncode, done.stderr) == (
        1,
        "Marquez at http://127.0.0.1:9 does not answer: ConnectError; with --log the event log answers\n",
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("lineage", "0123456789"), "nothing in the graph is called '0123456789'"),
        (("lineage", "orders.parquet", "--column", "x"), "no run has said what column 'x' of file/data/orders.parquet"),
    ],
)
def test_what_is_not_known_is_a_message_and_returns_1(project: Path, arguments: tuple[str, ...], said: str) -> None:
    done = call(project, *arguments)
    assert (done.returncode, done.stdout, done.stderr.startswith(said)) == (1, "", True)
