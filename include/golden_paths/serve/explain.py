"""POST /explain: rows or entity keys in; out come predictions, and what each feature adds beside the typical row.

The mixes of a row are asked in blocks, each a turn of its own in the estimator's thread, and one request is explained at a
time: whoever else asks the estimator there waits for one block at most.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from golden_paths import shapley
from golden_paths.serve import forms, predict
from golden_paths.serve.compared import Compared
from golden_paths.serve.forms import Columns
from golden_paths.serve.lane import Lane
from golden_paths.serve.model import ServedModel
from golden_paths.serve.online import OnlineFeatures
from golden_paths.serve.problems import Refused, problem, wrong
from golden_paths.serve.status import Identity

MAX_BODY = 1024 * 1024
MAX_ROWS = 10
MAX_COLUMNS = 500
TOP = 5
MIXES = 2048  # a row, about: 35 pairs of orders of 30 features
BLOCK = 256  # mixes in one turn; fixed, since in batches of another size the last bit of an answer may differ
SECONDS = 30.0  # below the 40 that a pod has for its slowest request while it ends
KEYS = ("entities", "entity")


@dataclass(frozen=True)
class Question:
    """Rows to explain, by column; `entities` when they were asked for by key. `top`: how many reasons a row."""

    values: Columns
    entities: list[dict[str, Any]] | None
    top: int


def top_of(query: Mapping[str, str]) -> int:
    """?top=N. Raises `Refused` 400."""
    for name in query:
        if name != "top":
            raise Refused(400, f"{name} is no question of /explain; it takes top, as in ?top={TOP}")
    text = query.get("top", str(TOP))
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text)):
        raise Refused(400, f"top={text} is no number of reasons; ask for 1 or more, as in ?top={TOP}")
    return int(text)


async def asked(
    model: ServedModel, features: OnlineFeatures | None, body: bytes, *, is_csv: bool, top: int
) -> Question:
    """What a body asks about. Raises `Refused`, and 413 for more than `MAX_ROWS` rows before the store is read."""
    if is_csv:
        return _of_rows(forms.columns_of_csv(body, model.columns), top)
    payload = forms.parse(body)
    found = payload if isinstance(payload, dict) else {}
    if not found.keys().isdisjoint(forms.FORMS):
        return _of_rows(forms.columns_of(payload, model.columns), top)
    if found.keys().isdisjoint(KEYS):
        raise Refused(400, f"the body is an object with one of {', '.join(KEYS + forms.FORMS)}")
    if features is None:
        raise Refused(501, "this server was started without a feature repository; post the features instead of the key")
    entities = predict.entities_of(payload, features.keys)
    _few(len(entities))
    return Question(await features.of(entities), entities, top)


def _of_rows(values: Columns, top: int) -> Question:
    _few(max(map(len, values.values()), default=0))
    return Question(values, None, top)


def _few(rows: int) -> None:
    if rows > MAX_ROWS:
        raise Refused(413, f"more than {MAX_ROWS} rows; send fewer at a time")


class Explainer:
    """Explains one request after the other."""

    def __init__(self, identity: Identity) -> None:
        self.identity, self._turn = identity, asyncio.Lock()

    def typical(self, model: ServedModel) -> Columns:
        """The row that others are compared with. Raises `Refused` 501 for a model that cannot be explained."""
        version = self.identity.version
        if model.typical is None:
            raise Refused(
                501,
                f"version {version} keeps no typical row to compare with; run the path again to make a version that does",
            )
        if len(model.columns) > MAX_COLUMNS:
            raise Refused(
                501, f"version {version} takes {len(model.columns)} columns; up to {MAX_COLUMNS} are explained"
            )
        return model.typical

    async def answer(self, model: ServedModel, lane: Lane, question: Question) -> dict[str, Any]:
        """For each row the prediction and its reasons. Raises `Refused`: 422, 501, and 503 after `SECONDS`."""
        typical, identity = self.typical(model), self.identity
        try:
            async with asyncio.timeout(SECONDS), self._turn:
                explanations = await _explanations(model, lane, typical, question)
        except TimeoutError as error:
            raise Refused(503, f"no explanation within {SECONDS:g} s; send fewer rows, or ask again later") from error
        return {
            "model": {"name": identity.name, "version": identity.version, "digest": identity.digest},
            "reference": {name: value for name, (value,) in typical.items()},
            "explanations": explanations,
        }


async def _explanations(model: ServedModel, lane: Lane, typical: Columns, question: Question) -> list[dict[str, Any]]:
    values, explanations = question.values, []
    said = (await lane.run(lambda: model.answer(values), long=True))["predictions"]
    (usual,) = (await lane.run(lambda: model.answer(typical), long=True))["predictions"]
    cast = model.cast({name: typical[name] + column for name, column in values.items()})
    for row, prediction in enumerate(said):
        if prediction is None:
            raise wrong([problem("prediction", "is none, the model has no answer to explain", row=row)])
        compared = Compared(model, [column[[0, row + 1]] for column in cast])
        explained = await _explained(lane, compared, prediction, row)
        for reason in explained["reasons"]:
            reason |= {"value": values[reason["feature"]][row], "reference": typical[reason["feature"]][0]}
        entity = {} if question.entities is None else {"entity": question.entities[row]}
        explanations.append(
            entity
            | {"prediction": prediction, "reference_prediction": usual}
            | explained
            | {
                "reasons": explained["reasons"][: question.top],
                "rest": math.fsum(reason["contribution"] for reason in explained["reasons"][question.top :]),
            }
        )
    return explanations


async def _explained(lane: Lane, compared: Compared, prediction: Any, row: int) -> dict[str, Any]:
    """What was explained, and all reasons."""
    import numpy as np

    number = await lane.run(lambda: compared.score(prediction), long=True)
    plan = shapley.plan(compared.differs, mixes=MIXES, seed=0)
    parts = [plan.taken[start : start + BLOCK] for start in range(0, len(plan.taken), BLOCK)]
    numbers = np.concatenate([await lane.run(partial(compared.numbers, number, part), long=True) for part in parts])
    if not np.isfinite(numbers).all():
        raise wrong([problem("prediction", "turns to none when values of the typical row are put in", row=row)])
    shares = plan.shares(numbers)
    order = np.argsort(-np.abs(shares.shares), kind="stable").tolist()
    return {
        "explained": {"what": number.what, "value": float(numbers[-1]), "reference": float(numbers[0])},
        "reasons": [
            {
                "feature": compared.model.columns[feature].name,
                "contribution": float(shares.shares[feature]),
                "standard_error": float(shares.errors[feature]),
            }
            for feature in order
        ],
    }
