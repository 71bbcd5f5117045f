"""What is compared on Kubernetes: a rollout and a bare Deployment, our server and MLflow's in pods of the same size."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import image_names

from cluster import Namespace, Pod, container
from golden_paths.artifacts import CanaryReport, Candidate, ModelVersion, SmokeReport
from golden_paths.rollout import labels, manifests
from golden_paths.rollout.release import Release
from golden_paths.steps import canary, promote
from rollouts import Place, until

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SECONDS = 240
JUDGED = 5  # seconds of the canary
# Without a limit of CPU, as our manifests have it; memory that MLflow's server can live with, too.
SIZE = {"memory": "1Gi", "ready_within": f"{SECONDS}s", "rollout": {"judge_for": f"{JUDGED}s", "requests": 40}}
# Proportional set size: what processes share is counted once, the page cache of files is not.
MEMORY = """
import os, re
own, total = str(os.getpid()), 0
for name in os.listdir("/proc"):
    if name.isdigit() and name != own:
        total += int(re.search(r"^Pss: +(\\d+)", open(f"/proc/{name}/smaps_rollup").read(), re.M)[1])
print(total / 1024)
"""


@dataclass
class Rollout:
    """A model on the cluster whose version `before` serves."""

    place: Place
    before: ModelVersion

    def forward(self, version: ModelVersion) -> dict[str, float]:
        """Seconds of each part of a rollout, from the registered version to all traffic and the alias on it.

        Smoke tests are left out: they run in a pod of their own, and a bare Deployment has none.
        """
        parts, begin = {}, time.perf_counter()
        candidate = self.place.start(version, **SIZE)
        parts["start"] = time.perf_counter() - begin
        report = promoted(self.place, version, candidate)
        parts["all"] = time.perf_counter() - begin
        (stage,) = report.stages
        parts["canary"] = stage.seconds
        parts["synthetic"] = stage.synthetic
        return parts

    def back(self) -> float:
        """Seconds of the command that brings back the version before, whose pods are warm."""
        place = self.place
        environment = os.environ | {
            "GOLDEN_PATHS_NAMESPACE": place.namespace.name,
            "GOLDEN_PATHS_PROJECT": str(place.folder),
            "MLFLOW_TRACKING_URI": place.uri,
            "PYTHONPATH": str(ROOT / "include"),
        }
        command = [sys.executable, "-m", "golden_paths", "rollback", place.name]
        begin = time.perf_counter()
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        took = time.perf_counter() - begin
        serving = place.serving()
        if done.returncode or serving is None or serving.version != self.before.version:
            raise SystemExit(f"bench: the rollback failed: {done.stdout}{done.stderr}")
        return took

    def tidy(self) -> None:
        """Remove what served before, so that each round finds the same."""
        self.place.target(**SIZE, keep_previous="1ms", keep_versions=1).retire(self.place.name)
        versions = f"{labels.MODEL}={self.place.name},{labels.VERSION}!={self.before.version}"
        gone(self.place.namespace.name, versions)


def promoted(place: Place, version: ModelVersion, candidate: Candidate) -> CanaryReport:
    """The steps after smoke: canary and promotion."""
    smoke = SmokeReport(endpoint=version.model, version=version.version, digest=version.digest, records=5, slowest_ms=0)
    context = place.context(version, candidate, smoke, **SIZE)
    report = canary.run(context)
    promote.run(context)
    return report


def first(place: Place) -> Rollout:
    """A first version in service."""
    version = place.version()
    promoted(place, version, place.start(version, **SIZE))
    return Rollout(place, version)


def release_of(place: Place, version: ModelVersion) -> Release:
    """What the version's objects follow from."""
    return Release.planned(place.spec(**SIZE), version, place.settings, tracking_uri=place.uri)


@contextmanager
def bare(namespace: Namespace, release: Release) -> Iterator[float]:
    """Seconds until the same Deployment is ready under kubectl. It is gone after this."""
    kubectl(namespace.name, "apply", "--filename", "-", given=manifests.account(release))
    made = manifests.deployment(release)
    begin = time.perf_counter()
    kubectl(namespace.name, "apply", "--filename", "-", given=made)
    kubectl(namespace.name, "rollout", "status", f"deployment/{release.name}", f"--timeout={SECONDS}s")
    try:
        yield time.perf_counter() - begin
    finally:
        kubectl(namespace.name, "delete", "deployment", release.name)
        gone(namespace.name, f"{labels.MODEL}={release.content.model}")


@contextmanager
def mlflow_serves(namespace: Namespace, release: Release) -> Iterator[tuple[str, int]]:
    """`mlflow models serve` behind a Service, in our pod with another command: same size, same init container."""
    made = manifests.deployment(release)
    (server,) = made["spec"]["template"]["spec"]["containers"]
    command = ["python", "-m", "mlflow", "models", "serve", "--env-manager", "local", "--model-uri", manifests.MODEL]
    server["command"] = [*command, "--host", "0.0.0.0", "--port", str(manifests.PORT), "--workers", "1"]
    server["image"] = image_names.name("train")
    for one in (manifests.account(release), made, manifests.service(release, {})):
        kubectl(namespace.name, "apply", "--filename", "-", given=one)
    kubectl(namespace.name, "rollout", "status", f"deployment/{release.name}", f"--timeout={SECONDS}s")
    try:
        yield f"{release.content.model}.{namespace.name}", release.port
    finally:
        kubectl(namespace.name, "delete", "deployment", release.name)
        kubectl(namespace.name, "delete", "service", release.content.model)
        gone(namespace.name, f"{labels.MODEL}={release.content.model}")


def memory(namespace: Namespace, release: Release) -> float:
    """MiB of the processes of a version's pod."""
    command = ["exec", f"deployment/{release.name}", "--container", labels.SERVES, "--", "python", "-c", MEMORY]
    return float(kubectl(namespace.name, *command))


def asked(namespace: Namespace, arms: dict[str, tuple[str, int]], **how: Any) -> Any:
    """Ask the arms from a pod: raw figures by clients and arm."""
    told = json.dumps({"arms": arms, **how})
    command = ["python", "-c", (HERE / "one_row.py").read_text(), told]
    said = namespace.run("asks", container("asks", "serve", command)).ended(seconds=600)
    return json.loads(said.partition("RESULT")[2])


def steady(place: Place, body: str) -> Pod:
    """Two clients in a pod that never stop asking the Service. Returns once both are answered."""
    source = (ROOT / "tests" / "steady_client.py").read_text()
    command = ["python", "-c", source, f"{place.name}.{place.namespace.name}", "80", body]
    pod = place.namespace.run("clients", container("clients", "serve", command))
    pod.running()
    until(lambda: all(client["answers"] for client in seen(pod).values()), "both clients are answered", SECONDS)
    return pod


def seen(clients: Pod) -> dict[str, Any]:
    """What they have seen until now."""
    status, report = clients.ask("/")
    return dict(report) if status == 200 else {"nothing": {"answers": {}}}


def gone(namespace: str, selector: str) -> None:
    """Wait until no pod has these labels."""
    kubectl(namespace, "wait", "--for=delete", "pod", "--selector", selector, f"--timeout={SECONDS}s")


def kubectl(namespace: str, *command: str, given: Any = None) -> str:
    done = subprocess.run(
        ["kubectl", "--namespace", namespace, *command],
        input=None if given is None else json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"bench: kubectl {' '.join(command[:2])} failed: {done.stderr}")
    return done.stdout
