"""What every DAG of a spec is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow.sdk import DAG


class SpecDag(DAG):
    """A DAG whose code, in Airflow's UI, is its spec. Workers still find it through the loader's path."""

    def __init__(self, file: Path, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._spec_file = str(file)

    def validate(self) -> None:
        """Airflow calls this after it has stamped the loader's path on the DAG."""
        super().validate()  # type: ignore[no-untyped-call]
        self.fileloc = self._spec_file
