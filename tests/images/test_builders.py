"""Names from content; docker or buildah, and what is said when there is neither."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import image_builders
import image_names
import pytest
from image_builders import Buildah, Docker

SECRETS = {"pip-conf": Path("/w/pip.conf")}


def found(monkeypatch: pytest.MonkeyPatch, programs: dict[str, str], *, answering: set[str]) -> None:
    """Pretend that these programs are installed, and that calls which begin like these succeed."""
    monkeypatch.setattr(image_builders.shutil, "which", programs.get)
    monkeypatch.setattr(image_builders, "_succeeds", lambda *command: " ".join(command[:2]) in answering)


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    made: list[list[str]] = []
    monkeypatch.setattr(image_builders, "_run", made.append)
    for name in image_builders.PROXIES:
        monkeypatch.delenv(name, raising=False)
    return made


@pytest.mark.parametrize("image", image_names.IMAGES)
def test_a_name_is_the_version_and_a_digest_of_the_content(image: str) -> None:
    assert re.fullmatch(rf"golden-paths-{image}:0\.1\.0-[0-9a-f]{{12}}", image_names.name(image))
    assert image_names.name(image) == image_names.name(image)


def test_other_code_another_lock_or_another_base_is_another_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for part in ("include/images/serve", "include/golden_paths"):
        shutil.copytree(image_names.ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    here = image_names.name("serve")
    monkeypatch.setattr(image_names, "CODE", tmp_path / "include" / "golden_paths")
    monkeypatch.setattr(image_names, "ROOT", tmp_path)
    names = {image_names.name("serve")}
    assert names == {here}, "where the checkout lies is no part of the name"
    for changed in ("include/golden_paths/errors.py", "include/images/serve/requirements.lock"):
        (tmp_path / changed).write_text((tmp_path / changed).read_text() + "# changed\n")
        names.add(image_names.name("serve"))
    monkeypatch.setenv(image_names.BASE_VARIABLE, "python:3.12-slim-bookworm")
    names.add(image_names.name("serve"))
    assert len(names) == 4


def test_the_name_of_the_airflow_image_follows_the_operators_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for part in ("include/images/airflow", "include/golden_paths", *image_names.AIRFLOW_CODE):
        shutil.copytree(image_names.ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    here = image_names.name("airflow")
    monkeypatch.setattr(image_names, "CODE", tmp_path / "include" / "golden_paths")
    monkeypatch.setattr(image_names, "ROOT", tmp_path)
    names = {here, image_names.name("airflow")}
    assert names == {here}
    for part in image_names.AIRFLOW_CODE:
        (tmp_path / part / "changed.py").touch()
        names.add(image_names.name("airflow"))
    assert len(names) == 3


def test_a_registry_goes_before_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(image_names.REGISTRY_VARIABLE, "registry.example/team/")
    assert image_names.name("train").startswith("registry.example/team/golden-paths-train:0.1.0-")


def test_docker_is_taken_when_it_can_build(monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch, {"docker": "/d", "buildah": "/b"}, answering={"docker version", "docker buildx"})
    assert image_builders.choose() == (Docker(), [])


ROWS = [
    ({"buildah": "/b"}, set(), "docker is not installed"),
    ({"docker": "/d", "buildah": "/b"}, set(), "docker is installed, but its engine does not answer"),
    (
        {"docker": "/d", "buildah": "/b"},
        {"docker version"},
        "docker has no buildx plugin, which builds with secrets",
    ),
]


@pytest.mark.parametrize(("programs", "answering", "reason"), ROWS)
def test_otherwise_buildah_and_it_is_said_why(
    programs: dict[str, str], answering: set[str], reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found(monkeypatch, programs, answering=answering)
    assert image_builders.choose() == (Buildah(), [reason])


def test_with_neither_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    found(monkeypatch, {}, answering=set())
    with pytest.raises(SystemExit) as error:
        image_builders.choose()
    assert str(error.value) == (
        "images: docker is not installed; buildah is not installed;"
        " install one: apt-get install buildah, or docker with its buildx plugin"
    )


def test_docker_is_called_with_secrets_and_the_machines_proxy(
    calls: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:1")
    Docker().build("name:1", Path("/r/Dockerfile"), Path("/r"), base="python:x", secrets=SECRETS)
    assert [" ".join(call) for call in calls] == [
        "docker buildx build --load --tag name:1 --file /r/Dockerfile --build-arg BASE=python:x"
        " --secret id=pip-conf,src=/w/pip.conf --build-arg HTTPS_PROXY /r"
    ]


@pytest.mark.parametrize(
    ("tag", "spelt"),
    [
        ("name:1", "docker.io/library/name:1"),
        ("team/name:1", "docker.io/team/name:1"),
        ("r.example/name:1", "r.example/name:1"),
        ("localhost/name:1", "localhost/name:1"),
    ],
)
def test_buildah_is_called_with_the_name_as_a_kubelet_spells_it(calls: list[list[str]], tag: str, spelt: str) -> None:
    Buildah().build(tag, Path("/r/Dockerfile"), Path("/r"), base="python:x", secrets=SECRETS)
    Buildah().save(tag, Path("/w/a.tar"))
    assert [" ".join(call) for call in calls] == [
        f"buildah build --layers --pull=missing --tag {spelt} --file /r/Dockerfile --build-arg BASE=python:x"
        " --secret id=pip-conf,src=/w/pip.conf /r",
        f"buildah push --quiet {spelt} docker-archive:/w/a.tar:{spelt}",
    ]


@pytest.mark.parametrize("image", image_names.IMAGES)
def test_a_dockerfile_names_no_index_and_starts_from_its_argument(image: str) -> None:
    text = (image_names.folder(image) / "Dockerfile").read_text()
    assert (re.findall(r"https?://\S+", text), re.findall(r"^FROM .*", text, re.MULTILINE)) == ([], ["FROM ${BASE}"])
    assert "USER 10001:10001" in text


@pytest.mark.real
@pytest.mark.skipif(Buildah().is_missing() is not None, reason="buildah is not installed")
@pytest.mark.parametrize("image", image_names.IMAGES)
def test_a_built_image_tells_nothing_of_the_machines_pip(image: str) -> None:
    seen = subprocess.run(
        ["buildah", "inspect", "--type", "image", image_builders._qualified(image_names.name(image))],
        capture_output=True,
        text=True,
        check=False,
    )
    if seen.returncode:
        pytest.skip("not built here: make images")
    described = json.loads(seen.stdout)["OCIv1"]
    assert described["config"]["User"] == "10001:10001"
    assert [one for one in described["config"]["Env"] if one.startswith("PIP_")] == []
    assert "://" not in json.dumps(described["history"])
