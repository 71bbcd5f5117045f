"""The rules for a frame as a whole: how many rows, how rare a class, how old the newest row."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from golden_paths.contract import kinds
from golden_paths.contract.model import Contract
from golden_paths.contract.violation import Rows, Violation, shown

if TYPE_CHECKING:
    import pandas as pd

MOST_CLASSES = 20  # rare ones that are told one by one


def check(rows: Rows, contract: Contract, *, timestamp: str, label: str, as_of: datetime) -> Iterator[Violation]:
    """Every violation of `rows`, `label` and `freshness`. `as_of` has a zone."""
    count = len(rows.frame)
    if contract.rows and count < contract.rows.at_least:
        yield Violation("rows", None, f"at least {contract.rows.at_least} rows", f"{count}", count)
    if contract.label:
        yield from _rare(rows, label, contract.label.each_class_at_least)
    if contract.freshness is not None:
        yield from _stale(rows, contract, timestamp, as_of)


def _one(frame: pd.DataFrame, name: str) -> bool:
    return list(frame.columns).count(name) == 1


def _rare(rows: Rows, label: str, least: float) -> Iterator[Violation]:
    import numpy as np

    expected = f"each class in at least {least * 100:.10g}% of the rows"
    classes = kinds.codes(rows.frame[label]) if _one(rows.frame, label) else np.array([], dtype=int)
    counts = np.bincount(classes[classes >= 0])
    if not len(counts):
        yield Violation("label", label, expected, "no label at all", len(rows.frame))
        return
    rare = [code for code in np.argsort(counts, kind="stable") if counts[code] < least * counts.sum() - 1e-9]
    if len(rare) > MOST_CLASSES:
        found = f"{len(rare)} of {len(counts)} classes in less, the rarest in {counts[rare[0]] / counts.sum():.2%}"
        yield Violation("label", label, expected, found, int(counts[rare].sum()))
        return
    for code in rare:
        places = np.flatnonzero(classes == code)
        is_open = label not in rows.sensitive  # otherwise even who is of a rare class is not told
        name = f"class {shown(rows.frame[label].iloc[places[0]])}" if is_open else "a class"
        found = f"{name} in {counts[code] / counts.sum():.2%}"
        yield Violation("label", label, expected, found, len(places), rows.sample(places) if is_open else ())


def _stale(rows: Rows, contract: Contract, timestamp: str, as_of: datetime) -> Iterator[Violation]:
    import pandas as pd

    assert contract.freshness is not None
    due = as_of - contract.freshness
    times = (
        kinds.column(rows.frame[timestamp], "time").values if _one(rows.frame, timestamp) else pd.Series(dtype="object")
    )
    newest = times.max() if times.notna().any() else None
    if newest is not None and newest >= due:
        return
    found = "no time at all" if newest is None else "an older one"
    if newest is not None and timestamp not in rows.sensitive:
        found = newest.isoformat()
    yield Violation("freshness", timestamp, f"a row from {due.isoformat()} or later", found, len(rows.frame))
