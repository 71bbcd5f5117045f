"""Versions to start at endpoints of this machine, and a look at what runs there."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from golden_paths.artifacts import Candidate, Endpoint, ModelVersion
from golden_paths.clients import Target
from serving import PATIENT, Saved, save

NAME = "diabetes"


def saved_model(folder: Path) -> Saved:
    """A small model of the diabetes study."""
    from sklearn.datasets import load_diabetes
    from sklearn.linear_model import LinearRegression

    study = load_diabetes(as_frame=True, scaled=False)
    return save(folder, LinearRegression().fit(study.data, study.target), study.data)


def version_of(saved: Saved, number: str, *, digest: str = "") -> ModelVersion:
    return ModelVersion(
        model=NAME,
        version=number,
        mlflow_run_id="run",
        uri="models:/m-1",
        digest=digest or saved.digest,
        weights="w",
        training_set="t",
        golden_records="runs:/r/g",
        golden_digest="g",
    )


def start(target: Target, saved: Saved, number: str, *, digest: str = "") -> Candidate:
    version = version_of(saved, number, digest=digest)
    return target.start(version, fetch=lambda: saved.folder, features=None, service=None)


def serve(target: Target, saved: Saved, number: str) -> Endpoint:
    """From start to settle."""
    endpoint = target.shift(start(target, saved, number))
    target.settle(endpoint)
    return endpoint


@contextmanager
def load(url: str) -> Iterator[tuple[list[int], list[str]]]:
    """Three clients that post all the time: the answers they had, and the failures."""
    stop = threading.Event()
    answered: list[int] = []
    failures: list[str] = []

    def post() -> None:
        with httpx.Client(timeout=30) as client:
            while not stop.is_set():
                try:
                    code = client.post(f"{url}/invocations", json={"inputs": [PATIENT]}).status_code
                    answered.append(code)
                    if code != 200:
                        failures.append(f"status {code}")
                except httpx.HTTPError as error:
                    failures.append(repr(error))

    clients = [threading.Thread(target=post) for _ in range(3)]
    for client in clients:
        client.start()
    try:
        yield answered, failures
    finally:
        stop.set()
        for client in clients:
            client.join()


def version_at(url: str) -> str | None:
    """The version that answers; None when none does."""
    try:
        return str(httpx.get(f"{url}/version", timeout=10).json()["version"])
    except httpx.HTTPError:
        return None


def eventually(is_so: Callable[[], bool], seconds: float = 60) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if is_so():
            return True
        time.sleep(0.05)
    return False


def processes(folder: Path, module: str = "golden_paths") -> list[psutil.Process]:
    """Those of `module` that were started with `folder`, or by one that was."""
    found = []
    for process in psutil.process_iter():
        try:
            line = " ".join(process.cmdline())
            if module in line and (str(folder) in line or str(folder) in process.environ().get("HOME", "")):
                found.append(process)
        except psutil.Error:
            continue
    return found


def servers(folder: Path) -> list[psutil.Process]:
    """Model servers below `folder`."""
    return processes(folder, "golden_paths.serve")
