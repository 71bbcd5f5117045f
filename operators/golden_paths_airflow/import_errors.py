"""Keeps the import errors of broken specs in Airflow for as long as the specs are broken.

Whenever the dag processor lists a bundle's files ([dag_processor] refresh_interval), it drops the import errors of all
files that it does not list, and it lists Python alone: a broken spec would be silent until its loader is parsed again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

from golden_paths.folder import read_folder
from golden_paths_airflow.dag_factory import ignore_syntax
from golden_paths_airflow.invalid_spec import shown_beside
from golden_paths_airflow.schedules import refusal

LOADER = "load_golden_paths.py"


def keep() -> None:
    """Have Airflow count broken specs among the files it has seen. Where its method has gone, nothing is changed."""
    from airflow.dag_processing.manager import DagFileProcessorManager as Manager

    found = getattr(Manager, "_get_observed_filelocs", None)
    if found is None or hasattr(found, "__wrapped__"):
        return

    @wraps(found)
    def observed(self: Manager, present: set[Any]) -> set[str]:
        return set(found(self, present)) | set(broken_specs(present))

    Manager._get_observed_filelocs = observed  # type: ignore[method-assign]


def broken_specs(present: Iterable[Any]) -> Iterator[str]:
    """Import errors' names of the specs beside a loader that are broken now."""
    for info in present:
        if info.rel_path.name == LOADER:
            good, broken = read_folder(Path(info.absolute_path).parent, ignore_syntax())
            files = [file for file, _ in broken]
            files += [one.file for one in good if one.spec.schedule and refusal(one.spec.schedule)]
            yield from (shown_beside(info.rel_path, file) for file in files)
