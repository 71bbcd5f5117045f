"""The file of a contract, as it is read and as it is refused."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from golden_paths.contract.model import Contract, read
from golden_paths.errors import InvalidSpec

NAME = "include/contracts/churn.yaml"
FILE = """\
columns:
  bmi: {type: number, min: 10, max: 80.5, nulls: 1%}
  sex: {type: text, allowed: [f, m]}
  patient_id: {type: integer, unique: true, allowed: [1, 2]}
rows: {at_least: 300}
label: {each_class_at_least: 10%}
freshness: 30d
"""


def contract_of(root: Path, text: str) -> Contract:
    file = root / NAME
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return read(file, root)


def test_every_key_is_read(tmp_path: Path) -> None:
    found = contract_of(tmp_path, FILE)
    bmi, sex, patient = found.columns.values()
    assert (bmi.type, bmi.min, bmi.max, bmi.nulls, bmi.unique) == ("number", 10, 80.5, 0.01, False)
    assert (sex.type, sex.allowed, sex.nulls) == ("text", ("f", "m"), 0)
    assert (patient.unique, patient.allowed) == (True, (1, 2))
    assert found.rows and found.rows.at_least == 300
    assert found.label and found.label.each_class_at_least == 0.1
    assert found.freshness == timedelta(days=30)


def test_a_contract_of_a_thousand_columns_is_no_spec_of_a_page(tmp_path: Path) -> None:
    lines = [f"  f{number}: {{type: number, min: 0, max: 1, nulls: 1%}}\n" for number in range(1000)]
    assert len(contract_of(tmp_path, "columns:\n" + "".join(lines)).columns) == 1000


KNOWN = "known are type, min, max, allowed, unique, nulls"
COLUMN = {
    "{min: 3}": "a.type is missing; add it: What its values are: number, integer, text, boolean or time",
    "{type: float}": "a.type 'float' is not one of the values it may have; "
    "write 'number', 'integer', 'text', 'boolean' or 'time'",
    "{type: number, mn: 3}": f"a.mn is not a key that is known here; {KNOWN}",
    '{type: number, min: "3"}': "a.min '3' is not a number; write a number, without quotes",
    "{type: number, max: true}": "a.max 'true' is not a number; write a number, without quotes",
    "{type: text, min: 3}": "a.min '3' is for numbers, and the type is text; remove it, or write type: number",
    "{type: integer, min: 5, max: 4}": "a.max '4' is below min 5; no value could pass: exchange the two",
    "{type: number, allowed: [1]}": "a.allowed is for text and integer, and the type is number; "
    "remove it, or write another type",
    "{type: text, allowed: [a, 1]}": "a.allowed holds 1, which is not of type text; "
    "put texts in quotes, and whole numbers in none",
    "{type: integer, allowed: [1, a]}": "a.allowed holds 'a', which is not of type integer; "
    "put texts in quotes, and whole numbers in none",
    "{type: text, allowed: []}": "a.allowed is empty; name one value or more, or leave the key out",
    "{type: text, allowed: f}": "a.allowed 'f' is not a list; write its items in brackets, as in [f, m]",
    "{type: text, allowed: [true]}": "a.allowed.0 'true' is neither text nor a whole number; put a text in quotes",
    "{type: text, nulls: 101%}": "a.nulls '101%' is no share; write a number up to 100 and %, as in 25%",
    "{type: text, unique: 1}": "a.unique '1' is not true or false; write true or false",
    "number": "a 'number' is not a section; write its keys in braces, as in {type: number}",
}


@pytest.mark.parametrize("text", COLUMN)
def test_a_broken_column_is_named_by_file_line_key_and_remedy(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidSpec) as refused:
        contract_of(tmp_path, f"columns:\n  a: {text}\n")
    assert str(refused.value) == f"{NAME}:2: columns.{COLUMN[text]}"


WHOLE = {
    "rows: {at_least: 0}": "1: rows.at_least '0' is too small; write 1 or more",
    "rows: {at_least: few}": "1: rows.at_least 'few' is not a whole number; write digits alone, without quotes",
    "rows: {}": "1: rows.at_least is missing; add it: The least number of rows",
    "label: {each_class_at_least: 0%}": "1: label.each_class_at_least '0%' allows everything; "
    "write a share above 0%, or leave the label out",
    "label: {classes: 2, each_class_at_least: 1%}": "1: label.classes is not a key that is known here; "
    "known are each_class_at_least",
    "freshness: 30": "1: freshness '30' is not a duration; write a number and one of ms, s, m, h, d, w, as in 24h",
    "fresh: 3d": "1: fresh is not a key that is known here; known are columns, rows, label, freshness",
    "columns: [a]": "1: columns is not a mapping of keys to values; write its keys on lines of their own, indented below it",
    "": " is empty; draft one with: python -m golden_paths contract suggest SPEC",
    "[a]": "1: is not a mapping of keys to values; draft one with: python -m golden_paths contract suggest SPEC",
}


@pytest.mark.parametrize("text", WHOLE)
def test_a_broken_file_is_named_by_line_key_and_remedy(tmp_path: Path, text: str) -> None:
    with pytest.raises(InvalidSpec) as refused:
        contract_of(tmp_path, text)
    assert str(refused.value) == f"{NAME}:{WHOLE[text]}"


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidSpec) as refused:
        contract_of(tmp_path, "columns:\n  a: {type: x}\n  b: {typ: text}\nrows: {at_least: 0}\nfreshness: soon\n")
    assert [(one.line, one.key) for one in refused.value.problems] == [
        (2, "columns.a.type"),
        (3, "columns.b.typ"),
        (3, "columns.b.type"),
        (4, "rows.at_least"),
        (5, "freshness"),
    ]


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidSpec, match=r"^include/none\.yaml: cannot be read"):
        read(tmp_path / "include" / "none.yaml", tmp_path)


def test_every_key_says_what_it_is_for() -> None:
    schema = Contract.model_json_schema()
    keys = [(name, key) for name, one in schema["$defs"].items() for key in one["properties"].items()]
    keys += [("Contract", key) for key in schema["properties"].items()]
    assert len(keys) > 10 and [(name, key) for name, (key, value) in keys if not value.get("description")] == []
