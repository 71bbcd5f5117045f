"""Whether a view's source has what the view declares: said in words here, before Feast or duckdb say it in a traceback.

Runs in the child alone (see `feast_child`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from golden_paths.clients.feast_windows import Source
from golden_paths.errors import StepFailed
from golden_paths.load import nearest

NUMBERS = frozenset({"Int32", "Int64", "Float32", "Float64"})
TEXT = "VARCHAR"


def require(view: Any, source: Source) -> None:
    """`StepFailed` when the source cannot be read, lacks a column of the view, or holds text where numbers are declared."""
    import duckdb

    file = Path(source.file).name
    try:
        found = source.columns()
    except duckdb.Error as error:
        raise StepFailed(
            f"the source of feature view {view.name} cannot be read: {str(error).splitlines()[0]}",
            remedy="check the path of its FileSource, which starts at the repository's folder",
        ) from error
    columns = {name: column for column, name in view.batch_source.field_mapping.items()}
    declared = {columns.get(field.name, field.name): str(field.dtype) for field in view.features}
    for name in (source.timestamp, *source.keys.values(), *declared):
        if name not in found:
            what = "its timestamp_field" if name == source.timestamp else "which the view declares"
            raise StepFailed(f"{file} has no column '{name}', {what}: {view.name}", remedy=nearest(name, found))
    for name, kind in declared.items():
        if kind in NUMBERS and found[name] == TEXT:
            raise StepFailed(
                f"column '{name}' of {file} holds text, and feature view {view.name} declares it as {kind}",
                remedy="write it as numbers, or declare it as String",
            )
