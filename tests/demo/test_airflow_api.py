"""The demo's client of Airflow, when Airflow's database is locked. Airflow 3.3 on SQLite was seen to answer like this."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import airflow_api
import httpx
import pytest
from airflow_api import AirflowApi

LOCKED = httpx.Response(503, json={"detail": "Database is locked."})
BEGIN, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 8, tzinfo=UTC)


class Answers:
    """Answers in turn, the last one for ever."""

    def __init__(self, *answers: httpx.Response) -> None:
        self._answers: Iterator[httpx.Response] = iter(answers[:-1])
        self._last, self.asked = answers[-1], 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        return next(self._answers, self._last)


def api(answers: Answers) -> AirflowApi:
    made = AirflowApi("http://airflow", Path("passwords"))
    made._http = httpx.Client(base_url=made.url, transport=httpx.MockTransport(answers))
    return made


def test_a_backfill_is_asked_for_again_while_the_database_is_locked() -> None:
    answers = Answers(LOCKED, LOCKED, httpx.Response(200, json={"id": 1}))
    api(answers).backfill("scores", BEGIN, END)
    assert answers.asked == 3


def test_a_database_that_stays_locked_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(airflow_api, "PATIENCE", 0.5)
    answers = Answers(LOCKED)
    with pytest.raises(SystemExit, match="503 to /api/v2/backfills: .*Database is locked"):
        api(answers).backfill("scores", BEGIN, END)
    assert answers.asked > 1


def test_any_other_refusal_is_told_at_once() -> None:
    answers = Answers(httpx.Response(409, json={"detail": "already a running backfill"}))
    with pytest.raises(SystemExit, match="409 to /api/v2/backfills: .*already a running backfill"):
        api(answers).backfill("scores", BEGIN, END)
    assert answers.asked == 1
