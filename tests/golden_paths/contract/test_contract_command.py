"""contract suggest and contract check, on a fake store and on Feast."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from feature_repo import Shop, day
from golden_paths.commands import app
from golden_paths.connect import LazyClients
from golden_paths.errors import GoldenPathsError
from projects import FIT, SPEC


@pytest.fixture
def real_shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    made = Shop(tmp_path)
    made.rows("churn", (1, day(5), 0), (2, day(3), 1), (1, day(2), 1), (2, day(2.5), 0))
    for name, text in (("dags/churn.yaml", SPEC), ("include/models/churn.py", FIT)):
        file = made.project.root / name
        file.parent.mkdir()
        file.write_text(text)
    monkeypatch.chdir(made.project.root)
    monkeypatch.setenv("GOLDEN_PATHS_STATE", str(made.project.state))
    monkeypatch.setenv("COLUMNS", "200")
    return made


@pytest.fixture
def shop(real_shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    monkeypatch.setattr(LazyClients, "feature_store", lambda *_: real_shop.fake())
    return real_shop


def call(*arguments: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(app, ["contract", *arguments])
    if isinstance(done.exception, GoldenPathsError):
        return 1, "", str(done.exception)
    return done.exit_code, done.stdout, done.stderr


def test_a_draft_is_made_of_the_joined_frame_and_kept_by_it(shop: Shop) -> None:
    code, text, _ = call("suggest", "dags/churn.yaml")
    assert (code, "  spent: {type: number, min: 7, max: 43}" in text) == (0, True)
    code, said, _ = call("suggest", "dags/churn.yaml", "-o", "include/churn.yaml")
    check = "python -m golden_paths contract check dags/churn.yaml include/churn.yaml"
    assert (code, said) == (0, f"wrote include/churn.yaml; next: edit it, then {check}\n")
    assert Path("include/churn.yaml").read_text() == text
    assert call("check", "dags/churn.yaml", "include/churn.yaml")[:2] == (0, "kept  include/churn.yaml by 4 rows\n")


def test_every_violation_is_printed_and_the_code_is_1(shop: Shop) -> None:
    Path("c.yaml").write_text("columns:\n  spent: {type: number, max: 15}\n  gone: {type: text}\nfreshness: 1d\n")
    code, out, said = call("check", "dags/churn.yaml", "c.yaml")
    wanted = [
        "spent (range): expected at most 15, found 3 of 4 rows, with 20 to 40; "
        "customer=2: 20, customer=2: 20, customer=1: 40",
        "gone (column): expected one column of this name, found none",
    ]
    lines = [line for line in said.splitlines() if " expected " in line]
    assert (code, out, lines[:2], lines[2].startswith("event_timestamp (freshness)")) == (1, "", wanted, True)
    _, _, hidden = call("check", "dags/churn.yaml", "c.yaml", "--sensitive", "spent", "--sensitive", "customer")
    assert "found 3 of 4 rows; row 2, row 3, row 4\n" in hidden


def test_violations_as_json_are_data(shop: Shop) -> None:
    Path("c.yaml").write_text("columns:\n  spent: {type: number, max: 15}\n")
    code, out, _ = call("check", "dags/churn.yaml", "c.yaml", "--json")
    (violation,) = json.loads(out)
    assert (code, violation["rule"], violation["column"], violation["rows"]) == (1, "range", "spent", 3)


def test_a_file_that_is_there_is_not_written_over(shop: Shop) -> None:
    Path("c.yaml").write_text("mine")
    said = "c.yaml is there already; choose another name, or edit it"
    assert call("suggest", "dags/churn.yaml", "-o", "c.yaml") == (1, "", said)
    assert Path("c.yaml").read_text() == "mine"


def test_a_draft_that_has_no_folder_is_told(shop: Shop) -> None:
    said = "none/c.yaml cannot be written (No such file or directory); name another file"
    assert call("suggest", "dags/churn.yaml", "-o", "none/c.yaml") == (1, "", said)


def test_a_broken_contract_is_told_before_the_join(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(LazyClients, "feature_store")
    Path("c.yaml").write_text("columns:\n  spent: {type: money}\n")
    code, _, said = call("check", "dags/churn.yaml", "c.yaml")
    assert (code, said.startswith("c.yaml:2: columns.spent.type 'money' is not one of the values")) == (1, True)


@pytest.mark.real
def test_feast_makes_the_same_frame(real_shop: Shop) -> None:
    Path("c.yaml").write_text("columns:\n  spent: {type: number, max: 15}\n")
    code, _, said = call("check", "dags/churn.yaml", "c.yaml")
    wanted = "expected at most 15, found 3 of 4 rows, with 20 to 40; customer=2: 20, customer=2: 20, customer=1: 40"
    assert (code, f"spent (range): {wanted}" in said.splitlines()) == (1, True)


def test_a_spec_that_lacks_its_contract_still_gets_one_drafted(shop: Shop) -> None:
    """What the refusal of such a spec advises: a contract that is named and not there, and a policy that asks for one."""
    Path("include/policy.yaml").write_text("risk: {high: {requires: [training_set.contract, evaluate.bias]}}\n")
    file = Path("dags/churn.yaml")
    for text in (SPEC, SPEC.replace("label: left\n", "label: left\n  contract: include/c.yaml\n")):
        file.write_text(text)
        assert CliRunner().invoke(app, ["validate", str(file)]).exit_code == 1
        assert call("suggest", str(file))[0] == 0


def test_what_the_spec_calls_sensitive_comes_along_and_is_not_told(shop: Shop) -> None:
    import pandas as pd

    labels = Path("include/data/churn.parquet")
    pd.read_parquet(labels).assign(sex=["f", "m", "f", "m"]).to_parquet(labels)
    file = Path("dags/churn.yaml")
    file.write_text(SPEC.replace("label: left\n", "label: left\n  sensitive: [sex, spent]\n"))
    Path("c.yaml").write_text("columns:\n  sex: {type: text, allowed: [x]}\n  spent: {type: number, max: 15}\n")
    code, _, said = call("check", str(file), "c.yaml")
    assert (code, "sex (allowed): expected one of 'x', found 4 of 4 rows; customer=1" in said) == (1, True)
    assert "spent (range): expected at most 15, found 3 of 4 rows; customer=2, customer=2, customer=1\n" in said
    draft = call("suggest", str(file))[1]
    assert "sex: {type: text" in draft
    assert "20" not in draft.partition("spent")[2].splitlines()[0]
