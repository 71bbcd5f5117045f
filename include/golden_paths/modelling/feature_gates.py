"""The gate of a feature refresh: rows that break the contract of who owns them are not written to the online store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from golden_paths import parquet
from golden_paths.clients.refreshing import PendingView
from golden_paths.contract import checking, model
from golden_paths.contract.model import Contract
from golden_paths.contract.violation import Violation
from golden_paths.data_sections import RefreshSection
from golden_paths.errors import GateFailed
from golden_paths.modelling import broken_rules
from golden_paths.refresh_artifacts import CheckedFeatures
from golden_paths.spec import FeaturesSection
from golden_paths.step import StepContext

if TYPE_CHECKING:
    import pandas as pd


def require(context: StepContext, refresh: RefreshSection, views: Sequence[PendingView]) -> None:
    """Raises `GateFailed` when the rows to be written break the contract. Everything is noted, and in the log.

    A column is judged in every view that has it, `rows` and `freshness` in each view by itself. A view that has nothing new
    is held to freshness alone.
    """
    assert refresh.contract is not None, "the step is there for it"
    contract = model.read(context.project.path(refresh.contract), context.project.root)
    known: set[str] = set()
    found: list[tuple[Violation, int]] = []
    for view in views:
        frame = parquet.read(view.path)
        known |= set(frame.columns)
        broken = _broken(context, refresh, view, frame, contract)
        name = view.rows.view
        broken_rules.noted(
            context,
            "contract",
            broken,
            subject=f"view:{name}",
            expected=f"what {refresh.contract} says",
            rows=len(frame),
            called=f"feature view {name}",
        )
        found += [(one, len(frame)) for one in broken]
    found += [(one, 0) for one in _absent(context, contract, known)]
    if found:
        service = context.spec.need(FeaturesSection).service
        raise GateFailed(
            f"nothing of {service} is written to the online store: {broken_rules.brief(found)}",
            remedy=f"see whose rows these are in the log; mend the source, or change what {refresh.contract} asks of them",
        )


def _broken(
    context: StepContext, refresh: RefreshSection, view: PendingView, frame: pd.DataFrame, contract: Contract
) -> list[Violation]:
    of_view = {name: rules for name, rules in contract.columns.items() if name in frame.columns}
    judged = Contract(columns=of_view, rows=contract.rows, freshness=contract.freshness)
    if frame.empty:
        context.log(f"feature view {view.rows.view}: nothing new to be written")
        frame, judged = _newest(view), Contract(freshness=contract.freshness)
    return checking.check(
        frame,
        judged,
        keys=view.keys,
        timestamp=view.timestamp,
        label="",
        sensitive=refresh.sensitive,
        as_of=context.run.end,
    )


def _newest(view: PendingView) -> pd.DataFrame:
    """A frame of the newest row's time: what was written before counts for freshness."""
    import pandas as pd

    return pd.DataFrame({view.timestamp: pd.to_datetime([view.rows.newest], utc=True)})


def _absent(context: StepContext, contract: Contract, known: set[str]) -> list[Violation]:
    """Columns of the contract that no view has. That all are there is no gate of its own."""
    found = [
        Violation("column", name, "a column of a feature view", "none", 0) for name in contract.columns if name not in known
    ]
    if found:
        broken_rules.noted(
            context, "contract", found, subject=CheckedFeatures.name, expected="", rows=0, called="the service's feature views"
        )
    return found
