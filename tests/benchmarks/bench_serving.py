"""Serving one row over a kept-alive connection: ours, a bare FastAPI app and `mlflow models serve`, interleaved.

Run: python tests/benchmarks/bench_serving.py --rounds 5 --out FILE.json
Limits: p50 at most 2x the bare app's and a third of MLflow's.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "include"), str(ROOT / "tests")]
from one_row import REQUESTS, Client, interleaved, medians  # noqa: E402

from serving import PATIENT, Saved, save  # noqa: E402

CLIENTS = (1, 8)
NAMES = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]
BODY = json.dumps({"dataframe_split": {"columns": NAMES, "data": [PATIENT]}})
ANSWER = {"predictions": [True]}
LIMITS = {"bare FastAPI": 2.0, "mlflow models serve": 1 / 3}
OURS, BARE, PEER = "golden_paths.serve", *LIMITS

# What one would write by hand: the model, a route, no checks.
BARE_APP = """
import os, sys
import mlflow.sklearn, pandas, uvicorn
from fastapi import FastAPI

app = FastAPI()
model = mlflow.sklearn.load_model(sys.argv[1])

@app.post("/invocations")
async def invocations(payload: dict) -> dict:
    return {"predictions": model.predict(pandas.DataFrame(**payload["dataframe_split"])).tolist()}

uvicorn.run(app, port=int(sys.argv[2]), log_level="warning", access_log=False)
"""


def fitted(folder: Path) -> Saved:
    """A scaler and a logistic regression on the diabetes study."""
    from sklearn.datasets import load_diabetes
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    frame, target = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    estimator = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame, target > target.median())
    return save(folder / "model", estimator, frame)


def commands(saved: Saved, folder: Path) -> dict[str, Callable[[int], list[str]]]:
    """How each arm is started on a port."""
    (folder / "bare.py").write_text(BARE_APP)
    ours = ["-m", "golden_paths.serve", "--model", str(saved.folder), "--digest", saved.digest, "--name", "bench"]
    ours += ["--version", "1", "--run-id", "r", "--training-set", "t", "--port"]
    return {
        OURS: lambda port: [sys.executable, *ours, str(port)],
        BARE: lambda port: [sys.executable, str(folder / "bare.py"), str(saved.folder), str(port)],
        PEER: lambda port: [
            *[sys.executable, "-m", "mlflow", "models", "serve", "--env-manager", "local", "-m", str(saved.folder)],
            *["--port", str(port), "--workers", "1"],
        ],
    }


def start(command: list[str], stack: ExitStack) -> float:
    """Start an arm; seconds until it gives its first answer."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # mlflow calls uvicorn from it
    environment = os.environ | {"PATH": path, "PYTHONPATH": str(ROOT / "include"), "OMP_NUM_THREADS": "1"}
    began = time.perf_counter()
    process = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    stack.callback(end, process)
    port = next(int(part) for part in command if part.isdigit() and len(part) > 3)
    while process.poll() is None:
        try:
            Client(("127.0.0.1", port), BODY, ANSWER).ask()
            return time.perf_counter() - began
        except (OSError, AssertionError):
            time.sleep(0.05)
    raise SystemExit(f"bench: {command} ended with {process.returncode}")


def end(process: subprocess.Popen[bytes]) -> None:
    import psutil

    family = [process, *psutil.Process(process.pid).children(recursive=True)] if process.poll() is None else []
    for one in family:
        one.kill()
    process.wait()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def run(rounds: int) -> dict[str, Any]:
    """All arms live at once; in each round each is asked in turn, the order turning by one."""
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        folder = Path(temporary)
        arms = {name: (free_port(), command) for name, command in commands(fitted(folder), folder).items()}
        first = {name: start(command(port), stack) for name, (port, command) in arms.items()}
        addresses = {name: ("127.0.0.1", port) for name, (port, _) in arms.items()}
        raw = interleaved(addresses, rounds=rounds, clients=CLIENTS, body=BODY, answer=ANSWER)
    middle = medians(raw)
    ratios = {
        clients: {name: by_arm[OURS]["p50_ms"] / by_arm[name]["p50_ms"] for name in LIMITS}
        for clients, by_arm in middle.items()
    }
    kept = all(ratio <= LIMITS[name] for by_arm in ratios.values() for name, ratio in by_arm.items())
    result = {"rounds": rounds, "requests_per_client": REQUESTS, "first_answer_s": first, "medians": middle}
    return {**result, "p50_ratios": ratios, "limits": LIMITS, "within_limits": kept, "raw": raw}


def show(result: dict[str, Any]) -> None:
    table = Table(title=f"One row, keep-alive, medians of {result['rounds']} rounds")
    for heading in ("clients", "server", "first answer s", "p50 ms", "p99 ms", "requests/s", "ours / this", "limit"):
        table.add_column(heading, justify="left" if heading == "server" else "right")
    for clients, by_arm in result["medians"].items():
        for name, figures in by_arm.items():
            ratio, limit = result["p50_ratios"][clients].get(name), LIMITS.get(name)
            numbers = [f"{result['first_answer_s'][name]:.1f}", f"{figures['p50_ms']:.2f}", f"{figures['p99_ms']:.2f}"]
            numbers.append(f"{figures['per_s']:.0f}")
            table.add_row(clients, name, *numbers, *("" if one is None else f"{one:.2f}" for one in (ratio, limit)))
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
