"""make demo: a real Airflow and MLflow take real data through Feast to a model that answers over HTTP."""

from __future__ import annotations

import os
import signal
import sys
import time

import httpx
from servers import Servers, console

from golden_paths.clients.local_target import LocalTarget

DAG = os.environ.get("DEMO_DAG", "diabetes-progression")
ENTITY = {"diabetes-progression": {"patient_id": 7}, "wine-cultivar": {"wine_id": 7}}
ENDED = ("success", "failed", "upstream_failed", "skipped")


def run_path(servers: Servers) -> str:
    """Trigger the example by REST and show each step as it ends; returns the endpoint's address."""
    airflow = servers.airflow
    servers.wait_for_dag(DAG)
    begin = time.monotonic()
    run = airflow.trigger(DAG)
    console.print(f"  triggered {DAG}, run {run}")
    shown: set[str] = set()
    while (state := airflow.run_state(DAG, run)) not in ("success", "failed"):
        show_ended(servers, run, shown)
        servers.are_alive()
        time.sleep(0.3)
    show_ended(servers, run, shown)
    if state == "failed":
        raise SystemExit("demo: the run failed; the end of the step's log is above")
    servers.lap("the path, all steps", begin)
    return str(airflow.result(DAG, run, "promote")["url"])


def show_ended(servers: Servers, run: str, shown: set[str]) -> None:
    """Print the steps that ended since the last look, a failed one with the end of its log."""
    for task in servers.airflow.tasks(DAG, run):
        name, state = task["task_id"], task["state"]
        if name in shown or state not in ENDED:
            continue
        shown.add(name)
        console.print(f"    {name:<36}{task['duration'] or 0.0:6.1f} s  {state}")
        if state == "failed":
            log = servers.airflow.task_log(DAG, run, name, int(task["try_number"]))
            console.print("\n".join(log.splitlines()[-20:]), markup=False)


def ask(servers: Servers, url: str) -> None:
    """Post one entity to the endpoint and print the answer."""
    begin = time.monotonic()
    body = {"entities": [ENTITY[DAG]]}
    answer = httpx.post(f"{url}/predict", json=body, timeout=30)
    servers.lap("first answer", begin)
    console.print(f"  POST {url}/predict {body}", markup=False)
    console.print(f"  {answer.status_code} {answer.text}", markup=False)
    if answer.is_error:
        raise SystemExit("demo: the endpoint did not answer as it should")


def main() -> None:
    """Start, run, answer; stay up until Ctrl-C unless DEMO_ONCE is set."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a script's `make demo &` starts with it ignored
    begin = time.monotonic()
    servers = Servers()
    servers.check()
    target = LocalTarget(servers.project)
    ran_before = target.running()
    try:
        servers.start()
        url = run_path(servers)
        ask(servers, url)
        servers.print_breakdown(time.monotonic() - begin)
        console.print(f"  Airflow   {servers.airflow.url}   sign in as admin / {servers.airflow.password}")
        console.print(f"  MLflow    {servers.mlflow_url}")
        console.print(f"  endpoint  {url}   (its API: {url}/docs)")
        if not os.environ.get("DEMO_ONCE"):
            console.print("drop a YAML of your own into dags/, or press Ctrl-C to stop everything")
            signal.pause()
    except KeyboardInterrupt:
        console.print()
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        console.print("stopping all that was started ...")
        for endpoint in target.running():
            if endpoint not in ran_before:
                target.stop(endpoint)
        servers.stop()


if __name__ == "__main__":
    main()
