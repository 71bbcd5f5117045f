""".env: written once, for its owner, with secrets that fit what reads them."""

from __future__ import annotations

import base64
import re
import shutil
import stat
from pathlib import Path

import compose_env
import pytest

from examples import ROOT


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(ROOT / ".env.example", tmp_path)
    return tmp_path


def test_it_is_written_for_its_owner_with_a_secret_for_every_empty_value(folder: Path) -> None:
    assert compose_env.write(folder)
    assert stat.S_IMODE((folder / ".env").stat().st_mode) == 0o600
    found, example = compose_env.read(folder), dict(compose_env.LINE.findall((folder / ".env.example").read_text()))
    secrets = [found[name] for name, value in example.items() if not value]
    assert len(set(secrets)) == len(secrets) == 12
    assert all(re.fullmatch(r"[0-9a-f]{24}|[0-9a-f]{64}|[\w-]{43}=", secret) for secret in secrets)
    assert len(base64.urlsafe_b64decode(found["AIRFLOW_FERNET_KEY"])) == 32
    assert {name: found[name] for name, value in example.items() if value} == {k: v for k, v in example.items() if v}


def test_it_is_never_overwritten(folder: Path) -> None:
    (folder / ".env").write_text("REDIS_PASSWORD=mine\n")
    assert not compose_env.write(folder)
    assert (folder / ".env").read_text() == "REDIS_PASSWORD=mine\n"
    assert sorted(path.name for path in folder.iterdir()) == [".env", ".env.example"]


def test_what_an_older_one_lacks_is_named_and_a_setting_may_be_empty(folder: Path) -> None:
    compose_env.write(folder)
    text = (folder / ".env").read_text()
    text = re.sub(r"^K3S_TOKEN=.*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^(REDIS_PASSWORD|OPENLINEAGE_URL|COMPOSE_PROFILES)=.*$", r"\1=", text, flags=re.MULTILINE)
    (folder / ".env").write_text(text)
    assert compose_env.lacking(folder) == ["REDIS_PASSWORD", "K3S_TOKEN"]


def test_git_ignores_it() -> None:
    assert ".env" in (ROOT / ".gitignore").read_text().splitlines()
