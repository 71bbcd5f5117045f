"""Real Airflow (scheduler, triggerer, REST), MLflow and a cluster: DAG runs whose steps run in pods of a restricted namespace."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import image_names
import psutil
from servers import Servers

from cluster import Namespace, namespace
from examples import ROOT, environment
from golden_paths.clients.mlflow_client import connect
from golden_paths.cluster.api import ClusterApi
from golden_paths.cluster.settings import IMAGES, ClusterSettings
from golden_paths.project import Project
from rollouts import host_address, mlflow_server, until

EXAMPLE = "diabetes-progression"
# Added to the example's loader: quick retries; and, while the file `hold` is there, no task lets go of its pod.
LOADER = """
import sys, time
from datetime import timedelta
from pathlib import Path
for dag in list(globals().values()):
    for task in getattr(dag, "tasks", ()):
        task.retry_delay, task.retries = timedelta(seconds=1), 1
HOLD = Path(__file__).with_name("hold")
if pods := sys.modules.get("golden_paths_airflow.pod_base"):
    let_go = pods.PodStepOperator.invoke_defer_method
    def held(self, *given, **named):
        while HOLD.exists():
            time.sleep(0.1)
        return let_go(self, *given, **named)
    pods.PodStepOperator.invoke_defer_method = held
"""
PLATFORM = "pods: {grace: 1s, scheduled_within: 4s, keep_failed: 1h, memory: 1Gi, cpu: 200m}\n"
SLOW = """
import time
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def fit(features, label, *, seconds=0, mib=0):
    print("the fit has begun", flush=True)
    taken = bytearray(mib * 2**20)
    time.sleep(seconds)
    steps = SimpleImputer(strategy="median"), StandardScaler(), LogisticRegression(C=0.5)
    return make_pipeline(*steps).fit(features, label)
"""


@dataclass
class PodRuns:
    """The platform of a test module."""

    servers: Servers
    place: Namespace
    api: ClusterApi
    folder: Path
    mlflow_url: str

    @property
    def hold(self) -> Path:
        """While it is there, a task that has started its pod waits."""
        return self.folder / "dags" / "hold"

    def spec(self, name: str, train: str) -> None:
        """The example under another name, with this `train` section."""
        text = (ROOT / "dags" / f"{EXAMPLE}.yaml").read_text().replace(f"name: {EXAMPLE}", f"name: {name}")
        head, _, rest = text.replace('schedule: "@weekly"\n', "").partition("train:\n")
        (self.folder / "dags" / f"{name}.yaml").write_text(f"{head}{train}\n{rest[rest.index('evaluate:') :]}")

    def start(self, *names: str) -> dict[str, str]:
        """A run of each; name -> run."""
        for name in names:
            self.servers.wait_for_dag(name)
        return {name: self.servers.airflow.trigger(name) for name in names}

    def task(self, name: str, run: str, step: str) -> dict[str, Any]:
        self.servers.are_alive()
        return next(one for one in patiently(self.servers.airflow.tasks, name, run) if one["task_id"] == step)

    def ended(self, runs: Mapping[str, str], seconds: float = 600) -> dict[str, str]:
        """Wait until all have; name -> state."""
        states: dict[str, str] = {}

        def have() -> bool:
            self.servers.are_alive()
            states.update({name: patiently(self.servers.airflow.run_state, name, run) for name, run in runs.items()})
            return set(states.values()) <= {"success", "failed"}

        until(have, f"{runs} end", seconds)
        return states

    def pods(self, name: str, step: str = "train") -> list[dict[str, Any]]:
        """Those that are not on their way out."""
        found = self.api.list("Pod", {"golden-paths.dev/model": name, "golden-paths.dev/step": step})
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    def log(self, name: str, run: str, step: str = "train", attempt: int = 1) -> str:
        return str(patiently(self.servers.airflow.task_log, name, run, step, attempt))

    def kill(self, name: str, run: str, step: str) -> None:
        """SIGKILL the process that Airflow forked for the task."""
        title = f"airflow worker -- {self.task(name, run, step)['id']}"
        named = [one for one in psutil.process_iter(["cmdline"]) if " ".join(one.info["cmdline"] or ()).strip() == title]
        assert len(named) == 1, named
        named[0].kill()

    def kill_airflow(self) -> None:
        """SIGKILL scheduler, triggerer, API server and all workers; then start them again."""
        (airflow,) = [service for service in self.servers.services if service.name == "Airflow"]
        family = airflow.family()
        for one in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        airflow.process.wait()
        psutil.wait_procs(family, timeout=30)
        self.servers.services.remove(airflow)
        self.start_airflow()

    def start_airflow(self) -> None:
        self.servers.start_airflow()
        self.servers.wait("Airflow is healthy", self.servers.airflow.is_healthy, 240)
        self.servers.airflow.sign_in()

    def trained(self, name: str) -> list[Any]:
        """MLflow's training runs of a model."""
        client = connect(self.mlflow_url)
        found = client.get_experiment_by_name(name)
        runs = client.search_runs([found.experiment_id]) if found else []
        return [run for run in runs if run.data.tags.get("golden_paths.step") == "train"]


def patiently(ask: Callable[..., Any], *given: Any) -> Any:
    """An API server of a busy machine may be late once."""
    for _ in range(2):
        with contextlib.suppress(httpx.TransportError):
            return ask(*given)
    return ask(*given)


@contextmanager
def pod_runs(folder: Path, **stores: str) -> Iterator[PodRuns]:
    """Airflow on the project in `folder`, whose dags/ has a loader alone. `stores`: variables of Feast, for pods as well."""
    (folder / "include" / "platform.yaml").write_text(PLATFORM)
    (folder / "include" / "models" / "slow.py").write_text(SLOW)
    (folder / "dags" / "load_golden_paths.py").write_text((ROOT / "dags" / "load_golden_paths.py").read_text() + LOADER)
    home = folder / "home"
    home.mkdir()
    servers = Servers(Project(folder, folder / ".golden_paths"), home=home)
    with namespace() as place, mlflow_server(home) as mlflow_url:
        settings = ClusterSettings(namespace=place.name)
        servers.settings |= environment(folder) | {
            "AIRFLOW_HOME": str(home / "airflow"),
            "MLFLOW_TRACKING_URI": mlflow_url,
            "GOLDEN_PATHS_NAMESPACE": place.name,
            IMAGES["train"]: image_names.name("train"),
            "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "5",
            "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "120",  # the provider's import, on a machine that does other things too
            "NO_PROXY": f"{host_address()},127.0.0.1,localhost",
            **stores,
        }
        place.secret("golden-paths-feast", stores)
        found = PodRuns(servers, place, ClusterApi(settings, print), folder, mlflow_url)
        try:
            found.start_airflow()
            yield found
        finally:
            servers.stop()


def copied(name: str, folder: Path) -> None:
    """An example as it is."""
    shutil.copy(ROOT / "dags" / f"{name}.yaml", folder / "dags")
