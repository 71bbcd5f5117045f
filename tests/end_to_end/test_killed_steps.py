"""Real Airflow, MLflow and Feast; every step's process is killed at its worst moment. The run converges, and nothing is twice."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from servers import Servers

from examples import ROOT, environment
from golden_paths.clients.mlflow_client import connect
from golden_paths.project import Project
from held_mlflow import HeldMlflow, held_mlflow
from local_endpoints import eventually, processes

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]
DAG = "diabetes-progression"
STEPS = ["materialize", "build_training_set", "train", "evaluate", "register", "deploy", "smoke", "promote"]
# Where a step is killed: once this child process runs, or once MLflow has done this and before it can say so.
CHILD = {
    "materialize": "golden_paths.clients.feast_child:materialize",
    "evaluate": "golden_paths.modelling.predict:held_out",
    "deploy": "golden_paths.serve",  # loading the model: not ready yet
}
MLFLOW = "/api/2.0/mlflow"
HELD = {
    "build_training_set": f"POST {MLFLOW}/runs/create",  # the run is there, its file is not
    "train": f"POST {MLFLOW}/logged-models",  # fitted, and half of it logged
    "register": f"POST {MLFLOW}/model-versions/create",
    "smoke": "GET .*golden_records.json",
    "promote": f"POST {MLFLOW}/registered-models/alias",  # serves, and is champion
}
# Added to the example's loader: retries after 1 to 2 s, where the operators wait for 10 to 20.
LOADER = """
from datetime import timedelta
for dag in list(globals().values()):
    for task in getattr(dag, "tasks", ()):
        task.retry_delay = timedelta(seconds=1)
"""


@dataclass(frozen=True)
class Platform:
    """Airflow and MLflow on a project of their own."""

    servers: Servers
    mlflow: HeldMlflow
    folder: Path

    def tasks(self, run: str) -> dict[str, dict[str, Any]]:
        self.servers.are_alive()
        return {task["task_id"]: task for task in self.servers.airflow.tasks(DAG, run)}

    def process_of(self, run: str, step: str) -> psutil.Process:
        """The process that Airflow forked for the task, by the title that it gives itself."""
        title = f"airflow worker -- {self.tasks(run)[step]['id']}"
        named = [one for one in psutil.process_iter(["cmdline"]) if " ".join(one.info["cmdline"] or ()).strip() == title]
        assert len(named) == 1, f"{step}: {named}"
        return named[0]

    def attempts(self, run: str) -> dict[str, tuple[int, str]]:
        return {step: (task["try_number"], task["state"]) for step, task in self.tasks(run).items()}

    def state_of(self, run: str) -> str:
        self.servers.are_alive()
        return self.servers.airflow.run_state(DAG, run)

    def children(self, module: str = "golden_paths.sandbox_child") -> list[psutil.Process]:
        return [one for one in processes(self.folder, module) if one.status() != psutil.STATUS_ZOMBIE]


@pytest.fixture(scope="module")
def platform(project: Path) -> Iterator[Platform]:
    shutil.copy(ROOT / "dags" / f"{DAG}.yaml", project / "dags")
    (project / "dags" / "load_golden_paths.py").write_text((ROOT / "dags" / "load_golden_paths.py").read_text() + LOADER)
    (project / "tmp").mkdir()
    servers = Servers(Project(project, project / ".golden_paths"), home=project / "home")
    with held_mlflow(servers.mlflow_url) as proxy:
        servers.settings |= environment(project) | {
            "AIRFLOW_HOME": str(servers.home / "airflow"),
            "MLFLOW_TRACKING_URI": proxy.url,
            "TMPDIR": str(project / "tmp"),  # what a step starts is known by it
            # How often a scheduler looks for the tasks of one that is dead. Airflow's default is 300 s.
            "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
        }
        try:
            servers.start()
            servers.wait_for_dag(DAG)
            yield Platform(servers, proxy, project)
        finally:
            servers.stop()


def until(is_so: Callable[[], bool], what: str, seconds: float = 120) -> None:
    assert eventually(is_so, seconds), f"not within {seconds:.0f} s: {what}"


def kill_in_the_middle(platform: Platform, run: str, step: str) -> float:
    """SIGKILL the step's process at its moment; returns the seconds until Airflow knows."""
    if step in HELD:
        held = platform.mlflow.hold(HELD[step])
        until(held.is_set, f"{step} asks MLflow: {HELD[step]}")
    else:
        until(lambda: bool(platform.children(CHILD[step])), f"{step} starts {CHILD[step]}")
    platform.process_of(run, step).kill()
    killed = time.monotonic()
    until(lambda: platform.tasks(run)[step]["state"] != "running", f"Airflow sees that {step} is gone")
    return time.monotonic() - killed


