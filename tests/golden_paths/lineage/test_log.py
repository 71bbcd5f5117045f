"""The event log: whole lines, whatever the disk does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from golden_paths.lineage import log
from golden_paths.project import Project
from lineage_events import event

INCLUDE = Path(__file__).parents[3] / "include"
FULL = """
import resource, signal, sys
from pathlib import Path
from golden_paths.lineage import log
folder, events = Path(sys.argv[1]), sys.argv[2:]
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
writer = log.Writer(folder)
whole = writer.append(events[0]).end
limit = lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
limit(whole + 10)
for one in events[1:-1]:
    try:
        writer.append(one)
    except OSError as error:
        print(error.strerror)
print(log.files(folder)[0].stat().st_size - whole)
limit(resource.RLIM_INFINITY)
writer.append(events[-1])
"""


def test_what_a_full_disk_has_cut_short_takes_nothing_else_with_it(tmp_path: Path) -> None:
    """The kernel writes ten bytes of a line and no more, as on a disk with ten bytes left."""
    events = [json.dumps(event("train", "START", minute)) for minute in range(4)]
    command = [sys.executable, "-c", FULL, str(tmp_path), *events]
    done = subprocess.run(command, env={"PYTHONPATH": str(INCLUDE)}, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["File too large", "File too large", "0"]
    assert [one["eventTime"][14:16] for one in log.read(tmp_path)] == ["00", "03"]


def test_a_file_whose_half_line_stays_is_left_for_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error")

    writer = log.Writer(tmp_path)
    with monkeypatch.context() as broken:
        broken.setattr(log, "_write", fail)
        broken.setattr(os, "ftruncate", fail)
        with pytest.raises(OSError, match="Input/output error"):
            writer.append("{}")
    writer.append(json.dumps(event("train", "START", 1)))
    assert len(log.files(tmp_path)) == 2


@pytest.mark.parametrize(
    ("named", "folder"), [(None, "state/lineage"), ("events", "root/events"), ("/var/log/lineage", "/var/log/lineage")]
)
def test_the_logs_folder_is_one_for_every_process_wherever_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str | None, folder: str
) -> None:
    monkeypatch.delenv(log.VARIABLE, raising=False)
    if named:
        monkeypatch.setenv(log.VARIABLE, named)
    assert log.folder_of(Project(tmp_path / "root", tmp_path / "state")) == tmp_path / folder
