"""Requests that get no answer, as data: a status and, for each problem, the field and row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class Refused(Exception):
    """A request that cannot be answered as it is. `problems` name field and row (counted from 0) where there are any."""

    def __init__(self, status: int, error: str, problems: Sequence[dict[str, Any]] = ()) -> None:
        self.status, self.error, self.problems = status, error, list(problems)
        super().__init__(error)

    def body(self) -> dict[str, Any]:
        """What the client reads."""
        return {"error": self.error, "problems": self.problems}


def problem(field: str, text: str, *, row: int | None = None) -> dict[str, Any]:
    """One problem; `row` is None when it is the column's."""
    return {"field": field, "row": row, "problem": text}


def wrong(problems: Sequence[dict[str, Any]]) -> Refused:
    """422; the text names the first problem, the list has them all."""
    first = problems[0]
    place = f"'{first['field']}'" if first["row"] is None else f"'{first['field']}' in row {first['row']}"
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return Refused(422, f"{place} {first['problem']}{more}", problems)
