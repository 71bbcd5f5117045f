"""One value has one hash, in whatever type it comes."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import os
import stat
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from golden_paths.errors import StepFailed
from golden_paths.prediction_log import hashing
from golden_paths.prediction_log.hashing import canonical, hashed
from golden_paths.project import Project

NOON = dt.datetime(2026, 11, 27, 12)
ALIKE: dict[str, tuple[str | None, list[Any]]] = {
    "one": ("1", [1, 1.0, True, np.int64(1), np.int8(1), np.float64(1), np.float32(1), np.bool_(True), Decimal(1)]),
    "zero": ("0", [0, 0.0, -0.0, False, np.float32(0)]),
    "a fraction": ("0.1", [0.1, np.float64(0.1), np.float32(0.1)]),
    "a large one": ("1e+300", [1e300, np.float64(1e300)]),
    "text": ("north", ["north", np.str_("north")]),
    "empty text": ("", [""]),
    "missing": (None, [None, float("nan"), np.float64("nan"), np.float32("nan"), pd.NA, pd.NaT, np.datetime64("NaT")]),
    "infinite": ("inf", [float("inf"), np.float64("inf")]),
    "a time": (
        "2026-11-27T12:00:00",
        [
            NOON,
            NOON.replace(tzinfo=dt.UTC),
            pd.Timestamp(NOON),
            pd.Timestamp("2026-11-27T13:00:00+01:00"),
            np.datetime64(NOON),
            np.datetime64("2026-11-27T12:00:00.000000000"),
        ],
    ),
}


@pytest.mark.parametrize("case", ALIKE)
def test_a_value_has_one_text_in_every_type(case: str) -> None:
    text, values = ALIKE[case]
    assert [canonical(value) for value in values] == [text] * len(values)
    assert {hashed(value, "key") for value in values} == {None if text is None else hashed(text, "key")}


def test_other_values_and_other_keys_have_other_hashes() -> None:
    assert len({hashed(value, key) for value in (1, 2, 1.5, "north", "") for key in ("a", "b")}) == 10


def test_a_hash_is_the_hmac_that_anybody_can_make_again() -> None:
    assert hashed("north", "key") == hmac.new(b"key", b"north", hashlib.sha256).hexdigest()[:32]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    monkeypatch.delenv(hashing.HASH_KEY, raising=False)
    return Project(tmp_path, tmp_path / "state")


def test_a_key_is_made_once_and_is_its_owners_alone(project: Project) -> None:
    key = hashing.key_of(project)
    file = project.state / "predictions.key"
    assert (hashing.key_of(project), len(key), stat.S_IMODE(file.stat().st_mode)) == (key, 64, 0o600)
    assert [path.name for path in project.state.iterdir()] == ["predictions.key"]


def test_a_key_that_is_given_wins_and_is_there_for_servers_too(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    made = hashing.key_of(project)
    monkeypatch.setenv(hashing.HASH_KEY, "given")
    assert (hashing.key_of(project), (project.state / "predictions.key").read_text()) == ("given", "given\n")
    assert made != "given"


def test_a_file_that_is_empty_is_no_key(project: Project) -> None:
    project.state.mkdir()
    (project.state / "predictions.key").touch()
    with pytest.raises(StepFailed, match="holds no key; remove it, or set GOLDEN_PATHS_HASH_KEY"):
        hashing.key_of(project)


def test_processes_that_make_a_key_at_the_same_time_have_the_same(project: Project) -> None:
    code = "import sys; from pathlib import Path; from golden_paths.project import Project; from golden_paths.prediction_log "
    code += "import hashing; p = Path(sys.argv[1]); sys.stdin.read(); print(hashing.key_of(Project(p, p / 'state')))"
    command = [sys.executable, "-c", code, str(project.root)]
    environment = {"PYTHONPATH": str(Path(hashing.__file__).parents[2])}
    several = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) for _ in range(4)
    ]
    for one in several:
        assert one.stdin
        one.stdin.close()
        one.stdin = None
    assert len({one.communicate()[0] for one in several}) == 1


def test_a_server_takes_the_key_out_of_its_environment(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(hashing.HASH_KEY, "given")
    assert (hashing.given(None), os.environ.get(hashing.HASH_KEY), hashing.given(None)) == ("given", None, None)
