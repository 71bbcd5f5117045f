"""Scores in a table, of SQLite and of a real PostgreSQL: types, columns that come later, kills, and what it refuses."""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
import traceback
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy

from feature_repo import day
from golden_paths.errors import StepFailed
from golden_paths.scoring.database import Database
from golden_paths.scoring.interval import Interval
from golden_paths.scoring.manifest import Manifest
from golden_paths.scoring.table import Table
from outputs import manifest, publish, table

NAME = "churn_scores"


def put(database: Database, folder: Path, columns: dict[str, pa.Array], at: int = 1, name: str = NAME) -> bool:
    made = folder / "some.parquet"
    pq.write_table(pa.table(columns), made)
    return Table(database, name).publish(made, manifest(made, day(at), day(at + 1)))


def noted(database: Database) -> list[Manifest]:
    return [Manifest.model_validate_json(text) for text in table(database, "golden_paths_scored")["manifest"]]


def test_every_kind_of_value_comes_back_as_it_was(database: Database, tmp_path: Path) -> None:
    moment = datetime(2026, 11, 1, 12, 30, 0, 123456)
    given = {
        "customer": pa.array([2**62, None]),
        "small": pa.array([-7, 7], pa.int8()),
        "event_timestamp": pa.array([moment.replace(tzinfo=UTC), None], pa.timestamp("ns", tz="Europe/Berlin")),
        "naive": pa.array([moment, moment], pa.timestamp("us")),
        "Prediction": pa.array(["ja, \"50%\"\t\\N\n", "\\."]).dictionary_encode(),
        "score_50%": pa.array([0.1, math.inf]),
        "rough": pa.array([0.5, None], pa.float32()),
        "stays": pa.array([True, False]),
        "day": pa.array([date(2026, 11, 1), None]),
        "price": pa.array([Decimal("12.50"), None]),
        "reason": pa.nulls(2),
    }
    put(database, tmp_path, given)
    found = table(database, NAME).sort_values("small")
    assert list(found.columns) == ["interval", *(name for name in given if name != "reason")]
    assert set(found["interval"]) == {"20260101T000000Z_20260102T000000Z"}
    first, second = found.to_dict("records")
    assert (first["customer"], first["small"], first["Prediction"]) == (2**62, -7, "ja, \"50%\"\t\\N\n")
    assert (second["Prediction"], second["score_50%"], first["score_50%"], first["rough"]) == ("\\.", math.inf, 0.1, 0.5)
    moments = pd.to_datetime([first["event_timestamp"], first["naive"]], utc=True)
    assert [one.to_pydatetime() for one in moments] == [moment.replace(tzinfo=UTC)] * 2
    assert (bool(first["stays"]), str(first["day"]), float(first["price"])) == (True, "2026-11-01", 12.5)
    assert pd.isna(second["rough"]) and pd.isna(second["event_timestamp"])


def test_columns_that_come_later_are_added_and_one_of_another_kind_is_refused(database: Database, tmp_path: Path) -> None:
    put(database, tmp_path, {"prediction": pa.array([1.5]), "reason": pa.nulls(1)})
    put(database, tmp_path, {"prediction": pa.array([2]), "score_50%": pa.array([0.5]), "reason": pa.array(["why"])}, 2)
    found = table(database, NAME)
    assert found["prediction"].tolist() == [1.5, 2.0]
    assert found[["score_50%", "reason"]].iloc[1].tolist() == [0.5, "why"] and found.iloc[0].isna().sum() == 2
    with pytest.raises(StepFailed) as caught:
        put(database, tmp_path, {"prediction": pa.array(["low"])}, 3)
    assert not caught.value.retry
    assert str(caught.value) == (
        f"column prediction of table {NAME} holds number, and these scores have text there; "
        "name another table in score.table, or have this one dropped"
    )
    assert (len(table(database, NAME)), len(noted(database))) == (2, 2)


