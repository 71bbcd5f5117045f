"""The footer reader names the same columns as pyarrow, whatever the file holds."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from golden_paths import columns

NESTED = pa.table(
    {
        "id": [1],
        "tags": [["a", "b"]],
        "place": [{"lat": 1.0, "deep": {"lon": [2.0]}}],
        "pairs": pa.array([[("k", 1)]], pa.map_(pa.string(), pa.int64())),
        "größe": [1.5],
    }
)
TABLES = {
    "plain": pa.table({"a": [1, 2], "b": ["x", None]}),
    "nested": NESTED,
    "one column": pa.table({"only": pa.array([], pa.timestamp("ns", "UTC"))}),
    "many columns": pa.table({f"c{number}": [number] for number in range(300)}),
    "no columns": pa.table({}),
    "decimals and dates": pa.Table.from_pandas(
        pd.DataFrame({"when": pd.to_datetime(["2026-01-01"]), "cat": pd.Categorical(["a"])})
    ),
}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("compression", ["snappy", "none"])
def test_the_footer_names_the_columns_that_pyarrow_names(tmp_path: Path, name: str, compression: str) -> None:
    file = tmp_path / "table.parquet"
    pq.write_table(TABLES[name], file, compression=compression)
    assert columns.of_parquet(file) == tuple(pq.ParquetFile(file).schema_arrow.names)


@pytest.mark.parametrize(
    "content", [b"", b"PAR1", b"no parquet at all", b"\xff" * 64 + b"PAR1", b"PAR1" + b"\0" * 20 + b"\x08\0\0\0PAR1"]
)
def test_what_is_no_parquet_file_is_a_value_error(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "table.parquet"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"^it(s footer)? (is|has)"):
        columns.of_parquet(file)


def test_a_damaged_footer_never_hangs_or_crashes(tmp_path: Path) -> None:
    whole = tmp_path / "whole.parquet"
    pq.write_table(NESTED, whole)
    content = bytearray(whole.read_bytes())
    for at in range(len(content) - 400, len(content) - 8, 3):
        damaged = tmp_path / "damaged.parquet"
        damaged.write_bytes(content[:at] + bytes([content[at] ^ 0xFF]) + content[at + 1 :])
        try:
            columns.of_parquet(damaged)
        except ValueError:  # UnicodeDecodeError is one
            continue
