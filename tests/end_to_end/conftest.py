"""A copy of the examples in a folder of its own, so that end-to-end runs leave nothing in the checkout; places for rollouts."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster import connected, namespace
from examples import BROUGHT, ROOT, golden_paths
from rollouts import Place, mlflow_server
from steady_pod import Champion, Steady


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A project with the examples' content and an empty dags/; its endpoints are stopped at the end."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "dags").mkdir()
    for name in BROUGHT:
        shutil.copytree(ROOT / "include" / name, folder / "include" / name)
    yield folder
    golden_paths(folder, "stop", "--all")


@pytest.fixture(scope="session")
def mlflow_for_pods(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of an MLflow server that pods reach."""
    connected()
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as uri:
        yield uri


@pytest.fixture(scope="module")
def rollouts(
    request: pytest.FixtureRequest, mlflow_for_pods: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """A namespace in which nothing was rolled out yet. The model is called as the module: alias and versions are its own."""
    name = request.module.__name__.rpartition("_")[2]
    with namespace() as made:
        yield Place(made, mlflow_for_pods, tmp_path_factory.mktemp(name), name=name)


@pytest.fixture(scope="module")
def champion(rollouts: Place) -> Iterator[Champion]:
    """A version in service, and the two clients that never stop asking it."""
    steady = Steady(rollouts.namespace, rollouts.name)
    version = rollouts.version()
    rollouts.roll_out(version, replicas=2)
    steady.begun()
    yield Champion(rollouts, version, steady)
    assert steady.failures() == []


@pytest.fixture
def undisturbed(champion: Champion) -> Iterator[None]:
    """No request on the Service fails while the test runs."""
    assert champion.steady.failures() == []
    yield
    assert champion.steady.failures() == []
