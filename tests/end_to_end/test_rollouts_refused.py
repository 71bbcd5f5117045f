"""A cluster that does not do what it is asked: its API server is away, its credentials have expired, its rules forbid it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from kubernetes import client

from cluster_access import Account, kubeconfig, proxied
from golden_paths.errors import StepFailed
from rollouts import Place, plain, until
from steady_pod import Champion

pytestmark = [pytest.mark.kubernetes, pytest.mark.timeout(300), pytest.mark.usefixtures("undisturbed")]
AWAY = 20  # seconds
EVERYTHING = [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
ONLY_LOOKS = [
    {"apiGroups": ["*"], "resources": ["*"], "verbs": ["get", "list"]},
    {"apiGroups": ["", "networking.k8s.io", "policy", "coordination.k8s.io"], "resources": ["*"], "verbs": ["*"]},
]


def test_an_api_server_that_is_away_for_a_while_delays_a_rollout(
    rollouts: Place, champion: Champion, tmp_path: Path
) -> None:
    version = rollouts.version()
    with proxied() as proxy, ThreadPoolExecutor(1) as background:
        through = rollouts.through(kubeconfig(tmp_path / "kubeconfig", server=proxy.url))
        rollout = background.submit(through.roll_out, version, replicas=2, rollout={"judge_for": "6s"})
        until(lambda: len(champion.steady.answering()) == 2 or rollout.done(), "the canary takes traffic", 120)
        with proxy.away():
            time.sleep(AWAY)
        assert rollout.result(timeout=120).version == version.version
    assert any("the cluster's API server does not answer" in line for line in rollouts.log)
    champion.version = version
    champion.assert_serves()


def test_a_token_that_has_expired_is_named_and_a_new_one_in_its_place_is_used(
    rollouts: Place, champion: Champion, tmp_path: Path
) -> None:
    account, version, token = (
        Account(rollouts.namespace, "deployer", EVERYTHING),
        rollouts.version(),
        tmp_path / "token",
    )
    through = rollouts.through(kubeconfig(tmp_path / "kubeconfig", token_file=token))
    token.write_text(account.expired_token("session"))
    with pytest.raises(StepFailed) as caught:
        through.roll_out(version)
    assert (str(caught.value), caught.value.retry) == (
        "the cluster refused the credentials: Unauthorized; "
        "renew the token of KUBECONFIG or of the Airflow connection; a retry reads it again",
        True,
    )
    champion.assert_serves()
    token.write_text(account.token())
    through.roll_out(version, replicas=2)
    champion.version = version
    champion.assert_serves()


@contextmanager
def quota(place: Place) -> Iterator[None]:
    body = {"metadata": {"name": "small"}, "spec": {"hard": {"pods": "1"}}}
    core = client.CoreV1Api(place.namespace.api)
    core.create_namespaced_resource_quota(place.namespace.name, body)
    try:
        yield
    finally:
        core.delete_namespaced_resource_quota("small", place.namespace.name)


@contextmanager
def limit_range(place: Place) -> Iterator[None]:
    limit = {"type": "Container", "max": {"memory": "256Mi"}}
    body = {"metadata": {"name": "small"}, "spec": {"limits": [limit]}}
    core = client.CoreV1Api(place.namespace.api)
    core.create_namespaced_limit_range(place.namespace.name, body)
    try:
        yield
    finally:
        core.delete_namespaced_limit_range("small", place.namespace.name)


@contextmanager
def admission_policy(place: Place) -> Iterator[None]:
    """No Deployment with a version's label is taken in this namespace."""
    admission, name = client.AdmissionregistrationV1Api(place.namespace.api), place.namespace.name
    rule = {"apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["deployments"]}
    policy = {
        "matchConstraints": {"resourceRules": [rule]},
        "validations": [{"expression": "false", "message": "no models on Fridays"}],
    }
    chosen = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}
    binding = {"policyName": name, "validationActions": ["Deny"], "matchResources": chosen}
    admission.create_validating_admission_policy({"metadata": {"name": name}, "spec": policy})
    admission.create_validating_admission_policy_binding({"metadata": {"name": name}, "spec": binding})
    probe = {
        "metadata": {"name": "probe"},
        "spec": {
            "selector": {"matchLabels": {"a": "b"}},
            "template": {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "a", "image": "a"}]}},
        },
    }

    def holds() -> bool:
        try:
            client.AppsV1Api(place.namespace.api).create_namespaced_deployment(name, probe, dry_run="All")
        except client.ApiException as refused:
            return refused.status == 422
        return False

    try:
        until(holds, "the policy holds")
        yield
    finally:
        admission.delete_validating_admission_policy_binding(name)
        admission.delete_validating_admission_policy(name)


NO_PODS = 'the cluster makes no pods of refused-vN: pods "refused-vN-POD" is forbidden: '
# What refuses, what is said of it, and whether a retry may help.
REFUSALS: dict[str, tuple[Callable[[Place], Any], str, bool]] = {
    "a quota": (
        quota,
        f"{NO_PODS}exceeded quota: small, requested: pods=1, used: pods=7, limited: pods=1; ask for less, or raise the quota",
        True,
    ),
    "a limit range": (
        limit_range,
        f"{NO_PODS}maximum memory usage per Container is 256Mi, but limit is 512Mi; see the namespace's policies",
        False,
    ),
    "an admission policy": (
        admission_policy,
        'the cluster refused: 422 deployments.apps "refused-vN" is forbidden: ValidatingAdmissionPolicy'
        " 'friday' with binding 'friday' denied request: no models on Fridays; see its message",
        False,
    ),
}


@pytest.mark.parametrize("what", REFUSALS)
def test_a_namespace_that_takes_no_more_is_named_and_the_candidate_goes(
    rollouts: Place, champion: Champion, what: str
) -> None:
    refusing, said, retry = REFUSALS[what]
    version = rollouts.version()
    with refusing(rollouts), pytest.raises(StepFailed) as caught:
        rollouts.roll_out(version)
    champion.assert_rejected(version, caught.value)
    text = plain(caught.value, version).replace(rollouts.namespace.name, "friday")
    assert (re.sub(r"used: pods=\d+", "used: pods=7", text), caught.value.retry) == (said, retry)


def test_rights_that_are_missing_are_named_and_the_candidate_goes(
    rollouts: Place, champion: Champion, tmp_path: Path
) -> None:
    account, version, token = Account(rollouts.namespace, "looker", ONLY_LOOKS), rollouts.version(), tmp_path / "token"
    token.write_text(account.token())
    through = rollouts.through(kubeconfig(tmp_path / "kubeconfig", token_file=token))
    with pytest.raises(StepFailed) as caught:
        through.roll_out(version)
    assert (str(caught.value), caught.value.retry) == (
        f'the cluster does not allow it: deployments.apps "refused-v{champion.version.version}" is forbidden: User'
        f' "system:serviceaccount:{rollouts.namespace.name}:looker" cannot patch resource "deployments" in API group "apps"'
        f' in the namespace "{rollouts.namespace.name}"; give the deployer the rights in'
        " include/kubernetes/deployer.yaml, or change the namespace",
        False,
    )
    champion.assert_rejected(version, caught.value)
