"""The loader under a real dag processor: DAGs, import errors, versions, and what parsing imports."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from projects import SPEC, make_project

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]


class Airflow:
    """A home with a migrated database, whose dags folder is a small project's."""

    def __init__(self, folder: Path) -> None:
        self.dags = make_project(folder)
        shutil.copy(ROOT / "dags" / "load_golden_paths.py", self.dags)
        self.home = folder / "airflow"
        self.environment = os.environ | {
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self.dags),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__OPENLINEAGE__DISABLED": "True",
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "0",
            "PYTHONPATH": os.pathsep.join([str(ROOT / "include"), str(ROOT / "operators")]),
        }
        self.call("db", "migrate")

    def call(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "airflow", *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]

    def parse(self, times: int = 1) -> None:
        self.call("dag-processor", "--num-runs", str(times))

    @contextmanager
    def processing(self) -> Iterator[Callable[[], int]]:
        """A dag processor that goes on; how often it has listed the files."""
        log = self.home / "dag-processor.log"
        command = [sys.executable, "-m", "airflow", "dag-processor"]
        with log.open("w") as stream:
            process = subprocess.Popen(command, env=self.environment, stdout=stream, stderr=stream)
        try:
            yield lambda: log.read_text().count("Refreshing bundle dags-folder")
        finally:
            process.terminate()
            process.wait(60)

    def rows(self, query: str) -> list[tuple[str, ...]]:
        with sqlite3.connect(self.home / "airflow.db") as database:
            return database.execute(query).fetchall()

    def import_errors(self) -> dict[str, str]:
        found = self.rows("SELECT filename, stacktrace FROM import_error")
        return {name: text.strip().splitlines()[-1].partition("SerializationError: ")[2] for name, text in found}


def wait_until(is_so: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "gave up waiting"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory) -> Airflow:
    return Airflow(tmp_path_factory.mktemp("project"))


def test_a_broken_spec_is_one_import_error_of_its_own_and_mending_it_clears_it(airflow: Airflow) -> None:
    (airflow.dags / "good.yaml").write_text(SPEC.replace("name: churn", "name: good"))
    (airflow.dags / "bad.yaml").write_text(
        SPEC.replace("churn.py:fit", "churn.py:fitt").replace("name: churn", "name: bad")
    )
    (airflow.dags / "worse.yaml").write_text("[" * 200_000)
    (airflow.dags / "my spec.yaml").write_text("owner: [\n")
    os.mkfifo(airflow.dags / "fifo.yaml")
    airflow.parse()
    assert airflow.import_errors() == {
        "bad.yaml": "bad.yaml:12: train.code 'include/models/churn.py:fitt' has no function 'fitt'; did you mean 'fit'?",
        "worse.yaml": "worse.yaml:1: is nested deeper than 16 levels; a spec needs four",
        "my spec.yaml": "my spec.yaml:2: is not YAML: did not find expected node content; mend the syntax at this line",
        "fifo.yaml": "fifo.yaml: cannot be read (it is no regular file); check its place and permissions",
    }
    assert airflow.rows("SELECT dag_id FROM dag WHERE NOT has_import_errors AND NOT is_stale") == [("good",)]
    (airflow.dags / "bad.yaml").write_text(SPEC.replace("name: churn", "name: bad"))
    for name in ("worse.yaml", "my spec.yaml", "fifo.yaml"):
        (airflow.dags / name).unlink()
    airflow.parse()
    assert airflow.import_errors() == {}
    assert airflow.rows("SELECT dag_id FROM dag WHERE NOT is_stale ORDER BY dag_id") == [("bad",), ("good",)]


def test_a_spec_that_the_policy_forbids_is_an_import_error_of_its_own(tmp_path: Path) -> None:
    airflow = Airflow(tmp_path)
    policy = airflow.dags.parent / "include" / "policy.yaml"
    policy.write_text("owners: [growth]\nrisk: {high: {requires: [evaluate.champion]}}\n")
    (airflow.dags / "good.yaml").write_text(SPEC.replace("name: churn", "name: good\nrisk: limited"))
    (airflow.dags / "bad.yaml").write_text(SPEC.replace("name: churn", "name: bad"))
    airflow.parse()
    assert airflow.import_errors() == {
        "bad.yaml": "bad.yaml:14: evaluate.champion is missing, and a model of high risk needs it; add it, or ask the "
        "platform team, who keep include/policy.yaml and its waivers"
    }
    assert airflow.rows("SELECT dag_id FROM dag WHERE NOT has_import_errors AND NOT is_stale") == [("good",)]
    policy.unlink()
    airflow.parse()
    assert airflow.import_errors() == {}


def test_a_broken_spec_stays_an_import_error_between_parses_until_it_is_mended(tmp_path: Path) -> None:
    airflow = Airflow(tmp_path)
    team = airflow.dags / "team"
    team.mkdir()
    shutil.move(airflow.dags / "load_golden_paths.py", team)
    (team / "bad.yaml").write_text(SPEC.replace("churn.py:fit", "churn.py:fitt"))
    airflow.environment |= {
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "1",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3600",
    }
    with airflow.processing() as refreshes:
        wait_until(lambda: airflow.import_errors().keys() == {"team/bad.yaml"})
        seen = refreshes()
        wait_until(lambda: refreshes() > seen + 2)
        assert airflow.import_errors().keys() == {"team/bad.yaml"}
        (team / "bad.yaml").write_text(SPEC)
        wait_until(lambda: airflow.import_errors() == {})


def test_twenty_parses_leave_each_dag_at_version_1(airflow: Airflow) -> None:
    (airflow.dags / "steady.yaml").write_text(SPEC.replace("name: churn", "name: steady"))
    airflow.parse(20)
    assert airflow.rows("SELECT max(version_number) FROM dag_version WHERE dag_id = 'steady'") == [(1,)]


def test_parsing_imports_nothing_heavy(airflow: Airflow) -> None:
    program = (
        "import sys, runpy; runpy.run_path(sys.argv[1]);"
        "print(sorted({'feast', 'mlflow', 'sklearn', 'pandas', 'kubernetes', 'pyarrow'} & set(sys.modules)))"
    )
    (airflow.dags / "steady.yaml").write_text(SPEC.replace("name: churn", "name: steady"))
    loader = str(airflow.dags / "load_golden_paths.py")
    command = [sys.executable, "-c", program, loader]
    done = subprocess.run(command, env=airflow.environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
