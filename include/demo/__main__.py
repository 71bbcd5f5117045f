"""make demo: a real Airflow and MLflow take real data through Feast to a model that answers over HTTP."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time

from airflow_api import AirflowApi
from follow import followed
from on_kubernetes import OnKubernetes
from on_this_machine import OnThisMachine
from servers import REVIEWER, Servers, console

from golden_paths.errors import GoldenPathsError

Place = OnThisMachine | OnKubernetes
PLACES: dict[str, type[OnThisMachine] | type[OnKubernetes]] = {"local": OnThisMachine, "kubernetes": OnKubernetes}
DAG = os.environ.get("DEMO_DAG", "diabetes-progression")
ENTITY = {"diabetes-progression": {"patient_id": 7}, "wine-cultivar": {"wine_id": 7}}
BODY = {"entities": [ENTITY[DAG]]}


def run_path(servers: Servers) -> str:
    """Trigger the example by REST and show each step as it ends; returns the endpoint's address."""
    airflow = servers.airflow
    servers.wait_for_dag(DAG)
    begin = time.monotonic()
    run = airflow.trigger(DAG)
    console.print(f"  triggered {DAG}, run {run}")
    followed(servers, DAG, run)
    servers.lap("the path, all steps", begin)
    return str(airflow.result(DAG, run, "promote")["url"])


def ask(place: Place, url: str) -> None:
    """Post one entity to the endpoint and print the answer."""
    begin = time.monotonic()
    status, text = place.ask(url, BODY)
    place.servers.lap("first answer", begin)
    console.print(f"  POST {url}/predict {BODY}", markup=False)
    console.print(f"  {status} {text}", markup=False)
    if status != 200:
        raise SystemExit("demo: the endpoint did not answer as it should")


def look(servers: Servers) -> None:
    """Have the model watched from here on, and look at it once."""
    watch = f"{DAG}.watch"
    if not servers.airflow.has_dag(watch):
        return
    run = servers.airflow.trigger(watch)
    followed(servers, watch, run)
    made = servers.airflow.result(watch, run, "watch")
    alarms = sum(one["is_alarm"] for one in made["verdicts"])
    said = f"{len(made['verdicts'])} verdicts, {alarms} alarms"
    console.print(f"  {watch} looks at it every hour; its first look: {said}", markup=False)


def show(place: Place, url: str) -> None:
    """Print where things are."""
    servers = place.servers
    users = [servers.airflow, AirflowApi(servers.airflow.url, servers.passwords, REVIEWER)]
    signs = " or ".join(f"{one.user} / {one.password}" for one in users)
    console.print(f"  Airflow   {servers.airflow.url}   sign in as {signs}")
    console.print(f"  MLflow    {servers.mlflow_url}")
    for line in place.told(url, BODY):
        console.print(line, markup=False)


def run(place: Place, begin: float) -> None:
    """Start, run, answer; stay up until Ctrl-C unless DEMO_ONCE is set."""
    servers = place.servers
    place.begin()
    servers.start(meanwhile=place.probe)
    url = run_path(servers)
    ask(place, url)
    servers.print_breakdown(time.monotonic() - begin)
    look(servers)
    show(place, url)
    if not os.environ.get("DEMO_ONCE"):
        console.print(
            f"drop a YAML of your own into {servers.project.root / 'dags'}, or press Ctrl-C to stop everything"
        )
        signal.pause()


def main() -> None:
    """Leave nothing running, whatever happens."""
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("target", nargs="?", default="local", choices=PLACES, help="as in make demo TARGET=kubernetes")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a script's `make demo &` starts with it ignored
    begin = time.monotonic()
    place = PLACES[parser.parse_args().target](DAG)
    place.servers.check()
    place.check()
    try:
        run(place, begin)
    except KeyboardInterrupt:
        console.print()
    except GoldenPathsError as error:  # what a cluster refuses
        raise SystemExit(f"demo: {error}") from error
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        console.print("stopping all that was started ...")
        try:
            place.servers.stop()
        finally:
            place.end()


if __name__ == "__main__":
    main()
