"""What has the address of a version that was withdrawn: it says so, and loads no model."""

from __future__ import annotations

import contextlib

import orjson
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from golden_paths.serve.metrics import Metrics
from golden_paths.serve.problems import Refused
from golden_paths.serve.status import Status

LONGEST = 64 * 1024 * 1024  # bytes of a body
PREDICTING = ("/invocations", "/predict", "/explain")


def build(status: Status, reason: str) -> Starlette:
    """The application. It is healthy: a Service or a supervisor that replaced it would take the reason off the address."""
    metrics = Metrics(status.identity)
    body = orjson.dumps(Refused(503, f"withdrawn: {reason}").body())

    async def health(_: Request) -> Response:
        code, said = status.health()
        return _json(orjson.dumps(said), code)

    async def version(_: Request) -> Response:
        return _json(orjson.dumps(status.identity.described() | {"withdrawn": reason}))

    async def measurements(_: Request) -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)

    async def refuse(request: Request) -> Response:
        with metrics.measured(request.url.path) as call:
            call.status = 503
            await _heard(request)
            return _json(body, 503)

    status.state = "withdrawn"
    told = [Route(path, refuse, methods=["POST"]) for path in PREDICTING]
    asked = {"/health": health, "/version": version, "/metrics": measurements}
    return Starlette(routes=[*told, *(Route(path, answer, methods=["GET"]) for path, answer in asked.items())])


async def _heard(request: Request) -> None:
    """Take in what is sent: a client in the middle of it would not see the answer."""
    left = LONGEST
    with contextlib.suppress(ClientDisconnect):
        async for part in request.stream():
            if (left := left - len(part)) < 0:
                return


def _json(body: bytes, status: int = 200) -> Response:
    return Response(body, status, media_type="application/json")
