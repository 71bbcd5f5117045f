"""What every place of scores promises, folder or table: each row once, an interval whole or not at all, however many write."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas as pd
import pytest

from feature_repo import day
from golden_paths.errors import StepFailed
from golden_paths.scoring import output as of_output
from golden_paths.scoring.database import Database
from golden_paths.scoring.folder import Folder
from golden_paths.scoring.interval import Interval
from golden_paths.scoring.output import Output
from golden_paths.scoring.table import Table
from outputs import empty, file, manifest, publish, table


class Place:
    """An output, and what its readers find there."""

    def __init__(self, output: Output, database: Database | None, path: Path) -> None:
        self.output, self._database, self._path = output, database, path

    def held(self) -> dict[str, list[str]]:
        if self._database is None:
            files = {path.parent.name: pd.read_parquet(path) for path in self._path.glob("*/scores.parquet")}
            return {name: rows["prediction"].tolist() for name, rows in files.items()}
        rows = table(self._database, "churn_scores")
        return {f"interval={name}": some["prediction"].tolist() for name, some in rows.groupby("interval")}


@pytest.fixture(params=["folder", "sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "folder":
        return Place(Folder(tmp_path / "scores"), None, tmp_path / "scores")
    database = empty(request.param, request, tmp_path)
    return Place(Table(database, "churn_scores"), database, tmp_path)


def test_nothing_is_there_at_first(place: Place) -> None:
    assert place.output.intervals() == []
    assert of_output.since(place.output, day(2)) == Interval(None, day(2))
    assert of_output.gap(place.output, day(3)) is None


def test_the_same_again_changes_nothing_and_others_replace_the_interval(place: Place, tmp_path: Path) -> None:
    assert publish(place.output, tmp_path, "a", day(1), day(2), many=3) is True
    assert publish(place.output, tmp_path, "a", day(1), day(2), many=3) is False
    assert publish(place.output, tmp_path, "b", day(1), day(2), version="2") is True
    assert publish(place.output, tmp_path, "b", day(1), day(2), version="3") is True  # the same bytes, by another
    publish(place.output, tmp_path, "c", day(2), day(3))
    first, second = Interval(day(1), day(2)), Interval(day(2), day(3))
    assert place.held() == {first.folder: ["b"], second.folder: ["c"]}
    assert place.output.intervals() == [first, second]
    assert second.folder.removeprefix("interval=") in place.output.named(second)


def test_an_interval_without_a_row_is_there(place: Place, tmp_path: Path) -> None:
    assert publish(place.output, tmp_path, "a", day(1), day(2), many=0) is True
    assert publish(place.output, tmp_path, "a", day(1), day(2), many=0) is False
    assert place.output.intervals() == [Interval(day(1), day(2))]


def test_a_row_is_never_there_twice(place: Place, tmp_path: Path) -> None:
    publish(place.output, tmp_path, "a", day(1), day(3))
    with pytest.raises(StepFailed) as caught:
        publish(place.output, tmp_path, "b", day(2), day(4))
    assert str(caught.value) == (
        f"{place.output.named(Interval(day(1), day(3)))} has rows of 2026-01-02T00:00:00+00:00 to "
        "2026-01-04T00:00:00+00:00 too: they would be there twice; remove what is there, or run for an interval beside it"
    )
    publish(place.output, tmp_path, "c", day(3), day(4))
    gone: list[Interval] = []
    made = file(tmp_path, "d")
    place.output.publish(made, manifest(made, day(1), day(4)), gone.append)  # holds both
    assert gone == [Interval(day(1), day(3)), Interval(day(3), day(4))]
    assert place.held() == {Interval(day(1), day(4)).folder: ["d"]}


def test_what_was_scored_by_hand_gives_way_to_the_schedule_and_never_the_other_way_round(place: Place, tmp_path: Path) -> None:
    publish(place.output, tmp_path, "hand", None, day(3.5), by_hand=True)
    assert place.output.is_by_hand(Interval(None, day(3.5)))
    publish(place.output, tmp_path, "day", day(3), day(4))
    assert place.held() == {Interval(day(3), day(4)).folder: ["day"]}
    with pytest.raises(StepFailed, match="they would be there twice"):
        publish(place.output, tmp_path, "hand", None, day(3.5), by_hand=True)


def test_the_time_between_an_interval_and_the_last_one_before_it_is_a_gap(place: Place, tmp_path: Path) -> None:
    publish(place.output, tmp_path, "a", day(1), day(2))
    assert (of_output.gap(place.output, day(2)), of_output.gap(place.output, day(4))) == (None, (day(2), day(4)))


def test_a_run_by_hand_goes_on_after_the_last_interval_and_finds_its_own_again(place: Place, tmp_path: Path) -> None:
    publish(place.output, tmp_path, "a", day(1), day(2))
    publish(place.output, tmp_path, "c", day(4), day(5))
    assert of_output.since(place.output, day(3)) == Interval(day(2), day(3))
    assert of_output.since(place.output, day(5)) == Interval(day(4), day(5))


def test_of_many_at_once_the_rows_are_those_of_one(place: Place, tmp_path: Path) -> None:
    def one(number: int) -> None:
        folder = tmp_path / str(number)
        folder.mkdir()
        publish(place.output, folder, "ab"[number % 2], day(1), day(2), many=500 + number % 2)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(16)))
    assert place.held() in [
        {Interval(day(1), day(2)).folder: ["a"] * 500},
        {Interval(day(1), day(2)).folder: ["b"] * 501},
    ]


def test_another_spec_has_no_say_in_it(place: Place, tmp_path: Path) -> None:
    publish(place.output, tmp_path, "a", day(1), day(2))
    with pytest.raises(StepFailed, match="holds the scores of daily; name another .* in score"):
        publish(place.output, tmp_path, "b", day(5), day(6), spec="nightly")
    assert place.held() == {Interval(day(1), day(2)).folder: ["a"]}
