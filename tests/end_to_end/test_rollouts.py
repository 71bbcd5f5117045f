"""Rollouts under the eyes of two clients that never stop asking: whatever happens to the cluster's objects, none fails."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from kubernetes import client
from typer.testing import CliRunner

from golden_paths.artifacts import ModelVersion
from golden_paths.commands import app
from golden_paths.errors import GateFailed
from golden_paths.rollout.rollback import roll_back
from rollouts import Place, plain, until
from steady_pod import Champion

pytestmark = [pytest.mark.kubernetes, pytest.mark.timeout(300), pytest.mark.usefixtures("undisturbed")]
PATIENT_JUDGE = {"rollout": {"judge_for": "1h"}}  # a canary that does not end by itself


def rolled_out(champion: Champion, **deploy: Any) -> ModelVersion:
    """Another version in service; returns it."""
    champion.version = champion.place.version()
    champion.place.roll_out(champion.version, replicas=2, **deploy)
    champion.assert_serves()
    return champion.version


def names(pods: list[dict[str, Any]]) -> set[str]:
    return {pod["metadata"]["name"] for pod in pods}


def test_a_first_version_takes_traffic_once_it_is_ready(rollouts: Place, champion: Champion) -> None:
    champion.assert_serves()
    assert rollouts.tags(champion.version) == {"status": "champion", "reason": ""}
    assert set(rollouts.objects()) == {
        "ConfigMap rollouts-v1",
        "Deployment rollouts-v1",
        "Lease rollouts",
        "NetworkPolicy rollouts",
        "PodDisruptionBudget rollouts-v1",
        "Service rollouts",
        "Service rollouts-v1-only",
        "ServiceAccount rollouts",
    }


def test_a_second_version_takes_over_after_a_canary_among_users(rollouts: Place, champion: Champion) -> None:
    first, before = champion.version, champion.steady.versions()
    second = rolled_out(champion, rollout={"judge_for": "8s"})
    (stage,) = rollouts.reports[second.version].stages
    assert (stage.errors, stage.champion_errors, stage.share) == (0, 0, 0.3333)
    assert min(stage.requests, stage.champion_requests) >= 40
    assert stage.synthetic < stage.requests
    assert set(champion.steady.versions() - before) == {first.version, second.version}
    warm = {pod["metadata"]["name"] for pod in rollouts.pods(first) if "deletionTimestamp" not in pod["metadata"]}
    assert len(warm) == 2  # kept warm, without traffic


def test_a_rollback_by_hand_takes_ten_seconds_at_most(
    rollouts: Place, champion: Champion, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = champion.version
    second = rolled_out(champion)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", rollouts.uri)
    monkeypatch.setenv("GOLDEN_PATHS_NAMESPACE", rollouts.namespace.name)
    begin = time.monotonic()
    done = CliRunner().invoke(app, ["rollback", rollouts.name, "--project", str(rollouts.folder)])
    seconds = time.monotonic() - begin
    assert done.exit_code == 0, done.output
    champion.version = first
    champion.assert_serves()
    print(f"rolled back in {seconds:.1f} s")
    assert seconds <= 10
    reason = f"rolled back by hand to {first.version}"
    assert rollouts.tags(second) == {"status": "rolled_back", "reason": reason}


def test_a_rollback_by_hand_ends_the_rollout_that_is_on_its_way(
    rollouts: Place, champion: Champion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", rollouts.uri)
    monkeypatch.setenv("GOLDEN_PATHS_NAMESPACE", rollouts.namespace.name)
    version = rollouts.version()
    with ThreadPoolExecutor(1) as background:
        rollout = background.submit(rollouts.roll_out, version, **PATIENT_JUDGE)
        until(lambda: takes_traffic(rollouts, version), "the candidate takes traffic")
        command = ["rollback", rollouts.name, "--project", str(rollouts.folder), "--to", champion.version.version]
        done = CliRunner().invoke(app, command)
        assert done.exit_code == 0, done.output
        error = rollout.exception(timeout=60)
    print(error)
    assert rollouts.objects(version) == []
    champion.assert_serves()


def test_versions_that_served_before_are_put_to_rest_and_come_back_when_they_are_wanted(
    rollouts: Place, champion: Champion
) -> None:
    older, newer = champion.version, rolled_out(champion)
    target = rollouts.target(keep_previous="1ms", keep_versions=2)
    assert target.retire(rollouts.name) is None
    until(lambda: not rollouts.pods(older), "its pods end")
    assert f"ConfigMap {rollouts.name}-v{older.version}" in rollouts.objects(older)
    kept = {name for name in rollouts.objects() if name.startswith("ConfigMap ")}
    assert kept == {f"ConfigMap {rollouts.name}-v{version.version}" for version in (older, newer)}
    roll_back(rollouts.api, rollouts.clients.models, rollouts.name, None, rollouts.log.append)
    champion.version = older
    champion.assert_serves()
    assert rollouts.tags(newer)["status"] == "rolled_back"


def takes_traffic(place: Place, version: ModelVersion) -> bool:
    serving = place.serving()
    wanted = f"traffic.golden-paths.dev/v{serving.version}" if serving else ""
    return any(wanted in pod["metadata"]["labels"] for pod in place.pods(version))


def test_of_two_rollouts_at_once_the_second_waits_for_the_first(rollouts: Place, champion: Champion) -> None:
    first, second = rollouts.version(), rollouts.version()
    with ThreadPoolExecutor(2) as background:
        one = background.submit(rollouts.roll_out, first, replicas=2)
        until(lambda: rollouts.objects(first), "the first has begun")
        other = background.submit(rollouts.roll_out, second, replicas=2)
        until(lambda: rollouts.objects(second), "the second begins", 200)
        assert (rollouts.champion(), rollouts.tags(first)["status"]) == (first.version, "champion")
        assert one.result().version == first.version
        assert other.result().previous == first.version
    assert any(
        line.startswith(f"waiting for the rollout of {rollouts.name} version {first.version} ") for line in rollouts.log
    )
    champion.version = second
    champion.assert_serves()


def test_a_candidate_whose_deployment_is_deleted_before_it_is_ready_is_made_again(
    rollouts: Place, champion: Champion
) -> None:
    version = rollouts.version()
    name = f"{rollouts.name}-v{version.version}"
    with ThreadPoolExecutor(1) as background:
        rollout = background.submit(rollouts.roll_out, version, replicas=2)
        until(lambda: rollouts.pods(version), "its pods begin")
        client.AppsV1Api(rollouts.namespace.api).delete_namespaced_deployment(name, rollouts.namespace.name)
        assert rollout.result().version == version.version
    assert f"Deployment {name} was deleted by hand; it is made again" in rollouts.log
    champion.version = version
    champion.assert_serves()


def test_a_candidate_whose_deployment_is_deleted_in_its_canary_is_rejected(rollouts: Place, champion: Champion) -> None:
    version = rollouts.version()
    name = f"{rollouts.name}-v{version.version}"
    with ThreadPoolExecutor(1) as background:
        rollout = background.submit(rollouts.roll_out, version, **PATIENT_JUDGE)
        until(lambda: takes_traffic(rollouts, version), "the candidate takes traffic")
        client.AppsV1Api(rollouts.namespace.api).delete_namespaced_deployment(name, rollouts.namespace.name)
        with pytest.raises(GateFailed) as caught:
            rollout.result()
    assert plain(caught.value, version) == (
        "canary: version N: its pod rollouts-vN-POD ended while it took traffic; "
        "look at its pods' logs; what serves goes on serving"
    )
    champion.assert_rejected(version, caught.value)


def test_what_somebody_changed_of_the_version_in_service_is_reported_and_undone(
    rollouts: Place, champion: Champion
) -> None:
    name, namespace = f"{rollouts.name}-v{champion.version.version}", rollouts.namespace.name
    apps = client.AppsV1Api(rollouts.namespace.api)
    apps.patch_namespaced_deployment_scale(name, namespace, {"spec": {"replicas": 3}}, field_manager="kubectl-scale")
    environment = {"containers": [{"name": "serve", "env": [{"name": "DEBUG", "value": "1"}]}]}
    change = {"spec": {"template": {"spec": environment}}}
    apps.patch_namespaced_deployment(name, namespace, change, field_manager="kubectl-set")
    rolled_out(champion)
    (told,) = [line for line in rollouts.log if "was changed by hand" in line]
    print(told)
    found = apps.read_namespaced_deployment(name, namespace).spec
    assert found.replicas == 2
    assert [one.name for one in found.template.spec.containers[0].env] == ["FEAST_STATE"]


def test_a_pod_in_service_that_is_deleted_while_no_deployer_runs_is_replaced_and_takes_traffic(
    rollouts: Place, champion: Champion
) -> None:
    before = names(rollouts.pods(champion.version))
    gone = min(before)
    client.CoreV1Api(rollouts.namespace.api).delete_namespaced_pod(gone, rollouts.namespace.name)
    target = rollouts.target()
    until(lambda: len(target._traffic.endpoints() - {gone}) == 2, "another takes its place", 120)
    champion.assert_serves()
