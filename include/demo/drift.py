"""make demo-drift: a watched endpoint, traffic that shifts, the alarm, one retrain, a new champion, and quiet. Nobody is needed.

Airflow, MLflow and the endpoint are real; the example is a copy of the project's, whose data change. As in `make demo`, the second
user's yes is given by REST.
"""

from __future__ import annotations

import shutil
from typing import Any

import second_clinic
from demo_example import BROUGHT
from follow import followed
from servers import ROOT, Servers, console

from golden_paths.clients.local_target import LocalTarget
from golden_paths.project import Project

DAG = "diabetes-progression"
WATCH = f"{DAG}.watch"
AT_ONCE = 20  # patients in a request


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
        self.servers, self.target = Servers(project), LocalTarget(project)
        self.data = project.root / "include" / "data" / "diabetes"

    def tell(self) -> None:
        """All of it, in order."""
        servers = self.servers
        servers.start()
        servers.wait_for_dag(WATCH)
        url = self._run(DAG)
        first, _ = second_clinic.patients(self.data)
        self._say(f"{len(first)} patients of the first clinic are asked about")
        self._ask(url, [{"patient_id": one} for one in first])
        self._expect(self._look(), alarms=False)
        self._say("a second clinic joins: as many patients, heavier, with higher blood pressure; their measurements are sent along")
        strangers = second_clinic.features(self.data)
        self._invoke(url, strangers)
        made = self._look()
        self._expect(made, alarms=True)
        self._say("their records arrive, with outcomes; the alarm has asked for one run of the path")
        asked = str(self._renewal["run"])
        followed(servers, DAG, asked)
        url = str(servers.airflow.result(DAG, asked, "promote")["url"])
        serving = self.target.serving(DAG)
        self._say(f"version {serving.version if serving else '?'} is the champion; patients of both clinics are asked about")
        first, second = second_clinic.patients(self.data)
        self._ask(url, [{"patient_id": one} for one in (*first, *second)])
        self._expect(self._look(), alarms=False)
        again = self.servers.airflow.runs(DAG)
        self._say(f"it is quiet. Runs of {DAG}: {', '.join(again)}")
        if len(again) != 2:
            raise SystemExit(f"demo: {len(again)} runs, and two were due")

    def _run(self, dag: str) -> str:
        run = self.servers.airflow.trigger(dag)
        console.print(f"  triggered {dag}, run {run}")
        followed(self.servers, dag, run)
        return str(self.servers.airflow.result(dag, run, "promote")["url"])

    def _look(self) -> dict[str, Any]:
        """One look, when the log has been written."""
        airflow = self.servers.airflow
        if self._joins:
            second_clinic.join(self.data)
        run = airflow.trigger(WATCH)
        followed(self.servers, WATCH, run)
        made = airflow.result(WATCH, run, "watch")
        self._renewal = airflow.result(WATCH, run, "renew")
        for one in made["verdicts"]:
            console.print(f"    {'ALARM  ' if one['is_alarm'] else ''}{one['words']}", markup=False)
        console.print(f"    {made['rows']} answers of version {made['version']}; then: {self._renewal['action']}", markup=False)
        return made
