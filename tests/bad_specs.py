"""Bad specs as tables: what a case is, and how it is held to its message and to the issue's 50 ms."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from golden_paths.errors import InvalidSpec
from golden_paths.folder import read_folder
from golden_paths.load import read_spec
from projects import SPEC

Case = tuple[str | bytes, str]  # the spec's text, and the one message it gets


def change(old: str, new: str) -> str:
    assert old in SPEC
    return SPEC.replace(old, new, 1)


def drop(section: str) -> str:
    lines = SPEC.splitlines()
    start = lines.index(f"{section}:")
    end = next((at for at in range(start + 1, len(lines)) if not lines[at].startswith(" ")), len(lines))
    return "\n".join(lines[:start] + lines[end:]) + "\n"


def write(dags: Path, text: str | bytes) -> Path:
    file = dags / "bad.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def hold(dags: Path, case: Case) -> None:
    """The spec gets its message and no other, and a good one beside it is not harmed."""
    text, message = case
    (dags / "good.yaml").write_text(SPEC.replace("name: churn", "name: good"))
    write(dags, text)
    good, broken = read_folder(dags)
    assert [loaded.spec.name for loaded in good] == ["good"]
    assert [str(error) for _, error in broken] == [message]


def slow(dags: Path, texts: Mapping[str, str | bytes]) -> dict[str, float]:
    """Those that take more than 50 ms of CPU, best of three: a machine's pause is not ours."""
    found = {}
    for name, text in texts.items():
        file, times = write(dags, text), []
        for _ in range(3):
            begin = time.process_time()
            with pytest.raises(InvalidSpec):
                read_spec(file)
            times.append(time.process_time() - begin)
        if min(times) > 0.05:
            found[name] = min(times)
    return found
