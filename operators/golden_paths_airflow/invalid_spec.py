"""A broken spec becomes an import error of its own in Airflow, and harms no other.

An exception in a loader loses every DAG of its file. So a broken spec becomes a stub DAG that Airflow bags, stamps with
the loader's path and then serialises: in between the stub takes the spec's own path, and its serialisation fails with
the spec's message. Airflow records one import error under that path, and drops it when the stub is gone.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

from airflow.exceptions import SerializationError
from airflow.sdk import DAG, BaseOperator

from golden_paths.errors import InvalidSpec


class _Message:
    """A template field that says what is wrong when Airflow asks for its serialised form."""

    def __init__(self, error: InvalidSpec) -> None:
        self._error = error

    def serialize(self) -> Any:
        # Of this type because Airflow wraps any other, and its own words would come before ours.
        raise SerializationError(str(self._error)) from None


class _BrokenSpec(BaseOperator):
    """The stub's only task."""

    template_fields = ("message",)

    def __init__(self, *, error: InvalidSpec, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.message = _Message(error)


class InvalidSpecDag(DAG):
    """Stands for a spec that cannot become a DAG."""

    def __init__(self, file: Path) -> None:
        name = file.name.encode(errors="surrogateescape")
        # Not the name itself: an id takes no blank, and Airflow's refusal would take every other DAG with it.
        super().__init__(dag_id=f"invalid_spec.{sha256(name).hexdigest()[:16]}", schedule=None)
        self._file = file

    def validate(self) -> None:
        """Airflow calls this after it has stamped the loader's path on the DAG."""
        super().validate()  # type: ignore[no-untyped-call]
        self.relative_fileloc = shown_beside(Path(self.relative_fileloc or ""), self._file)


def shown_beside(loader: Path, file: Path) -> str:
    """The name of an import error: the spec's path as the loader's is written, in any file name's printable form."""
    return str(loader.parent / file.name.encode(errors="surrogateescape").decode(errors="backslashreplace"))


def invalid_spec_dag(file: Path, error: InvalidSpec) -> DAG:
    """The stub for one broken spec."""
    dag = InvalidSpecDag(file)
    _BrokenSpec(task_id="invalid_spec", dag=dag, error=error)
    return dag
