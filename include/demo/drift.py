"""make demo-drift: a watched endpoint, traffic that shifts, the alarm, one retrain, a new champion, and quiet.

Nobody is needed: as in `make demo`, the second user's yes is given by REST. Airflow, MLflow and the endpoint are real; the
example is a copy of the project's, whose data change.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from datetime import datetime
from typing import Any

import httpx
import second_clinic
from demo_example import BROUGHT
from follow import followed
from servers import ROOT, Servers, console

from golden_paths.clients.local_target import LocalTarget
from golden_paths.project import Project

DAG = "diabetes-progression"
WATCH = f"{DAG}.watch"
AT_ONCE = 20  # patients in a request
ASKED_FOR = 2  # runs of the path: the first one, and the one that the alarm asks for
FLUSHED = 20.0  # seconds; servers write their log every fifteen


class Drift:
    """The servers over a copy of the project, and the story."""

    def __init__(self) -> None:
        state = Project.at(ROOT).state / "drift"
        project = Project(state / "project", state)
        if LocalTarget(project).running():
            raise SystemExit("demo: another demo-drift runs, or was killed: python -m golden_paths stop --all in its project")
        shutil.rmtree(state, ignore_errors=True)  # it begins with the first clinic alone
        for name in BROUGHT:
            shutil.copytree(ROOT / "include" / name, project.root / "include" / name)
        shutil.copy(ROOT / "include" / "policy.yaml", project.root / "include")
        (project.root / "dags").mkdir()
        for name in ("load_golden_paths.py", f"{DAG}.yaml"):
            shutil.copy(ROOT / "dags" / name, project.root / "dags")
        spec = project.root / "dags" / f"{DAG}.yaml"  # here it looks when it is asked to, and not while it is told about
        spec.write_text(spec.read_text().replace('schedule: "@hourly"', 'schedule: "@yearly"'))
        self.servers, self.target = Servers(project), LocalTarget(project)
        self.data = project.root / "include" / "data" / "diabetes"

    def tell(self) -> None:
        """All of it, in order."""
        servers = self.servers
        servers.start()
        servers.wait_for_dag(WATCH)
        servers.airflow.unpause(WATCH)
        run = servers.airflow.trigger(DAG)
        url = self._promoted(DAG, run)
        first, _ = second_clinic.patients(self.data, self._until(run))
        say(f"{len(first)} patients of the first clinic are asked about")
        ask(url, first)
        self._look(alarms=False)
        say("a second clinic joins: its patients are heavier, with higher blood pressure; their measurements are sent along")
        invoke(url, second_clinic.features(self.data))
        second_clinic.join(self.data)
        asked = self._look(alarms=True)
        say(f"their records have arrived, with outcomes; the alarm has asked for {asked}")
        url = self._promoted(DAG, asked)
        first, second = second_clinic.patients(self.data, self._until(asked))
        say(f"a new champion: {self._champion()}; patients of both clinics are asked about")
        ask(url, [*first, *second])
        self._look(alarms=False)
        runs = [str(run["dag_run_id"]) for run in servers.airflow.runs(DAG)]
        say(f"quiet again. Runs of {DAG}: {', '.join(runs)}")
        if len(runs) != ASKED_FOR:
            raise SystemExit(f"demo: {ASKED_FOR} runs were due, and {len(runs)} were made")

    def show(self) -> None:
        """Where to look."""
        servers = self.servers
        console.print(f"  Airflow   {servers.airflow.url}   sign in as {servers.airflow.user} / {servers.airflow.password}")
        console.print(f"  MLflow    {servers.mlflow_url}   reports of the watch are in the experiment {WATCH}")

    def end(self) -> None:
        """Stop everything."""
        self.servers.stop()
        for endpoint in self.target.running():
            self.target.stop(endpoint)

    def _promoted(self, dag: str, run: str) -> str:
        """Follow a run of the path; returns the endpoint's address."""
        console.print(f"  {dag}, run {run}")
        followed(self.servers, dag, run)
        return str(self.servers.airflow.result(dag, run, "promote")["url"])

    def _until(self, run: str) -> datetime:
        """Up to when the run has materialized."""
        return datetime.fromisoformat(self.servers.airflow.result(DAG, run, "materialize")["end"])

    def _look(self, *, alarms: bool) -> str:
        """One look, once all answers are in the log; returns the run that was asked for."""
        airflow = self.servers.airflow
        time.sleep(FLUSHED)
        run = airflow.trigger(WATCH)
        followed(self.servers, WATCH, run)
        made, renewal = airflow.result(WATCH, run, "watch"), airflow.result(WATCH, run, "renew")
        for one in made["verdicts"]:
            console.print(f"    {'ALARM  ' if one['is_alarm'] else ''}{one['words']}", markup=False)
        console.print(f"    {made['rows']} answers of version {made['version']}; what follows: {renewal['action']}", markup=False)
        if alarms != any(one["is_alarm"] for one in made["verdicts"]) or alarms != (renewal["action"] == "retrain"):
            raise SystemExit(f"demo: {'an alarm and a retrain were' if alarms else 'quiet was'} to be expected")
        return str(renewal["run"])

    def _champion(self) -> str:
        serving = self.target.serving(DAG)
        return f"version {serving.version}" if serving else "none"


def say(line: str) -> None:
    """A step of the story."""
    console.print(f"[bold]{line}[/]")


def ask(url: str, patients: list[int]) -> None:
    """POST /predict for each patient, some at a time."""
    with httpx.Client(timeout=30) as client:
        for at in range(0, len(patients), AT_ONCE):
            body = {"entities": [{"patient_id": one} for one in patients[at : at + AT_ONCE]]}
            client.post(f"{url}/predict", json=body).raise_for_status()


def invoke(url: str, rows: list[dict[str, Any]]) -> None:
    """POST /invocations with these features."""
    with httpx.Client(timeout=30) as client:
        for at in range(0, len(rows), AT_ONCE):
            client.post(f"{url}/invocations", json={"dataframe_records": rows[at : at + AT_ONCE]}).raise_for_status()


def main() -> None:
    """Leave nothing running, whatever happens."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    begin = time.monotonic()
    story = Drift()
    story.servers.check()
    try:
        story.tell()
        story.servers.print_breakdown(time.monotonic() - begin)
        story.show()
        if not os.environ.get("DEMO_ONCE"):
            console.print("press Ctrl-C to stop everything")
            signal.pause()
    except KeyboardInterrupt:
        console.print()
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        console.print("stopping all that was started ...")
        story.end()


if __name__ == "__main__":
    main()
