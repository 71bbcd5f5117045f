"""Answers to log, logs that hold some, and stores that fail."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from golden_paths.prediction_log import batch, names
from golden_paths.prediction_log.batch import Answered, Form
from golden_paths.prediction_log.folder_store import FolderStore
from golden_paths.prediction_log.keeping import Keeping
from golden_paths.prediction_log.store import Store

FEATURES = {"age": "double", "sex": "long", "ward": "string"}


def form(version: str = "1", **more: Any) -> Form:
    made: dict[str, Any] = {"model": "risk", "version": version, "digest": f"d{version}", "features": FEATURES}
    return Form(**(made | {"keys": {"patient": "long"}, "keeping": Keeping(address="/log")} | more))


def answered(at: datetime, ages: Sequence[float | None], *, request: str = "r-1", patient: int | None = None) -> Answered:
    """One request: a row for each age; of /predict when a patient is named."""
    rows = range(len(ages))
    return Answered(
        at.timestamp(),
        request,
        None if patient is None else [{"patient": patient + row} for row in rows],
        {"age": list(ages), "sex": [row % 2 for row in rows], "ward": ["north" for _ in rows]},
        {"predictions": [bool(age and age > 50) for age in ages], "probabilities": [[0.25, 0.75] for _ in rows]},
    )


def write(store: Store, *answers: Answered, of: Form | None = None) -> list[str]:
    """As a server does; the names of the files."""
    of = of or form()
    namer = names.Namer(of.model, of.version)
    made = [(namer.next(hour), batch.parquet(of, those)) for hour, those in batch.by_hour(answers)]
    for name, content in made:
        store.write(name, content)
    return [name for name, _ in made]


class Broken(FolderStore):
    """A folder whose writes fail while `fault` is set; `tries` counts them."""

    def __init__(self, root: str) -> None:
        super().__init__(root)
        self.fault: OSError | None = None
        self.tries = 0
        self.blocked: threading.Event | None = None

    def write(self, name: str, content: bytes) -> None:
        self.tries += 1
        if self.blocked:
            self.blocked.wait(60)
        if self.fault:
            raise self.fault
        super().write(name, content)
