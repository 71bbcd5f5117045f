"""Which cluster: the connection's, else the environment's."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from golden_paths.errors import StepFailed
from golden_paths.scoring.database import Database
from golden_paths_airflow import connections

KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "one",
    "clusters": [{"name": "one", "cluster": {"server": "https://cluster.example:6443"}}],
    "users": [{"name": "one", "user": {"token": "first"}}],
    "contexts": [{"name": "one", "context": {"cluster": "one", "user": "one", "namespace": "of-the-context"}}],
}


@pytest.fixture
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps(KUBECONFIG))
    monkeypatch.delenv("GOLDEN_PATHS_NAMESPACE", raising=False)
    monkeypatch.delenv("AIRFLOW_CONN_KUBERNETES_DEFAULT", raising=False)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(file))
    return file


def connect(monkeypatch: pytest.MonkeyPatch, **extra: object) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_KUBERNETES_DEFAULT", json.dumps({"conn_type": "kubernetes", "extra": extra}))


def test_without_a_connection_kubeconfig_names_cluster_and_namespace(kubeconfig: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = connections.settings().cluster
    assert found.chosen_namespace() == "of-the-context"
    assert found.connect().configuration.host == "https://cluster.example:6443"
    monkeypatch.setenv("GOLDEN_PATHS_NAMESPACE", "of-the-environment")
    assert connections.settings().cluster.chosen_namespace() == "of-the-environment"


def test_a_connection_comes_first_and_is_read_each_time(kubeconfig: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLDEN_PATHS_NAMESPACE", "of-the-environment")
    connect(monkeypatch, namespace="of-the-connection", kube_config=json.dumps(KUBECONFIG))
    found = connections.settings().cluster
    assert found.chosen_namespace() == "of-the-connection"
    tokens = [found.connect().configuration.auth_settings()["BearerToken"]["value"]]
    connect(monkeypatch, kube_config=json.dumps(KUBECONFIG).replace("first", "second"))
    tokens.append(found.connect().configuration.auth_settings()["BearerToken"]["value"])
    assert tokens == ["Bearer first", "Bearer second"]


def test_mlflow_is_that_of_its_connection_else_of_the_environment(kubeconfig: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert connections.tracking_uri() is None
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://environment:5000")
    assert connections.tracking_uri() == "http://environment:5000"
    monkeypatch.setenv("AIRFLOW_CONN_MLFLOW_DEFAULT", json.dumps({"conn_type": "http", "host": "mlflow", "port": 5000}))
    assert connections.settings().tracking_uri == "http://mlflow:5000"


def scores(monkeypatch: pytest.MonkeyPatch, **connection: object) -> str | None:
    monkeypatch.setenv("AIRFLOW_CONN_SCORES_DEFAULT", json.dumps(connection))
    return connections.settings().scores_uri()


def test_scores_go_into_the_database_of_their_connection_else_of_the_environment(
    kubeconfig: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AIRFLOW_CONN_SCORES_DEFAULT", raising=False)
    monkeypatch.delenv("GOLDEN_PATHS_SCORES_URI", raising=False)
    assert connections.settings().scores_uri() is None
    monkeypatch.setenv("GOLDEN_PATHS_SCORES_URI", "sqlite:////scores.db")
    assert connections.settings().scores_uri() == "sqlite:////scores.db"
    where = {"host": "db.shop", "port": 6432, "schema": "warehouse", "login": "ada", "password": "p@ss/word"}
    found = scores(monkeypatch, conn_type="postgres", **where, extra={"schema": "scores", "sslmode": "require"})
    database = Database.at(found)
    assert database.address("churn") == "postgres://db.shop:6432/warehouse/scores/churn"
    assert (database.url.username, database.url.password) == ("ada", "p@ss/word")
    assert dict(database.url.query) == {"sslmode": "require"}
    assert scores(monkeypatch, conn_type="sqlite", host="/data/scores.db") == "sqlite:////data/scores.db"
    with pytest.raises(StepFailed, match="scores_default is of type mysql; scores go into databases of type postgres or sqlite"):
        scores(monkeypatch, conn_type="mysql", host="db")
