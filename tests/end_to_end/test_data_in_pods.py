"""Scores and a contract of features in pods, with a registry that pods reach: what they find is what a worker does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from examples import ROOT
from pod_runs import EXAMPLE, PodRuns, pod_runs
from postgres_server import postgres_server
from redis_server import redis_server
from rollouts import host_address

pytestmark = [pytest.mark.real, pytest.mark.kubernetes, pytest.mark.timeout(900)]
REPO, DATA = "include/feature_repos/diabetes", "include/data/diabetes"
SCORES, REFRESH = "diabetes-scores", "diabetes-features"
KEPT, BROKEN = "kept", "broken"


@pytest.fixture(scope="module")
def platform(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PodRuns]:
    """The example's feature repository as docker-compose.yaml has it, and with its sources in itself: they go where it goes."""
    repo = project / REPO
    settings = (ROOT / "include" / "compose" / "feature_stores" / "diabetes.yaml").read_text()
    settings = settings.replace("  schema_mode: verify", "  schema_mode: auto")
    (repo / "feature_store.yaml").write_text(settings)
    for name in ("demographics", "measurements"):
        shutil.copy(project / DATA / f"{name}.parquet", repo)
    features = repo / "features.py"
    features.write_text(features.read_text().replace("../../data/diabetes/", ""))
    here = host_address()
    with (
        postgres_server(here) as registry,
        redis_server(tmp_path_factory.mktemp("redis"), host=here) as online,
        pod_runs(project, FEAST_REGISTRY=registry, FEAST_REDIS=online) as found,
    ):
        yield found


def example(platform: PodRuns, spec: str, name: str, *changes: tuple[str, str]) -> None:
    """A shipped spec under another name, without a schedule."""
    text = (ROOT / "dags" / f"{spec}.yaml").read_text()
    for old, new in ((f"name: {spec}", f"name: {name}"), ('schedule: "@daily"\n', ""), *changes):
        assert text.count(old) == 1, (old, text)
        text = text.replace(old, new)
    (platform.folder / "dags" / f"{name}.yaml").write_text(text)


def test_scores_of_a_pod_are_those_of_a_worker(platform: PodRuns) -> None:
    shutil.copy(ROOT / "dags" / f"{EXAMPLE}.yaml", platform.folder / "dags")
    assert platform.ended(platform.start(EXAMPLE)) == {EXAMPLE: "success"}
    example(platform, SCORES, "in-worker")
    example(platform, SCORES, "in-pod", ("score:\n", "score:\n  run_in: pod\n"))
    runs = platform.start("in-worker", "in-pod")
    assert platform.ended(runs) == dict.fromkeys(runs, "success"), platform.log("in-pod", runs["in-pod"], "score")
    results = {name: platform.servers.airflow.result(name, run, "publish_scores") for name, run in runs.items()}
    mine, others = (pd.read_parquet(results[name]["path"]) for name in ("in-pod", "in-worker"))
    of_the_model = ["patient_id", "event_timestamp", "prediction", "score", "version", "digest"]
    assert len(mine) > 400
    pd.testing.assert_frame_equal(mine[of_the_model], others[of_the_model])
    assert platform.pods("in-pod", "score") == []


def test_a_contract_is_held_in_a_pod_and_what_breaks_it_is_told(platform: PodRuns) -> None:
    in_pod = ("refresh:\n", "steps: {check_features: {run_in: pod}}\nrefresh:\n")
    example(platform, REFRESH, KEPT, in_pod)
    contract = platform.folder / "include" / "contracts" / "broken.yaml"
    text = (ROOT / "include" / "contracts" / "diabetes-features.yaml").read_text()
    contract.write_text(text.replace("bp: {type: number, min: 40, max: 200}", "bp: {type: number, min: 40, max: 90}"))
    example(platform, REFRESH, BROKEN, in_pod, ("include/contracts/diabetes-features.yaml", "include/contracts/broken.yaml"))
    runs = platform.start(KEPT, BROKEN)
    assert platform.ended(runs) == {KEPT: "success", BROKEN: "failed"}, platform.log(KEPT, runs[KEPT], "check_features")
    assert "measurements: 442 rows keep" in platform.log(KEPT, runs[KEPT], "check_features")
    log = platform.log(BROKEN, runs[BROKEN], "check_features")
    assert "bp (range): expected from 40 to 90, found" in log
    assert platform.task(BROKEN, runs[BROKEN], "check_features")["try_number"] == 1
