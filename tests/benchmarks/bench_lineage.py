"""What lineage adds to a task: off, into the log, to a Marquez that answers at once or slowly, refuses, or is a black hole.

Each sample is one task by Airflow's task runner in a fresh process, with the plugin of Golden Paths or with the provider's
own defaults (OPENLINEAGE_URL alone, no plugin of ours). Arms are interleaved; figures are medians of the seconds that the
calls of the listeners took, START and COMPLETE together. The limits are the project's: see LIMITS. The provider beside a Marquez
that is down takes a minute for each task, and no noise comes near that: it is sampled in the first rounds alone.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / name) for name in ("include", "operators", "tests")]

from bad_marquez import black_hole, closed_port, marquez  # noqa: E402

TASK = "lineage_task.py"
LIMITS = {"file": 0.2, "live": 0.2, "slow": 0.2, "nine slow": 0.2, "refused": 2.0, "black hole": 2.0}
STEPS = {"nine slow": "materialize"}  # two views: nine events; others tell what build_training_set tells, in two
SLOW = 0.08  # seconds that a real Marquez takes for an answer, at most: measured
LONG = {"provider refused": 2, "provider black hole": 2}  # rounds
ARMS = ("off", *LIMITS, "provider live", "provider slow", *LONG)
WARMING = ("off", "live", "provider live")  # they compile what is imported, and count for nothing


def environment(home: Path, arm: str, urls: dict[str, str]) -> dict[str, str]:
    """Airflow's, for one arm."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("AIRFLOW", "OPENLINEAGE", "GOLDEN_PATHS"))
    }
    own, kind = not arm.startswith("provider "), arm.removeprefix("provider ")
    mine = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "AIRFLOW__OPENLINEAGE__DISABLED": str(arm == "off"),
        "GOLDEN_PATHS_LINEAGE_LOG": tempfile.mkdtemp(dir=home),  # nobody has found Marquez away yet
        "PYTHONPATH": os.pathsep.join(str(ROOT / name) for name in ("include", "operators", "tests")),
    }
    if arm in STEPS:
        mine["BENCH_STEP"] = STEPS[arm]
    if kind in urls:
        mine["OPENLINEAGE_URL"] = urls[kind]
    if not own:  # settled, so that ours stays out of it: the client's own transport, at its defaults
        mine["AIRFLOW__OPENLINEAGE__TRANSPORT"] = json.dumps({"type": "http", "url": urls[kind]})
    return kept | mine


def sample(home: Path, arm: str, urls: dict[str, str]) -> float:
    """Seconds that the listeners of one task took."""
    command = [sys.executable, str(home / "dags" / TASK)]
    done = subprocess.run(command, env=environment(home, arm, urls), capture_output=True, text=True, check=False)
    try:
        found = json.loads(next(line for line in done.stdout.splitlines() if line.startswith('{"state"')))
    except (ValueError, StopIteration):
        raise SystemExit(f"{arm}: {done.stdout[-2000:]}{done.stderr[-2000:]}") from None
    if found.pop("state") != "success":
        raise SystemExit(f"{arm}: the task did not succeed: {done.stdout[-2000:]}")
    return float(sum(found.values()))


@contextmanager
def servers() -> Iterator[dict[str, str]]:
    """One of each kind."""
    with ExitStack() as stack:
        slow = stack.enter_context(marquez())
        slow.takes = SLOW
        yield {
            "live": stack.enter_context(marquez()).url,
            "slow": slow.url,
            "nine slow": slow.url,
            "refused": closed_port(),
            "black hole": stack.enter_context(black_hole()),
        }


def main() -> int:
    """All arms, round by round. 1 when a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    taken: dict[str, list[float]] = {arm: [] for arm in ARMS}
    with tempfile.TemporaryDirectory() as folder, servers() as urls:
        home = Path(folder)
        (home / "dags").mkdir()
        shutil.copy(Path(__file__).with_name(TASK), home / "dags")
        migrate = [str(Path(sys.executable).parent / "airflow"), "db", "migrate"]
        subprocess.run(migrate, env=environment(home, "off", urls), capture_output=True, check=True)
        for arm in WARMING:
            sample(home, arm, urls)
        for number in range(1, asked.rounds + 1):
            for arm in ARMS:
                if number <= LONG.get(arm, number):
                    taken[arm].append(seconds := sample(home, arm, urls))
                    print(f"round {number}: {arm:20} {seconds:7.3f} s", file=sys.stderr)
    medians = {arm: statistics.median(found) for arm, found in taken.items()}
    past = [arm for arm, limit in LIMITS.items() if medians[arm] > limit]
    for arm, seconds in medians.items():
        peer = medians.get(f"provider {arm}")
        words = [f"limit {LIMITS[arm]:g} s"] if arm in LIMITS else []
        words += [f"{seconds / peer:.2f} of the provider's"] if peer else []
        words += ["PAST ITS LIMIT"] if arm in past else []
        print(f"{arm:20} {seconds:7.3f} s  {'  '.join(words)}")
    if asked.out:
        asked.out.write_text(
            json.dumps({"medians": medians, "samples": taken, "limits": LIMITS, "past": past}, indent=2) + "\n"
        )
    return bool(past)


if __name__ == "__main__":
    sys.exit(main())
