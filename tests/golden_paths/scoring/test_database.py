"""The database of scores: which addresses it takes, and what it tells of one that is away."""

from __future__ import annotations

from pathlib import Path

import pytest

from golden_paths.errors import StepFailed
from golden_paths.scoring import rows
from golden_paths.scoring.database import Database
from golden_paths.scoring.table import Table

NAME = "churn_scores"


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        (None, "score.table is set, and the platform has no database of scores; see the Airflow connection scores_default"),
        ("not an address with a secret", "the address of the database of scores is none"),
        ("mysql://feast:secret@db/scores", "scores cannot go into a database of type mysql"),
        ("postgresql://feast:secret@db", "scores cannot go into a database of type postgresql, or without a name"),
        ("sqlite://", "or without a name"),
        ("postgresql://ada:secr@secret@db/scores", "has a second @"),
        ("postgresql://ada:secret@db:54x/scores", "the address of the database of scores is none"),
    ],
)
def test_an_address_that_is_none_is_told_without_its_secret(uri: str | None, said: str) -> None:
    with pytest.raises(StepFailed) as caught:
        Database.at(uri)
    assert said in str(caught.value) and "secret" not in str(caught.value)


def test_a_database_that_is_away_is_worth_a_retry_and_its_password_is_not_told() -> None:
    away = Table(Database.at("postgresql://feast:hidden@127.0.0.1:9/scores"), NAME)
    with pytest.raises(StepFailed) as caught:
        away.intervals()
    assert caught.value.retry and "hidden" not in str(caught.value)
    assert str(caught.value).startswith("the database of scores (127.0.0.1/scores): connection")


def test_its_address_has_no_sign_in_and_its_schema_is_that_of_the_address() -> None:
    database = Database.at("postgresql://feast:hidden@db.shop/warehouse?schema=scores&sslmode=require")
    assert Table(database, NAME).address == f"postgres://db.shop:5432/warehouse/scores/{NAME}"
    assert dict(database.url.query) == {"sslmode": "require"}
    assert "hidden" not in repr(database)
    assert rows.table(NAME, database.schema).fullname == f"scores.{NAME}"


def test_writers_wait_whatever_the_database_isolates(postgres: str, tmp_path: Path) -> None:
    uri = f"{postgres}?options=-c%20default_transaction_isolation%3Drepeatable%5C%20read"
    with Database.at(uri).begun() as connection:
        assert connection.exec_driver_sql("SHOW transaction_isolation").scalar() == "read committed"
