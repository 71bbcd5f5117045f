"""What gates cost: CPU and peak memory on 100,000 rows x 20 features, and their share of the demo's path.

Beside one pass of the same statistics in plain numpy, and evidently's presets for what they cover (HTML is not made). Every
sample is a process of its own with one thread; imports, reading and a first use on 2,000 rows are not counted. evidently
is installed into build/bench/peers when it is not there: it is no dependency of ours.
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
import gates_data  # noqa: E402
import gates_on_path  # noqa: E402
from gates_arms import GATES  # noqa: E402

ROWS = 100_000
PEER = ROOT / "build" / "bench" / "peers" / "evidently"
PEER_PACKAGES = ("evidently==0.7.23", "pandas==2.3.3")  # it imports what pandas 3 has no more
PEERS = ("evidently, data summary", "evidently, classification")
ARMS = ("numpy", *GATES, "all gates", *PEERS)
SHARE_LIMIT, MEMORY_LIMIT = 0.15, 2.0  # of the path's time; of the plain pass' peak


def peer() -> Path:
    """The interpreter that has evidently."""
    python = PEER / "bin" / "python"
    has_it = python.exists() and not subprocess.run([python, "-c", "import evidently"], capture_output=True).returncode
    if not has_it:
        subprocess.run([sys.executable, "-m", "venv", PEER], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PEER_PACKAGES], check=True)
    return python


def sample(arm: str, folder: Path, python: Path) -> dict[str, float]:
    """One arm, once."""
    own = arm not in PEERS
    alone = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    environment = os.environ | alone | {"PYTHONPATH": os.pathsep.join(PLACES) if own else "", "DO_NOT_TRACK": "1"}
    script = Path(__file__).with_name("gates_arms.py" if own else "gates_peer.py")
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
    with tempfile.TemporaryDirectory(prefix="bench-gates-") as temporary:
        gates_data.write(Path(temporary), ROWS)
        for number in range(rounds):
            turn = number % len(ARMS)
            for arm in ARMS[turn:] + ARMS[:turn]:
                taken[arm].append(sample(arm, Path(temporary), python))
                print(f"round {number + 1}: {arm:28} {taken[arm][-1]}", file=sys.stderr)
    medians = {arm: middle(found) for arm, found in taken.items()}
    steps = on_path(rounds)
    path = {arm: middle(found) for arm, found in steps.items()}
    found = gates_on_path.share(path)
    ratios = {
        arm: {unit: of_arm[unit] / medians["numpy"][unit] for unit in of_arm} for arm, of_arm in medians.items()
    }
    kept = found["share_of_path"] <= SHARE_LIMIT and ratios["all gates"]["peak_mib"] <= MEMORY_LIMIT
    return {
        "rounds": rounds,
        "rows": ROWS,
        "medians": medians,
        "over_numpy": ratios,
        "path": {**found, "step_s": path},
        "limits": {"share_of_path": SHARE_LIMIT, "peak_over_numpy": MEMORY_LIMIT},
        "within_limits": kept,
        "raw": {"arms": taken, "path": steps},
    }


def on_path(rounds: int) -> dict[str, list[dict[str, float]]]:
    """Seconds of each step of the demo's path, by arm."""
    arms = (gates_on_path.WITH, gates_on_path.WITHOUT)
    taken: dict[str, list[dict[str, float]]] = {arm: [] for arm in arms}
    with tempfile.TemporaryDirectory(prefix="bench-gates-") as temporary, gates_on_path.project(Path(temporary)) as place:
        for arm in arms:  # the first champions, and Feast's first materialization: counted for neither
            gates_on_path.seconds(place, arm)
        for number in range(rounds):
            for arm in arms if number % 2 else reversed(arms):
                taken[arm].append(gates_on_path.seconds(place, arm))
                print(f"round {number + 1}: path {arm}: {taken[arm][-1]}", file=sys.stderr)
    return taken


def middle(found: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(one[name] for one in found) for name in found[0]}


def show(result: dict[str, Any]) -> None:
    table = Table(title=f"Gates on {result['rows']:,} rows x 20 features, medians of {result['rounds']} rounds")
    for heading in ("arm", "CPU s", "over numpy", "peak MiB", "over numpy"):
        table.add_column(heading, justify="left" if heading == "arm" else "right")
    for arm, of_arm in result["medians"].items():
        ratio = result["over_numpy"][arm]
        cells = (of_arm["cpu_s"], ratio["cpu_s"], of_arm["peak_mib"], ratio["peak_mib"])
        table.add_row(arm, *(f"{value:.2f}" for value in cells))
    Console(width=None if sys.stdout.isatty() else 120).print(table)
    path = result["path"]
    print(
        f"demo: {path['share_of_path']:.1%} of a path's {path['path_cpu_s']:.1f} s of CPU is gates (limit {SHARE_LIMIT:.0%}); "
        f"the two steps that judge last {path['judging_ratio']:.2f} times as long with them"
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
