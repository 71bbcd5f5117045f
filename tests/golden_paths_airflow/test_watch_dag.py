"""NAME.watch as Airflow sees it: its tasks, its windows, who is told, and what is measured."""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from golden_paths.load import read_spec
from golden_paths.monitor_artifacts import Renewal
from projects import SPEC, make_project

MONITOR = 'monitor: {schedule: "@hourly", drift: {}, max_age: 30d, retrain: {}}\n'
NOTIFY = """\
notify:
  - notifier: notified.Noted
    on: [alarm]
    arguments: {file: %s, text: "{owner}: {text}"}
  - {notifier: notified.Down, on: [alarm, expired]}
  - {notifier: notified.Missing, on: [alarm]}
"""


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    folder = make_project(tmp_path)
    (folder / "churn.yaml").write_text(SPEC + MONITOR)
    return folder


def loaded(dags: Path) -> dict[str, object]:
    from golden_paths_airflow.dag_factory import load_dags

    return {dag.dag_id: dag for dag in load_dags(dags)}


def test_a_watched_model_has_a_second_dag_and_another_has_none(dags: Path) -> None:
    found = loaded(dags)
    assert set(found) == {"churn", "churn.watch"}
    watch = found["churn.watch"]
    assert {task.task_id: (type(task).__name__, sorted(task.upstream_task_ids)) for task in watch.tasks} == {  # type: ignore[attr-defined]
        "watch": ("WatchModelOperator", []),
        "renew": ("RenewModelOperator", ["watch"]),
    }
    assert {tuple(task.template_fields) for task in watch.tasks} == {()}  # type: ignore[attr-defined]
    assert (watch.max_active_runs, watch.catchup) == (1, False)  # type: ignore[attr-defined]
    (dags / "churn.yaml").write_text(SPEC)
    assert set(loaded(dags)) == {"churn"}


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [("@hourly", timedelta(hours=1)), ("6h", timedelta(hours=6)), ("30 4 * * *", timedelta(days=1))],
)
def test_windows_are_the_intervals_of_its_schedule(dags: Path, schedule: str, expected: timedelta) -> None:
    from airflow.serialization.encoders import coerce_to_core_timetable
    from airflow.timetables.base import TimeRestriction
    from pendulum import instance

    (dags / "churn.yaml").write_text(SPEC + MONITOR.replace("@hourly", schedule))
    timetable = coerce_to_core_timetable(loaded(dags)["churn.watch"].timetable)  # type: ignore[attr-defined]
    restriction = TimeRestriction(earliest=instance(datetime(2026, 3, 28, tzinfo=UTC)), latest=None, catchup=True)
    before = None
    for _ in range(40):  # over the night in which Berlin's clocks change: windows are in UTC
        run = timetable.next_dagrun_info(last_automated_data_interval=before, restriction=restriction)
        assert run is not None
        assert run.data_interval.end - run.data_interval.start == expected
        assert before is None or run.data_interval.start == before.end
        before = run.data_interval


