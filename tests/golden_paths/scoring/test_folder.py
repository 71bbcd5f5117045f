"""The folder of scores: each file whole, whoever is killed. What it promises as every place does is in test_outputs.py."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from feature_repo import day
from golden_paths import digests
from golden_paths.errors import StepFailed
from golden_paths.scoring import folder as module
from golden_paths.scoring.folder import Folder
from golden_paths.scoring.interval import Interval
from golden_paths.scoring.manifest import Manifest
from outputs import file, manifest, publish


class Killed(BaseException):
    """Nothing after it runs."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "scores"


def held(folder: Path) -> dict[str, str]:
    return {path.parent.name: pd.read_parquet(path)["prediction"][0] for path in folder.glob("*/scores.parquet")}


def read(folder: Path, interval: Interval) -> Manifest:
    return Manifest.model_validate_json((folder / interval.folder / "_manifest.json").read_text())


def test_the_same_scores_again_touch_no_file(folder: Path, tmp_path: Path) -> None:
    assert publish(Folder(folder), tmp_path, "a", day(1), day(2)) is True
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.*") if path.name != ".lock"}
    assert publish(Folder(folder), tmp_path, "a", day(1), day(2)) is False
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_other_scores_of_the_interval_replace_the_file_and_the_manifest_says_which(folder: Path, tmp_path: Path) -> None:
    publish(Folder(folder), tmp_path, "a", day(1), day(2))
    assert publish(Folder(folder), tmp_path, "b", day(1), day(2), version="2") is True
    found = read(folder, Interval(day(1), day(2)))
    was, now = (digests.of_file(file(tmp_path, one)) for one in "ab")
    assert (found.version, found.digest) == ("2", now)
    told = {"folder": Interval(day(1), day(2)).folder, "version": "1", "digest": was}
    assert [one.model_dump() for one in found.replaced] == [told]
    assert digests.of_file(folder / Interval(day(1), day(2)).folder / "scores.parquet") == now


@pytest.mark.parametrize("killed_at", range(1, 7))
def test_a_kill_at_any_moment_leaves_whole_files_and_the_next_try_ends_it(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, killed_at: int
) -> None:
    publish(Folder(folder), tmp_path, "a", day(1), day(2))
    publish(Folder(folder), tmp_path, "inside", day(2), day(3))
    made = file(tmp_path, "b")
    wanted = manifest(made, day(1), day(3))
    calls = 0

    def dying(act: Callable[..., Any]) -> Callable[..., Any]:
        def called(*arguments: Any, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == killed_at:
                raise Killed
            return act(*arguments, **named)

        return called

    with monkeypatch.context() as patched:
        patched.setattr(module.shutil, "copyfile", dying(module.shutil.copyfile))
        patched.setattr(module.os, "replace", dying(os.replace))
        patched.setattr(module.shutil, "rmtree", dying(module.shutil.rmtree))
        patched.setattr(Path, "write_text", dying(Path.write_text))
        with pytest.raises(Killed):
            Folder(folder).publish(made, wanted)
    assert set(held(folder).values()) <= {"a", "b", "inside"}
    publish(Folder(folder), tmp_path, "b", day(1), day(3))
    assert held(folder) == {Interval(day(1), day(3)).folder: "b"}
    assert publish(Folder(folder), tmp_path, "b", day(1), day(3)) is False


def test_a_file_that_was_changed_is_put_right(folder: Path, tmp_path: Path) -> None:
    publish(Folder(folder), tmp_path, "a", day(1), day(2))
    Path(Folder(folder).named(Interval(day(1), day(2)))).write_bytes(b"PAR1")
    assert publish(Folder(folder), tmp_path, "a", day(1), day(2)) is True
    assert held(folder) == {Interval(day(1), day(2)).folder: "a"}


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StepFailed, match="cannot be written to .*file/scores: Not a directory; let score.output name"):
        publish(Folder(tmp_path / "file" / "scores"), tmp_path, "a", day(1), day(2))
