"""POST /predict: entity keys in, predictions out; the features come from the online store."""

from __future__ import annotations

from typing import Any, NamedTuple

from golden_paths.serve import forms
from golden_paths.serve.lane import Lane
from golden_paths.serve.model import ServedModel
from golden_paths.serve.online import OnlineFeatures
from golden_paths.serve.problems import Refused, problem, wrong
from golden_paths.serve.status import Identity

MAX_ENTITIES = 1000
MANY = 100  # from here on other requests are answered meanwhile


class Found(NamedTuple):
    """What a request asked about, the features that were found, one value for each entity, and the model's answer."""

    entities: list[dict[str, Any]]
    columns: forms.Columns
    answer: dict[str, Any]


async def found(model: ServedModel, lane: Lane, features: OnlineFeatures, body: bytes) -> Found:
    """One prediction for each entity."""
    entities = entities_of(forms.parse(body), features.keys)
    values = await features.of(entities)
    answered = await lane.run(lambda: model.answer(values, probabilities=True), long=len(entities) >= MANY)
    return Found(entities, values, answered)


def described(identity: Identity, found: Found) -> dict[str, Any]:
    """The body of the answer: each prediction with the features that it was made from."""
    entities, values, answered = found
    predictions = [
        {"entity": entity, "prediction": prediction, "features": {name: column[row] for name, column in values.items()}}
        for row, (entity, prediction) in enumerate(zip(entities, answered["predictions"], strict=True))
    ]
    if answered["probabilities"] is not None:
        for row, chances in zip(predictions, answered["probabilities"], strict=True):
            row["probabilities"] = {
                str(name): chance for name, chance in zip(answered["classes"], chances, strict=True)
            }
    return {"model": {"name": identity.name, "version": identity.version}, "predictions": predictions}


def entities_of(payload: Any, keys: dict[str, type]) -> list[dict[str, Any]]:
    """The entities of a request. Raises `Refused`: 400 for another shape, 422 for another key or a value of another type."""
    entities = _listed(payload)
    problems = []
    for row, entity in enumerate(entities):
        problems += [
            problem(key, "is missing, it is a key of the entity", row=row) for key in keys if key not in entity
        ]
        problems += [problem(key, "is no key of the entity", row=row) for key in entity if key not in keys]
        problems += [
            problem(key, f"is {value!r}, not {_KINDS[keys[key]]}", row=row)
            for key, value in entity.items()
            if key in keys and type(value) is not keys[key]
        ]
    if problems:
        raise wrong(problems)
    return entities


_KINDS: dict[type, str] = {int: "a whole number", str: "text", bool: "true or false", float: "a number"}


def _listed(payload: Any) -> list[dict[str, Any]]:
    found = payload if isinstance(payload, dict) else {}
    entities = found.get("entities") if "entities" in found else [found.get("entity")]
    if (
        len(found) != 1
        or not isinstance(entities, list)
        or not entities
        or not all(isinstance(one, dict) for one in entities)
    ):
        raise Refused(400, 'the body is {"entities": [{KEY: VALUE}, ...]} or {"entity": {KEY: VALUE}}')
    if len(entities) > MAX_ENTITIES:
        raise Refused(413, f"more than {MAX_ENTITIES} entities; send fewer at a time")
    return entities