@pytest.mark.parametrize(
    ("column", "values", "said"),
    [
        ("interval", pa.array([1]), "column 'interval' cannot be one of a table"),
        ("x" * 64, pa.array([1]), "its name has more than 63 bytes"),
        ("path", pa.array([[1, 2]]), "column path has values of type list<.*>, which no table of scores takes"),
    ],
)
def test_what_no_table_takes_is_refused(
    database: Database, tmp_path: Path, column: str, values: pa.Array, said: str
) -> None:
    with pytest.raises(StepFailed, match=said):
        put(database, tmp_path, {column: values})
    assert noted(database) == []


def test_a_number_that_the_database_does_not_take_is_told_and_nothing_is_written(database: Database, tmp_path: Path) -> None:
    with pytest.raises(StepFailed, match="the database of scores .*: .*(too large|out of range)") as caught:
        put(database, tmp_path, {"prediction": pa.array([1, 2**63 + 5], pa.uint64())})
    assert not caught.value.retry and noted(database) == []


def test_a_text_with_a_nul_is_taken_or_told(database: Database, tmp_path: Path) -> None:
    """SQLite takes it, PostgreSQL has no such text."""
    if database.schema is None:
        assert put(database, tmp_path, {"prediction": pa.array(["a\0b"])}) is True
        return
    with pytest.raises(StepFailed, match="PostgreSQL text fields cannot contain NUL") as caught:
        put(database, tmp_path, {"prediction": pa.array(["a\0b"])})
    assert not caught.value.retry


def test_a_name_may_be_a_word_of_sql_or_full_of_its_signs(database: Database, tmp_path: Path) -> None:
    odd = 'sco"re_%(x)s:y\\'
    put(database, tmp_path, {odd: pa.array([1]), "select": pa.array([2])}, name="order")
    put(database, tmp_path, {odd: pa.array([3]), '%"s': pa.array([4])}, 2, name="order")
    found = table(database, "order")
    assert (found[odd].tolist(), found["select"][0], found['%"s'][1]) == ([1, 3], 2, 4)


def test_what_was_replaced_is_noted(database: Database, tmp_path: Path) -> None:
    output = Table(database, NAME)
    publish(output, tmp_path, "a", day(1), day(2))
    publish(output, tmp_path, "b", day(1), day(2), version="2")
    publish(output, tmp_path, "c", day(2), day(3))
    publish(output, tmp_path, "d", day(1), day(3), version="3")
    (found,) = noted(database)
    assert [(one.folder, one.version) for one in found.replaced] == [
        (Interval(day(1), day(2)).folder, "2"),
        (Interval(day(2), day(3)).folder, "1"),
    ]


def test_rows_that_somebody_deleted_come_back(database: Database, tmp_path: Path) -> None:
    publish(Table(database, NAME), tmp_path, "a", day(1), day(2), many=3)
    with database.begun() as connection:
        connection.exec_driver_sql(f"DELETE FROM {NAME}")
    assert publish(Table(database, NAME), tmp_path, "a", day(1), day(2), many=3) is True
    assert len(table(database, NAME)) == 3
    with database.begun() as connection:
        connection.exec_driver_sql(f"DROP TABLE {NAME}")
    assert publish(Table(database, NAME), tmp_path, "a", day(1), day(2), many=3) is True
    assert len(table(database, NAME)) == 3


def test_a_table_that_no_scores_made_is_left_alone(database: Database, tmp_path: Path) -> None:
    with database.begun() as connection:
        connection.exec_driver_sql("CREATE TABLE customers (prediction TEXT)")
    with pytest.raises(StepFailed, match="no scores have made it; name another one in score.table"):
        publish(Table(database, "customers"), tmp_path, "a", day(1), day(2))
    assert len(table_of(database, "customers")) == 0


def test_a_table_of_other_people_in_the_place_of_ours_is_left_alone(database: Database, tmp_path: Path) -> None:
    publish(Table(database, NAME), tmp_path, "a", day(1), day(2))
    for columns, values in (("interval TEXT, mine TEXT", "'20260101T000000Z_20260102T000000Z', 'x'"), ("mine TEXT", "'x'")):
        with database.begun() as connection:
            connection.exec_driver_sql(f"DROP TABLE {NAME}")
            connection.exec_driver_sql(f"CREATE TABLE {NAME} ({columns})")
            connection.exec_driver_sql(f"INSERT INTO {NAME} VALUES ({values})")
            connection.exec_driver_sql("DELETE FROM golden_paths_scored")
        with pytest.raises(StepFailed, match="no scores have (written them|made it)"):
            publish(Table(database, NAME), tmp_path, "b", day(2), day(3))
        assert table_of(database, NAME)["mine"].tolist() == ["x"]


