"""Explaining leaves the event loop and the estimator to the others: small turns in the thread, one request at a time."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import numpy as np
import pytest

from golden_paths.serve.columns import Column
from golden_paths.serve.explain import BLOCK, Explainer, Question
from golden_paths.serve.lane import Lane
from golden_paths.serve.model import ServedModel
from golden_paths.serve.problems import Refused
from golden_paths.serve.status import Identity

COLUMNS = [f"f{number}" for number in range(12)]
Seen = list[tuple[str, int, float]]


class Witness:
    """Adds the columns, and keeps for each call the thread, the number of rows and the largest value."""

    def __init__(self) -> None:
        self.seen: Seen = []

    def predict(self, rows: Any) -> Any:
        values = rows.to_numpy()
        self.seen.append((threading.current_thread().name, len(values), float(values.max())))
        return np.where(values.max(axis=1) == 13, np.nan, values.sum(axis=1))


def served() -> tuple[ServedModel, Witness]:
    witness = Witness()
    model = ServedModel(witness, [Column(name, "double") for name in COLUMNS])
    model.typical = {name: [0.0] for name in COLUMNS}
    return model, witness


def explainer() -> Explainer:
    return Explainer(Identity("risk", "4", "d", "run-1", "abc"))


def question(*rows: float) -> Question:
    return Question({name: list(rows) for name in COLUMNS}, None, 5)


def test_the_loop_is_free_and_others_get_their_turn_between_blocks() -> None:
    model, witness = served()
    order: list[int] = []

    async def asked() -> None:
        lane = Lane(quick=True)
        explained = asyncio.ensure_future(explainer().answer(model, lane, question(7.0)))
        for _ in range(6):
            await lane.run(lambda: order.append(len(witness.seen)), long=True)
        await explained
        assert lane.quick

    asyncio.run(asked())
    assert {thread for thread, _, _ in witness.seen} == {"estimator"}
    assert max(rows for _, rows, _ in witness.seen) == BLOCK
    assert sum(rows for _, rows, _ in witness.seen) > 7 * BLOCK
    assert all(calls <= turn for turn, calls in enumerate(order)), "more than one block between two of the others"
    assert 3 < max(order) < len(witness.seen)


def test_one_request_is_explained_after_the_other() -> None:
    model, witness = served()

    async def asked() -> list[dict[str, Any]]:
        own, lane = explainer(), Lane(quick=False)
        return await asyncio.gather(*(own.answer(model, lane, question(value)) for value in (1.0, 2.0, 3.0)))

    found = asyncio.run(asked())
    largest = [value for _, _, value in witness.seen if value]
    assert largest == sorted(largest)
    assert set(largest) == {1.0, 2.0, 3.0}
    assert [one["explanations"][0]["prediction"] for one in found] == [12, 24, 36]


@pytest.mark.parametrize(
    ("rows", "typical", "problem"),
    [
        ((1.0, 13.0), 0.0, "is none, the model has no answer to explain"),
        ((1.0, 14.0), 13.0, "turns to none when values of the typical row are put in"),
    ],
)
def test_a_row_or_mix_without_an_answer_is_refused_by_its_number(
    rows: tuple[float, ...], typical: float, problem: str
) -> None:
    model, _ = served()
    model.typical = {name: [typical] for name in COLUMNS}
    row = 1 if typical == 0 else 0
    with pytest.raises(Refused) as refused:
        asyncio.run(explainer().answer(model, Lane(quick=False), question(*rows)))
    assert (refused.value.status, refused.value.problems) == (
        422,
        [{"field": "prediction", "row": row, "problem": problem}],
    )
