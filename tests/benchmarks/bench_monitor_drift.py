"""What looking for drift costs: CPU and peak memory of 20 columns x 100,000 live rows, against a reference of 100,000.

Beside evidently's DataDriftPreset (HTML is not made) and the plain distances in numpy. Every sample is a process of its own with
one thread; imports, reading the frames and a first use on 2,000 rows are not counted. evidently is installed into
build/bench/peers when it is not there.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]
PLACES = [str(ROOT / name) for name in ("include", "operators", "tests")]
sys.path[:0] = PLACES
import drift_data  # noqa: E402
from bench_gates import peer  # noqa: E402

ROWS = 100_000
EVIDENTLY = "evidently, data drift"
ARMS = ("numpy", "judge", "build and judge", "judge, report with plots", EVIDENTLY)
PEER_TIMES, NUMPY_TIMES = 10.0, 3.0  # at least as many times less CPU than evidently; at most as many times numpy's


def sample(arm: str, folder: Path, python: Path) -> dict[str, float]:
    """One arm, once."""
    own = arm != EVIDENTLY
    alone = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    environment = os.environ | alone | {"PYTHONPATH": os.pathsep.join(PLACES) if own else "", "DO_NOT_TRACK": "1"}
    script = Path(__file__).with_name("drift_arms.py" if own else "drift_peer.py")
    command = [sys.executable if own else str(python), str(script), arm, str(folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"bench: {arm}: {done.stderr[-2000:]}")
    found: dict[str, float] = json.loads(done.stdout.partition("RESULT")[2])
    return found


def run(rounds: int) -> dict[str, Any]:
    """All arms, round by round, in another order every round."""
    python = peer()
    taken: dict[str, list[dict[str, float]]] = {arm: [] for arm in ARMS}
    with tempfile.TemporaryDirectory(prefix="bench-drift-") as temporary:
        drift_data.write(Path(temporary), ROWS)
        for number in range(rounds):
            turn = number % len(ARMS)
            for arm in ARMS[turn:] + ARMS[:turn]:
                taken[arm].append(sample(arm, Path(temporary), python))
                print(f"round {number + 1}: {arm:26} {taken[arm][-1]}", file=sys.stderr)
    medians = {
        arm: {unit: statistics.median(one[unit] for one in found) for unit in found[0]} for arm, found in taken.items()
    }
    less = medians[EVIDENTLY]["cpu_s"] / medians["judge"]["cpu_s"]
    more = medians["judge"]["cpu_s"] / medians["numpy"]["cpu_s"]
    return {
        "rounds": rounds,
        "rows": ROWS,
        "medians": medians,
        "evidently_over_ours": less,
        "ours_over_numpy": more,
        "limits": {"evidently_over_ours": PEER_TIMES, "ours_over_numpy": NUMPY_TIMES},
        "within_limits": less >= PEER_TIMES and more <= NUMPY_TIMES,
        "raw": taken,
    }


def show(result: dict[str, Any]) -> None:
    table = Table(title=f"Drift of 20 columns x {result['rows']:,} rows, medians of {result['rounds']} rounds")
    for heading in ("arm", "CPU s", "peak MiB"):
        table.add_column(heading, justify="left" if heading == "arm" else "right")
    for arm, found in result["medians"].items():
        table.add_row(arm, f"{found['cpu_s']:.3f}", f"{found['peak_mib']:.1f}")
    Console(width=None if sys.stdout.isatty() else 120).print(table)
    print(
        f"judging takes {result['evidently_over_ours']:.0f} times less CPU than evidently (at least {PEER_TIMES:g}), "
        f"{result['ours_over_numpy']:.2f} times as much as numpy (at most {NUMPY_TIMES:g})"
    )


def main() -> int:
    """1 when a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    result = run(options.rounds)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=2) + "\n")
    show(result)
    return int(not result["within_limits"])


if __name__ == "__main__":
    sys.exit(main())