def test_without_its_notes_no_row_is_there_twice(database: Database, tmp_path: Path) -> None:
    publish(Table(database, NAME), tmp_path, "a", day(1), day(3))
    with database.begun() as connection:
        connection.exec_driver_sql("DROP TABLE golden_paths_scored")
    with pytest.raises(StepFailed, match="has rows that are noted in golden_paths_scored for no interval"):
        publish(Table(database, NAME), tmp_path, "b", day(2), day(4))
    assert table(database, NAME)["prediction"].tolist() == ["a"]


@pytest.mark.parametrize("removed", [f"DELETE FROM {NAME}", f"DROP TABLE {NAME}"])
def test_what_was_removed_leaves_room(database: Database, tmp_path: Path, removed: str) -> None:
    publish(Table(database, NAME), tmp_path, "a", day(1), day(3))
    with database.begun() as connection:
        connection.exec_driver_sql(removed)
    assert Table(database, NAME).intervals() == []
    assert publish(Table(database, NAME), tmp_path, "b", day(2), day(4)) is True
    assert table(database, NAME)["prediction"].tolist() == ["b"]


def test_no_row_is_in_the_traceback_of_an_error(database: Database, tmp_path: Path) -> None:
    columns = {"who": pa.array(["Ada Lovelace"]), "prediction": pa.array([2**63 + 5], pa.uint64())}
    with pytest.raises(StepFailed) as caught:
        put(database, tmp_path, columns)
    assert "Ada" not in "".join(traceback.format_exception(caught.value))


def table_of(database: Database, name: str) -> pd.DataFrame:
    with database.begun() as connection:
        return pd.read_sql(sqlalchemy.text(f"SELECT * FROM {name}"), connection)


DYING = """
import json, os, signal, sys
from datetime import datetime
from pathlib import Path
from golden_paths.scoring import rows
from golden_paths.scoring.database import Database
from golden_paths.scoring.manifest import Manifest
from golden_paths.scoring.table import Table

uri, made, manifest, at = json.loads(sys.argv[1])
whole = rows._rows
def dying(batch, interval):
    for number, row in enumerate(whole(batch, interval)):
        if number == at:
            os.kill(os.getpid(), signal.SIGKILL)
        yield row
rows._rows = dying
Table(Database.at(uri), "churn_scores").publish(Path(made), Manifest.model_validate_json(manifest))
"""


def test_a_kill_in_the_middle_leaves_what_was_there_and_the_next_try_ends_it(database: Database, tmp_path: Path) -> None:
    output = Table(database, NAME)
    publish(output, tmp_path, "a", day(1), day(2))
    made = tmp_path / "b.parquet"
    pd.DataFrame({"prediction": ["b"] * 30_000}).to_parquet(made)
    wanted = manifest(made, day(1), day(2))
    uri = database.url.render_as_string(hide_password=False)
    told = json.dumps([uri, str(made), wanted.model_dump_json(), 10_000])
    ended = subprocess.run([sys.executable, "-c", DYING, told], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert table(database, NAME)["prediction"].tolist() == ["a"]
    assert output.publish(made, wanted) is True
    assert set(table(database, NAME)["prediction"]) == {"b"}
    assert len(table(database, NAME)) == 30_000


def test_a_schema_of_its_own_has_table_and_notes(postgres: str, tmp_path: Path) -> None:
    database = Database.at(f"{postgres}?schema=shop")
    with database.begun() as connection:
        connection.exec_driver_sql("CREATE SCHEMA shop")
    publish(Table(database, NAME), tmp_path, "a", day(1), day(2))
    found: list[Any] = list(table_of(database, f"shop.{NAME}")["prediction"])
    assert (found, len(table_of(database, "shop.golden_paths_scored"))) == (["a"], 1)
    assert Table(database, NAME).intervals() == [Interval(day(1), day(2))]
