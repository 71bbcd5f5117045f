"""Airflow, MLflow and three DAGs, whose runs fill an event log."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from servers import Servers

from examples import ROOT, environment
from golden_paths.project import Project
from lineage_log import Event, of_run
from local_endpoints import eventually

DAG = "diabetes-progression"
SECRETS = {
    "AIRFLOW_CONN_SHOP": "postgres://user:canary-connection@db.shop/shop",
    "AIRFLOW_VAR_SHOP": "canary-variable",
    "SHOP_PASSWORD": "canary-environment",
}
CANARIES = ("canary-connection", "canary-variable", "canary-environment", "canary-param", "canary-conf")
TALKATIVE = """
def fit(features, label, greeting="", C=1.0):
    raise ValueError(f"cannot sign in with {greeting}")
"""
FAST = """
from datetime import timedelta
for dag in list(globals().values()):
    for task in getattr(dag, "tasks", ()):
        task.retry_delay = timedelta(seconds=1)
"""


@dataclass(frozen=True)
class Platform:
    """Airflow and MLflow on a project of their own, and the log that they fill."""

    servers: Servers
    folder: Path

    def finished(self, dag: str, **params: Any) -> str:
        """Trigger a run and wait for its end; returns its id."""
        run = self.servers.airflow.trigger(dag, params)
        self.until_ended(dag, run)
        return run

    def until_ended(self, dag: str, run: str) -> None:
        def is_over() -> bool:
            self.servers.are_alive()
            return self.servers.airflow.run_state(dag, run) in ("success", "failed")

        assert eventually(is_over, 300), f"{run} of {dag} does not end"
        ends = ("COMPLETE", "FAIL")
        assert eventually(lambda: any(one["eventType"] in ends for one in self.of_dag(dag, run)), 60)

    def of_dag(self, dag: str, run: str) -> list[Event]:
        return [one for one in self.events(run) if one["job"]["name"] == dag]

    def events(self, run: str) -> list[Event]:
        return of_run(self.folder, run)


@contextmanager
def lineage_platform(project: Path) -> Iterator[Platform]:
    """One that runs the example, one whose gate says no, and one whose code fails with a secret in its words."""
    spec = (ROOT / "dags" / f"{DAG}.yaml").read_text()
    (project / "dags" / f"{DAG}.yaml").write_text(spec)
    strict = spec.replace(f"name: {DAG}", "name: strict").replace(">= 0.75", ">= 0.9999")
    (project / "dags" / "strict.yaml").write_text(strict)
    talkative = spec.replace(f"name: {DAG}", "name: talkative").replace("diabetes.py:fit", "talkative.py:fit")
    (project / "dags" / "talkative.yaml").write_text(talkative.replace("{C: 0.5}", "{C: 0.5, greeting: canary-param}"))
    (project / "include" / "models" / "talkative.py").write_text(TALKATIVE)
    (project / "dags" / "load_golden_paths.py").write_text((ROOT / "dags" / "load_golden_paths.py").read_text() + FAST)
    servers = Servers(Project(project, project / ".golden_paths"), home=project / "home")
    servers.settings |= (
        environment(project)
        | SECRETS
        | {
            "AIRFLOW_HOME": str(servers.home / "airflow"),
            "MLFLOW_TRACKING_URI": servers.mlflow_url,
            }
    )
    try:
        servers.start()
        servers.wait_for_dag(DAG)
        yield Platform(servers, project)
    finally:
        servers.stop()
