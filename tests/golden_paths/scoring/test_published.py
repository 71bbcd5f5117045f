"""The folder of scores: each row in one file, each file whole, whoever is killed and however many write at once."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from feature_repo import day
from golden_paths import digests
from golden_paths.errors import StepFailed
from golden_paths.scoring import published
from golden_paths.scoring.interval import Interval
from golden_paths.scoring.published import Manifest


class Killed(BaseException):
    """Nothing after it runs."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "scores"


def file(folder: Path, content: str) -> Path:
    made = folder.parent / f"{content}.parquet"
    made.write_text(content)
    return made


def manifest(content: str, start: datetime | None, end: datetime, **more: Any) -> Manifest:
    facts = {"spec": "daily", "model": "churn", "version": "1", "uri": "runs:/1/scores.parquet", "by_hand": False}
    of = dict.fromkeys(("spec_digest", "model_digest", "entities_digest", "features_digest"), "d" * 64)
    digest = digests.of_bytes(content.encode())
    return Manifest(**{**facts, **of, "start": start, "end": end, "rows": 1, "unanswered": 0, "digest": digest, **more})


def publish(folder: Path, content: str, start: datetime | None, end: datetime, **more: Any) -> bool:
    return published.publish(folder, file(folder, content), manifest(content, start, end, **more))


def held(folder: Path) -> dict[str, str]:
    return {path.parent.name: path.read_text() for path in folder.glob("*/scores.parquet")}


def read(folder: Path, interval: Interval) -> Manifest:
    return Manifest.model_validate_json((folder / interval.folder / "_manifest.json").read_text())


def test_the_same_scores_again_change_nothing(folder: Path) -> None:
    assert publish(folder, "a", day(1), day(2)) is True
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.*") if path.name != ".lock"}
    assert publish(folder, "a", day(1), day(2)) is False
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_other_scores_of_the_interval_replace_the_file_and_the_manifest_says_which(folder: Path) -> None:
    publish(folder, "a", day(1), day(2))
    assert publish(folder, "b", day(1), day(2), version="2") is True
    found = read(folder, Interval(day(1), day(2)))
    assert (found.version, found.digest) == ("2", digests.of_bytes(b"b"))
    was = {"folder": Interval(day(1), day(2)).folder, "version": "1", "digest": digests.of_bytes(b"a")}
    assert [one.model_dump() for one in found.replaced] == [was]
    assert held(folder) == {Interval(day(1), day(2)).folder: "b"}


@pytest.mark.parametrize("killed_at", range(1, 7))
def test_a_kill_at_any_moment_leaves_whole_files_and_the_next_try_ends_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, killed_at: int
) -> None:
    publish(folder, "a", day(1), day(2))
    publish(folder, "inside", day(2), day(3))
    made = file(folder, "b")
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
        patched.setattr(published.shutil, "copyfile", dying(published.shutil.copyfile))
        patched.setattr(published.os, "replace", dying(os.replace))
        patched.setattr(published.shutil, "rmtree", dying(published.shutil.rmtree))
        patched.setattr(Path, "write_text", dying(Path.write_text))
        with pytest.raises(Killed):
            published.publish(folder, made, manifest("b", day(1), day(3)))
    assert set(held(folder).values()) <= {"a", "b", "inside"}
    publish(folder, "b", day(1), day(3))
    assert held(folder) == {Interval(day(1), day(3)).folder: "b"}
    assert publish(folder, "b", day(1), day(3)) is False


def test_two_at_once_leave_one_whole_file_with_its_own_manifest(folder: Path) -> None:
    def one(number: int) -> None:
        content = "ab"[number % 2] * 10_000
        made = folder.parent / f"{number}.parquet"
        made.write_text(content)
        published.publish(folder, made, manifest(content, day(1), day(2)))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(32)))
    interval = Interval(day(1), day(2))
    assert digests.of_file(folder / interval.folder / "scores.parquet") == read(folder, interval).digest


def test_a_row_is_never_in_two_files(folder: Path) -> None:
    publish(folder, "a", day(1), day(3))
    with pytest.raises(StepFailed) as caught:
        publish(folder, "b", day(2), day(4))
    assert str(caught.value) == (
        "scores/interval=20260101T000000Z_20260103T000000Z has rows of 2026-01-02T00:00:00+00:00 to "
        "2026-01-04T00:00:00+00:00 too: they would be in two files; remove that folder, or run for an interval beside it"
    )
    publish(folder, "c", day(3), day(4))
    publish(folder, "d", day(1), day(4))  # holds both
    assert set(held(folder).values()) == {"d"}
    assert len(read(folder, Interval(day(1), day(4))).replaced) == 2


def test_what_was_scored_by_hand_gives_way_to_the_schedule_and_never_the_other_way_round(folder: Path) -> None:
    publish(folder, "hand", None, day(3.5), by_hand=True)
    publish(folder, "day", day(3), day(4))
    assert set(held(folder).values()) == {"day"}
    with pytest.raises(StepFailed, match="they would be in two files"):
        publish(folder, "hand", None, day(3.5), by_hand=True)


def test_the_time_between_an_interval_and_the_last_one_before_it_is_a_gap(folder: Path) -> None:
    assert published.gap(folder, day(3)) is None
    publish(folder, "a", day(1), day(2))
    assert (published.gap(folder, day(2)), published.gap(folder, day(4))) == (None, (day(2), day(4)))


def test_a_run_by_hand_goes_on_after_the_last_interval_and_finds_its_own_again(folder: Path) -> None:
    assert published.since(folder, day(2)) == Interval(None, day(2))
    publish(folder, "a", day(1), day(2))
    publish(folder, "c", day(4), day(5))
    assert published.since(folder, day(3)) == Interval(day(2), day(3))
    publish(folder, "b", day(2), day(3))
    assert published.since(folder, day(3)) == Interval(day(2), day(3))
    assert published.since(folder, day(6)) == Interval(day(5), day(6))


def test_the_folder_of_another_spec_and_one_that_cannot_be_written_are_refused(folder: Path, tmp_path: Path) -> None:
    publish(folder, "a", day(1), day(2))
    with pytest.raises(StepFailed, match="scores holds the scores of daily; name another folder in score.output"):
        publish(folder, "a", day(1), day(2), spec="other")
    (tmp_path / "file").write_text("")
    with pytest.raises(StepFailed, match="cannot be written to .*file/scores: Not a directory; let score.output name"):
        published.publish(tmp_path / "file" / "scores", file(folder, "a"), manifest("a", day(1), day(2)))
