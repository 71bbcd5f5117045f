"""golden_paths watch: one look from the shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from golden_paths.commands import app
from golden_paths.connect import LazyClients
from projects import SPEC, make_project
from watching import NOW, Loans, applicants


def written(root: Path) -> Path:
    """The loan model's own project has no code: the spec's words are checked against another's."""
    file = make_project(root / "words") / "churn.yaml"
    file.write_text(SPEC + "monitor: {drift: {at_least: 300}}\n")
    return file


@pytest.fixture
def loans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Loans:
    made = Loans(tmp_path / "loans", freshness=None)
    champion = made.promote()
    for verb in ("models", "tracking"):
        monkeypatch.setattr(LazyClients, verb, property(lambda _, verb=verb: getattr(made.clients, verb)))
    monkeypatch.setattr(LazyClients, "predictions", lambda *_: made.clients.predictions(made.spec))
    monkeypatch.setattr(made.clients.models, "champion", lambda _: champion)
    return made


def test_a_quiet_look_ends_with_0_and_an_alarm_with_1(loans: Loans, tmp_path: Path) -> None:
    file = written(tmp_path)
    loans.answers(applicants(1000, 7), at=NOW)
    done = CliRunner().invoke(app, ["watch", str(file), "--since", "3h"])
    assert (done.exit_code, "1000 answers of version 1" in done.output, "ALARM" in done.output) == (0, True, False), done.output
    loans.answers(applicants(1000, 8, richer=2), at=NOW)
    done = CliRunner().invoke(app, ["watch", str(file), "--since", "3h", "--json"])
    told = json.loads(done.output)
    assert (done.exit_code, told["rows"]) == (1, 2000)
    assert {one["cause"] for one in told["verdicts"] if one["is_alarm"]} == {"drift"}


def test_a_model_that_is_not_watched_is_said(tmp_path: Path) -> None:
    file = make_project(tmp_path) / "churn.yaml"
    file.write_text(SPEC)
    done = CliRunner().invoke(app, ["watch", str(file)])
    assert done.exit_code != 0
    assert "churn.yaml has no section monitor" in str(done.exception)


def test_a_length_that_is_none_is_said(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["watch", str(written(tmp_path)), "--since", "yesterday"])
    assert "--since 'yesterday' is not a duration; write a number and one of ms, s, m, h, d, w" in str(done.exception)
