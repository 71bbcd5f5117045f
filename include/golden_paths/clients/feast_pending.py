"""The rows that are to be written of a view, before any is: put where they can be checked, and known again afterwards.

Runs in the child alone (see `feast_child`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from golden_paths.clients.feast_entities import TIMESTAMP
from golden_paths.clients.feast_views import ViewPlan
from golden_paths.clients.feast_windows import EPOCH
from golden_paths.errors import StepFailed


def put(plan: ViewPlan, folder: Path) -> dict[str, Any]:
    """Every row that `feast_views.write` would have Feast read; what it adds of its own to the file's columns stays out."""
    named = {column: name for name, column in plan.view.batch_source.field_mapping.items()}
    columns = plan.source.keys | {field.name: _column(field.name, named) for field in plan.view.features}
    path = folder / f"{plan.view.name}.parquet"
    content = plan.source.content(plan.until, plan.start)  # first: what changes meanwhile is then refused, not let through
    plan.source.put(plan.start, plan.until, columns, path)
    found = plan.source.between(plan.start, plan.until)
    held = plan.rows or plan.source.between(EPOCH, plan.end)
    rows = {
        "view": plan.view.name,
        "rows": found.rows if found else 0,
        "newest": held.newest.isoformat() if held else None,
        "start": plan.start.isoformat(),
        "until": plan.until.isoformat(),
        "content": content,
    }
    return {"rows": rows, "path": str(path), "keys": list(plan.source.keys), "timestamp": TIMESTAMP}


def _column(name: str, named: dict[str, str]) -> str:
    return next((column for column, field in named.items() if field == name), name)


def require_checked(plans: Sequence[ViewPlan], checked: Sequence[dict[str, Any]]) -> None:
    """`StepFailed` when a row would be written that was not checked, or was another one then."""
    known = {one["view"]: one for one in checked}
    for plan in plans:
        one = known.get(plan.view.name)
        start, until = (datetime.fromisoformat(one[key]) for key in ("start", "until")) if one else (plan.until, plan.start)
        is_within = start <= plan.start and plan.until <= until
        if not one or not is_within or plan.source.content(until, start) != one["content"]:
            raise StepFailed(
                f"the rows of feature view {plan.view.name} are no longer those that were checked",
                remedy="clear check_features, which looks at them again",
            )
