"""What gates take of the demo's path: `run` with all of them and without any, in one project, interleaved."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from examples import BROUGHT, environment

ROOT = Path(__file__).parents[2]
NAME = "diabetes-progression"
WITH, WITHOUT = "with all gates", "without gates"
CPU = "cpu of the path"
JUDGING = ("build_training_set", "evaluate")
# Leaks are looked for, and intervals and importance measured, whatever a spec says: without gates none is.
OFF = """\
from golden_paths.modelling import data_gates, explain, intervals
data_gates.require = lambda *_: None
intervals.intervals = lambda *_: {}
explain.settings = lambda _: None
"""
RUN = """\
import sys
from golden_paths.commands import main
sys.argv = ["golden_paths", "run", sys.argv[1], "--json"]
main()
"""


@contextmanager
def project(folder: Path) -> Iterator[Path]:
    """The demo's, in a folder of its own, with both specs; what it serves is stopped at the end."""
    place = folder / "project"
    for name in BROUGHT:
        shutil.copytree(ROOT / "include" / name, place / "include" / name)
    spec: dict[str, Any] = yaml.safe_load((ROOT / "dags" / f"{NAME}.yaml").read_text())
    (place / "dags").mkdir()
    (place / "dags" / f"{WITH}.yaml").write_text(yaml.safe_dump(spec, sort_keys=False))
    del spec["training_set"]["contract"]
    spec["evaluate"] = {"metrics": spec["evaluate"]["metrics"]}
    spec |= {"name": f"{NAME}-ungated", "risk": "minimal"}
    (place / "dags" / f"{WITHOUT}.yaml").write_text(yaml.safe_dump(spec, sort_keys=False))
    try:
        yield place
    finally:
        stop = [sys.executable, "-m", "golden_paths", "stop", "--all"]
        subprocess.run(stop, cwd=place, env=environment(place), capture_output=True, check=False)


def seconds(place: Path, arm: str) -> dict[str, float]:
    """Of each step; and of CPU of the whole path, the children that run a spec's code included."""
    code = (OFF if arm == WITHOUT else "") + RUN
    command = [sys.executable, "-c", code, f"dags/{arm}.yaml"]
    before = os.times()
    done = subprocess.run(command, cwd=place, env=environment(place), capture_output=True, text=True, check=False)
    after = os.times()
    if done.returncode:
        raise SystemExit(f"bench: {arm}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    steps = json.loads(done.stdout[done.stdout.index("[") :])
    used = after.children_user + after.children_system - before.children_user - before.children_system
    return {one["step"]: one["seconds"] for one in steps} | {CPU: used}


def share(found: dict[str, dict[str, float]]) -> dict[str, float]:
    """Of medians by arm and step: what gates take of the path's CPU, and how much longer the steps that judge last.

    CPU decides, of which other processes of a busy machine take nothing.
    """
    judging = {arm: sum(steps[name] for name in JUDGING) for arm, steps in found.items()}
    used = {arm: steps[CPU] for arm, steps in found.items()}
    return {
        "path_cpu_s": used[WITH],
        "judging_ratio": judging[WITH] / judging[WITHOUT],
        "share_of_path": (used[WITH] - used[WITHOUT]) / used[WITH],
    }
