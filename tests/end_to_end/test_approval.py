"""Every way around an approval, on a real Airflow with three people: none leads to a model that serves."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from servers import Servers

from examples import ROOT, environment
from golden_paths import history
from golden_paths.clients.mlflow_client import connect
from golden_paths.clients.mlflow_models import MlflowModels
from golden_paths.project import Project
from local_endpoints import eventually, processes

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]
DAG = "diabetes-progression"
USERS = "admin:admin,reviewer:user,eve:user"
POLICY = "risk: {{high: {{approval: {{approvers: [reviewer, admin], within: {within}}}}}}}\n"
# deploy runs whatever approve said: it must say no by itself.
LOADER = """
for dag in list(globals().values()):
    if "deploy" in getattr(dag, "task_dict", ()):
        dag.task_dict["deploy"].trigger_rule = "all_done"
"""
ENDED = ("success", "failed")


@dataclass(frozen=True)
class Platform:
    """Airflow and MLflow on a project of their own; admin is signed in."""

    servers: Servers
    folder: Path

    def api(self, method: str, place: str, **body: Any) -> Any:
        """As admin, who may do everything in Airflow."""
        found = self.servers.airflow._http.request(method, f"/api/v2/dags/{DAG}{place}", json=body)
        assert not found.is_error, found.text
        return found.json()

    def state(self, run: str, task: str) -> str | None:
        self.servers.are_alive()
        return {one["task_id"]: one["state"] for one in self.servers.airflow.tasks(DAG, run)}.get(task)

    def waits(self, run: str) -> None:
        """Until the scheduler knows, too: of an answer that comes before, Airflow 3.3 makes a retry. No person is that fast."""
        until(lambda: self.state(run, "approve") == "awaiting_input", "the path waits for people", 240)
        tries = {one["task_id"]: one["try_number"] for one in self.servers.airflow.tasks(DAG, run)}
        known = ("TaskInstance Finished", "task_id=approve", run, "state=awaiting_input", f"try_number={tries['approve']},")
        log = self.servers.home / "airflow.log"
        until(lambda: any(all(word in line for word in known) for line in log.open()), "the scheduler knows that it waits")

    def asked(self) -> str:
        """A new run that waits for its approval."""
        run = self.servers.airflow.trigger(DAG)
        self.waits(run)
        return run

    def says(self, who: str, run: str, option: str, why: str = "in a test") -> int:
        """The status of Airflow's answer."""
        return self.servers.airflow.signed_in_as(who).answer(DAG, run, "approve", option, why).status_code

    def mark_as_success(self, run: str) -> None:
        self.api("PATCH", f"/dagRuns/{run}/taskInstances/approve", new_state="success")

    def clear(self, run: str, task: str) -> None:
        """With all after it, as the button does."""
        more = {"include_downstream": True, "only_failed": False, "reset_dag_runs": True}
        self.api("POST", "/clearTaskInstances", dry_run=False, dag_run_id=run, task_ids=[task], **more)

    def ends(self, run: str, task: str, state: str) -> str:
        """Wait until the task has ended like this; its last log."""
        until(lambda: self.state(run, task) == state, f"{task} is {state}", 240)
        until(lambda: self.servers.airflow.run_state(DAG, run) in ENDED, "the run ends", 240)
        tasks = {one["task_id"]: one for one in self.servers.airflow.tasks(DAG, run)}
        return self.servers.airflow.task_log(DAG, run, task, int(tasks[task]["try_number"]))

    @property
    def models(self) -> MlflowModels:
        return MlflowModels(self.servers.mlflow_url)

    def told(self) -> list[tuple[str, str, str, str]]:
        """The history: what, of which version, by whom, why."""
        return [(one.what, one.version, one.by, one.why) for one in history.entries(self.models, DAG)]

    def serves(self) -> int:
        return len(processes(self.folder, "golden_paths.serve "))


def until(is_so: Callable[[], bool], what: str, seconds: float = 120) -> None:
    assert eventually(is_so, seconds), f"not within {seconds:.0f} s: {what}"


def ask_within(folder: Path, within: str) -> None:
    (folder / "include" / "policy.yaml").write_text(POLICY.format(within=within))


@pytest.fixture(scope="module")
def platform(project: Path) -> Iterator[Platform]:
    shutil.copy(ROOT / "dags" / f"{DAG}.yaml", project / "dags")
    (project / "dags" / "load_golden_paths.py").write_text((ROOT / "dags" / "load_golden_paths.py").read_text() + LOADER)
    ask_within(project, "1h")
    (project / "tmp").mkdir()
    servers = Servers(Project(project, project / ".golden_paths"), home=project / "home")
    servers.settings |= environment(project) | {
        "AIRFLOW_HOME": str(servers.home / "airflow"),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": USERS,
        "AIRFLOW__SCHEDULER__TRIGGER_TIMEOUT_CHECK_INTERVAL": "2",
        "MLFLOW_TRACKING_URI": servers.mlflow_url,
        "TMPDIR": str(project / "tmp"),
    }
    try:
        servers.start()
        servers.wait_for_dag(DAG)
        yield Platform(servers, project)
    finally:
        servers.stop()


