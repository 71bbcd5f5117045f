"""What a cluster's API server says when it does not do what it is asked."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from golden_paths.errors import StepFailed

LATER = (429, 500, 502, 503, 504)


class Away(Exception):
    """The API server did not answer, or said that it cannot now."""


class Refused(Exception):
    """The API server's no: HTTP `status`, and its own `message`. `is_status`: said as Kubernetes says it, by nobody before it."""

    def __init__(self, status: int, message: str, body: bytes = b"", *, is_status: bool = False) -> None:
        self.status, self.message, self.body, self.is_status = status, message, body, is_status
        super().__init__(f"{status} {message}")


def refusal(status: int, body: Any, reason: str | None) -> Away | Refused:
    """An answer's status and body as an exception."""
    raw = body if isinstance(body, bytes) else str(body or "").encode()
    try:
        told = json.loads(raw)
        is_status = told["kind"] == "Status" and told.get("apiVersion") == "v1"
        message = str(told.get("message") or "") if is_status else ""
    except (ValueError, KeyError, TypeError, AttributeError):
        is_status, message = False, ""
    message = message or raw.decode(errors="replace")[:500] or str(reason)
    if status == 0 or (is_status and status in LATER):
        return Away(f"{status} {message}")
    return Refused(status, message, raw, is_status=is_status)


@contextlib.contextmanager
def answering() -> Iterator[None]:
    """`Away` as a `StepFailed` that is worth a retry, as are expired credentials; 403 and 422 as final ones.

    404 and 409 are the caller's to answer.
    """
    try:
        yield
    except Away as away:
        raise StepFailed(
            f"the cluster's API server did not answer: {away}", remedy="look at the cluster, then run again", retry=True
        ) from away
    except Refused as refused:
        if refused.status in (404, 409):
            raise
        problem, remedy, retry = _words(refused)
        raise StepFailed(problem, remedy=remedy, retry=retry) from refused


def _words(refused: Refused) -> tuple[str, str, bool]:
    if refused.status == 401:
        problem = f"the cluster refused the credentials: {refused.message}"
        return problem, "renew the token of KUBECONFIG or of the Airflow connection; a retry reads it again", True
    if refused.status == 403 and "exceeded quota" in refused.message:
        return f"the namespace's quota is used up: {refused.message}", "ask for less, or raise the quota", True
    if refused.status == 403:
        problem = f"the cluster does not allow it: {refused.message}"
        return problem, "give the deployer the rights in include/kubernetes/deployer.yaml, or change the namespace", False
    return f"the cluster refused: {refused.status} {refused.message}", "see its message", False
