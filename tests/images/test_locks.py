"""The images' locks: the one lock, narrowed."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
IMAGES = ("train", "serve", "airflow")
IN_PODS = IMAGES[:2]


def entries(lock: Path) -> dict[str, str]:
    """'name==version ; marker' -> its hashes."""
    text = re.sub(r" *\\\n +", " ", lock.read_text())
    lines = [line.partition(" --hash=") for line in text.splitlines() if line and line[0] not in " #"]
    return {pinned.strip(): hashes for pinned, _, hashes in lines}


def names(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~ ;]", one)[0] for one in requirements}


def group(image: str) -> set[str]:
    wanted: set[str] = set()
    for one in PROJECT["dependency-groups"][image]:
        wanted |= names([one]) if isinstance(one, str) else group(one["include-group"])
    return wanted


def locked(image: str) -> dict[str, str]:
    return entries(ROOT / "include" / "images" / image / "requirements.lock")


@pytest.mark.parametrize("image", IMAGES)
def test_every_version_and_hash_is_that_of_the_one_lock(image: str) -> None:
    whole = {pinned.partition(" ;")[0]: hashes for pinned, hashes in entries(ROOT / "requirements.lock").items()}
    mine = {pinned.partition(" ;")[0]: hashes for pinned, hashes in locked(image).items()}
    assert {pinned: hashes for pinned, hashes in mine.items() if whole.get(pinned) != hashes} == {}
    assert len(mine) > 50
    assert all(mine.values())


@pytest.mark.parametrize("image", IMAGES)
def test_a_lock_holds_what_its_group_names(image: str) -> None:
    assert group(image) - {pinned.partition("==")[0] for pinned in locked(image)} == set()


@pytest.mark.parametrize("image", IN_PODS)
def test_an_image_for_pods_holds_no_airflow(image: str) -> None:
    assert [pinned for pinned in locked(image) if "airflow" in pinned.partition("==")[0]] == []


def test_the_airflow_image_holds_every_dependency_and_nothing_for_development() -> None:
    held = {pinned.partition("==")[0] for pinned in locked("airflow")}
    assert names(PROJECT["project"]["dependencies"]) - held == set()
    assert held & {"pytest", "ruff", "mypy", "dag-factory", "openlineage-airflow"} == set()


@pytest.mark.parametrize("image", IMAGES)
def test_a_lock_names_no_index(image: str) -> None:
    assert "://" not in (ROOT / "include" / "images" / image / "requirements.lock").read_text()


def test_the_train_image_holds_every_dependency_but_airflow() -> None:
    needed = {name for name in names(PROJECT["project"]["dependencies"]) if not name.startswith("apache-airflow")}
    assert needed - group("train") == set()


def test_the_serve_image_holds_only_the_skinny_mlflow() -> None:
    held = {pinned.partition("==")[0] for pinned in locked("serve")}
    assert held & {"mlflow", "mlflow-skinny", "duckdb", "mypy", "matplotlib"} == {"mlflow-skinny"}