def test_one_version_from_its_question_to_its_end_whatever_is_tried(platform: Platform) -> None:
    run = platform.asked()
    asked = platform.servers.airflow.question(DAG, run, "approve")
    version = platform.servers.airflow.result(DAG, run, "register")
    assert [user["id"] for user in asked["assigned_users"]] == ["reviewer"]  # admin asked for the run
    assert version["digest"] in asked["body"] and "roc_auc" in asked["body"] and "first version to serve" in asked["body"]
    assert [platform.says(who, run, "Approve") for who in ("admin", "eve")] == [403, 403]

    platform.mark_as_success(run)
    assert "there is no approval: approve made none in this run" in platform.ends(run, "deploy", "failed")

    platform.clear(run, "approve")
    platform.waits(run)
    forged = {"model": DAG, "version": "1", "digest": version["digest"], "how": "people", "by": ["reviewer"], "why": [""]}
    platform.mark_as_success(run)
    platform.api("POST", f"/dagRuns/{run}/taskInstances/approve/xcomEntries", key="return_value", value=forged)
    platform.ends(run, "deploy", "failed")
    platform.clear(run, "deploy")
    assert "is not approved: its history does not say so" in platform.ends(run, "deploy", "failed")

    platform.clear(run, "approve")
    platform.waits(run)
    assert platform.says("reviewer", run, "Reject", "the sample is too small") == 200
    assert "version 1 is rejected by reviewer: the sample is too small" in platform.ends(run, "approve", "failed")
    assert "there is no approval" in platform.ends(run, "deploy", "failed")
    assert platform.servers.airflow.run_state(DAG, run) == "failed"
    assert platform.told() == [("rejected", "1", "reviewer", "the sample is too small")]
    tags = platform.models.version_tags(DAG, "1")
    assert (tags["golden_paths.status"], tags["golden_paths.reason"]) == ("rejected", "the sample is too small")
    assert (platform.models.champion(DAG), platform.serves()) == (None, 0)

    platform.clear(run, "approve")
    platform.waits(run)
    assert platform.says("reviewer", run, "Approve", "I was wrong") == 200
    platform.ends(run, "promote", "success")
    assert platform.told()[1:] == [("approved", "1", "reviewer", "I was wrong"), ("promoted", "1", "admin", "")]
    assert list(history.faults(platform.models, DAG)) == []
    assert platform.serves() == 1


def test_what_is_done_again_needs_no_second_approval_and_changed_bytes_are_refused(platform: Platform) -> None:
    run = next(one["dag_run_id"] for one in platform.api("GET", "/dagRuns")["dag_runs"] if one["state"] == "success")
    platform.clear(run, "deploy")
    platform.ends(run, "promote", "success")
    assert len(platform.told()) == 3
    digest = platform.servers.airflow.result(DAG, run, "register")["digest"]
    shutil.rmtree(platform.folder / ".golden_paths" / "models" / digest)
    changed = [file for file in (platform.folder / "home" / "mlartifacts").rglob("MLmodel") if file.parent.name == "artifacts"]
    assert changed, "no model was found in MLflow's folder"
    before = {file: file.read_text() for file in changed}
    for file, text in before.items():
        file.write_text(text + "# changed\n")
    platform.clear(run, "deploy")
    log = platform.ends(run, "deploy", "failed")
    assert "it was changed after it was registered" in log and digest in log
    for file, text in before.items():
        file.write_text(text)


def test_a_newer_version_supersedes_one_that_waits(platform: Platform) -> None:
    old, new = platform.asked(), platform.asked()
    assert platform.says("reviewer", old, "Approve") == 200
    assert "is superseded by version 3; decide on that one" in platform.ends(old, "approve", "failed")
    assert platform.says("reviewer", new, "Approve") == 200
    platform.ends(new, "promote", "success")
    champion = connect(platform.servers.mlflow_url).get_model_version_by_alias(DAG, "champion")
    assert str(champion.version) == "3"
    platform.clear(old, "approve")
    assert "version 2 of diabetes-progression is superseded by version 3" in platform.ends(old, "approve", "failed")


def test_a_backfill_waits_like_any_other_run(platform: Platform) -> None:
    day = (datetime.now(UTC) - timedelta(days=21)).replace(hour=0, minute=0, second=0, microsecond=0)
    body = {"dag_id": DAG, "from_date": day.isoformat(), "to_date": (day + timedelta(days=7)).isoformat()}
    made = platform.servers.airflow._http.post("/api/v2/backfills", json=body)
    assert not made.is_error, made.text

    def backfilled() -> list[str]:
        runs = platform.api("GET", "/dagRuns")["dag_runs"]
        return [one["dag_run_id"] for one in runs if one["run_type"] == "backfill"]

    until(lambda: bool(backfilled()), "the backfill begins")
    (run,) = backfilled()
    platform.waits(run)
    assert [platform.says(who, run, "Reject", "too old") for who in ("eve", "reviewer")] == [403, 200]
    assert "is rejected by reviewer: too old" in platform.ends(run, "approve", "failed")


def test_nobody_answering_in_time_is_a_no(platform: Platform) -> None:
    ask_within(platform.folder, "15s")
    run = platform.servers.airflow.trigger(DAG)
    assert "is rejected: nobody answered within 15s" in platform.ends(run, "approve", "failed")
    assert platform.servers.airflow.run_state(DAG, run) == "failed"
    assert platform.told()[-1][0] == "rejected"
    assert platform.told()[-1][2:] == ("nobody", "nobody answered within 15s")
