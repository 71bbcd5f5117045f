"""The names of datasets and jobs in the graph: made here, and nowhere else.

| what | namespace | name |
|---|---|---|
| source file | `file` | its absolute path |
| object, table | `s3://bucket`, `postgres://host:port` | its key; `database.schema.table` |
| feature view | `feast://PROJECT` | VIEW |
| online store table | `feast://PROJECT` | `online_store.VIEW` |
| training set | `mlflow://HOST:PORT` | `training_sets/MODEL`; its version is the digest |
| fitted model | `mlflow://HOST:PORT` | `fitted_models/MODEL`; its version is the digest |
| evaluation | `mlflow://HOST:PORT` | `evaluations/MODEL` |
| model version | `mlflow://HOST:PORT` | `models/MODEL`; its version is the registry's |
| scores | `mlflow://HOST:PORT` | `scores/SPEC`; its version is the digest |
| folder, table of scores | as a source file or table is | its version is the digest of the interval's file |
| candidate | as its endpoint | `MODEL.candidate` |
| endpoint | `k8s://CLUSTER/NAMESPACE`, `local://HOST` | MODEL |
| job of a path, of a step | `golden-paths` | MODEL; `MODEL.STEP` |
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

JOBS = "golden-paths"  # the namespace of jobs, unless Airflow's [openlineage] namespace says another
LOCAL_MLFLOW = "mlflow://local"
CANDIDATE = ".candidate"


@dataclass(frozen=True, order=True)
class Name:
    """A dataset's namespace and name, as the standard has it."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name.lstrip('/')}"


def source(uri: str, base: Path) -> Name:
    """A source as Feast or a spec names it; a relative path starts at `base`."""
    parts = urlsplit(uri)
    if "://" not in uri or parts.scheme == "file":
        path = Path(parts.path if parts.scheme == "file" else uri)
        return Name("file", str((base / path).resolve()))
    place = parts.netloc.rpartition("@")[2]
    if parts.scheme in ("postgres", "postgresql"):
        return Name(f"postgres://{place if ':' in place else place + ':5432'}", parts.path.strip("/").replace("/", "."))
    return Name(f"{parts.scheme}://{place}", parts.path.lstrip("/"))


def feature_view(project: str, view: str) -> Name:
    """A view of a Feast project."""
    return Name(f"feast://{project}", view)


def online_table(project: str, view: str) -> Name:
    """What the online store holds of a view."""
    return Name(f"feast://{project}", f"online_store.{view}")


def mlflow(tracking_uri: str) -> str:
    """The namespace of what MLflow holds. One that is no server is this project's own."""
    parts = urlsplit(tracking_uri)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return LOCAL_MLFLOW
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return f"mlflow://{parts.hostname}:{port}"


def training_set(tracking_uri: str, model: str) -> Name:
    """The training sets of a model."""
    return Name(mlflow(tracking_uri), f"training_sets/{model}")


def fitted_model(tracking_uri: str, model: str) -> Name:
    """What `train` fitted, not yet judged."""
    return Name(mlflow(tracking_uri), f"fitted_models/{model}")


def evaluation(tracking_uri: str, model: str) -> Name:
    """Metrics, gates and report."""
    return Name(mlflow(tracking_uri), f"evaluations/{model}")


def model_version(tracking_uri: str, model: str) -> Name:
    """The versions of a registered model."""
    return Name(mlflow(tracking_uri), f"models/{model}")


def scores(tracking_uri: str, spec: str) -> Name:
    """The scores that a spec of batch scoring made."""
    return Name(mlflow(tracking_uri), f"scores/{spec}")


def on_cluster(server: str, namespace: str) -> str:
    """The namespace of endpoints on a cluster, which is known by its API server's host and port."""
    parts = urlsplit(server)
    return f"k8s://{parts.hostname}:{parts.port or 443}/{namespace}"


def on_host(host: str) -> str:
    """The namespace of endpoints on a machine."""
    return f"local://{host}"


def endpoint(place: str, model: str) -> Name:
    """What answers at the stable address."""
    return Name(place, model)


def candidate(place: str, model: str) -> Name:
    """What runs beside it, without traffic or with a share of it."""
    return Name(place, model + CANDIDATE)


def is_model_version(name: Name) -> bool:
    """Whether these are a registered model's versions."""
    return name.namespace.startswith("mlflow://") and name.name.startswith("models/")


def is_endpoint(name: Name) -> bool:
    """Whether this answers at a stable address."""
    return name.namespace.startswith(("k8s://", "local://")) and not name.name.endswith(CANDIDATE)
