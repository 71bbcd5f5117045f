"""Serving one row with the prediction log and without it, over kept-alive connections.

Run: python tests/benchmarks/bench_monitor_serving.py --rounds 5 --out FILE.json
Limit: p50 with the log at most 1.05x that without it, asked by one client and by eight. What else the machine does changes
more from second to second than the log adds: one client asks both servers in turn, request by request; eight ask them in
short slices, and the ratio is the median of the slices' ratios.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "include"), str(ROOT / "tests"), str(ROOT / "tests" / "benchmarks")]
import one_row  # noqa: E402
from bench_serving import ANSWER, BODY, fitted, free_port, start  # noqa: E402

from golden_paths.prediction_log.keeping import Keeping  # noqa: E402

LIMIT = 1.05
WITH, WITHOUT = "with the log", "without"
SLICES, REQUESTS, WARM_UP = 12, 60, 20  # of a round; of a slice and client
IN_TURN, MANY = 2000, 8  # requests of one client in a round; clients at once
FLUSH = 1.0  # seconds; shorter than the default of 15, so that files are written while requests are timed


def run(rounds: int) -> dict[str, Any]:
    """Both servers live at once; in each round both are asked in turn, the order turning by one."""
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        folder = Path(temporary)
        saved = fitted(folder)
        command = [sys.executable, "-m", "golden_paths.serve", "--model", str(saved.folder), "--digest", saved.digest]
        command += ["--name", "bench", "--version", "1", "--run-id", "r", "--training-set", "t"]
        keeping = Keeping(address=str(folder / "log"), flush_seconds=FLUSH)
        log = ["--prediction-log", keeping.model_dump_json()]
        ports = {WITH: free_port(), WITHOUT: free_port()}
        for name, port in ports.items():
            start([*command, *(log if name == WITH else []), "--port", str(port)], stack)
        addresses = {name: ("127.0.0.1", port) for name, port in ports.items()}
        one_row.REQUESTS, one_row.WARM_UP = REQUESTS, WARM_UP
        raw = one_row.interleaved(addresses, rounds=rounds * SLICES, clients=(MANY,), body=BODY, answer=ANSWER)
        raw["1"] = {name: [] for name in addresses}
        for _ in range(rounds):
            for name, seen in in_turn(addresses).items():
                raw["1"][name].append(seen)
        rows = logged(ports[WITH])
    ratios = {clients: ratio(by_arm) for clients, by_arm in raw.items()}
    result = {"rounds": rounds, "slices": SLICES, "flush_s": FLUSH, "rows_logged": rows}
    return {
        **result,
        "medians": one_row.medians(raw),
        "p50_ratios": ratios,
        "limit": LIMIT,
        "within_limits": all(ratio <= LIMIT for ratio in ratios.values()),
        "raw": raw,
    }


def in_turn(addresses: dict[str, tuple[str, int]]) -> dict[str, one_row.Figures]:
    """One client: every server once, again and again, in turning order."""
    clients = {name: one_row.Client(address, BODY, ANSWER) for name, address in addresses.items()}
    times: dict[str, list[float]] = {name: [] for name in clients}
    for number in range(IN_TURN + WARM_UP):
        for name in list(clients)[:: 1 if number % 2 else -1]:
            took = clients[name].ask()
            if number >= WARM_UP:
                times[name].append(took)
    return {name: _figures(own) for name, own in times.items()}


def _figures(times: list[float]) -> one_row.Figures:
    cuts = statistics.quantiles(times, n=100)
    return {"p50_ms": cuts[49] * 1e3, "p99_ms": cuts[98] * 1e3, "per_s": len(times) / sum(times)}


def ratio(by_arm: dict[str, list[one_row.Figures]]) -> float:
    """Of p50: the median over the slices, whose arms are a moment apart."""
    pairs = zip(by_arm[WITH], by_arm[WITHOUT], strict=True)
    return statistics.median(log["p50_ms"] / none["p50_ms"] for log, none in pairs)


def logged(port: int) -> int:
    """Rows that were written, once none waits: a log that drops them would be quick."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            lines = dict(line.rsplit(" ", 1) for line in answer.read().decode().splitlines() if not line.startswith("#"))
        if lines["golden_paths_log_queued_rows"] == "0.0":
            asked = float(lines['golden_paths_requests_total{endpoint="/invocations",status="200"}'])
            if (rows := float(lines["golden_paths_log_rows_total"])) == asked:
                return int(rows)
        time.sleep(0.2)
    raise SystemExit("bench: the log does not have every row")


def show(result: dict[str, Any]) -> None:
    table = Table(title=f"One row, keep-alive, medians of {result['rounds']} rounds, {result['rows_logged']} rows logged")
    for heading in ("clients", "server", "p50 ms", "p99 ms", "requests/s", "p50 / without", "limit"):
        table.add_column(heading, justify="left" if heading == "server" else "right")
    for clients, by_arm in result["medians"].items():
        for name, figures in by_arm.items():
            numbers = [f"{figures['p50_ms']:.3f}", f"{figures['p99_ms']:.2f}", f"{figures['per_s']:.0f}"]
            ratio = [f"{result['p50_ratios'][clients]:.3f}", f"{LIMIT:.2f}"] if name == WITH else ["", ""]
            table.add_row(clients, name, *numbers, *ratio)
    Console(width=None if sys.stdout.isatty() else 120).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    result = run(options.rounds)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=2) + "\n")
    show(result)


if __name__ == "__main__":
    main()
