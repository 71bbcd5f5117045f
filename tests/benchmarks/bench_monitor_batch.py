"""Batch scoring of 1,000,000 rows x 20 features: the part that asks the model, beside `model.predict` in one process.

Each sample is a process of its own, from its start to its end: imports, loading the model, reading the parquet file, and in
both the answers written to a parquet file. Models: a logistic regression behind a scaler (the cheapest to ask, so the worst
ratio) and boosted trees. Feast's point-in-time join comes before, is the same for whoever uses Feast, and is told apart: rows,
seconds and peak memory of its child.

Run: python tests/benchmarks/bench_monitor_batch.py --rounds 2 --out FILE.json
Limits: 1.5x the time of the plain process; 1.5 GiB in the largest of our processes.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]
PLACES = [str(ROOT / name) for name in ("include", "operators", "tests")]
sys.path[:0] = PLACES
ROWS, FEATURES, CHUNK = 1_000_000, 20, 50_000
NAMES = [f"x{number}" for number in range(FEATURES)]
MODELS = ("logistic", "boosted")
ARMS = ("golden_paths", "model.predict")
TIME_LIMIT, MEMORY_LIMIT_MIB = 1.5, 1536.0
# What one would write by hand.
PLAIN = """
import sys
import mlflow.sklearn, pandas
model, frame, out = sys.argv[1:4]
rows = pandas.read_parquet(frame)
answers = mlflow.sklearn.load_model(model).predict(rows[[name for name in rows.columns if name.startswith("x")]])
rows[["customer", "event_timestamp"]].assign(prediction=answers).to_parquet(out)
"""
JOIN = """
import json, sys
from pathlib import Path
from golden_paths.clients import feast_child
print("RESULT" + json.dumps(feast_child.feature_frame(json.loads(sys.argv[1]))["rows"]))
"""
OURS = """
import json, sys
from golden_paths.scoring import child
child.scored(json.loads(sys.argv[1]))
"""
AGREE = """
import sys, pandas
ours, plain = (pandas.read_parquet(file) for file in sys.argv[1:3])
sys.exit(not (len(ours) == int(sys.argv[3]) and (ours["prediction"] == plain["prediction"]).all()))
"""
REPO = """
from feast import Entity, FeatureService, FeatureView, Field, FileSource, ValueType
from feast.types import Float64
customer = Entity(name="customer", join_keys=["customer"], value_type=ValueType.INT64)
source = FileSource(name="facts", path="../facts.parquet", timestamp_field="event_timestamp")
facts = FeatureView(name="facts", entities=[customer], schema=[Field(name=f"x{n}", dtype=Float64) for n in range(20)],
                    source=source)
bench_v1 = FeatureService(name="bench_v1", features=[facts])
"""


def lay_out(folder: Path) -> None:
    """The models, the features of every row, and a Feast repository that would give the same."""
    import numpy as np
    import pandas as pd
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from feature_repo import CONFIG
    from serving import save

    rng = np.random.default_rng(11)
    few = pd.DataFrame(rng.normal(size=(20_000, FEATURES)), columns=NAMES)
    label = (few["x0"] + few["x1"] * few["x2"] + rng.normal(size=len(few)) > 0).astype(int)
    save(folder / "logistic", make_pipeline(StandardScaler(), LogisticRegression()).fit(few, label), few)
    save(folder / "boosted", HistGradientBoostingClassifier(random_state=0).fit(few, label), few)
    base = pd.DataFrame({"customer": np.arange(ROWS) % 200_000, "event_timestamp": pd.Timestamp("2026-01-05", tz="UTC")})
    base["event_timestamp"] = base["event_timestamp"].astype("datetime64[us, UTC]") + pd.to_timedelta(
        np.arange(ROWS) // 200_000, unit="h"
    )
    base.to_parquet(folder / "entities.parquet", index=False)
    facts = base.assign(event_timestamp=base["event_timestamp"] - pd.Timedelta(minutes=30))
    facts = pd.concat([facts, pd.DataFrame(rng.normal(size=(ROWS, FEATURES)), columns=NAMES)], axis=1)
    facts.to_parquet(folder / "facts.parquet", index=False)
    (folder / "repo").mkdir()
    (folder / "repo" / "features.py").write_text(REPO)
    (folder / "repo" / "feature_store.yaml").write_text(CONFIG.replace("churn", "bench"))


def timed(code: str, *arguments: str) -> dict[str, float]:
    """Seconds, CPU seconds and peak MiB of one process."""
    began = time.perf_counter()
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(PLACES), "MLFLOW_DISABLE_TELEMETRY": "true"}
    process = subprocess.Popen([sys.executable, "-c", code, *arguments], env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"bench: a process ended with {process.returncode}")
    seconds = time.perf_counter() - began
    return {"s": seconds, "cpu_s": used.ru_utime + used.ru_stime, "peak_mib": used.ru_maxrss / 1024}


def join(folder: Path) -> dict[str, float]:
    """Feast's join of all rows, in chunks."""
    payload = {
        "repo": str(folder / "repo"),
        "state": str(folder / "state"),
        "service": "bench_v1",
        "entities": str(folder / "entities.parquet"),
        "start": "2026-01-05T00:00:00+00:00",
        "end": "2026-01-06T00:00:00+00:00",
        "destination": str(folder / "features.parquet"),
        "chunk": CHUNK,
        "look_at_age": False,
    }
    return timed(JOIN, json.dumps(payload))


