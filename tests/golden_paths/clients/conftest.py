"""The same contract on the fake, on an MLflow database and on an MLflow server; a shop with a Feast repository."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from fakes.mlflow_server import mlflow_server
from fakes.models import FakeModelRegistry
from fakes.tracking import FakeTracking
from feature_repo import Shop
from golden_paths.clients import ModelRegistry, Tracking
from golden_paths.clients.mlflow_models import MlflowModels
from golden_paths.clients.mlflow_tracking import MlflowTracking


@dataclass(frozen=True)
class Mlflow:
    """Both clients of one MLflow."""

    tracking: Tracking
    models: ModelRegistry


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.fixture(scope="session")
def server_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with mlflow_server(tmp_path_factory.mktemp("mlflow-server")) as uri:
        yield uri


@pytest.fixture(scope="session")
def database_uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow-database') / 'mlflow.db'}"


@pytest.fixture(
    params=["fake", pytest.param("database", marks=pytest.mark.real), pytest.param("server", marks=pytest.mark.real)]
)
def mlflow(request: pytest.FixtureRequest, tmp_path: Path) -> Mlflow:
    if request.param == "fake":
        return Mlflow(FakeTracking(tmp_path / "fake"), FakeModelRegistry())
    uri: str = request.getfixturevalue(f"{request.param}_uri")
    return Mlflow(MlflowTracking(uri), MlflowModels(uri))
