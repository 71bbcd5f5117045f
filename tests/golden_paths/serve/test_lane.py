"""A slow estimator holds up neither /health nor the drain; a quick one stays on the event loop."""

from __future__ import annotations

import asyncio
import importlib
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from golden_paths.serve import lane
from golden_paths.serve.lane import Lane
from golden_paths.serve.model import ServedModel
from serving import Running, Saved, Start, save

SLUGGISH = """
import time
from sklearn.base import BaseEstimator, RegressorMixin


class Sluggish(RegressorMixin, BaseEstimator):
    def fit(self, X, y):
        return self

    def predict(self, X):
        end = time.perf_counter() + X["seconds"].sum()
        while time.perf_counter() < end:  # holds the interpreter's lock, as a model in pure Python does
            pass
        return X["seconds"] * 2
"""


@pytest.fixture(scope="module")
def sluggish(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    """Takes as many seconds as it is asked for; 0.02 for its example."""
    import pandas as pd

    folder = tmp_path_factory.mktemp("sluggish")
    code = folder / "sluggish_model.py"
    code.write_text(SLUGGISH)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        estimator = importlib.import_module("sluggish_model").Sluggish()
    return save(folder / "model", estimator, pd.DataFrame({"seconds": [0.02, 0.02]}), code=code)


def asked(server: Running, seconds: float) -> tuple[int, Any]:
    return server.ask("POST", "/invocations", {"instances": [[seconds]]})


def in_flight(server: Running) -> int:
    (line,) = [
        one for one in server.ask("GET", "/metrics")[1].splitlines() if one.startswith("golden_paths_in_flight ")
    ]
    return int(float(line.split()[1]))


def until(server: Running, requests: int) -> None:
    end = time.monotonic() + 20
    while in_flight(server) < requests:
        assert time.monotonic() < end, f"never {requests} requests in flight"


@pytest.mark.real
def test_health_and_metrics_answer_while_a_request_computes_and_others_wait_their_turn(
    sluggish: Saved, start: Start
) -> None:
    server = start(sluggish)
    server.wait_for(lambda code, _: code == 200)
    with ThreadPoolExecutor() as clients:
        answers = [clients.submit(asked, server, seconds) for seconds in (3.0, 0.5)]
        until(server, 2)
        took = []
        while in_flight(server) == 2:
            began = time.monotonic()
            assert server.ask("GET", "/health")[0] == 200
            took.append(time.monotonic() - began)
        assert len(took) > 3, "the loop was held up"
        assert max(took) < 1.5
        assert [answer.result() for answer in answers] == [(200, {"predictions": [6.0]}), (200, {"predictions": [1.0]})]


@pytest.mark.real
def test_draining_answers_the_request_that_computes_and_those_that_wait(sluggish: Saved, start: Start) -> None:
    server = start(sluggish)
    server.wait_for(lambda code, _: code == 200)
    with ThreadPoolExecutor() as clients:
        answers = [clients.submit(asked, server, seconds) for seconds in (2.0, 0.5, 0.25)]
        until(server, 3)
        server.process.send_signal(signal.SIGTERM)
        assert sorted(answer.result()[1]["predictions"][0] for answer in answers) == [0.5, 1.0, 4.0]
    assert server.process.wait(30) == 0


@pytest.mark.real
def test_a_second_signal_does_not_wait_for_the_estimator(sluggish: Saved, start: Start) -> None:
    server = start(sluggish)
    server.wait_for(lambda code, _: code == 200)
    with ThreadPoolExecutor() as clients:
        answer = clients.submit(asked, server, 20.0)
        until(server, 1)
        for _ in range(2):
            server.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
        assert server.process.wait(10) == 0
        assert answer.result() == (500, "Internal Server Error")


@pytest.mark.real
def test_how_long_a_row_takes_is_measured_when_the_model_is_loaded(sluggish: Saved, diabetes: Saved) -> None:
    assert ServedModel.verified(sluggish.folder, sluggish.digest).seconds >= lane.QUICK
    assert ServedModel.verified(diabetes.folder, diabetes.digest).seconds < lane.QUICK


def where() -> str:
    return threading.current_thread().name


def slow() -> None:
    time.sleep(lane.SLOW)


def test_a_quick_model_stays_on_the_loop_until_it_was_once_slow() -> None:
    async def asked() -> list[str]:
        quick = Lane(quick=True)
        seen = [await quick.run(where), await quick.run(where, long=True), await quick.run(where)]
        await quick.run(slow)
        return [*seen, await quick.run(where), await quick.run(where)]

    assert asyncio.run(asked()) == [where(), "estimator", where(), "estimator", "estimator"]


@pytest.mark.parametrize("error", [ValueError("no"), StopIteration()])
@pytest.mark.parametrize("quick", [True, False])
def test_what_the_estimator_raises_reaches_its_request_and_the_next_one_is_answered(
    error: Exception, quick: bool
) -> None:
    def fails() -> None:
        raise error

    async def asked() -> str:
        own = Lane(quick=quick)
        with pytest.raises((ValueError, RuntimeError)):
            await own.run(fails)
        return await own.run(lambda: "answered")

    assert asyncio.run(asked()) == "answered"


def test_requests_are_answered_in_their_order_and_one_that_is_gone_is_not_computed() -> None:
    computed: list[int] = []

    async def asked() -> None:
        own = Lane(quick=False)
        first = asyncio.ensure_future(own.run(slow))
        others = [asyncio.ensure_future(own.run(lambda number=number: computed.append(number))) for number in range(4)]
        await asyncio.sleep(0)
        others[1].cancel()
        await asyncio.gather(first, *others, return_exceptions=True)

    asyncio.run(asked())
    assert computed == [0, 2, 3]
