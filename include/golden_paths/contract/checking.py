"""Frame and contract -> every violation. Columns are judged by pandera, all their rules at once."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from golden_paths.contract import kinds, whole
from golden_paths.contract.kinds import Column
from golden_paths.contract.model import ColumnRules, Contract
from golden_paths.contract.violation import SAMPLE, Rows, Violation, shown
from golden_paths.errors import GoldenPathsError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from pandera.errors import SchemaError
    from pandera.pandas import Check

LARGEST = sys.float_info.max  # where a bound is absent: infinity is in no range


def check(
    frame: pd.DataFrame,
    contract: Contract,
    *,
    keys: Sequence[str],
    timestamp: str,
    label: str,
    sensitive: Collection[str] = (),
    as_of: datetime,
) -> list[Violation]:
    """Every violation: of the columns in the contract's order, then of rows, label and freshness.

    `as_of` is the end of the run's interval, in UTC where it has no zone. Of a column in `sensitive` no value is told.
    """
    rows = Rows(frame, keys, sensitive)
    found = list(_absent(frame, contract))
    gone = {violation.column for violation in found}
    rules = {name: one for name, one in contract.columns.items() if name not in gone}
    columns = {name: kinds.column(frame[name], one.type) for name, one in rules.items()}
    found += [_violation(error, rules, columns, rows) for error in _errors(columns, rules)]
    order = list(contract.columns)
    found.sort(key=lambda violation: order.index(str(violation.column)))  # stable: a column's rules stay in order
    end = as_of.replace(tzinfo=UTC) if as_of.tzinfo is None else as_of
    found += whole.check(rows, contract, timestamp=timestamp, label=label, as_of=end)
    return found


def _absent(frame: pd.DataFrame, contract: Contract) -> Iterator[Violation]:
    names = list(frame.columns)
    for name in contract.columns:
        if (count := names.count(name)) != 1:
            yield Violation("column", name, "one column of this name", f"{count}" if count else "none", len(frame))


def _errors(columns: dict[str, Column], rules: dict[str, ColumnRules]) -> list[SchemaError]:
    """What pandera finds. Its environment variables that turn validation off, or leave data out, have no effect."""
    import pandas as pd
    import pandera.pandas as pa
    from pandera.config import ValidationDepth, config_context
    from pandera.errors import SchemaErrors

    if not columns:
        return []
    judged = pd.DataFrame({name: column.values for name, column in columns.items()})
    schema = pa.DataFrameSchema(
        {name: pa.Column(checks=_checks(columns[name], rules[name]), nullable=True) for name in columns}
    )
    try:
        settings = config_context(validation_enabled=True, validation_depth=ValidationDepth.SCHEMA_AND_DATA)
        with settings, warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of pandas, where pandera puts its cases together
            schema.validate(judged, lazy=True)
    except SchemaErrors as error:
        return list(error.schema_errors)
    return []


def _checks(column: Column, rules: ColumnRules) -> list[Check]:
    """Of one column, each named by its rule. A mask over all rows is for `type` and `nulls`, which values cannot tell."""
    import pandas as pd
    import pandera.pandas as pa

    cut = {"n_failure_cases": SAMPLE}  # pandera makes a text of every case
    checks = [pa.Check(lambda _: pd.Series(~column.odd), name="type", ignore_na=False, **cut)]
    if column.null.sum() > rules.nulls * len(column.null) + 1e-9:
        checks.append(pa.Check(lambda _: pd.Series(~column.null), name="nulls", ignore_na=False, **cut))
    if rules.min is not None or rules.max is not None:
        low, high = (
            given if given is not None else other for given, other in ((rules.min, -LARGEST), (rules.max, LARGEST))
        )
        checks.append(pa.Check.in_range(low, high, name="range", **cut))
    if rules.allowed is not None:
        checks.append(pa.Check.isin(rules.allowed, name="allowed", **cut))
    if rules.unique:
        checks.append(pa.Check(lambda values: ~values.duplicated(keep=False), name="unique", **cut))
    return checks


def _violation(error: SchemaError, rules: dict[str, ColumnRules], columns: dict[str, Column], rows: Rows) -> Violation:
    mask, rule, name = error.check_output, str(getattr(error.check, "name", "")), str(error.schema.name)
    if not hasattr(mask, "index"):  # the check itself ended in an exception, whose text may hold a value
        raise GoldenPathsError(f"{name} ({rule}) could not be judged; report this with the contract's file")
    places = mask.index[~mask.to_numpy(dtype=bool)].to_numpy()
    is_open = name not in rows.sensitive
    return Violation(
        rule,
        name,
        _expected(rule, rules[name]),
        f"{len(places)} of {len(rows.frame)} rows{_detail(rule, columns[name], rows.frame[name], places, is_open=is_open)}",
        len(places),
        rows.sample(places, None if rule == "nulls" else name),
    )


def _expected(rule: str, rules: ColumnRules) -> str:
    if rule == "type":
        return rules.type
    if rule == "nulls":
        return (
            f"a value in at least {(1 - rules.nulls) * 100:.10g}% of the rows"
            if rules.nulls
            else "a value in every row"
        )
    if rule == "unique":
        return "each value once"
    if rule == "allowed":
        allowed = rules.allowed or ()
        more = f" and {len(allowed) - 20} more" if len(allowed) > 20 else ""
        return f"one of {', '.join(map(shown, allowed[:20]))}{more}"
    if rules.min is None or rules.max is None:
        return f"at most {rules.max}" if rules.min is None else f"at least {rules.min}"
    return f"from {rules.min} to {rules.max}"


def _detail(rule: str, column: Column, found: pd.Series, places: np.ndarray[Any, Any], *, is_open: bool) -> str:
    """What the offending rows hold: their types, which are no values, and their extent where it may be shown."""
    if rule == "type":
        wanted = {type(value).__name__ for value in found.iloc[places[:1000]]}
        return f" hold {', '.join(sorted(wanted))}"
    if rule == "nulls":
        return f" ({len(places) / len(found):.2%}) have none"
    if rule == "range" and is_open:
        values = column.values.iloc[places]
        return f", with {shown(values.min())} to {shown(values.max())}"
    return ""
