"""/invocations and /predict as OpenAPI describes them: they are plain routes, which FastAPI does not list by itself."""

from __future__ import annotations

from typing import Any

ERROR = {
    "type": "object",
    "properties": {"error": {"type": "string"}, "problems": {"type": "array", "items": {"type": "object"}}},
}


def _answers(refusals: dict[int, str]) -> dict[str, Any]:
    said = {"content": {"application/json": {"schema": ERROR}}}
    return {"200": {"description": "The predictions."}} | {
        str(status): {"description": text, **said} for status, text in refusals.items()
    }


def _post(summary: str, examples: dict[str, Any], refusals: dict[int, str]) -> dict[str, Any]:
    named = {name: {"value": value} for name, value in examples.items()}
    body = {"required": True, "content": {"application/json": {"schema": {"type": "object"}, "examples": named}}}
    return {"post": {"summary": summary, "requestBody": body, "responses": _answers(refusals)}}


PATHS: dict[str, Any] = {
    "/predict": _post(
        "Predict from entity keys; features come from the online store",
        {"entities": {"entities": [{"KEY": 7}]}, "entity": {"entity": {"KEY": 7}}},
        {
            400: "The body is none of the forms.",
            404: "The online store does not know the entity.",
            422: "A key is missing, unknown or of the wrong type.",
            424: "A feature of the entity has no value.",
            503: "The model is not loaded yet.",
        },
    ),
    "/invocations": _post(
        "Predict from features, in MLflow's four forms",
        {
            "dataframe_split": {"dataframe_split": {"columns": ["FEATURE"], "data": [[1.0]]}},
            "dataframe_records": {"dataframe_records": [{"FEATURE": 1.0}]},
            "instances": {"instances": [{"FEATURE": 1.0}]},
            "inputs": {"inputs": {"FEATURE": [1.0]}},
        },
        {
            400: "The body is none of the forms.",
            422: "A column is missing, unknown or of the wrong type.",
            503: "The model is not loaded yet.",
        },
    ),
}
