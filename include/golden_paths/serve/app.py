"""The HTTP application: routes, statuses and JSON; what they mean is in the package's docstring."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.routing import Route

from golden_paths.serve import described, explain, forms, predict
from golden_paths.serve.callers import REQUEST_ID, Caller, Callers
from golden_paths.serve.lane import Lane
from golden_paths.serve.loading import Loader
from golden_paths.serve.log_queue import LogQueue
from golden_paths.serve.metrics import Metrics
from golden_paths.serve.model import ServedModel
from golden_paths.serve.problems import Refused
from golden_paths.serve.status import Status

MAX_BODY = 64 * 1024 * 1024
LARGE = 32 * 1024  # bytes; a hundred rows or so: from here on other requests are answered meanwhile, whatever the model
NO_FEATURES = "this server was started without a feature repository; post the features to /invocations"
log = logging.getLogger("uvicorn.error")
Handler = Callable[[Request, Caller], Awaitable[dict[str, Any]]]


class _Application(FastAPI):
    """/docs and /openapi.json with the plain routes too."""

    def openapi(self) -> dict[str, Any]:
        schema = super().openapi()
        schema["paths"] = described.PATHS | schema["paths"]
        return schema


def build(status: Status, loader: Loader, metrics: Metrics | None = None, queue: LogQueue | None = None) -> FastAPI:
    """The application; it answers /health before `loader` has the model. What is predicted goes to `queue`, if there is one."""
    app = _Application(title=f"{status.identity.name} {status.identity.version}")
    metrics, callers, explainer = metrics or Metrics(status.identity), Callers(), explain.Explainer(status.identity)
    _about(app, status, metrics)

    async def invocations(request: Request, caller: Caller) -> dict[str, Any]:
        return await _invoke(_loaded(loader), loader.lane, request, None if caller.is_synthetic else queue, caller.id)

    async def by_entity(request: Request, caller: Caller) -> dict[str, Any]:
        model = _loaded(loader)
        if loader.features is None:
            raise Refused(501, NO_FEATURES)
        body = await _body(request)
        found = await predict.found(model, loader.lane, loader.features, body)
        if queue and not caller.is_synthetic:
            queue.put(caller.id, found.entities, found.columns, found.answer, len(body))
        return predict.described(status.identity, found)

    async def explanations(request: Request, _: Caller) -> dict[str, Any]:
        model, is_csv, top = _loaded(loader), _is_csv(request), explain.top_of(request.query_params)
        explainer.typical(model)  # before the store is asked for features in vain
        body = await _body(request, explain.MAX_BODY)
        question = await explain.asked(model, loader.features, body, is_csv=is_csv, top=top)
        return await explainer.answer(model, loader.lane, question)

    # Plain routes: FastAPI's own would validate the body a second time.
    for path, handler in (("/invocations", invocations), ("/predict", by_entity), ("/explain", explanations)):
        app.router.routes.append(Route(path, _answering(path, handler, metrics, callers), methods=["POST"]))
    return app


def _about(app: FastAPI, status: Status, metrics: Metrics) -> None:
    @app.get("/health")
    async def health() -> Response:
        code, body = status.health()
        return _json(body, code)

    @app.get("/version")
    async def version() -> Response:
        return _json(status.identity.described())

    @app.get("/metrics")
    async def measurements() -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE_LATEST)


def _loaded(loader: Loader) -> ServedModel:
    if loader.model is None:
        raise Refused(503, "the model is not loaded yet; ask /health")
    return loader.model


def _answering(
    path: str, handler: Handler, metrics: Metrics, callers: Callers
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        with metrics.measured(path) as call:
            caller = callers.of(request.scope["headers"])
            try:
                response = _json(await handler(request, caller))
            except Refused as refused:
                response = _json(refused.body(), refused.status)
            except Exception as error:
                log.exception("%s failed", path)
                response = _json({"error": f"{type(error).__name__}: {error}", "problems": []}, 500)
            response.raw_headers.append((REQUEST_ID, caller.id))
            call.status = response.status_code
            return response

    return answer


async def _invoke(model: ServedModel, lane: Lane, request: Request, queue: LogQueue | None, id: bytes) -> dict[str, Any]:
    body = await _body(request)
    is_csv = _is_csv(request)
    wanted = request.query_params.get("return", "predictions")
    if wanted not in ("predictions", "probabilities"):
        raise Refused(400, f"return={wanted} is unknown; ask for predictions or probabilities")

    def answer() -> tuple[forms.Columns, dict[str, Any]]:
        values = (
            forms.columns_of_csv(body, model.columns) if is_csv else forms.columns_of(forms.parse(body), model.columns)
        )
        return values, model.answer(values, probabilities=wanted == "probabilities")

    columns, answered = await lane.run(answer, long=len(body) >= LARGE)
    if queue:
        queue.put(id, None, columns, answered, len(body))
    return answered


def _is_csv(request: Request) -> bool:
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind not in ("application/json", "text/csv"):
        raise Refused(415, f"content type {kind} is not read; send application/json or text/csv")
    return kind == "text/csv"


async def _body(request: Request, limit: int = MAX_BODY) -> bytes:
    parts, size = [], 0
    async for part in request.stream():
        parts.append(part)
        if (size := size + len(part)) > limit:
            raise Refused(413, f"the body is larger than {limit} bytes; send fewer rows at a time")
    return b"".join(parts)


def _json(body: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS), status, media_type="application/json")
