"""A version that has expired, on a real Airflow: people let it serve on, or its address says why it does not."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from servers import Servers

from examples import ROOT, environment, golden_paths
from golden_paths import history
from golden_paths.artifacts import ModelVersion
from golden_paths.clients.local_target import LocalTarget
from golden_paths.clients.mlflow_models import MlflowModels
from golden_paths.clients.mlflow_tracking import MlflowTracking
from golden_paths.project import Project
from local_endpoints import eventually
from odd_model import Odd
from odd_versions import registered

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]
MODEL, TASK = "diabetes-progression", "recertify"
DAG, WATCH = f"{MODEL}.recertify", f"{MODEL}.watch"
POLICY = "risk: {high: {expiry: recertify, approval: {approvers: [reviewer, admin], within: 1h}}}\n"


class Platform:
    """Airflow and MLflow; version 1 of the model serves, and may be one second old."""

    def __init__(self, folder: Path) -> None:
        shutil.copy(ROOT / "dags" / "load_golden_paths.py", folder / "dags")
        spec, _, _ = (ROOT / "dags" / f"{MODEL}.yaml").read_text().partition("monitor:")
        (folder / "dags" / f"{MODEL}.yaml").write_text(f"{spec}\nmonitor: {{max_age: 1s}}\n")
        (folder / "include" / "policy.yaml").write_text(POLICY)
        self.project = Project(folder, folder / ".golden_paths")
        self.target = LocalTarget(self.project)
        self.servers = Servers(self.project, home=folder / "home")
        home = {"AIRFLOW_HOME": str(self.servers.home / "airflow"), "MLFLOW_TRACKING_URI": self.servers.mlflow_url}
        self.servers.settings |= environment(folder) | home
        self.models = MlflowModels(self.servers.mlflow_url)

    def serve(self, number: int = 1) -> ModelVersion:
        tracking, folder = MlflowTracking(self.servers.mlflow_url), self.project.root / f"saved-{number}"
        version = registered(tracking, self.models, MODEL, Odd(""), folder=folder, shift=number - 1)
        self.target.settle(
            self.target.shift(self.target.start(version, fetch=lambda: folder, features=None, service=None))
        )
        self.models.set_alias(MODEL, "champion", version.version)
        history.add(self.models, MODEL, history.Change("promoted", version.version, version.digest, f"run-{number}", "ada"))
        return version

    def asked(self) -> str:
        """A run that waits for people. Of an answer that comes before the scheduler knows, Airflow 3.3 makes a retry."""
        run = self.servers.airflow.trigger(DAG)
        until(lambda: self.state(run) == "awaiting_input", "people are asked")
        known = ("TaskInstance Finished", f"task_id={TASK}", run, "state=awaiting_input")
        log = self.servers.home / "airflow.log"
        until(lambda: any(all(word in line for word in known) for line in log.open()), "the scheduler knows that it waits")
        return run

    def look(self) -> dict[str, Any]:
        """One look of the watch; what follows from it."""
        airflow = self.servers.airflow
        run = airflow.trigger(WATCH)
        until(lambda: airflow.run_state(WATCH, run) in ("success", "failed"), "the watch has looked")
        return airflow.result(WATCH, run, "renew")

    def asked_by_the_watch(self) -> list[str]:
        """Runs that ask people, but for those that were started by hand."""
        runs = [str(one["dag_run_id"]) for one in self.servers.airflow.runs(DAG)]
        return [run for run in runs if run.startswith("recertify__v2")]

    def restart(self) -> None:
        """Airflow ends, with all its processes, and starts again on what it kept."""
        servers = self.servers
        (service,) = (one for one in servers.services if one.name == "Airflow")
        service.stop()
        servers.services.remove(service)
        servers.start_airflow()
        servers.wait("Airflow is healthy again", servers.airflow.is_healthy, 240)
        servers.airflow.sign_in()

    def says(self, who: str, run: str, option: str, why: str) -> int:
        return self.servers.airflow.signed_in_as(who).answer(DAG, run, TASK, option, why).status_code

    def state(self, run: str) -> str | None:
        self.servers.are_alive()
        return {one["task_id"]: one["state"] for one in self.servers.airflow.tasks(DAG, run)}.get(TASK)

    def told(self) -> list[tuple[str, str, str]]:
        return [(one.what, one.by, one.why) for one in history.entries(self.models, MODEL)]


def until(is_so: Callable[[], bool], what: str, seconds: float = 180) -> None:
    assert eventually(is_so, seconds), f"not within {seconds:.0f} s: {what}"


@pytest.fixture(scope="module")
def platform(project: Path) -> Iterator[Platform]:
    made = Platform(project)
    try:
        made.servers.start()
        made.servers.wait_for_dag(DAG)
        yield made
    finally:
        made.servers.stop()
        golden_paths(project, "stop", "--all")


def test_a_yes_lets_it_serve_on_and_a_no_takes_it_off_its_address_and_its_alias(platform: Platform) -> None:
    version = platform.serve()
    run = platform.asked()
    asked = platform.servers.airflow.question(DAG, run, TASK)
    assert asked["subject"] == f"May version 1 of {MODEL} serve on?"
    assert [user["id"] for user in asked["assigned_users"]] == ["reviewer"]  # admin asked for the run
    assert version.digest in asked["body"] and "monitor.max_age is 1s" in asked["body"]
    assert [platform.says("admin", run, "Approve", "mine"), platform.says("reviewer", run, "Approve", "it holds")] == [403, 200]
    until(lambda: platform.state(run) == "success", "the answer is kept")
    assert platform.told()[1:] == [("recertified", "reviewer", "it holds")]

    run = platform.asked()
    assert platform.says("reviewer", run, "Reject", "the clinic has moved") == 200
    until(lambda: platform.state(run) == "failed", "the version is withdrawn")
    reason = "not certified anew, by reviewer: the clinic has moved"
    assert platform.told()[2:] == [("withdrawn", "reviewer", reason)]
    assert (platform.models.champion(MODEL), platform.target.serving(MODEL)) == (None, None)
    assert list(history.faults(platform.models, MODEL)) == []
    (status,) = platform.target.statuses()
    answer = httpx.post(f"{status.url}/predict", json={})
    assert (answer.status_code, answer.json()["error"]) == (503, f"withdrawn: {reason}")
    assert reason in platform.servers.airflow.task_log(DAG, run, TASK, 1)


def test_an_expired_version_is_asked_about_once_also_when_airflow_was_restarted(platform: Platform) -> None:
    version = platform.serve(2)
    platform.servers.airflow.unpause(WATCH)  # which makes it take the look that is due
    until(lambda: bool(platform.asked_by_the_watch()), "the watch asks people")
    (asked,) = platform.asked_by_the_watch()
    until(lambda: platform.state(asked) == "awaiting_input", "people are asked")
    platform.restart()
    again = platform.look()
    assert (again["action"], again["reason"]) == ("wait", f"age: older than max_age 1s; {asked} is running")
    assert platform.asked_by_the_watch() == [asked]
    assert platform.says("reviewer", asked, "Approve", "it holds still") == 200
    until(lambda: platform.state(asked) == "success", "the answer is kept")
    assert platform.told()[-1] == ("recertified", "reviewer", "it holds still")
    champion = platform.models.champion(MODEL)
    assert champion and champion.version == version.version
