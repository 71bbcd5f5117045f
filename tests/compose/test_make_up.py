"""make up and make down: what is called, in which order, and what is said."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import compose_env
import pytest

from examples import ROOT

PINNED = "golden-paths-airflow:0.1.0-abc"


def loaded() -> ModuleType:
    spec = spec_from_file_location("compose_main", ROOT / "include" / "compose" / "__main__.py")
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[list[str], str]]:
    """Call it in a folder that holds .env.example; the engine has the images that are named."""
    shutil.copy(ROOT / ".env.example", tmp_path)
    for name, _ in compose_env.LINE.findall((tmp_path / ".env.example").read_text()):
        monkeypatch.delenv(name, raising=False)
    main = loaded()
    monkeypatch.setattr(main, "ROOT", tmp_path)
    monkeypatch.setattr(main.shutil, "which", lambda name: f"/bin/{name}")
    monkeypatch.chdir(tmp_path)

    def called(*arguments: str, images: tuple[str, ...] = (), in_k3s: str = "") -> tuple[list[str], str]:
        calls: list[str] = []

        def has(command: list[str], **_: object) -> subprocess.CompletedProcess[bytes]:
            return subprocess.CompletedProcess(command, 0 if command[-1] in images else 1)

        def printed(*command: str) -> str:
            if "k3s" in command:
                return in_k3s
            return PINNED if "airflow" in command else "golden-paths-train:t\ngolden-paths-serve:s"

        monkeypatch.setattr(main.subprocess, "run", has)
        monkeypatch.setattr(main, "output", printed)
        monkeypatch.setattr(main, "run", lambda *command: calls.append(" ".join(command)))
        monkeypatch.setattr(sys, "argv", ["compose", *arguments])
        main.main()
        return [one.replace(sys.executable, "python").replace(f"{ROOT}/", "") for one in calls], capsys.readouterr().out

    return called


UP = "docker compose up --detach --no-build --wait --wait-timeout 600"
TAG = f"docker image tag {PINNED} golden-paths-airflow:0.1.0"
BUILD = "python include/images airflow --load docker load --quiet --input {archive}"
TO_K3S = "python include/images --load sh -c 'docker compose exec -T k3s ctr images import - < {archive}'"
NAMES = "docker compose cp .golden_paths/images.json airflow-scheduler:/opt/project/.golden_paths/images.json"


def test_the_first_time_writes_secrets_builds_starts_all_and_hands_pods_images_to_k3s(
    call: Callable[..., tuple[list[str], str]], tmp_path: Path
) -> None:
    calls, said = call("up")
    assert calls == [BUILD, TAG, UP, TO_K3S, NAMES]
    secrets = compose_env.read(tmp_path)
    assert said.splitlines() == [
        "up: wrote .env with new secrets; it is yours alone (0600) and is not overwritten",
        f"up: Airflow    http://localhost:8080   admin / {secrets['AIRFLOW_ADMIN_PASSWORD']}",
        f"up:            to approve models of high risk: reviewer / {secrets['AIRFLOW_REVIEWER_PASSWORD']}",
        "up: MLflow     http://localhost:5000",
        "up: Marquez    http://localhost:3000",
        "up: endpoints  http://localhost:18080 to 18089, one for each model",
    ]


def test_what_is_there_is_not_built_again(call: Callable[..., tuple[list[str], str]], tmp_path: Path) -> None:
    call("up")
    (tmp_path / ".golden_paths").mkdir()
    (tmp_path / ".golden_paths" / "images.json").write_text("{}")
    held = "docker.io/library/golden-paths-train:t docker.io/library/golden-paths-serve:s"
    calls, _ = call("up", images=(PINNED,), in_k3s=held)
    assert calls == [TAG, UP, NAMES]


def test_some_services_or_another_profile_leave_k3s_alone(
    call: Callable[..., tuple[list[str], str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("up", "mlflow", images=(PINNED,))[0] == [TAG, f"{UP} mlflow"]
    monkeypatch.setenv("COMPOSE_PROFILES", "")
    calls, said = call("up", images=(PINNED,))
    assert (calls, "Marquez" in said) == ([TAG, UP], False)


def test_an_image_of_a_registry_is_composes_to_pull(
    call: Callable[..., tuple[list[str], str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GOLDEN_PATHS_AIRFLOW_IMAGE", "registry.example/team/golden-paths-airflow:1.2")
    monkeypatch.setenv("COMPOSE_PROFILES", "")
    assert call("up")[0] == [UP]


def test_an_env_of_an_older_version_is_named_and_nothing_starts(
    call: Callable[..., tuple[list[str], str]], tmp_path: Path
) -> None:
    (tmp_path / ".env").write_text((tmp_path / ".env.example").read_text().replace("REDIS_PASSWORD=\n", ""))
    with pytest.raises(SystemExit, match=r"^up: .env lacks POSTGRES_PASSWORD, .*REDIS_PASSWORD.*: add them, as .env.example"):
        call("up")


def test_down_stops_and_keeps(call: Callable[..., tuple[list[str], str]]) -> None:
    assert call("down") == (
        ["docker compose down --remove-orphans"],
        "up: stopped; what it kept is in its volumes, for the next make up\n",
    )


def test_without_docker_it_says_so(call: Callable[..., tuple[list[str], str]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(SystemExit) as error:
        call("up")
    assert str(error.value) == "up: docker is not installed, and its compose plugin is what runs docker-compose.yaml"
