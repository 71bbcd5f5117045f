"""Data -> the draft of a contract that the same data keep, with what was seen beside each line."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from golden_paths.contract import kinds, spacing
from golden_paths.contract.kinds import Column
from golden_paths.contract.model import NUMERIC, Kind
from golden_paths.contract.violation import shown
from golden_paths.errors import InvalidSpec
from golden_paths.spec_text import INVISIBLE
from golden_paths.yaml_source import parse

if TYPE_CHECKING:
    import pandas as pd

FEW = 20  # distinct texts that are a set of allowed values; distinct labels that are classes
GROUP = 5  # rows that a group of a sensitive column has at least, for its name to be written
LONGEST = 100  # characters of an allowed value
HEAD = """\
# A draft, made of {rows} rows: what these data keep. Narrow what you know better, widen what may come, and remove
# what need not hold. A column that is not named is not judged.
"""


def suggest(
    frame: pd.DataFrame, *, keys: Sequence[str], timestamp: str, label: str, sensitive: Collection[str] = ()
) -> str:
    """The draft as commented YAML: `read` takes it, and the frame passes it.

    Of a sensitive column no value is written, but the names of its groups where each has five rows or more.
    """
    drafts = [
        _draft(frame[name], name, is_key=name in keys, is_label=name == label, is_sensitive=name in sensitive)
        for name in frame.columns
        if isinstance(name, str) and list(frame.columns).count(name) == 1
    ]
    lines = [line for draft in drafts for line in draft]
    named = any(not line.lstrip().startswith("#") for line in lines)
    text = [HEAD.format(rows=len(frame)) + ("columns:" if named else "columns: {}"), *lines]
    if len(frame) > 1:
        text.append(f"# Half of the rows seen.\nrows: {{at_least: {len(frame) // 2}}}")
    if label in frame.columns:
        text += _label(frame[label])
    if timestamp in frame.columns:
        text += _freshness(frame[timestamp], is_sensitive=timestamp in sensitive)
    return "\n".join(text) + "\n"


def _draft(found: pd.Series, name: str, *, is_key: bool, is_label: bool, is_sensitive: bool) -> Iterator[str]:
    """The lines of one column: what was seen, and what to keep."""
    kind, written = kinds.kind_of(found), _written(name)
    if kind is None or written is None:
        problem = "no single type that a contract knows" if written else "a name that a contract cannot hold"
        yield f"  # {_plain(name)} is not judged: it has {problem}."
        return
    column = kinds.column(found, kind)
    values = column.values.dropna()
    count = values.nunique()
    rules = [f"type: {kind}"]
    seen = [f"{len(values)} values", f"{int(column.null.sum())} missing", f"{count} distinct"]
    allowed = None if is_key else _allowed(values, kind, is_label=is_label, is_sensitive=is_sensitive)
    if allowed:
        rules.append(f"allowed: [{', '.join(allowed)}]")
    elif not is_sensitive and not is_key and len(values):
        rules += _range(values, kind)
        seen += _extent(values, kind)
    if is_key and len(values) > 1 and count == len(values):
        rules.append("unique: true")
    if column.null.any():
        rules.append(f"nulls: {_share(column)}%")
    yield f"  # {', '.join(seen)}"
    yield f"  {written}: {{{', '.join(rules)}}}"


def _allowed(values: pd.Series, kind: Kind, *, is_label: bool, is_sensitive: bool) -> list[str] | None:
    if not (kind == "text" or (kind == "integer" and is_label)):
        return None
    counts = values.value_counts()
    if not 1 <= len(counts) <= FEW or (is_sensitive and counts.min() < GROUP):
        return None
    if kind == "integer":
        return [str(int(one)) for one in sorted(counts.index)] if spacing.fits(values.min(), values.max()) else None
    texts = [_quoted(one) if len(one) <= LONGEST else None for one in sorted(counts.index)]
    return None if None in texts else texts  # type: ignore[return-value]


def _range(values: pd.Series, kind: Kind) -> list[str]:
    if kind not in NUMERIC:
        return []
    bounds = spacing.around(values.min(), values.max(), whole=kind == "integer")
    given = [(name, bound) for name, bound in zip(("min", "max"), bounds, strict=True) if bound is not None]
    return [f"{name}: {int(bound) if bound == int(bound) and abs(bound) < 1e15 else bound}" for name, bound in given]


def _extent(values: pd.Series, kind: Kind) -> list[str]:
    if kind not in (*NUMERIC, "time"):
        return []
    return [f"from {_plain(shown(values.min()))} to {_plain(shown(values.max()))}"]


def _share(column: Column) -> int:
    """Half as many again as are missing now, in whole percent."""
    return min(100, math.ceil(float(column.null.mean()) * 150))


def _label(found: pd.Series) -> list[str]:
    import numpy as np

    codes = kinds.codes(found)
    counts = np.bincount(codes[codes >= 0])
    if not 2 <= len(counts) <= FEW:
        return []
    rarest = counts.min() / counts.sum()
    half = math.floor(rarest * 500) / 10
    seen = f"# {len(counts)} classes, the rarest in {rarest:.1%} of the rows."
    return [f"{seen}\nlabel: {{each_class_at_least: {half:g}%}}"] if half else []


def _freshness(found: pd.Series, *, is_sensitive: bool) -> list[str]:
    times = kinds.column(found, "time").values.dropna()
    if times.empty:
        return []
    seen = "" if is_sensitive else f" The newest seen is of {_plain(shown(times.max()))}."
    return [f"# How old the newest row may be when a run ends.{seen}\n# freshness: 30d"]


def _written(name: str) -> str | None:
    """A column's name as a key."""
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) else _quoted(name)


def _quoted(text: str) -> str | None:
    """The text in quotes; None when a file of ours may not hold it, as a template or an invisible character."""
    quoted = json.dumps(text, ensure_ascii=False)
    try:
        is_same = parse(f"{quoted}: {quoted}\n", "").data == {text: text} and len(quoted) < LONGEST * 10
    except (InvalidSpec, UnicodeError):
        return None
    return quoted if is_same else None


def _plain(text: Any) -> str:
    """What may stand in a comment."""
    return INVISIBLE.sub("?", " ".join(str(text).split()))[:100]
