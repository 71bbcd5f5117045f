"""Reads a parquet file as a frame."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def read(file: str | Path, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """The file's rows, those columns or all.

    In this thread alone: with Arrow's threads about one process in ten is aborted while it exits, its work done
    (https://github.com/apache/arrow/issues/34314).
    """
    import pandas as pd

    return pd.read_parquet(file, columns=None if columns is None else list(columns), use_threads=False)
