"""What an API server says no with -> who has to do what about it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from golden_paths.cluster.answers import Away, Refused, answering, refusal
from golden_paths.errors import StepFailed

HTML = b"<html><body>502 Bad Gateway</body></html>"


def told(message: str, **more: Any) -> bytes:
    return json.dumps({"kind": "Status", "apiVersion": "v1", "message": message, **more}).encode()


# (status, body) -> its kind, its text, whether Kubernetes itself said it
READ: dict[str, tuple[int, Any, str, str, bool]] = {
    "gone": (404, told('pods "a" not found'), "Refused", '404 pods "a" not found', True),
    "too many": (429, told("too many requests"), "Away", "429 too many requests", False),
    "etcd": (500, told("etcdserver: request timed out"), "Away", "500 etcdserver: request timed out", False),
    "no endpoints": (503, told("no endpoints available"), "Away", "503 no endpoints available", False),
    "a proxy": (502, HTML, "Refused", f"502 {HTML.decode()}", False),
    "a pod": (500, b'{"error": "boom"}', "Refused", '500 {"error": "boom"}', False),
    "a pod that speaks of a Status": (500, b'{"error": "Status"}', "Refused", '500 {"error": "Status"}', False),
    "no connection": (0, None, "Away", "0 reason", False),
    "nothing": (403, b"", "Refused", "403 reason", False),
    "no message": (403, told(""), "Refused", None, True),
    "a message that is null": (409, b'{"kind": "Status", "apiVersion": "v1", "message": null}', "Refused", None, True),
    "text": (400, "no", "Refused", "400 no", False),
    "no UTF-8": (400, b"\xff", "Refused", "400 \ufffd", False),
    "a list": (400, b"[1]", "Refused", "400 [1]", False),
    "a long one": (400, b"x" * 600, "Refused", "400 " + "x" * 500, False),
}


@pytest.mark.parametrize("case", READ)
def test_an_answer_is_read_whatever_its_body_is(case: str) -> None:
    code, body, kind, text, is_status = READ[case]
    found = refusal(code, body, "reason")
    assert type(found).__name__ == kind
    assert text is None or str(found) == text
    assert isinstance(found, Away) or (found.status, found.is_status) == (code, is_status)


QUOTA = 'pods "a" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1'
RIGHTS = "give the deployer the rights in include/kubernetes/deployer.yaml, or change the namespace"
TOKEN = "renew the token of KUBECONFIG or of the Airflow connection; a retry reads it again"
SAID: dict[str, tuple[Exception, str, bool]] = {
    "away": (
        Away("MaxRetryError: refused"),
        "the cluster's API server did not answer: MaxRetryError: refused; look at the cluster, then run again",
        True,
    ),
    "401": (Refused(401, "Unauthorized"), f"the cluster refused the credentials: Unauthorized; {TOKEN}", True),
    "403": (Refused(403, "cannot list pods"), f"the cluster does not allow it: cannot list pods; {RIGHTS}", False),
    "quota": (
        Refused(403, QUOTA),
        f"the namespace's quota is used up: {QUOTA}; ask for less, or raise the quota",
        True,
    ),
    "422": (Refused(422, "spec.x: invalid"), "the cluster refused: 422 spec.x: invalid; see its message", False),
}


@pytest.mark.parametrize("case", SAID)
def test_what_remains_of_it_is_said_with_a_remedy(case: str) -> None:
    error, text, retry = SAID[case]
    with pytest.raises(StepFailed) as failed, answering():
        raise error
    assert (str(failed.value), failed.value.retry) == (text, retry)


@pytest.mark.parametrize("code", [404, 409])
def test_what_the_caller_has_an_answer_to_stays_as_it_is(code: int) -> None:
    with pytest.raises(Refused), answering():
        raise Refused(code, "")
