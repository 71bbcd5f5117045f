"""make demo: a real Airflow and MLflow take real data through Feast to a model that answers over HTTP."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
from airflow_api import AirflowApi
from golden_paths.clients.local_target import LocalTarget
from processes import Service, free_port, is_taken
from rich.console import Console

from golden_paths.project import Project

ROOT = Path(__file__).resolve().parents[2]
BIN = Path(sys.executable).parent
DAG = os.environ.get("DEMO_DAG", "diabetes-progression")
ENTITY = {"diabetes-progression": {"patient_id": 7}, "wine-cultivar": {"wine_id": 7}}
AIRFLOW_LOG_PORTS = (8793, 8794)
NEEDED_GIB = 1.0
console = Console(highlight=False, soft_wrap=True)


class Demo:
    """The demo's servers, addresses and clock."""

    def __init__(self) -> None:
        self.project = Project.at(ROOT)
        self.home = self.project.state / "demo"
        self.services: list[Service] = []
        self.begin = time.monotonic()
        self.breakdown: list[tuple[str, float]] = []
        self.served_before = {endpoint.endpoint for endpoint in LocalTarget(self.project).endpoints()}
        self.mlflow_url = f"http://127.0.0.1:{free_port(5000)}"
        self.airflow_port = free_port(8080)
        self.airflow = AirflowApi(f"http://localhost:{self.airflow_port}", self.home / "airflow" / "passwords.json")

    def check(self) -> None:
        """Say what is in the way before anything starts."""
        for port in AIRFLOW_LOG_PORTS:
            if is_taken(port):
                raise SystemExit(
                    f"demo: port {port}, which Airflow serves its task logs on, is taken; is another Airflow running?"
                )
        free = shutil.disk_usage(ROOT).free / 2**30
        if free < NEEDED_GIB:
            raise SystemExit(f"demo: {free:.2f} GiB are free on this disk, {NEEDED_GIB:g} GiB are needed; make room")

    def environment(self) -> dict[str, str]:
        """What Airflow and MLflow start with."""
        settings = {
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__DAGS_FOLDER": str(ROOT / "dags"),
            "CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
            "CORE__PARALLELISM": "4",
            "CORE__EXECUTION_API_SERVER_URL": f"{self.airflow.url}/execution/",
            "CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self.home / "airflow" / "passwords.json"),
            "API__PORT": str(self.airflow_port),
            "API__BASE_URL": self.airflow.url,
            "DAG_PROCESSOR__REFRESH_INTERVAL": "5",
            "DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "5",
            "SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
            "OPENLINEAGE__DISABLED": "True",
        }
        return (
            os.environ
            | {f"AIRFLOW__{key}": value for key, value in settings.items()}
            | {
                "AIRFLOW_HOME": str(self.home / "airflow"),
                "GOLDEN_PATHS_PROJECT": str(ROOT),
                "GOLDEN_PATHS_PRELOAD": "1",
                "MLFLOW_TRACKING_URI": self.mlflow_url,
                "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
                "MLFLOW_DISABLE_TELEMETRY": "true",
                "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            }
        )

    def start_servers(self) -> None:
        """MLflow and Airflow, side by side; returns when both are healthy."""
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / "airflow").mkdir(exist_ok=True)
        store = [
            "--backend-store-uri",
            f"sqlite:///{self.home / 'mlflow.db'}",
            "--artifacts-destination",
            str(self.home / "mlartifacts"),
        ]
        port = self.mlflow_url.rpartition(":")[2]
        mlflow = [str(BIN / "mlflow"), "server", "--host", "127.0.0.1", "--port", port, "--workers", "1", *store]
        environment = self.environment()
        self.services.append(Service("MLflow", mlflow, environment=environment, log=self.home / "mlflow.log"))
        standalone = [str(BIN / "airflow"), "standalone"]
        self.services.append(Service("Airflow", standalone, environment=environment, log=self.home / "airflow.log"))
        self.wait("MLflow answers", self._mlflow_answers, 120)
        self.wait("Airflow is healthy", self.airflow.is_healthy, 240)
        self.airflow.sign_in()

    def _mlflow_answers(self) -> bool:
        try:
            return httpx.get(f"{self.mlflow_url}/health").is_success
        except httpx.HTTPError:
            return False

    def wait(self, what: str, is_so: Callable[[], bool], seconds: float) -> None:
        """Wait for a condition; end the demo when a server dies or time runs out."""
        begin = time.monotonic()
        with console.status(f"waiting until {what} ..."):
            while not is_so():
                for service in self.services:
                    service.check()
                if time.monotonic() - begin > seconds:
                    raise SystemExit(
                        f"demo: gave up after {seconds:.0f} s waiting until {what}; logs are in {self.home}"
                    )
                time.sleep(0.2)
        self.lap(what, begin)

    def lap(self, what: str, begin: float) -> None:
        """Note and print how long something took."""
        seconds = time.monotonic() - begin
        self.breakdown.append((what, seconds))
        console.print(f"  {what:<34}{seconds:6.1f} s")

    def run_path(self) -> str:
        """Trigger the example by REST and show each step as it ends; returns the endpoint's address."""
        self.wait(f"Airflow lists {DAG}", self._is_listed, 120)
        begin = time.monotonic()
        run = self.airflow.trigger(DAG)
        console.print(f"  triggered {DAG}, run {run}")
        shown: set[str] = set()
        while True:
            state = self.airflow.run_state(DAG, run)
            for task in self.airflow.tasks(DAG, run):
                if task["task_id"] not in shown and task["state"] in ("success", "failed", "upstream_failed"):
                    shown.add(task["task_id"])
                    self._show(run, task)
            if state == "failed":
                raise SystemExit("demo: the run failed; the step's error is above, its whole log in Airflow")
            if state == "success":
                break
            for service in self.services:
                service.check()
            time.sleep(0.3)
        self.lap("the path, all steps", begin)
        return str(self.airflow.result(DAG, run, "promote")["url"])

    def _is_listed(self) -> bool:
        if error := self.airflow.import_error(f"{DAG}.yaml"):
            raise SystemExit(f"demo: Airflow refuses the example spec:\n{error}")
        return self.airflow.has_dag(DAG)

    def _show(self, run: str, task: dict[str, object]) -> None:
        seconds = task["duration"] or 0.0
        console.print(f"    {task['task_id']:<32}{seconds:6.1f} s  {task['state']}")
        if task["state"] == "failed":
            attempt = int(str(task["try_number"]))
            console.print("\n".join(self.airflow.task_log(DAG, run, str(task["task_id"]), attempt).splitlines()[-20:]))

    def ask(self, url: str) -> None:
        """Post one entity to the endpoint and print the answer."""
        begin = time.monotonic()
        body = {"entities": [ENTITY.get(DAG, {})]}
        answer = httpx.post(f"{url}/predict", json=body, timeout=30)
        self.lap("first answer", begin)
        console.print(f"  POST {url}/predict {body}\n  {answer.status_code} {answer.text}")
        if answer.is_error:
            raise SystemExit("demo: the endpoint did not answer as it should")

    def addresses(self, url: str) -> None:
        """Print where to look next."""
        console.print(f"\nfrom `make demo` to the answer: {time.monotonic() - self.begin:.0f} s")
        console.print(f"  Airflow   {self.airflow.url}   sign in as admin / {self.airflow.password}")
        console.print(f"  MLflow    {self.mlflow_url}")
        console.print(f"  {DAG}   {url}   (docs at {url}/docs)")

    def stop(self) -> None:
        """End every process that the demo started, endpoints included."""
        console.print("stopping ...")
        for endpoint in LocalTarget(self.project).endpoints():
            if endpoint.endpoint not in self.served_before:
                LocalTarget(self.project).stop(endpoint.endpoint)
        for service in reversed(self.services):
            service.stop()


def main() -> None:
    """Start, run, answer; stay up until Ctrl-C unless DEMO_ONCE is set."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    demo = Demo()
    demo.check()
    try:
        demo.start_servers()
        url = demo.run_path()
        demo.ask(url)
        demo.addresses(url)
        if not os.environ.get("DEMO_ONCE"):
            console.print("drop a YAML of your own into dags/, or press Ctrl-C to stop everything")
            signal.pause()
    except KeyboardInterrupt:
        console.print()
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        demo.stop()


if __name__ == "__main__":
    main()
