"""Figures on the cluster that KUBECONFIG names: a rollout's time, a rollback's, requests lost, serving beside MLflow's server.

A rollout is measured from the registered version to all traffic on it, less the time that its canary is judged for, and
compared with the time that the very same Deployment takes to be ready under `kubectl apply` and `kubectl rollout status`.
Both in turn, while two clients in a pod never stop asking. Needs kubectl, and the images where the cluster finds them.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / part) for part in ("include", "tests", "include/demo", "include/images")]
import kubernetes_arms as arms  # noqa: E402
import one_row  # noqa: E402

from cluster import Namespace, NoCluster, connect, namespace  # noqa: E402
from golden_paths.errors import GoldenPathsError  # noqa: E402
from rollouts import Place, mlflow_server  # noqa: E402
from serving import PATIENT  # noqa: E402

CLIENTS = (1, 8)
OURS, PEER = "golden_paths.serve", "mlflow models serve"
LIMITS = {"rollout": 1.5, "rollback_s": 10.0, "requests_lost": 0, "serving": 1.0}
NAMES = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]
BODY = json.dumps({"dataframe_split": {"columns": NAMES, "data": [PATIENT]}})


def run(rounds: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as temporary, namespace() as ours, namespace() as other:
        folder = Path(temporary)
        with mlflow_server(folder) as uri:
            rollout = arms.first(Place(ours, uri, folder))
            print("bench: a first version serves", flush=True)
            serving = serve(rollout, other, rounds)
            print("bench: serving is measured", flush=True)
            rollouts = roll(rollout, other, rounds)
    return summary(rounds, serving, rollouts)


def serve(rollout: arms.Rollout, other: Namespace, rounds: int) -> dict[str, Any]:
    """One row through each Service, and what a replica of each then holds in memory."""
    place = rollout.place
    release = arms.release_of(place, rollout.before)
    pod = f"{place.name}-v{rollout.before.version}"
    with arms.mlflow_serves(other, release) as peer:
        places = {OURS: (f"{place.name}.{place.namespace.name}", release.port), PEER: peer}
        answer = answered(place, pod)
        raw = arms.asked(place.namespace, places, body=BODY, answer=answer, rounds=rounds, clients=CLIENTS)
        memory = {OURS: arms.memory(place.namespace, release), PEER: arms.memory(other, release)}
    return {"raw": raw, "memory_mib": memory}


def roll(rollout: arms.Rollout, other: Namespace, rounds: int) -> dict[str, Any]:
    """A bare Deployment and a rollout in turn, and after each rollout the way back."""
    bare: list[float] = []
    forward: list[dict[str, float]] = []
    back: list[float] = []
    clients = arms.steady(rollout.place, BODY)
    for number in range(rounds):
        version = rollout.place.version()
        release = arms.release_of(rollout.place, version)
        for arm in ("bare", "ours") if number % 2 == 0 else ("ours", "bare"):
            if arm == "ours":
                forward.append(rollout.forward(version))
                back.append(rollout.back())
                rollout.tidy()
            else:
                with arms.bare(other, release) as seconds:
                    bare.append(seconds)
        print(
            f"bench: round {number + 1} of {rounds}: bare {bare[-1]:.1f} s, rollout {forward[-1]['all']:.1f} s",
            flush=True,
        )
    return {"bare_s": bare, "rollout_s": forward, "rollback_s": back, "clients": arms.seen(clients)}


def answered(place: Place, pod: str) -> Any:
    """What the version in service says about the patient: both servers must say the same."""
    from golden_paths.cluster.api import ClusterApi

    api = ClusterApi(place.settings, place.log.append)
    (one, *_) = [name for found in api.list("Pod") if (name := found["metadata"]["name"]).startswith(f"{pod}-")]
    status, body = api.proxied(one, "/invocations", port=8080, body=json.loads(BODY))
    if status != 200:
        raise SystemExit(f"bench: {one} answers {status}: {body.decode(errors='replace')}")
    return json.loads(body)


def summary(rounds: int, serving: dict[str, Any], rolled: dict[str, Any]) -> dict[str, Any]:
    bare = statistics.median(rolled["bare_s"])
    parts = {part: statistics.median(one[part] for one in rolled["rollout_s"]) for part in rolled["rollout_s"][0]}
    own = statistics.median(one["all"] - arms.JUDGED for one in rolled["rollout_s"])
    rows = one_row.medians(serving["raw"])
    clients = rolled["clients"]
    found = {
        "rollout": own / bare,
        "rollback_s": statistics.median(rolled["rollback_s"]),
        "requests_lost": sum(len(client["errors"]) for client in clients.values()),
        "serving": max(row[OURS]["p50_ms"] / row[PEER]["p50_ms"] for row in rows.values()),
    }
    return {
        "rounds": rounds,
        "judged_s": arms.JUDGED,
        "bare_s": bare,
        "rollout_s": parts,
        "requests": sum(sum(client["answers"].values()) for client in clients.values()),
        "serving": rows,
        "memory_mib": serving["memory_mib"],
        "figures": found,
        "limits": LIMITS,
        "within_limits": all(found[name] <= limit for name, limit in LIMITS.items()),
        "raw": {"rollouts": rolled, "serving": serving["raw"]},
    }


def show(result: dict[str, Any]) -> None:
    console = Console(width=None if sys.stdout.isatty() else 120)
    rounds, found = result["rounds"], result["figures"]
    table = Table("what", "figure", "limit", title=f"On Kubernetes, medians of {rounds} rounds")
    table.add_row("the Deployment alone, until it is ready", f"{result['bare_s']:.1f} s")
    parts = result["rollout_s"]
    told = f"{parts['all']:.1f} s: {parts['start']:.1f} until ready, canary {parts['canary']:.1f}"
    table.add_row(f"a rollout, {result['judged_s']} s of it judged", told)
    table.add_row(
        "a rollout less what it is judged for / the Deployment", f"{found['rollout']:.2f}", f"{LIMITS['rollout']:.2f}"
    )
    table.add_row("rollback, the command", f"{found['rollback_s']:.1f} s", f"{LIMITS['rollback_s']:.0f} s")
    table.add_row(f"lost, of {result['requests']} requests", str(found["requests_lost"]), str(LIMITS["requests_lost"]))
    for name, mib in result["memory_mib"].items():
        table.add_row(f"memory of a replica, {name}", f"{mib:.0f} MiB")
    console.print(table)
    rows = Table(
        "clients", "server", "p50 ms", "p99 ms", "requests/s", "ours / this", title="One row, through the Service"
    )
    for count, row in result["serving"].items():
        for name, one in row.items():
            ratio = "" if name == OURS else f"{row[OURS]['p50_ms'] / one['p50_ms']:.2f}"
            rows.add_row(count, name, f"{one['p50_ms']:.2f}", f"{one['p99_ms']:.2f}", f"{one['per_s']:.0f}", ratio)
    console.print(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    try:
        connect()
    except NoCluster as reason:
        raise SystemExit(f"bench: {reason}") from None
    if shutil.which("kubectl") is None:
        raise SystemExit("bench: kubectl is not installed; put one of the cluster's version on PATH")
    try:
        result = run(options.rounds)
    except (GoldenPathsError, AssertionError) as error:  # no image, no room, a pod that does not start
        raise SystemExit(f"bench: {error}") from error
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=2) + "\n")
    show(result)
    if not result["within_limits"]:
        raise SystemExit("bench: a figure is past its limit")


if __name__ == "__main__":
    main()