def sample(arm: str, model: str, folder: Path) -> dict[str, float]:
    """One process that scores all rows."""
    from golden_paths import digests

    frame, out = str(folder / "features.parquet"), str(folder / f"{arm}.parquet")
    if arm == "model.predict":
        return timed(PLAIN, str(folder / model), frame, out)
    stamp = dict.fromkeys(("model", "version", "digest", "run_id", "spec_digest"), "d" * 64)
    payload = {"model": str(folder / model), "digest": digests.of_folder(folder / model), "frame": frame, "out": out}
    more = {"place": "it", "service": "bench_v1", "head": ["customer", "event_timestamp"], "stamp": stamp}
    return timed(OURS, json.dumps(payload | more))


def agree(folder: Path) -> bool:
    """Whether both arms answered the same, row by row."""
    files = [str(folder / f"{arm}.parquet") for arm in ARMS]
    return subprocess.run([sys.executable, "-c", AGREE, *files, str(ROWS)], check=False).returncode == 0


def middle(found: list[dict[str, float]]) -> dict[str, float]:
    return {name: statistics.median(one[name] for one in found) for name in found[0]}


def run(rounds: int) -> dict[str, Any]:
    """All arms, round by round, in turn."""
    taken: dict[str, dict[str, list[dict[str, float]]]] = {model: {arm: [] for arm in ARMS} for model in MODELS}
    with tempfile.TemporaryDirectory(prefix="bench-batch-") as temporary:
        folder = Path(temporary)
        # Elsewhere: what a process has held counts as its children's peak, too.
        subprocess.run([sys.executable, __file__, "--lay-out", temporary], check=True)
        joined = join(folder)
        print(f"join: {joined}", file=sys.stderr)
        for number in range(rounds):
            for model in MODELS:
                for arm in ARMS if number % 2 else reversed(ARMS):
                    taken[model][arm].append(sample(arm, model, folder))
                    print(f"round {number + 1}: {model}: {arm}: {taken[model][arm][-1]}", file=sys.stderr)
                if not agree(folder):
                    raise SystemExit(f"bench: {model}: the two arms do not answer the same")
    medians = {model: {arm: middle(found) for arm, found in arms.items()} for model, arms in taken.items()}
    ratios = {model: arms[ARMS[0]]["s"] / arms[ARMS[1]]["s"] for model, arms in medians.items()}
    peak = max(joined["peak_mib"], *(arms[ARMS[0]]["peak_mib"] for arms in medians.values()))
    return {
        "rounds": rounds,
        "rows": ROWS,
        "medians": medians,
        "time_over_plain": ratios,
        "join": joined,
        "peak_mib": peak,
        "limits": {"time_over_plain": TIME_LIMIT, "peak_mib": MEMORY_LIMIT_MIB},
        "within_limits": max(ratios.values()) <= TIME_LIMIT and peak <= MEMORY_LIMIT_MIB,
        "raw": taken,
    }


def show(result: dict[str, Any]) -> None:
    table = Table(title=f"{ROWS:,} rows x {FEATURES} features, medians of {result['rounds']} rounds")
    for heading in ("model", "arm", "s", "rows/s", "over plain", "peak MiB"):
        table.add_column(heading, justify="left" if heading in ("model", "arm") else "right")
    for model, arms in result["medians"].items():
        for arm, found in arms.items():
            ratio = f"{result['time_over_plain'][model]:.2f}x" if arm == ARMS[0] else ""
            table.add_row(model, arm, f"{found['s']:.1f}", f"{ROWS / found['s']:,.0f}", ratio, f"{found['peak_mib']:.0f}")
    Console(width=None if sys.stdout.isatty() else 120).print(table)
    join = result["join"]
    said = f"{join['s']:.0f} s, {join['cpu_s']:.0f} s of CPU, {join['peak_mib']:.0f} MiB"
    print(f"before: Feast's join in chunks of {CHUNK:,}: {said}")


def main() -> int:
    """1 when a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--lay-out", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.lay_out:
        lay_out(options.lay_out)
        return 0
    result = run(options.rounds)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=2) + "\n")
    show(result)
    return int(not result["within_limits"])


if __name__ == "__main__":
    sys.exit(main())
