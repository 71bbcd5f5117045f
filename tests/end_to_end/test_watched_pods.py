"""A model on a cluster that is watched: its pods log to MLflow or a bucket, and a look reads that and their counters."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cluster import Namespace, namespace
from golden_paths.clients.logged_predictions import LoggedPredictions
from golden_paths.monitor_artifacts import Watched
from golden_paths.monitoring import traffic
from golden_paths.prediction_log import planned
from golden_paths.spec import PathSpec
from golden_paths.step import Run, StepContext
from golden_paths.steps import watch
from rollouts import Clients, Place, host_address, until
from s3_server import BUCKET, KEYS, bucket, reached
from steady_pod import Steady

pytestmark = [pytest.mark.kubernetes, pytest.mark.timeout(300)]
MONITOR = {"drift": {"at_least": 20}, "errors": "1%", "latency": "5s", "max_age": "30d"}


class Watchers(Clients):
    """With the log, as a watch asks for it."""

    def predictions(self, spec: PathSpec) -> LoggedPredictions:
        return LoggedPredictions(spec.name, planned.log_of(spec, self.project, self.uri))


class Watching(Place):
    """A place whose specs have a watch."""

    def spec(self, **deploy: Any) -> PathSpec:
        made = super().spec(**deploy).model_dump(exclude_none=True)
        training_set = {"entities": "include/data/patients.parquet", "label": "progressed"}
        return PathSpec.model_validate(made | {"training_set": training_set, "monitor": MONITOR})


@pytest.fixture(params=["MLflow", "a bucket"])
def place(
    request: pytest.FixtureRequest, mlflow_for_pods: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Watching]:
    with namespace() as made, contextlib.ExitStack() as stack:
        log = {"flush": "1s"}
        if request.param == "a bucket":
            url = stack.enter_context(bucket("0.0.0.0")).replace("0.0.0.0", host_address())
            reached(url, monkeypatch)
            log |= {"address": f"s3://{BUCKET}/predictions", "reach": url.removeprefix("http://")}
            made.secret("golden-paths-predictions", KEYS | {"AWS_ENDPOINT_URL": url})  # as a platform team tells pods of a bucket
        yield watching(made, mlflow_for_pods, tmp_path, log)


def watching(made: Namespace, uri: str, folder: Path, log: dict[str, str]) -> Watching:
    found = Watching(made, uri, folder, name="watched")
    (folder / "include").mkdir()
    (folder / "include" / "platform.yaml").write_text(json.dumps({"prediction_log": log}))
    clients = found.clients
    found.clients = Watchers(clients.tracking, clients.models, clients.settings, clients.project, clients.uri)
    return found


def test_pods_log_and_a_look_reads_what_both_answered(place: Watching) -> None:
    version = place.version()
    steady = Steady(place.namespace, place.name)
    place.roll_out(version, replicas=2)
    steady.begun()
    spec, now = place.spec(), lambda: datetime.now(UTC)
    log = place.clients.predictions(spec)  # type: ignore[attr-defined]
    hour = timedelta(hours=1)
    until(lambda: len(log.read(version, now() - hour, now())) >= 60, "rows are in the log", 120)
    rows = log.read(version, now() - hour, now())
    assert set(rows["version"]) == {version.version} and set(rows["digest"]) == {version.digest}
    assert rows["prediction"].notna().all()
    assert len(place.target().measurements(place.name)) == 2
    asked = sum((traffic.read(text) for text in place.target().measurements(place.name).values()), traffic.Counted())
    assert asked.answers >= 60 and asked.errors == 0

    run = Run("look-1", end=now(), by="Airflow")
    context = StepContext(spec, "d", place.project, run, place.clients, place.log.append)  # type: ignore[arg-type]
    made = watch.run(context)
    assert isinstance(made, Watched)
    assert (made.version, made.alarms, set(made.calm)) == (version.version, (), {"age", "errors", "latency"})
    assert made.rows >= 60
    assert "no reference profile was frozen with this version" in " ".join(one.words for one in made.verdicts)
    kept = place.clients.tracking.files(made.mlflow_run_id, "watch")
    assert {"watch.html", "findings.json", "counters.json"} <= kept
    assert steady.failures() == []
