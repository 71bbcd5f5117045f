"""/invocations, /predict and /explain as OpenAPI describes them: they are plain routes, which FastAPI does not list by itself."""

from __future__ import annotations

from typing import Any

from golden_paths.serve import explain

ERROR = {
    "type": "object",
    "properties": {"error": {"type": "string"}, "problems": {"type": "array", "items": {"type": "object"}}},
}


TOP = {
    "name": "top",
    "in": "query",
    "description": "Reasons for each row; those that add most come first.",
    "schema": {"type": "integer", "minimum": 1, "default": explain.TOP},
}


def _answers(answer: str, refusals: dict[int, str]) -> dict[str, Any]:
    said = {"content": {"application/json": {"schema": ERROR}}}
    return {"200": {"description": answer}} | {
        str(status): {"description": text, **said} for status, text in refusals.items()
    }


def _post(
    summary: str, examples: dict[str, Any], refusals: dict[int, str], answer: str = "The predictions."
) -> dict[str, Any]:
    named = {name: {"value": value} for name, value in examples.items()}
    body = {"required": True, "content": {"application/json": {"schema": {"type": "object"}, "examples": named}}}
    return {"post": {"summary": summary, "requestBody": body, "responses": _answers(answer, refusals)}}


ENTITIES: dict[str, Any] = {"entities": {"entities": [{"KEY": 7}]}, "entity": {"entity": {"KEY": 7}}}
FORMS: dict[str, Any] = {
    "dataframe_split": {"dataframe_split": {"columns": ["FEATURE"], "data": [[1.0]]}},
    "dataframe_records": {"dataframe_records": [{"FEATURE": 1.0}]},
    "instances": {"instances": [{"FEATURE": 1.0}]},
    "inputs": {"inputs": {"FEATURE": [1.0]}},
}
PATHS: dict[str, Any] = {
    "/predict": _post(
        "Predict from entity keys; features come from the online store",
        ENTITIES,
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
        FORMS,
        {
            400: "The body is none of the forms.",
            422: "A column is missing, unknown or of the wrong type.",
            503: "The model is not loaded yet.",
        },
    ),
    "/explain": _post(
        "Explain predictions: what each feature adds, compared with the typical row of the training part",
        ENTITIES | FORMS,
        {
            400: "The body is none of the forms, or a question is unknown.",
            404: "The online store does not know the entity.",
            413: f"More than {explain.MAX_ROWS} rows.",
            422: "A key or column is missing, unknown or of the wrong type; or the model has no answer for a row.",
            424: "A feature of the entity has no value.",
            501: "The version keeps no typical row, or the server has no feature repository.",
            503: "The model is not loaded yet, or there was no time for this one.",
        },
        "Predictions with their reasons.",
    ),
}
PATHS["/explain"]["post"]["parameters"] = [TOP]
