"""Candidates that must not serve: each goes as it came, and nobody who asks the champion notices."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from golden_paths.clients.mlflow_client import connect
from golden_paths.errors import DigestMismatch, GateFailed, StepFailed
from rollouts import Place, plain
from steady_pod import Champion

pytestmark = [pytest.mark.kubernetes, pytest.mark.timeout(300)]
SMOKED = 330  # predictions that a candidate has made when its smoke test is over, and a few more
NOT_READY = "rejected-vN does not get ready: pod rejected-vN-POD: "
ENDED = "what serves goes on serving"
NUMBER = r"[0-9.]+"


@dataclass(frozen=True)
class Bad:
    """What a candidate does, what its spec has for it, and what is said of it: text, numbers as {n}."""

    odd: dict[str, Any]
    said: str
    spec: dict[str, Any] = field(default_factory=dict)
    retry: bool = False

    def assert_said(self, text: str) -> None:
        pattern = re.escape(self.said).replace(re.escape("{n}"), NUMBER)
        assert re.fullmatch(pattern, text), f"{text!r} is not {self.said!r}"


NEVER_READY = {
    "ends while it loads": Bad(
        {"mode": "crash"},
        f"{NOT_READY}container serve ended with exit code 7, N times started again; see its log",
    ),
    "hangs while it loads": Bad(
        {"mode": "hang"},
        "the pods of rejected-vN were not ready within 12 s; see their logs, or raise deploy.ready_within",
        spec={"ready_within": "12s"},
        retry=True,
    ),
    "is OOMKilled while it loads": Bad(
        {"mode": "memory"},
        f"{NOT_READY}container serve was OOMKilled: it took more memory than its memory limit of 512Mi (exit code 137);"
        " give it more memory, or make it take less",
    ),
}
SMOKE = {
    "predicts otherwise": Bad(
        {"mode": "wrong"},
        "smoke: golden record 0: predictions expected {n}, found {n};"
        f" the served model is not the fitted one: look at its environment; {ENDED}",
    ),
    "answers every fifth request 500": Bad(
        {"mode": "fail"},
        'smoke: request {n} of 300 was answered 500 {"error":"RuntimeError: every fifth","problems":[]};'
        f" it answers golden records, which the fitted model did; {ENDED}",
    ),
    "is OOMKilled under load": Bad(
        {"mode": "memory", "after": 100},
        "the candidate does not answer request {n} of 300: Server disconnected without sending a response;"
        " see its log: it may have ended under load",
        retry=True,
    ),
}
CANARY = {
    "answers every fifth request 500 after a while": Bad(
        {"mode": "fail", "after": SMOKED},
        "canary: version N: {n} of {n} answers were 5xx ({n}%); the version in service has 0.0%, rollout.max_errors allows"
        f" 0.01 more; look at its pods' logs; {ENDED}",
    ),
    "is OOMKilled after a while": Bad(
        {"mode": "memory", "after": SMOKED},
        "canary: version N: its pod rejected-vN-POD ended while it took traffic: pod rejected-vN-POD: container serve was"
        " OOMKilled: it took more memory than its memory limit of 512Mi (exit code 137); look at its pods' logs;"
        f" {ENDED}",
    ),
    "is five times slower": Bad(
        {"mode": "slow", "seconds": 0.02},
        "canary: version N: an answer takes {n} ms on average, {n} times the {n} ms of the version in service;"
        f" rollout.max_slowdown is 2; look at its pods' logs; {ENDED}",
    ),
}

# How a request may fail at a candidate that takes its share of the traffic.
LOST: dict[str, tuple[str, ...]] = {
    "answers every fifth request 500 after a while": ("500: {'error': 'RuntimeError: every fifth', 'problems': []}",),
    "is OOMKilled after a while": (
        "RemoteDisconnected",
        "ConnectionResetError",
        "ConnectionRefusedError",
        "503: {'error': 'the model is not loaded yet; ask /health', 'problems': []}",  # its container, started again
    ),
    "is five times slower": (),
}


@pytest.mark.usefixtures("undisturbed")
@pytest.mark.parametrize("what", [*NEVER_READY, *SMOKE])
def test_a_candidate_that_fails_before_it_takes_traffic_is_rejected(
    rollouts: Place, champion: Champion, what: str
) -> None:
    bad = (NEVER_READY | SMOKE)[what]
    version = rollouts.version(**bad.odd)
    with pytest.raises(StepFailed) as caught:
        rollouts.roll_out(version, **bad.spec)
    champion.assert_rejected(version, caught.value)
    bad.assert_said(plain(caught.value, version))
    assert caught.value.retry == bad.retry


@pytest.mark.parametrize("what", CANARY)
def test_a_candidate_that_fails_under_traffic_is_rejected(rollouts: Place, champion: Champion, what: str) -> None:
    """What users lose are the candidate's own bad answers, until the canary is judged."""
    bad = CANARY[what]
    version = rollouts.version(**bad.odd)
    assert champion.steady.failures() == []
    with pytest.raises(GateFailed) as caught:
        rollouts.roll_out(version, **bad.spec)
    champion.assert_rejected(version, caught.value)
    bad.assert_said(plain(caught.value, version))
    failures = champion.steady.failures()
    print(f"{len(failures)} requests failed at the candidate:", *failures[:3], sep="\n")
    assert [failure for failure in failures if not any(how in failure for how in LOST[what])] == []
    assert champion.steady.failures() == []


@pytest.mark.usefixtures("undisturbed")
def test_a_candidate_whose_model_was_altered_in_mlflow_is_rejected(
    rollouts: Place, champion: Champion, tmp_path: Path
) -> None:
    version = rollouts.version()
    (tmp_path / "requirements.txt").write_text("scikit-learn\nsomething-else\n")
    model = version.uri.removeprefix("models:/")
    connect(rollouts.uri).log_model_artifact(model, str(tmp_path / "requirements.txt"))
    with pytest.raises(DigestMismatch) as caught:
        rollouts.roll_out(version)
    assert str(caught.value) == (
        f"what version {version.version} of rejected has in MLflow has digest {caught.value.found}, registered is"
        f" {version.digest}; it was changed after it was registered: run the path again to make a new version"
    )
    assert (len(caught.value.found), caught.value.retry) == (64, False)
    champion.assert_rejected(version, caught.value)


@pytest.mark.usefixtures("undisturbed")
def test_a_candidate_whose_image_is_not_there_is_rejected(rollouts: Place, champion: Champion) -> None:
    version = rollouts.version()
    with pytest.raises(StepFailed) as caught:
        rollouts.with_settings(serve_image="registry.invalid/none:1").roll_out(version)
    text = plain(caught.value, version)
    assert text.startswith(f"{NOT_READY}image registry.invalid/none:1 of init container fetch could not be pulled: ")
    assert text.endswith("put the image where the cluster's nodes find it, or name another")
    champion.assert_rejected(version, caught.value)
