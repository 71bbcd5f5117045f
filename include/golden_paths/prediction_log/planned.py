"""Spec, platform and policy -> how the model's log is kept, and where the watch reads it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import timedelta

from golden_paths import platform, policy
from golden_paths.addresses import without_sign_in
from golden_paths.errors import StepFailed
from golden_paths.prediction_log import hashing
from golden_paths.prediction_log import store as stores
from golden_paths.prediction_log.keeping import Keeping
from golden_paths.prediction_log.store import Store
from golden_paths.project import Project
from golden_paths.spec import DeploySection, PathSpec

FOLDER = "predictions"  # in the project's state
HTTPS = "443"  # what buckets answer at


@dataclass(frozen=True)
class Log:
    """A model's log. `key` is that of its hashes; None where there is none, and then what would be hashed is not in it."""

    store: Store
    key: str | None
    keeping: Keeping
    retention: timedelta


def keeping(spec: PathSpec, project: Project, tracking_uri: str) -> Keeping | None:
    """How servers of the spec's model keep their log; None of a model that is not watched, and where the platform keeps none.

    `tracking_uri` is where those servers reach MLflow. Raises `StepFailed` for an address that they cannot write to.
    """
    settings = platform.read(project).prediction_log
    if spec.monitor is None or settings.address == platform.OFF:
        return None
    address = _address(spec, project, without_sign_in(tracking_uri))
    rules, sensitive = policy.read(project).predictions, spec.training_set.sensitive if spec.training_set else ()
    is_local = spec.need(DeploySection).to == "local"
    hashed = sensitive if rules.sensitive == "hash" else ()
    if is_local and (hashed or rules.keys == "hash"):
        hashing.key_of(project)
    return Keeping(
        address=address,
        hashed=hashed,
        left_out=sensitive if rules.sensitive == "leave_out" else (),
        hash_keys=rules.keys == "hash",
        key_file=str(project.state / hashing.FILE) if is_local else None,
        flush_seconds=settings.flush.total_seconds(),
        volume=None if is_local else settings.volume,
        reach="" if is_local else settings.reach or ("" if _is_near(address) else HTTPS),
    )


def log_of(spec: PathSpec, project: Project, tracking_uri: str) -> Log | None:
    """The log of the spec's model, for whoever reads it; None where none is kept. `tracking_uri` is where they reach MLflow.

    Raises `StepFailed` for an address that cannot be read here.
    """
    settings = platform.read(project).prediction_log
    if spec.monitor is None or settings.address == platform.OFF:
        return None
    found = keeping(spec, project, tracking_uri)
    assert found is not None
    address = _address(spec, project, tracking_uri)  # with the sign-in, which no server is told
    is_local = spec.need(DeploySection).to == "local"
    is_hashed = bool(found.hashed) or found.hash_keys
    key = hashing.key_of(project) if is_local and is_hashed else os.environ.get(hashing.HASH_KEY) or None
    return Log(stores.opened(address), key, found, settings.retention)


def _address(spec: PathSpec, project: Project, tracking_uri: str) -> str:
    settings = platform.read(project).prediction_log
    is_local = spec.need(DeploySection).to == "local"
    named = settings.address or (str(project.state / FOLDER) if is_local else platform.MLFLOW)
    if named == platform.MLFLOW:
        if not tracking_uri.startswith(("http://", "https://")):
            raise StepFailed(
                "the prediction log is kept in MLflow, and no tracking server is named",
                remedy="set MLFLOW_TRACKING_URI to one, or prediction_log.address in include/platform.yaml to a folder",
            )
        return stores.MLFLOW + tracking_uri
    folder = stores.folder_of(named)
    if folder is None:
        return named
    if not is_local and not settings.volume:
        raise StepFailed(
            f"the prediction log is kept in {folder}, which goes with each pod",
            remedy="name a PersistentVolumeClaim as prediction_log.volume in include/platform.yaml, or another address",
        )
    return str(project.path(folder))


def _is_near(address: str) -> bool:
    return address.startswith(stores.MLFLOW) or stores.folder_of(address) is not None
