"""The footer reader names the same columns as pyarrow, whatever the file holds."""

from __future__ import annotations

import contextlib
import random
import time
import tracemalloc
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


def with_footer(footer: bytes) -> bytes:
    return b"PAR1" + b"\0" * 8 + footer + len(footer).to_bytes(4, "little") + b"PAR1"


HUGE = b"\xff" * 7 + b"\x01"  # 2**50, as a varint
ROOT = b"\x48\x01r\x15"  # a schema element named r, before its number of children
HOSTILE = {
    "a number without end": b"\x15" + b"\xff" * 3_000_000,
    "a list of 2**50 structs": b"\x39\xfc" + HUGE,
    "a list of 2**50 truths": b"\x39\xf1" + HUGE,
    "a text of 2**50 bytes": b"\x29\x1c\x48" + HUGE,
    "structs without end": b"\x1c" * 3_000_000,
    "lists without end": b"\x39" + b"\x19" * 3_000_000,
    "500,000 columns": b"\x29\xfc\xa1\xc2\x1e" + ROOT + b"\xc0\x84\x3d\0" + b"\x48\x01a\0" * 500_000,
    "2**50 children": b"\x29\x2c" + ROOT + HUGE + b"\0" + b"\x48\x01a\0",
    "-1 children": b"\x29\x2c" + ROOT + b"\x01\0" + b"\x48\x01a\0",
    "a name that is no text": b"\x29\x2c" + ROOT + b"\x02\0" + b"\x48\x01\xff\0",
    "an empty schema": b"\x29\x0c\0",
}


def refused(file: Path, content: bytes) -> None:
    """At most a `ValueError`, within 50 ms of CPU and 16 MB."""
    file.write_bytes(content)
    begin = time.process_time()
    with contextlib.suppress(ValueError):
        columns.of_parquet(file)
    assert time.process_time() - begin < 0.05


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_footer_is_refused_at_once(tmp_path: Path, name: str) -> None:
    refused(tmp_path / "table.parquet", with_footer(HOSTILE[name]))
    tracemalloc.start()
    with pytest.raises(ValueError, match=r"^it(s footer)? (is|has|holds) "):
        columns.of_parquet(tmp_path / "table.parquet")
    assert tracemalloc.get_traced_memory()[1] < 16 * 1024 * 1024
    tracemalloc.stop()


def test_random_footers_are_refused_at_once(tmp_path: Path) -> None:
    dice, file = random.Random(7), tmp_path / "table.parquet"
    pq.write_table(NESTED, file)
    whole = file.read_bytes()
    length = int.from_bytes(whole[-8:-4], "little")
    footer = whole[-8 - length : -8]
    for _ in range(500):
        refused(file, with_footer(dice.randbytes(dice.randrange(300))))
        cut = dice.randrange(length)
        refused(file, with_footer(footer[:cut] + dice.randbytes(4) + footer[cut + dice.randrange(8) :]))
        refused(file, whole[: dice.randrange(len(whole))])
