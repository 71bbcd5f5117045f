"""From spec, platform and policy to how a log is kept, and where it is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from golden_paths.errors import InvalidSpec, StepFailed
from golden_paths.load import read_draft
from golden_paths.prediction_log import hashing, planned
from golden_paths.prediction_log.folder_store import FolderStore
from golden_paths.prediction_log.keeping import Keeping
from golden_paths.prediction_log.mlflow_store import MlflowStore
from golden_paths.project import Project
from projects import SPEC, make_project

MLFLOW = "http://ada:secret@mlflow.shop:5000"
WATCHED = SPEC.replace("  label: left\n", "  label: left\n  sensitive: [sex, customer]\n") + "monitor: {drift: {}}\n"
ON_KUBERNETES = WATCHED.replace("to: local", "to: kubernetes")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    make_project(tmp_path)
    monkeypatch.delenv(hashing.HASH_KEY, raising=False)
    return Project(tmp_path, tmp_path / "state")


def kept(project: Project, text: str = WATCHED, *, platform: str = "", policy: str = "", uri: str = MLFLOW) -> Keeping | None:
    spec = put(project, text, platform=platform, policy=policy)
    return planned.keeping(spec, project, uri)


def put(project: Project, text: str, *, platform: str = "", policy: str = "") -> Any:
    (project.root / "include" / "platform.yaml").write_text(f"prediction_log: {{{platform}}}\n")
    (project.root / "include" / "policy.yaml").write_text(f"predictions: {{{policy}}}\n")
    (project.root / "dags" / "churn.yaml").write_text(text)
    return read_draft(project.root / "dags" / "churn.yaml", project).spec


def test_a_model_of_this_machine_has_a_folder_of_the_projects_state(project: Project) -> None:
    state = project.state
    key_file = str(state / "predictions.key")
    expected = Keeping(address=str(state / "predictions"), hashed=("sex", "customer"), key_file=key_file, flush_seconds=15.0)
    assert kept(project) == expected
    assert (state / "predictions.key").exists()


def test_a_model_on_kubernetes_has_mlflow_without_the_sign_in_and_no_file_for_a_key(project: Project) -> None:
    assert kept(project, ON_KUBERNETES) == Keeping(address="mlflow+http://mlflow.shop:5000", hashed=("sex", "customer"))
    assert not project.state.exists()


@pytest.mark.parametrize(
    ("text", "platform"),
    [(SPEC, ""), (WATCHED, 'address: "off"'), (ON_KUBERNETES, 'address: "off"')],
    ids=["not watched", "off", "off on kubernetes"],
)
def test_who_keeps_none(project: Project, text: str, platform: str) -> None:
    assert kept(project, text, platform=platform) is None
    assert planned.log_of(put(project, text, platform=platform), project, MLFLOW) is None


@pytest.mark.parametrize(
    ("text", "platform", "address", "volume", "reach"),
    [
        (WATCHED, "address: data/log", "{root}/data/log", None, ""),
        (WATCHED, "address: mlflow", "mlflow+http://mlflow.shop:5000", None, ""),
        (WATCHED, "address: s3://bucket/log/", "s3://bucket/log", None, ""),
        (ON_KUBERNETES, "address: s3://bucket/log", "s3://bucket/log", None, "443"),
        (ON_KUBERNETES, 'address: s3://bucket/log, reach: "minio.shop:9000"', "s3://bucket/log", None, "minio.shop:9000"),
        (ON_KUBERNETES, "address: /predictions, volume: claim", "/predictions", "claim", ""),
        (ON_KUBERNETES, "address: file:///predictions, volume: claim", "/predictions", "claim", ""),
    ],
)
def test_the_platform_says_where(
    project: Project, text: str, platform: str, address: str, volume: str | None, reach: str
) -> None:
    found = kept(project, text, platform=platform)
    assert found
    assert (found.address, found.volume, found.reach) == (address.format(root=project.root), volume, reach)


@pytest.mark.parametrize(
    ("policy", "hashed", "left_out", "keys"),
    [
        ("", ("sex", "customer"), (), False),
        ("sensitive: leave_out", (), ("sex", "customer"), False),
        ("sensitive: keep", (), (), False),
        ("sensitive: keep, keys: hash", (), (), True),
    ],
)
def test_the_policy_says_what(
    project: Project, policy: str, hashed: tuple[str, ...], left_out: tuple[str, ...], keys: bool
) -> None:
    found = kept(project, policy=policy)
    assert found
    assert (found.hashed, found.left_out, found.hash_keys) == (hashed, left_out, keys)
    assert (project.state / "predictions.key").exists() is bool(hashed or keys)


@pytest.mark.parametrize(
    ("text", "platform", "problem", "remedy"),
    [
        (
            WATCHED,
            "address: mlflow",
            "the prediction log is kept in MLflow, and no tracking server is named",
            "set MLFLOW_TRACKING_URI to one, or prediction_log.address in include/platform.yaml to a folder",
        ),
        (
            ON_KUBERNETES,
            "address: /predictions",
            "the prediction log is kept in /predictions, which goes with each pod",
            "name a PersistentVolumeClaim as prediction_log.volume in include/platform.yaml, or another address",
        ),
    ],
)
def test_an_address_that_servers_could_not_write_to_is_refused(
    project: Project, text: str, platform: str, problem: str, remedy: str
) -> None:
    with pytest.raises(StepFailed) as caught:
        kept(project, text, platform=platform, uri="sqlite:///mlflow.db")
    assert (caught.value.problem, caught.value.remedy) == (problem, remedy)


@pytest.mark.parametrize(
    ("platform", "message"),
    [
        ("address: s3://", "prediction_log.address 's3://' is no address; write a folder, mlflow, off, or an address such as"),
        ("address: s3://me:pw@bucket/x", "has a sign-in, which others would read; write it without"),
        ("address: x, volume: claim", "has a volume, and no folder to mount it at; name one, as in address: /predictions"),
        ("address: off", 'prediction_log.address \'off\' may be read as a truth value; write "off" for the text'),
        ("flush: 10ms", "has a flush of less than a second; write 1s or more"),
        ("reach: here", "prediction_log.reach 'here' is no list of addresses; write host:port"),
        ("retention: long", "prediction_log.retention 'long' is not a duration"),
        ("adress: x", "prediction_log.adress is not a key that is known here"),
    ],
)
def test_a_wrong_platform_file_is_told_with_its_line(project: Project, platform: str, message: str) -> None:
    with pytest.raises(InvalidSpec) as caught:
        kept(project, platform=platform)
    assert (str(caught.value).startswith("include/platform.yaml:1: "), message in str(caught.value)) == (True, True), caught.value


def test_the_watch_reads_where_servers_write(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    local = planned.log_of(put(project, WATCHED), project, MLFLOW)
    assert local
    assert isinstance(local.store, FolderStore)
    key = (project.state / "predictions.key").read_text().strip()
    assert (local.store.root, local.key) == (project.state / "predictions", key)
    monkeypatch.setenv(hashing.HASH_KEY, "given")
    remote = planned.log_of(put(project, ON_KUBERNETES, platform="retention: 7d"), project, MLFLOW)
    assert remote
    assert isinstance(remote.store, MlflowStore)
    assert (remote.key, remote.retention.days, remote.keeping.address) == ("given", 7, "mlflow+http://mlflow.shop:5000")
