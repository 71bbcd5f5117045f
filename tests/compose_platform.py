"""The platform of docker-compose.yaml under a name, a network, ports and secrets of its own, without Marquez and k3s."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import compose_env
import httpx
import image_names
import pytest
import yaml
from airflow_api import AirflowApi
from processes import free_ports

from examples import ROOT

NAME, NET = "golden-paths-test", "172.30.98"
PORTS = ("AIRFLOW_PORT", "MLFLOW_PORT")
ENDPOINTS = range(18080, 18090)
LOOK = 0.3


class Platform:
    """compose, Airflow's API, and the endpoint of the example."""

    def __init__(self, folder: Path) -> None:
        shutil.copy(ROOT / ".env.example", folder)
        compose_env.write(folder)
        own = {"COMPOSE_PROFILES": "", "OPENLINEAGE_URL": "", "GOLDEN_PATHS_NET": NET}
        image = {"GOLDEN_PATHS_AIRFLOW_IMAGE": image_names.name("airflow")}
        ports = dict(zip(PORTS, map(str, free_ports(0, 0)), strict=True))
        self.settings: Mapping[str, str] = os.environ | compose_env.read(folder) | own | image | ports
        self._env = folder / ".env"
        passwords = folder / "passwords.json"
        people = {name: self.settings[f"AIRFLOW_{name.upper()}_PASSWORD"] for name in ("admin", "reviewer")}
        passwords.write_text(json.dumps(people))
        self.airflow = AirflowApi(f"http://127.0.0.1:{ports['AIRFLOW_PORT']}", passwords)
        self.mlflow = f"http://127.0.0.1:{ports['MLFLOW_PORT']}"

    def compose(self, *arguments: str) -> str:
        """Call docker compose on our project; its output, or a failure with it."""
        whole = ["docker", "compose", "--env-file", str(self._env), "--project-name", NAME, *arguments]
        done = subprocess.run(
            whole, cwd=ROOT, env=self.settings, capture_output=True, text=True, check=False, timeout=400
        )
        assert done.returncode == 0, f"{' '.join(arguments)}: {(done.stdout + done.stderr)[-3000:]}"
        return done.stdout

    def up(self) -> None:
        self.compose("up", "--detach", "--wait", "--wait-timeout", "300", "--pull", "never", "--no-build")
        self.airflow.sign_in()

    def run(self, dag: str, at: Mapping[str, Callable[[], None]] | None = None) -> dict[str, Any]:
        """A whole run, with what is done when a task is seen running; what promote returned. The API may be away."""
        left = dict(at or {})
        until(lambda: self.airflow.has_dag(dag), f"Airflow lists {dag}")
        run = self.airflow.trigger(dag)
        while (state := self._asked(lambda: self.airflow.run_state(dag, run))) not in ("success", "failed"):
            tasks = self._asked(lambda: self.airflow.tasks(dag, run)) or []
            for task in {one["task_id"] for one in tasks if one["state"] == "running"} & left.keys():
                left.pop(task)()
            if any(one["state"] == "awaiting_input" for one in tasks):
                self._asked(lambda: self.airflow.signed_in_as("reviewer").answer(dag, run, "approve", "Approve", "in a test"))
            time.sleep(LOOK)
        assert not left, f"these tasks were never seen running: {list(left)}"
        assert state == "success", self._told(dag, run)
        return self.airflow.result(dag, run, "promote")

    def runs(self, dag: str) -> list[dict[str, Any]]:
        """All runs of a DAG, by the API."""
        found = self.airflow._http.get(f"/api/v2/dags/{dag}/dagRuns").json()
        return list(found["dag_runs"])

    def _asked(self, ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except (httpx.HTTPError, SystemExit):
            return None

    def _told(self, dag: str, run: str) -> str:
        failed = [one for one in self.airflow.tasks(dag, run) if one["state"] == "failed"]
        logs = [self.airflow.task_log(dag, run, one["task_id"], int(one["try_number"])) for one in failed]
        return "\n".join(logs)[-5000:]


def until(is_so: Callable[[], bool], what: str, seconds: float = 120) -> None:
    """Wait; a failure says what for."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, f"gave up after {seconds:g} s waiting until {what}"
        time.sleep(LOOK)


@contextmanager
def platform(folder: Path) -> Iterator[Platform]:
    """Up; nothing is left of it. Skips without an engine or images."""
    needed = {*_images(), image_names.name("airflow")}
    if not os.environ.get("DOCKER_HOST"):
        pytest.skip("no engine: DOCKER_HOST is not set")
    for image in needed:
        if subprocess.run(["docker", "image", "inspect", image], capture_output=True, check=False).returncode:
            pytest.skip(f"the engine has no image {image}")
    made = Platform(folder)
    made.compose("down", "--volumes")  # of a run that was killed
    try:
        made.up()
        yield made
    finally:
        made.compose("down", "--volumes", "--timeout", "20")


def _images() -> set[str]:
    services = yaml.safe_load((ROOT / "docker-compose.yaml").read_text())["services"].values()
    return {one["image"] for one in services if "profiles" not in one and "$" not in one["image"]}
