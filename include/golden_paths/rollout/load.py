"""Synthetic requests at a candidate that takes no traffic of users."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence

from golden_paths.errors import GateFailed, StepFailed
from golden_paths.serve.callers import HEADERS

SECONDS = 30.0


def under_load(url: str, bodies: Sequence[bytes], *, requests: int) -> list[float]:
    """Post single records one after the other; returns the seconds of each. Raises `GateFailed` at the first 5xx.

    `StepFailed`, worth a retry, when the candidate does not answer: it may be a moment of its pod, or its end.
    """
    import httpx

    took = []
    with httpx.Client(base_url=url, timeout=SECONDS, headers={"Content-Type": "application/json"} | HEADERS) as client:
        for number, body in zip(range(1, requests + 1), itertools.cycle(bodies), strict=False):
            begin = time.perf_counter()
            try:
                answer = client.post("/invocations", content=body)
            except httpx.HTTPError as error:
                raise StepFailed(
                    f"the candidate does not answer request {number} of {requests}: {str(error).rstrip('.')}",
                    remedy="see its log: it may have ended under load",
                    retry=True,
                ) from error
            took.append(time.perf_counter() - begin)
            if answer.is_error:
                raise GateFailed(
                    f"smoke: request {number} of {requests} was answered {answer.status_code} {answer.text[:300]}",
                    remedy="it answers golden records, which the fitted model did; what serves goes on serving",
                )
    return took
