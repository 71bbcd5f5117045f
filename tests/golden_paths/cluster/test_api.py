"""ClusterApi against an API server of a few lines: retries, fresh credentials, and HTTP to pods."""

from __future__ import annotations

import socket

import pytest

from api_server import answering, status
from golden_paths.cluster.answers import Refused
from golden_paths.cluster.api import ClusterApi
from golden_paths.cluster.settings import ClusterSettings
from golden_paths.errors import StepFailed
from golden_paths.rollout.canary import Canary
from golden_paths.spec import RolloutSection
from releases import release

OURS = {"golden-paths.dev/model": "churn"}
POD = {"kind": "Pod", "metadata": {"name": "a"}}
MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "labels": OURS}, "data": {"k": "v"}}
NOT_FOUND = status(404, "not found")
LATER = {
    "429": status(429, "too many requests"),
    "500 of etcd": status(500, "etcdserver: leader changed"),
    "503": status(503, "apiserver is shutting down"),
    "502 of a load balancer": (502, b"<html>Bad Gateway</html>"),
    "504 of a load balancer": (504, b""),
}


@pytest.mark.parametrize("case", LATER)
def test_one_that_cannot_now_is_asked_again(case: str) -> None:
    with answering(LATER[case], LATER[case], (200, POD)) as server:
        assert server.api().get("Pod", "a") == POD
    assert server.lines == ["GET /api/v1/namespaces/place/pods/a"] * 3


def test_one_that_stays_away_is_said_once_and_worth_a_retry() -> None:
    away = "^the cluster's API server did not answer: 503 shutting down; "
    with answering(status(503, "shutting down")) as server, pytest.raises(StepFailed, match=away) as failed:
        server.api(patience=2).get("Pod", "a")
    assert failed.value.retry
    assert server.log == [
        "the cluster's API server does not answer (/api/v1/namespaces/place/pods/a); asking again for 2 s"
    ]


def test_one_that_is_not_there_is_away() -> None:
    from kubernetes.client import ApiClient, Configuration

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    configuration = Configuration(host=f"http://127.0.0.1:{port}")
    settings = ClusterSettings(connect=lambda: ApiClient(configuration), namespace="place")
    with pytest.raises(StepFailed, match="^the cluster's API server did not answer: MaxRetryError: "):
        ClusterApi(settings, print, patience=0).get("Pod", "a")


def test_refused_credentials_are_read_again_once() -> None:
    with answering(status(401, "Unauthorized"), (200, POD)) as server:
        api = server.api()
        api.get("Pod", "a")
        api.get("Pod", "a")
    assert [one.token for one in server.asked] == ["Bearer t1", "Bearer t2", "Bearer t2"]


def test_credentials_that_are_refused_again_are_said() -> None:
    again = "^the cluster refused the credentials: Unauthorized; renew the token"
    with answering(status(401, "Unauthorized")) as server, pytest.raises(StepFailed, match=again):
        server.api().get("Pod", "a")
    assert len(server.asked) == 2


def test_what_is_not_there_is_none_or_false() -> None:
    with answering(NOT_FOUND) as server:
        api = server.api()
        assert (api.get("Pod", "a"), api.delete("Lease", "a"), api.patch("Pod", "a", {})) == (None, False, False)
    assert server.lines[1] == "DELETE /apis/coordination.k8s.io/v1/namespaces/place/leases/a?propagationPolicy=Background"


def test_a_conflict_is_the_callers() -> None:
    with answering(status(409, "already exists")) as server, pytest.raises(Refused):
        server.api().create(MAP)


def test_apply_creates_and_forces_with_our_manager() -> None:
    with answering(NOT_FOUND, (200, MAP)) as server:
        server.api().apply(MAP)
    (_, applied) = server.asked
    assert (applied.method, applied.content, applied.body) == ("PATCH", "application/apply-patch+yaml", MAP)
    assert applied.path == "/api/v1/namespaces/place/configmaps/a?fieldManager=golden-paths&force=true"


@pytest.mark.parametrize(
    ("found", "whose"), [({}, "is none of ours"), ({"golden-paths.dev/model": "other"}, "belongs to the model other")]
)
def test_what_belongs_to_others_is_not_touched(found: dict[str, str], whose: str) -> None:
    live = {"metadata": {"name": "a", "namespace": "place", "labels": found}}
    with answering((200, live)) as server, pytest.raises(StepFailed) as failed:
        server.api().apply(MAP)
    assert str(failed.value) == (
        f"there is a ConfigMap a in place already, and it {whose}; rename the model, or remove that object"
    )
    assert len(server.asked) == 1


def test_a_list_is_by_labels_and_fields() -> None:
    with answering((200, {"items": [POD]})) as server:
        assert server.api().list("Pod", OURS, fields="metadata.name=a") == [POD]
    assert server.lines == [
        "GET /api/v1/namespaces/place/pods?labelSelector=golden-paths.dev%2Fmodel%3Dchurn&fieldSelector=metadata.name%3Da"
    ]


PROXIED = {
    "an answer": ((200, b"metrics"), (200, b"metrics")),
    "the pod's own no": ((503, b'{"error": "starting"}'), (503, b'{"error": "starting"}')),
    "a pod that is not reached": (status(503, "error trying to reach service: dial tcp"), (0, b"")),
    "a pod that is gone": (NOT_FOUND, (404, None)),
}


@pytest.mark.parametrize("case", PROXIED)
def test_a_pods_answer_is_told_from_that_of_the_api_server(case: str) -> None:
    answer, (code, body) = PROXIED[case]
    with answering(answer) as server:
        found = server.api().proxied("a", "/metrics", port=8080)
    assert found[0] == code
    assert body is None or found[1] == body
    assert server.lines == ["GET /api/v1/namespaces/place/pods/a:8080/proxy/metrics"]


def test_a_body_is_posted_to_a_pod() -> None:
    with answering((200, b"{}")) as server:
        server.api().proxied("a", "/invocations", port=8080, body={"inputs": [1]})
    assert (server.asked[0].method, server.asked[0].body, server.asked[0].by) == ("POST", {"inputs": [1]}, None)


def test_the_canarys_own_requests_say_that_no_user_asks_them() -> None:
    with answering((200, b"{}")) as server:
        canary = Canary(server.api(), release(), release(), RolloutSection(), [b'{"inputs": [1]}'], lambda: None)
        canary._post("a", canary.requests[0])
    assert [(one.body, one.by) for one in server.asked] == [({"inputs": [1]}, "synthetic")]


def test_a_right_to_ask_pods_that_is_missing_is_no_pods_answer() -> None:
    with answering(status(403, 'cannot get resource "pods/proxy"')) as server, pytest.raises(StepFailed) as failed:
        server.api().proxied("a", "/metrics", port=8080)
    assert str(failed.value).startswith('the cluster does not allow it: cannot get resource "pods/proxy"; give the deployer')
