"""How a pod ended, and what is left of it afterwards."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from golden_paths.errors import StepFailed
from golden_paths.pods import channel, ending, memory, sweep
from golden_paths.record import Record
from golden_paths.registry import STEPS

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
SMOKE = {"endpoint": "churn", "version": "1", "digest": "d", "records": 5, "slowest_ms": 2.0}


def pod(message: str = "", *, code: int = 0, phase: str = "Succeeded", **status: Any) -> dict[str, Any]:
    ended = {"exitCode": code, "message": message, "reason": status.pop("reason", "Error"), "finishedAt": "2026-01-01T12:00:00Z"}
    state = {"name": "step", "state": {"terminated": ended}}
    return {
        "metadata": {"name": "churn-smoke-x", "labels": {"already_checked": "True"}, "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"restartPolicy": "Never", "containers": [{"name": "step", "resources": {"limits": {"memory": "1Gi"}}}]},
        "status": {"phase": phase, "containerStatuses": [state] if phase != "Pending" else [], **status},
    }


def ended(found: dict[str, Any], waited: str = "it waited") -> Any:
    return ending.outcome(STEPS["smoke"], found, [], tail=lambda _: "", waited=waited, record=Record())


def test_an_artifact_is_handed_on() -> None:
    assert ended(pod(json.dumps({"artifact": SMOKE}))).records == 5


FAILED = {
    "the step's own words": (
        pod(json.dumps(channel.of_error(StepFailed("it differs", remedy="look", retry=False), Record())), code=1, phase="Failed"),
        "it differs; look",
        False,
    ),
    "the cluster's": (
        pod(code=137, phase="Failed", reason="OOMKilled"),
        "smoke: pod churn-smoke-x: container step was OOMKilled: it took more memory than its memory limit of 1Gi "
        "(exit code 137); give it more memory, or make it take less; a retry alone does not help",
        False,
    ),
    "an artifact, and then a crash": (
        pod(json.dumps({"artifact": SMOKE}), code=139, phase="Failed"),
        'smoke: pod churn-smoke-x: container step ended with exit code 139 (SIGSEGV): {"artifact": {"endpoint": "churn", '
        '"version": "1", "digest": "d", "records": 5, "slowest_ms": 2.0}}; see its log',
        True,
    ),
    "nothing at all": (pod(), "smoke: pod churn-smoke-x ended without a result; see its log above", True),
    "no end": (
        pod(phase="Pending"),
        "smoke: pod churn-smoke-x: it waited; see its events; a retry starts another",
        True,
    ),
}


@pytest.mark.parametrize(("found", "said", "retry"), FAILED.values(), ids=FAILED)
def test_a_failure_is_the_steps_own_or_what_the_cluster_did(found: dict[str, Any], said: str, retry: bool) -> None:
    with pytest.raises(StepFailed) as failed:
        ended(found)
    assert (str(failed.value), failed.value.retry) == (said, retry)


def test_what_ran_and_failed_is_kept_and_what_may_still_start_is_not() -> None:
    assert ending.is_failed(pod(code=1, phase="Failed"))
    assert ending.is_failed(pod(code=1, phase="Running"))  # its phase comes a moment later
    assert not ending.is_failed(pod())
    assert not ending.is_failed(pod(phase="Pending"))


def test_a_failed_pod_is_kept_for_the_stated_time_and_one_that_nobody_has_read_for_longer() -> None:
    unread = pod() | {"metadata": {"name": "x", "labels": {}, "creationTimestamp": "2025-01-01T00:00:00Z"}}
    day = timedelta(days=1)
    assert sweep.is_due(pod(), keep=day, now=NOW)
    assert not sweep.is_due(pod(), keep=day + timedelta(seconds=1), now=NOW)
    assert not sweep.is_due(unread, keep=day, now=NOW)


def test_a_package_is_kept_while_a_pod_that_may_still_start_names_it() -> None:
    def naming(package: str, phase: str) -> dict[str, Any]:
        return {"spec": {"volumes": [{"configMap": {"name": package}}]}, "status": {"phase": phase}}

    packages = [{"metadata": {"name": name}} for name in ("waited-for", "read", "left")]
    assert sweep.unused(packages, [naming("waited-for", "Pending"), naming("read", "Failed")]) == ["left", "read"]


VERSIONS = {"2": "low 0\noom 3\noom_kill 1\noom_group_kill 0\n", "1": "oom_kill_disable 0\nunder_oom 0\noom_kill 1\n"}


@pytest.mark.parametrize("text", VERSIONS.values(), ids=VERSIONS)
def test_a_child_that_the_kernel_ended_is_counted_by_the_containers_cgroup(tmp_path: Path, text: str) -> None:
    (tmp_path / "events").write_text(text)
    (tmp_path / "none").write_text(text.replace("oom_kill 1", "oom_kill 0"))
    assert memory.was_short((tmp_path / "gone", tmp_path / "events"))
    assert not memory.was_short((tmp_path / "none",))
