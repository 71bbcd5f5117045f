"""What is made in k3s for models, and the KUBECONFIG that Airflow gets."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import prepare_cluster
import pytest
import yaml


def test_everything_is_in_one_restricted_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FEAST_REDIS", "10.0.0.1:6379,password=x")
    monkeypatch.setenv("FEAST_USAGE", "False")
    namespace, *others = prepare_cluster.objects("models")
    assert namespace["metadata"]["labels"] == {"pod-security.kubernetes.io/enforce": "restricted"}
    assert [(one["kind"], one["metadata"]["name"], one["metadata"]["namespace"]) for one in others] == [
        ("ServiceAccount", "golden-paths-deployer", "models"),
        ("Role", "golden-paths-deployer", "models"),
        ("RoleBinding", "golden-paths-deployer", "models"),
        ("Secret", "golden-paths-feast", "models"),
        ("Secret", "golden-paths-deployer", "models"),
    ]
    assert others[3]["stringData"]["FEAST_REDIS"] == "10.0.0.1:6379,password=x"
    assert "FEAST_USAGE" not in others[3]["stringData"]


def test_the_kubeconfig_is_the_deployers_and_its_owners_alone(tmp_path: Path) -> None:
    data = {"token": base64.b64encode(b"t0ken").decode(), "ca.crt": "Q0E="}
    target = tmp_path / "kubeconfig.yaml"
    for _ in range(2):
        prepare_cluster.write(target, prepare_cluster.kubeconfig("https://k3s:6443", "models", data))
    found = yaml.safe_load(target.read_text())
    assert found["users"][0]["user"] == {"token": "t0ken"}
    assert found["clusters"][0]["cluster"] == {"server": "https://k3s:6443", "certificate-authority-data": "Q0E="}
    assert found["contexts"][0]["context"]["namespace"] == "models"
    assert (stat.S_IMODE(target.stat().st_mode), [one.name for one in tmp_path.iterdir()]) == (0o600, [target.name])
