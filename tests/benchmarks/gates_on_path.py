"""What gates take of the demo's path: `run` with all of them and without any, in one project, interleaved."""

from __future__ import annotations

import json
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
JUDGING = ("build_training_set", "evaluate")
# Leaks are looked for, and intervals measured, whatever a spec says: without gates neither is.
OFF = """\
from golden_paths.modelling import data_gates, intervals
data_gates.require = lambda *_: None
intervals.intervals = lambda *_: {}
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
    del spec["training_set"]["contract"], spec["evaluate"]["bias"], spec["evaluate"]["champion"]
    spec |= {"name": f"{NAME}-ungated", "risk": "minimal"}
    (place / "dags" / f"{WITHOUT}.yaml").write_text(yaml.safe_dump(spec, sort_keys=False))
    try:
        yield place
    finally:
        stop = [sys.executable, "-m", "golden_paths", "stop", "--all"]
        subprocess.run(stop, cwd=place, env=environment(place), capture_output=True, check=False)


def seconds(place: Path, arm: str) -> dict[str, float]:
    """Of each step."""
    code = (OFF if arm == WITHOUT else "") + RUN
    command = [sys.executable, "-c", code, f"dags/{arm}.yaml"]
    done = subprocess.run(command, cwd=place, env=environment(place), capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"bench: {arm}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    steps = json.loads(done.stdout[done.stdout.index("[") :])
    return {one["step"]: one["seconds"] for one in steps}


def share(found: dict[str, dict[str, float]]) -> dict[str, float]:
    """Of medians by arm and step: how much longer the judging steps take with gates, over all of the path's steps."""
    judging = {arm: sum(steps[name] for name in JUDGING) for arm, steps in found.items()}
    path = sum(found[WITH].values())
    return {
        "path_s": path,
        "judging_ratio": judging[WITH] / judging[WITHOUT],
        "share_of_path": (judging[WITH] - judging[WITHOUT]) / path,
    }