def versions_of(client: Any, training: str) -> list[Any]:
    return list(client.search_model_versions(f"name = '{DAG}' and run_id = '{training}'"))


def assert_nothing_is_twice(platform: Platform, run: str) -> None:
    """One training run, training set, model and version of this DAG run; one endpoint that serves it; nothing left over."""
    from mlflow.entities import ViewType

    client = connect(platform.servers.mlflow_url)
    experiment = client.get_experiment_by_name(DAG).experiment_id
    runs = client.search_runs([experiment], run_view_type=ViewType.ALL)
    assert {(one.info.status, one.info.lifecycle_stage) for one in runs} == {("FINISHED", "active")}
    (training,) = [one.info.run_id for one in runs if one.data.tags.get("golden_paths.run") == run]
    assert len([one for one in runs if one.data.tags.get("golden_paths.kind") == "training_set"]) == 1
    models = client.search_logged_models([experiment], filter_string=f"source_run_id = '{training}'")
    assert [model.status.value for model in models] == ["READY"]
    (version,) = versions_of(client, training)
    assert client.get_model_version_by_alias(DAG, "champion").version == version.version
    url = platform.servers.airflow.result(DAG, run, "promote")["url"]
    answer = httpx.post(f"{url}/predict", json={"entities": [{"patient_id": 7}]}, timeout=30)
    assert (answer.status_code, httpx.get(f"{url}/version").json()["version"]) == (200, str(version.version))
    running = {module: len(platform.children(f"golden_paths.{module}")) for module in ("endpoint ", "serve ")}
    assert running == {"endpoint ": 1, "serve ": 1}
    assert platform.children() == []


def test_a_step_that_is_killed_and_retried_leaves_nothing_twice(platform: Platform) -> None:
    run = platform.servers.airflow.trigger(DAG)
    noticed = {step: kill_in_the_middle(platform, run, step) for step in STEPS}
    print("seconds until Airflow noticed:", {step: round(seconds, 2) for step, seconds in noticed.items()})
    until(lambda: platform.state_of(run) in ("success", "failed"), "the run ends")
    assert platform.attempts(run) == dict.fromkeys(STEPS, (2, "success")) | {"approve": (1, "success")}
    assert_nothing_is_twice(platform, run)


def test_a_scheduler_killed_with_all_its_workers_goes_on_after_a_restart(platform: Platform) -> None:
    servers = platform.servers
    run = servers.airflow.trigger(DAG)
    until(lambda: bool(platform.children("golden_paths.modelling.fit_code:fit")), "train fits")
    (airflow,) = [service for service in servers.services if service.name == "Airflow"]
    fitting = platform.children()
    family = [one for one in airflow.family() if one not in fitting]
    for one in family:
        with contextlib.suppress(psutil.NoSuchProcess):  # the DAG processor's children come and go
            one.kill()
    airflow.process.wait()
    psutil.wait_procs(family, timeout=30)
    until(lambda: not platform.children(), "the fit ends with its parent", 10)
    servers.services.remove(airflow)
    servers.start_airflow()
    servers.wait("Airflow is healthy", servers.airflow.is_healthy, 240)
    servers.airflow.sign_in()
    until(lambda: platform.state_of(run) in ("success", "failed"), "the run ends", 300)
    attempts = platform.attempts(run)
    assert {state for _, state in attempts.values()} == {"success"}
    # Not exactly 2: a scheduler that is slow to say that it lives has its tasks taken over once more.
    assert attempts["train"][0] >= 2
    assert_nothing_is_twice(platform, run)
