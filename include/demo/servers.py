"""Airflow (standalone, SQLite) and MLflow's server, side by side on this machine, with our dags/ and plugins/."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
from airflow_api import AirflowApi
from demo_host import EVERYWHERE, LOOPBACK, Reach
from processes import Service, free_ports
from rich.console import Console

from golden_paths.project import Project

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
SHIFT = int(os.environ.get("DEMO_PORT_SHIFT", "0"))  # for two at once, which would choose before either listens
PORTS = {"mlflow": 5000, "airflow": 8080, "worker logs": 8793, "trigger logs": 8794}  # others, when these are taken
NEEDED_GIB = 1.0
REVIEWER = "reviewer"  # whom include/policy.yaml names to approve models of high risk
console = Console(highlight=False, soft_wrap=True)


class Servers:
    """The two servers, their addresses, and how long each thing took.

    They run `project` (this checkout) and keep everything in `home` (its state's demo/); `settings` are environment
    variables that come last. MLflow listens as `reach` says; it is not started when `tracking_uri` names another.
    """

    def __init__(
        self,
        project: Project | None = None,
        *,
        home: Path | None = None,
        settings: Mapping[str, str] | None = None,
        reach: Reach | None = None,
        tracking_uri: str | None = None,
    ) -> None:
        self.project = project or Project.at(ROOT)
        self.home = home or self.project.state / "demo"
        self.settings = dict(settings or {})
        self.services: list[Service] = []
        self.breakdown: list[tuple[str, float]] = []
        self.reach, self.tracking_uri = reach or Reach(), tracking_uri
        listen = self.reach.listen
        hosts = (listen,) if listen in (LOOPBACK, EVERYWHERE) else (listen, LOOPBACK)
        self.ports = dict(zip(PORTS, free_ports(*(port + SHIFT for port in PORTS.values()), hosts=hosts), strict=True))
        self.mlflow_url = tracking_uri or f"http://{self.reach.here}:{self.ports['mlflow']}"
        url = f"http://localhost:{self.ports['airflow']}"
        self.passwords = self.home / "airflow" / "passwords.json"
        self.airflow = AirflowApi(url, self.passwords)

    def check(self) -> None:
        """Say what is in the way before anything starts."""
        free = shutil.disk_usage(self.project.root).free / 2**30
        if free < NEEDED_GIB:
            raise SystemExit(f"demo: {free:.2f} GiB are free on this disk, {NEEDED_GIB:g} GiB are needed; make room")

    def environment(self) -> dict[str, str]:
        """What Airflow and MLflow start with."""
        settings = {
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__DAGS_FOLDER": str(self.project.root / "dags"),
            "CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
            "CORE__PARALLELISM": "4",
            "CORE__EXECUTION_API_SERVER_URL": f"{self.airflow.url}/execution/",
            "CORE__SIMPLE_AUTH_MANAGER_USERS": f"admin:admin,{REVIEWER}:user",
            "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.passwords),
            "API__HOST": LOOPBACK,
            "API__PORT": str(self.ports["airflow"]),
            "API__BASE_URL": self.airflow.url,
            "LOGGING__WORKER_LOG_SERVER_PORT": str(self.ports["worker logs"]),
            "LOGGING__TRIGGER_LOG_SERVER_PORT": str(self.ports["trigger logs"]),
            "DAG_PROCESSOR__REFRESH_INTERVAL": "5",
            "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "5",
            "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
            # A scheduler is up before its API server, by 15 s on a busy machine: a task must not use up its retries there.
            "WORKERS__EXECUTION_API_RETRIES": "15",
            "WORKERS__EXECUTION_API_RETRY_WAIT_MAX": "5",
            "WORKERS__EXECUTION_API_TIMEOUT": "30",
        }
        airflow = {f"AIRFLOW__{key}": value for key, value in settings.items()}
        return (
            os.environ
            | airflow
            | {
                "AIRFLOW_HOME": str(self.home / "airflow"),
                "GOLDEN_PATHS_PROJECT": str(self.project.root),
                "GOLDEN_PATHS_STATE": str(self.project.state),
                "GOLDEN_PATHS_PRELOAD": "1",
                "MLFLOW_TRACKING_URI": self.mlflow_url,
                "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
                "MLFLOW_DISABLE_TELEMETRY": "true",
                "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            }
            | self.settings
        )

    @property
    def pods_mlflow_url(self) -> str:
        """Where pods find the MLflow that is started here."""
        return f"http://{self.reach.pods}:{self.ports['mlflow']}"

    def start(self, *, meanwhile: Callable[[], None] = lambda: None) -> None:
        """Start both; returns when both are healthy and the API is signed in. `meanwhile` is called once MLflow answers."""
        if not self.tracking_uri:
            self.start_mlflow()
        self.start_airflow()
        self.wait("MLflow answers", self._mlflow_answers, 120)
        meanwhile()
        self.wait("Airflow is healthy", self.airflow.is_healthy, 240)
        self.airflow.sign_in()

    def start_mlflow(self) -> None:
        """Start MLflow's server, with an SQLite file as its store."""
        artifacts = ["--artifacts-destination", str(self.home / "mlartifacts")]
        store = ["--backend-store-uri", f"sqlite:///{self.home / 'mlflow.db'}", *artifacts]
        address = ["--host", self.reach.listen, "--port", str(self.ports["mlflow"]), "--workers", "1"]
        if self.reach.listen != LOOPBACK:
            hosts = sorted({self.reach.here, self.reach.pods, LOOPBACK, "localhost"})
            address += ["--allowed-hosts", ",".join(f"{host}:{self.ports['mlflow']}" for host in hosts)]
        self._start("MLflow", [str(BIN / "mlflow"), "server", *address, *store])

    def start_airflow(self) -> Service:
        """Start scheduler, DAG processor, triggerer and API server."""
        (self.home / "airflow").mkdir(parents=True, exist_ok=True)
        return self._start("Airflow", [str(BIN / "airflow"), "standalone"])

    def _start(self, name: str, command: list[str]) -> Service:
        log = self.home / f"{name.lower()}.log"
        self.services.append(Service(name, command, environment=self.environment(), log=log))
        return self.services[-1]

    def _mlflow_answers(self) -> bool:
        try:
            return httpx.get(f"{self.mlflow_url}/health").is_success
        except httpx.HTTPError:
            return False

    def are_alive(self) -> None:
        """`SystemExit` with the end of its log when a server is gone."""
        for service in self.services:
            service.check()

    def wait(self, what: str, is_so: Callable[[], bool], seconds: float) -> None:
        """Wait for a condition; end when a server dies or time runs out."""
        begin = time.monotonic()
        with console.status(f"waiting until {what} ..."):
            while not is_so():
                self.are_alive()
                if time.monotonic() - begin > seconds:
                    raise SystemExit(f"demo: gave up after {seconds:.0f} s waiting until {what}; see {self.home}/*.log")
                time.sleep(0.2)
        self.lap(what, begin)

    def lap(self, what: str, begin: float) -> None:
        """Note and print how long something took."""
        seconds = time.monotonic() - begin
        self.breakdown.append((what, seconds))
        console.print(f"  {what:<38}{seconds:6.1f} s")

    def print_breakdown(self, seconds: float) -> None:
        """Print where the time from the start to the answer went."""
        parts = ", ".join(f"{what} {lap:.0f} s" for what, lap in self.breakdown if lap >= 0.5)
        console.print(f"\nfrom the start to the answer: {seconds:.0f} s ({parts})")

    def wait_for_dag(self, dag: str) -> None:
        """Wait until Airflow lists a DAG; `SystemExit` with its import error when it has one."""

        def is_listed() -> bool:
            for file in (f"{dag}.yaml", "load_golden_paths.py"):
                if error := self.airflow.import_error(file):
                    raise SystemExit(f"demo: Airflow refuses {file}:\n{error}")
            return self.airflow.has_dag(dag)

        self.wait(f"Airflow lists {dag}", is_listed, 120)

    def stop(self) -> None:
        """End both and all their children."""
        for service in reversed(self.services):
            service.stop()
