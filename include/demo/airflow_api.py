"""As much of Airflow's REST API as the demo needs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from tenacity import Retrying, retry_if_result, stop_after_delay, wait_random_exponential

TIMEOUT = 120  # seconds: on a busy machine 30 were not enough
PATIENCE = 60  # seconds in which a database that is locked is asked again


class AirflowApi:
    """Airflow at `url`, signed in as one of the simple auth manager's users."""

    def __init__(self, url: str, passwords: Path, user: str = "admin") -> None:
        self.url, self._passwords, self.user = url, passwords, user
        self._http = httpx.Client(base_url=url, timeout=TIMEOUT)

    @property
    def password(self) -> str:
        """The user's password, as Airflow generated it."""
        return str(json.loads(self._passwords.read_text())[self.user])

    def signed_in_as(self, user: str) -> AirflowApi:
        """The same Airflow for somebody else."""
        other = AirflowApi(self.url, self._passwords, user)
        other.sign_in()
        return other

    def is_healthy(self) -> bool:
        """Whether API, database, scheduler and DAG processor all say so."""
        try:
            health = self._http.get("/api/v2/monitor/health").json()
        except (httpx.HTTPError, ValueError):
            return False
        parts = ("metadatabase", "scheduler", "dag_processor")
        return all((health.get(part) or {}).get("status") == "healthy" for part in parts)

    def sign_in(self) -> None:
        """Fetch a token and use it from here on."""
        body = {"username": self.user, "password": self.password}
        token = self._checked(self._http.post("/auth/token", json=body))["access_token"]
        self._http.headers["Authorization"] = f"Bearer {token}"

    def has_dag(self, dag: str) -> bool:
        """Whether Airflow knows the DAG."""
        return self._http.get(f"/api/v2/dags/{dag}").status_code == 200

    def import_error(self, file: str) -> str | None:
        """What Airflow says is wrong with a file."""
        errors = self._checked(self._http.get("/api/v2/importErrors"))["import_errors"]
        return next((error["stack_trace"] for error in errors if error["filename"].endswith(file)), None)

    def trigger(self, dag: str, params: Mapping[str, Any] | None = None) -> str:
        """Start a run, with these params, and unpause the DAG; returns the run's id.

        A DAG with a schedule that is unpaused runs the interval that is due at once. It is given to our run, or there
        would be two, one waiting for the other.
        """
        found = self._checked(self._http.get(f"/api/v2/dags/{dag}"))
        due = found["next_dagrun_run_after"]
        is_due = found["is_paused"] and due is not None and datetime.fromisoformat(due) <= datetime.now(UTC)
        body = {"logical_date": found["next_dagrun_logical_date"] if is_due else None, "conf": dict(params or {})}
        run = self._checked(self._http.post(f"/api/v2/dags/{dag}/dagRuns", json=body))["dag_run_id"]
        self.unpause(dag)
        return str(run)

    def unpause(self, dag: str) -> None:
        """Let the DAG run when it is due, or what it waits for has happened."""
        self._checked(self._http.patch(f"/api/v2/dags/{dag}", json={"is_paused": False}))

    def runs(self, dag: str) -> list[dict[str, Any]]:
        """The DAG's runs."""
        return list(self._checked(self._http.get(f"/api/v2/dags/{dag}/dagRuns"))["dag_runs"])

    def backfill(self, dag: str, begin: datetime, end: datetime) -> None:
        """Have the intervals that begin between these moments run, the first one first.

        On SQLite, Airflow refuses with 503 what meets another writer, and takes back what it had begun: it is asked again.
        """
        body = {"dag_id": dag, "from_date": begin.isoformat(), "to_date": end.isoformat(), "max_active_runs": 1}
        asked = Retrying(
            retry=retry_if_result(_is_locked),
            wait=wait_random_exponential(max=5),
            stop=stop_after_delay(PATIENCE),
            retry_error_callback=lambda state: state.outcome.result() if state.outcome else None,
        )
        self._checked(asked(self._http.post, "/api/v2/backfills", json=body))

    def run_state(self, dag: str, run: str) -> str:
        """queued, running, success or failed."""
        return str(self._checked(self._http.get(f"/api/v2/dags/{dag}/dagRuns/{run}"))["state"])

    def tasks(self, dag: str, run: str) -> list[dict[str, Any]]:
        """The run's task instances."""
        found = self._checked(self._http.get(f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances"))
        return list(found["task_instances"])

    def result(self, dag: str, run: str, task: str) -> dict[str, Any]:
        """What a task returned."""
        entry = f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}/xcomEntries/return_value"
        value = self._checked(self._http.get(entry))["value"]
        found: dict[str, Any] = json.loads(value) if isinstance(value, str) else value
        return found

    def question(self, dag: str, run: str, task: str) -> dict[str, Any]:
        """What a task waits for somebody to say: subject, body, options, who may answer, and the answer once it is there."""
        return self._checked(self._http.get(_question(dag, run, task)))

    def answer(self, dag: str, run: str, task: str, option: str, reason: str) -> httpx.Response:
        """Say it, as who is signed in. Airflow refuses those who may not with 403."""
        body = {"chosen_options": [option], "params_input": {"reason": reason}}
        return self._http.patch(_question(dag, run, task), json=body)

    def task_log(self, dag: str, run: str, task: str, attempt: int) -> str:
        """The log of a task's attempt, as text."""
        path = f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}/logs/{attempt}"
        content = self._checked(self._http.get(path)).get("content", [])
        return "\n".join(map(_said, content))

    def _checked(self, response: httpx.Response) -> dict[str, Any]:
        if response.is_error:
            raise SystemExit(
                f"demo: Airflow answered {response.status_code} to {response.request.url.path}: {response.text[:500]}"
            )
        found: dict[str, Any] = response.json()
        return found


def _is_locked(response: httpx.Response) -> bool:
    return response.status_code == httpx.codes.SERVICE_UNAVAILABLE


def _question(dag: str, run: str, task: str) -> str:
    return f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}/-1/hitlDetails"


def _said(line: Any) -> str:
    """A line of a log, with the exceptions that it carries."""
    if not isinstance(line, dict):
        return str(line)
    raised = [f"{error.get('exc_type')}: {error.get('exc_value')}" for error in line.get("error_detail") or ()]
    return "\n".join([str(line.get("event", line)), *raised])
