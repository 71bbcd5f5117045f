"""Follows a run in Airflow: shows each step as it ends, and says yes as the second user where the path waits for people."""

from __future__ import annotations

import time

from servers import REVIEWER, Servers, console

ASKED = "approve: asked"
ENDED = ("success", "failed", "upstream_failed", "skipped")


def followed(servers: Servers, dag: str, run: str) -> None:
    """Until the run has ended. Raises `SystemExit` when it failed."""
    shown: set[str] = set()
    while (state := servers.airflow.run_state(dag, run)) not in ("success", "failed"):
        show_ended(servers, dag, run, shown)
        approve(servers, dag, run, shown)
        servers.are_alive()
        time.sleep(0.3)
    show_ended(servers, dag, run, shown)
    if state == "failed":
        raise SystemExit(f"demo: the run of {dag} failed; the end of the step's log is above")


def approve(servers: Servers, dag: str, run: str, shown: set[str]) -> None:
    """Say yes when the path waits for it, as the second user, who did not start the run.

    Not in the moment in which it begins to wait: Airflow 3.3 makes a retry of an answer that its scheduler did not expect yet.
    """
    tries = [one["try_number"] for one in servers.airflow.tasks(dag, run) if one["state"] == "awaiting_input"]
    asked_at = f"{ASKED} {tries[0]}" if tries else ""
    if not tries or asked_at in shown:
        return
    time.sleep(2)
    shown.add(asked_at)
    asked = servers.airflow.question(dag, run, "approve")
    console.print(f"    {asked['subject']}  asked of {', '.join(user['id'] for user in asked['assigned_users'])}", markup=False)
    said = servers.airflow.signed_in_as(REVIEWER).answer(dag, run, "approve", "Approve", "the demo's reviewer has read the card")
    if said.is_error:
        raise SystemExit(f"demo: Airflow answered {said.status_code} to the approval: {said.text[:500]}")
    console.print(f"    approved as {REVIEWER}, by REST; people do it in Airflow, under Required Actions")


def show_ended(servers: Servers, dag: str, run: str, shown: set[str]) -> None:
    """Print the steps that ended since the last look, a failed one with the end of its log."""
    for task in servers.airflow.tasks(dag, run):
        name, state = task["task_id"], task["state"]
        if name in shown or state not in ENDED:
            continue
        shown.add(name)
        console.print(f"    {name:<36}{task['duration'] or 0.0:6.1f} s  {state}")
        if state == "failed":
            log = servers.airflow.task_log(dag, run, name, int(task["try_number"]))
            console.print("\n".join(log.splitlines()[-20:]), markup=False)