def test_a_worker_builds_the_one_dag_that_it_needs(dags: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from golden_paths_airflow import dag_factory

    for wanted in ("churn", "churn.watch"):
        monkeypatch.setattr(dag_factory, "get_parsing_context", lambda wanted=wanted: SimpleNamespace(dag_id=wanted, task_id="x"))
        assert set(loaded(dags)) == {wanted}


def tell(dags: Path, event: str, words: list[str], caplog: pytest.LogCaptureFixture) -> None:
    from golden_paths_airflow import notices

    with caplog.at_level(logging.ERROR):
        notices.tell(read_spec(dags / "churn.yaml"), event, {"dag": None}, "churn", words, logging.getLogger("test"))


def test_the_policys_notifiers_are_told_and_one_that_fails_harms_no_other(
    dags: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    file = tmp_path / "told.txt"
    (tmp_path / "include" / "policy.yaml").write_text(NOTIFY % file)
    tell(dags, "alarm", ["income has drifted", "'{{ conn.secret.password }}' was never seen"], caplog)
    assert file.read_text() == (
        "growth: churn: alarm: income has drifted; '{{ conn.secret.password }}' was never seen\n"  # words are data, no template
    )
    said = [record.getMessage() for record in caplog.records]
    assert said == [
        "notifier notified.Down could not tell of alarm: ConnectionError: the mail server is down",
        "notifier notified.Missing could not tell of alarm: AttributeError: module 'notified' has no attribute 'Missing'",
    ]
    tell(dags, "renewal", ["x"], caplog)
    assert file.read_text().count("\n") == 1


EMIT = """
from datetime import datetime, timezone
from airflow.sdk.observability import stats
from airflow.sdk.observability.metrics import stats_utils
from golden_paths.monitor_artifacts import Verdict, Watched
from golden_paths_airflow import watch_metrics
stats.initialize(factory=stats_utils.get_stats_factory(), export_legacy_names=True)  # as a task's process does
now = datetime.now(timezone.utc)
alarm = Verdict(cause="drift", is_alarm=True, words="x")
watch_metrics.emit(Watched(
    model="churn", version="1", digest="d", start=now, end=now, rows=1234, verdicts=(alarm, alarm), calm=("age",)))
"""


@pytest.mark.real
def test_metrics_go_where_airflow_sends_its_own() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as statsd:
        statsd.bind(("127.0.0.1", 0))
        statsd.settimeout(20)
        settings = {"STATSD_ON": "True", "STATSD_HOST": "127.0.0.1", "STATSD_PORT": str(statsd.getsockname()[1])}
        environment = {f"AIRFLOW__METRICS__{name}": value for name, value in settings.items()}
        environment |= os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
        subprocess.run([sys.executable, "-c", EMIT], env=environment, check=True)
        found: set[str] = set()
        while len(found) < 3:
            told = statsd.recv(1000).decode()
            found |= {told} if "golden_paths" in told else set()
    assert found == {
        "airflow.golden_paths.watch.churn.rows:1234|g",
        "airflow.golden_paths.watch.churn.alarm.drift:2|g",
        "airflow.golden_paths.watch.churn.alarm.age:0|g",
    }


def test_the_state_of_a_run_is_in_airflows_words_and_none_when_there_is_no_such_run() -> None:
    from airflow.utils.state import DagRunState

    from golden_paths_airflow.watch import state_of

    known = {"one": DagRunState.RUNNING, "two": "failed"}

    def count(*, dag_id: str, run_ids: list[str]) -> int:
        return sum(run in known for run in run_ids)

    ti = SimpleNamespace(get_dr_count=count, get_dagrun_state=lambda *, dag_id, run_id: known[run_id])
    assert [state_of(ti, "churn", run) for run in ("one", "two", "three")] == ["running", "failed", None]


@pytest.mark.parametrize("state", [None, "running", "success"])
def test_a_run_is_asked_for_once_and_its_event_is_kept_by_a_retry_too(dags: Path, state: str | None) -> None:
    from airflow.sdk import AssetAlias
    from airflow.sdk.exceptions import DagRunTriggerException

    renew = loaded(dags)["churn.watch"].get_task("renew")  # type: ignore[attr-defined]
    events: list[tuple[str, str]] = []
    kept = SimpleNamespace(add=lambda asset, extra: events.append((asset.name, extra["reason"])))
    asked: list[tuple[str, str]] = []
    seen = SimpleNamespace(run=SimpleNamespace(id="look-1"), state_of=lambda dag, run: asked.append((dag, run)) or state)
    made = Renewal(model="churn", version="1", action="retrain", causes=("drift",), reason="drift: x", run="renewal__look-1")
    context = {"outlet_events": {AssetAlias("churn.renewals"): kept}, "ti": None}
    if state is None:
        with pytest.raises(DagRunTriggerException) as caught:
            renew._ask(made, seen, context)
        assert (caught.value.trigger_dag_id, caught.value.dag_run_id) == ("churn", "renewal__look-1")
    else:
        renew._ask(made, seen, context)
    assert (asked, events) == ([("churn", "renewal__look-1")], [("churn.retrain", "drift: x")])
