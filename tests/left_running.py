"""What a command left running, by a folder that its environment names."""

from __future__ import annotations

from pathlib import Path

import psutil


def left_running(folder: Path) -> list[list[str]]:
    """The command lines of processes that were started for this folder."""
    alive = (process for process in psutil.process_iter() if process.status() != psutil.STATUS_ZOMBIE)
    return [process.cmdline() for process in alive if str(folder) in " ".join(_environment(process))]


def _environment(process: psutil.Process) -> list[str]:
    try:
        return list(process.environ().values())
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return []
