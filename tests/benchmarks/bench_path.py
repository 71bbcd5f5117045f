"""The path's cost: a DAG run in Airflow over `run FILE` in one process, interleaved; and where the rest goes."""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "include" / "demo"))
from servers import Servers  # noqa: E402

DAG = "diabetes-progression"


def run_file(servers: Servers) -> float:
    """Seconds of `run FILE`, the interpreter's start included, on the same MLflow server."""
    begin = time.perf_counter()
    command = [sys.executable, "-m", "golden_paths", "run", f"dags/{DAG}.yaml", "--quiet"]
    subprocess.run(command, cwd=ROOT, env=servers.environment(), check=True, capture_output=True)
    return time.perf_counter() - begin


def run_dag(servers: Servers) -> dict[str, float]:
    """Seconds of a DAG run from trigger to end, of which in tasks, and between them."""
    airflow = servers.airflow
    begin = time.perf_counter()
    run = airflow.trigger(DAG)
    while (state := airflow.run_state(DAG, run)) not in ("success", "failed"):
        time.sleep(0.1)
    total = time.perf_counter() - begin
    if state != "success":
        raise SystemExit(f"bench: run {run} failed")
    tasks = sorted(airflow.tasks(DAG, run), key=lambda task: task["start_date"])
    inside = sum(task["duration"] for task in tasks)
    times = [(datetime.fromisoformat(task["start_date"]), datetime.fromisoformat(task["end_date"])) for task in tasks]
    between = sum((after[0] - before[1]).total_seconds() for before, after in itertools.pairwise(times))
    return {"total": total, "in tasks": inside, "between tasks": between, "before and after": total - inside - between}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    servers = Servers()
    servers.check()
    files: list[float] = []
    dags: list[dict[str, float]] = []
    try:
        servers.start()
        servers.wait_for_dag(DAG)
        run_file(servers)  # the endpoint's first start, Feast's first materialization: paid by neither arm
        for _ in range(options.rounds):
            files.append(run_file(servers))
            dags.append(run_dag(servers))
    finally:
        servers.stop()
        subprocess.run([sys.executable, "-m", "golden_paths", "stop", DAG], cwd=ROOT, check=False)
    medians = {part: statistics.median(one[part] for one in dags) for part in dags[0]}
    base = statistics.median(files)
    result = {
        "rounds": options.rounds,
        "run_file_s": base,
        "dag_run_s": medians,
        "ratio": medians["total"] / base,
        "limit": 1.5,
        "raw": {"run_file_s": files, "dag_run_s": dags},
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=2) + "\n")
    table = Table("what", "median s", "over run FILE", title=f"the path's cost, {options.rounds} rounds, interleaved")
    table.add_row("run FILE", f"{base:.1f}", "1.00")
    for part, seconds in medians.items():
        table.add_row(f"DAG run: {part}", f"{seconds:.1f}", f"{seconds / base:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()
