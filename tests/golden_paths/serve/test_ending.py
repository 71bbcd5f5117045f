"""SIGTERM at every moment of a server's life, as the first process of a container gets it."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from golden_paths.serve import ending
from serving import Running, Saved, Start

# Seconds after the handler is there: imports, the model's load, and when it serves.
MOMENTS = (0.0, 0.1, 0.3, 0.6, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0)


def has_handler(server: Running) -> bool:
    """Whether SIGTERM is caught. The first process of a container ignores it otherwise."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    (caught,) = [line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")]
    return bool(int(caught, 16) & 1 << (signal.SIGTERM - 1))


def handled(server: Running) -> Running:
    end = time.monotonic() + 30
    while not has_handler(server):
        assert server.process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.002)
    return server


@pytest.mark.real
@pytest.mark.parametrize("moment", MOMENTS)
def test_sigterm_ends_it_at_once_and_with_code_0_at_any_moment(diabetes: Saved, start: Start, moment: float) -> None:
    server = handled(start(diabetes, "--grace", "0.2"))
    time.sleep(moment)
    began = time.monotonic()
    assert server.end() == 0
    assert time.monotonic() - began < 3


@pytest.mark.real
def test_its_handler_is_there_before_anything_heavy_is_imported(diabetes: Saved, start: Start) -> None:
    server = handled(start(diabetes))
    mapped = Path(f"/proc/{server.process.pid}/maps").read_text()
    assert [name for name in ("orjson", "pydantic_core", "uvloop", "numpy") if name in mapped] == []


def test_a_reason_goes_to_the_termination_log_and_is_cut_to_what_kubernetes_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "termination-log"
    log.write_text("of the attempt before")
    monkeypatch.setattr(ending, "TERMINATION_LOG", log)
    ending.say_why("the reason")
    assert (log.read_text(), capsys.readouterr().err) == ("the reason", "the reason\n")
    ending.say_why("x" * 5000)
    assert log.read_text() == "x" * 4096


def test_a_termination_log_is_never_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "TERMINATION_LOG", tmp_path / "termination-log")
    ending.say_why("the reason")
    assert list(tmp_path.iterdir()) == []
