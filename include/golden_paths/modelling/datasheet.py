"""The datasheet of a training set: what its owners answer for, and what was measured of it. As JSON and Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from golden_paths.artifacts import TrainingSet
from golden_paths.gate_sections import DatasheetSection
from golden_paths.markdown import escape
from golden_paths.modelling.distributions import Distribution, Frequency
from golden_paths.modelling.kept_record import KeptRecord
from golden_paths.spec import PathSpec, TrainingSetSection

FILE, RECORD = "datasheet.md", "datasheet.json"
LETTERS = 60  # of a value
HEAD = ("column", "type", "rows", "missing", "mean", "deviation", "least", "quartiles", "most")
VALUES = ("column", "values, the most frequent first, each with its rows")


class Datasheet(KeptRecord):
    """Kept as `RECORD` beside the training set with this digest. `answers` is None when its owners have not answered."""

    called: ClassVar[str] = "datasheet"
    step: ClassVar[str] = "build_training_set"
    model: str
    owner: str
    answers: DatasheetSection | None
    digest: str
    rows: int
    test_rows: int
    oldest: datetime | None
    newest: datetime | None
    label: str
    keys: tuple[str, ...]
    sensitive: tuple[str, ...]
    gates: dict[str, str]  # what was passed, each with what was found
    columns: tuple[Distribution, ...]

    def write(self, folder: Path) -> tuple[Path, Path]:
        """Write record and page."""
        page = folder / FILE
        page.write_text(rendered(self))
        return self.keep(folder / RECORD), page


def of(spec: PathSpec, made: TrainingSet, columns: tuple[Distribution, ...]) -> Datasheet:
    """What is kept of a training set and the answers of its owners."""
    return Datasheet(
        model=spec.name,
        owner=spec.owner,
        answers=spec.need(TrainingSetSection).datasheet,
        columns=columns,
        **made.model_dump(include={"digest", "rows", "test_rows", "oldest", "newest", "label", "keys", "sensitive", "gates"}),
    )


def rendered(sheet: Datasheet) -> str:
    """The page. Answers are the owners' own, facts are measured."""
    lines = [f"# Datasheet: training set of {escape(sheet.model)}", "", f"Owner: {escape(sheet.owner)}", ""]
    if sheet.answers:
        for question, answer in questions(sheet.answers):
            lines += [f"**{question}**", "", escape(answer), ""]
    else:
        lines += ["Its owners have not answered for it: the spec has no training_set.datasheet.", ""]
    return "\n".join(lines + _measured(sheet)) + "\n"


def questions(answers: DatasheetSection) -> list[tuple[str, str]]:
    """Each question with its answer."""
    return [
        (field.description or name, getattr(answers, name)) for name, field in DatasheetSection.model_fields.items()
    ]


def facts(sheet: Datasheet) -> list[tuple[str, str]]:
    """What is known of the set as a whole."""
    return [
        ("digest (SHA-256)", sheet.digest),
        ("rows", f"{sheet.rows}, of which {sheet.test_rows} held out"),
        ("first row", sheet.oldest.isoformat() if sheet.oldest else ""),
        ("last row", sheet.newest.isoformat() if sheet.newest else ""),
        ("label", sheet.label),
        ("keys", ", ".join(sheet.keys)),
        ("sensitive columns", ", ".join(sheet.sensitive) or "none named"),
    ]


def cells(one: Distribution) -> tuple[str, ...]:
    """The row of a column, below `HEAD`."""
    numbers = one.numbers
    figures: tuple[str, ...] = ("",) * 5
    if numbers:
        quartiles = " / ".join(map(_number, numbers.quartiles))
        figures = (*map(_number, (numbers.mean, numbers.deviation, numbers.low)), quartiles, _number(numbers.high))
    rows = "" if one.rows is None else str(one.rows)
    return (one.column, _described(one), rows, str(one.missing), *figures)


def values(columns: Sequence[Distribution]) -> tuple[tuple[str, str], ...]:
    """The rows below `VALUES`, of the columns of which values are told."""
    return tuple((one.column, told) for one in columns if (told := _frequent(one)))


def _described(one: Distribution) -> str:
    marks = [one.type, *([] if one.role in ("feature", "other") else [one.role]), *(["sensitive"] if one.is_sensitive else [])]
    return ", ".join(marks)


def _frequent(one: Distribution) -> str:
    told = ", ".join(map(_told, one.frequent))
    if not one.others:
        return told
    more = f"{one.others} more{', not named' if one.is_sensitive else ''}"
    return f"{told}; {more}" if told else more


def _told(one: Frequency) -> str:
    value = one.value if len(one.value) <= LETTERS else f"{one.value[: LETTERS - 1]}…"
    return f"{value} ({one.rows})"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _measured(sheet: Datasheet) -> list[str]:
    code = {"digest (SHA-256)"}
    return [
        "## Measured",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {f'`{value}`' if name in code else escape(value)} |" for name, value in facts(sheet)),
        "",
        *_table(HEAD, [cells(one) for one in sheet.columns]),
        "",
        *_table(VALUES, values(sheet.columns)),
    ]


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> list[str]:
    return [
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
        *(f"| {' | '.join(map(escape, row))} |" for row in rows),
    ]
