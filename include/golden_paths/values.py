"""The small languages inside a spec: durations, thresholds and places, each as one annotated type."""

from __future__ import annotations

import keyword
import math
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
DURATION = re.compile(r"([1-9][0-9]{0,5})(ms|[smhdw])")
RATE = re.compile(r"([1-9][0-9]{0,3}) per ([0-9a-z]+)")
THRESHOLD = re.compile(r"(>=|<=)\s*(-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?)")
IMAGE = re.compile(r"[a-z0-9][a-z0-9._/-]*(?::[0-9]+/[a-z0-9._/-]+)?(?::[A-Za-z0-9_][A-Za-z0-9._-]*)?(?:@sha256:[0-9a-f]{64})?")
TABLE = re.compile(r"[a-z][a-z0-9_]*")
DNS_LABEL = re.compile(r"[a-z](?:[-a-z0-9]*[a-z0-9])?")
NAME_LENGTH = 50  # of Kubernetes' 63: the rest is for '-v<version>' and the like
PRIVATE_NAME = re.compile(r".*-v[0-9]+-only")  # how a version's own Service is called on Kubernetes
LONGEST = timedelta(days=3652)  # what is longer leaves the calendar when it is added to a date, and threading's clock
PYTHON_NAME = r"[A-Za-z_][A-Za-z0-9_]*"


@dataclass(frozen=True)
class Rate:
    """So many within a time: '3 per 30d'."""

    count: int
    within: timedelta

    def __str__(self) -> str:
        return f"{self.count} per {duration_text(self.within)}"


@dataclass(frozen=True)
class Threshold:
    """A bound on a metric: '>= 0.75' or '<= 55'."""

    operator: str
    value: float

    def holds(self, measured: float) -> bool:
        """Whether the measured value keeps the bound. NaN never does."""
        return measured >= self.value if self.operator == ">=" else measured <= self.value

    def __str__(self) -> str:
        return f"{self.operator} {self.value:g}"


def duration(value: Any) -> timedelta:
    """24h -> its length. Raises `ValueError` with problem|remedy."""
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not (match := DURATION.fullmatch(value)):
        raise ValueError("is not a duration|write a number and one of ms, s, m, h, d, w, as in 24h")
    length = timedelta(**{UNITS[match[2]]: int(match[1])})
    if length > LONGEST:
        raise ValueError("is longer than ten years|write a shorter one, as in 24h")
    return length


def rate(value: Any) -> Rate:
    """3 per 30d -> how many, within how long. Raises `ValueError` with problem|remedy."""
    if isinstance(value, Rate):
        return value
    if not isinstance(value, str) or not (match := RATE.fullmatch(value)):
        raise ValueError("is no rate|write a number, 'per' and a duration, as in 3 per 30d")
    return Rate(int(match[1]), duration(match[2]))


def duration_text(value: timedelta) -> str:
    """As a spec would say it: 36h."""
    if value.microseconds:
        return f"{round(value.total_seconds() * 1000)}ms"
    seconds = int(value.total_seconds())
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _threshold(value: Any) -> Threshold:
    if isinstance(value, Threshold):
        return value
    if not isinstance(value, str) or not (match := THRESHOLD.fullmatch(value.strip())):
        raise ValueError('is not a bound|write ">=" or "<=" and a number, in quotes, as in ">= 0.75"')
    if not math.isfinite(bound := float(match[2])):
        raise ValueError("is no finite bound|write a smaller number")
    return Threshold(match[1], bound)


def _inside(value: str) -> str:
    place = PurePosixPath(value)
    if not place.parts:
        raise ValueError("names the project itself|name a file below the project's folder, as in include/models/fit.py")
    if place.is_absolute() or ".." in place.parts or "\\" in value or "\0" in value or value.startswith("~"):
        raise ValueError("leaves the project|name a file below the project's folder, as in include/models/fit.py")
    return value


def _name(value: str) -> str:
    if not DNS_LABEL.fullmatch(value) or len(value) > NAME_LENGTH:
        raise ValueError(
            "is no name that Kubernetes and MLflow both take"
            f"|use lower-case letters, digits and '-', a letter first, at most {NAME_LENGTH}, as in diabetes-progression"
        )
    if PRIVATE_NAME.fullmatch(value):
        raise ValueError("is called like the private address of another model's version|let it end otherwise")
    return value


def _said(value: str) -> str:
    if not value.strip():
        raise ValueError("is empty|say it in a few words")
    return value


def _one_line(value: str) -> str:
    if "\n" in value:
        raise ValueError("holds a line break|write it on one line")
    return value


def _param_name(value: str) -> str:
    if not re.fullmatch(PYTHON_NAME, value) or keyword.iskeyword(value) or value in ("features", "label", "rollback_to"):
        raise ValueError(
            "is no name for a parameter"
            "|use letters, digits and '_', as in max_depth; not a keyword of Python, nor features, label or rollback_to"
        )
    return value


def _param(value: Any) -> Any:
    if not isinstance(value, bool | int | float | str | None):
        raise ValueError("is no plain value|write a number, a text, true or false")
    return value


def _image(value: str) -> str:
    if not IMAGE.fullmatch(value) or len(value) > 500:
        raise ValueError("is no image|write its name and tag or digest, as in registry.example/team/train:1.2")
    return value


def _kubernetes_name(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?", value):
        raise ValueError("is no name|use lower-case letters, digits and '-', at most 63")
    return value


def _table_name(value: str) -> str:
    if not TABLE.fullmatch(value) or len(value) > 63 or value.startswith(("golden_paths_", "sqlite_")):
        raise ValueError(
            "is no name for a table"
            "|use lower-case letters, digits and '_', a letter first, at most 63, as in churn_scores; not golden_paths_..."
        )
    return value


Text = Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(_said)]
# Airflow shows the owner as a tag, and a tag has at most 100 characters.
Owner = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_said), AfterValidator(_one_line)]
Param = Annotated[
    bool | int | float | Annotated[str, Field(max_length=2000)] | None,
    BeforeValidator(_param),
]
ParamName = Annotated[
    str,
    Field(max_length=100),
    AfterValidator(_param_name),
    WithJsonSchema({"type": "string", "pattern": f"^{PYTHON_NAME}$", "maxLength": 100}),
]
Duration = Annotated[
    timedelta,
    BeforeValidator(duration),
    PlainSerializer(duration_text),
    WithJsonSchema({"type": "string", "pattern": f"^{DURATION.pattern}$", "examples": ["24h"]}),
]
AtMost = Annotated[
    Rate,
    BeforeValidator(rate),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": f"^{RATE.pattern}$", "examples": ["3 per 30d"]}),
]
Bound = Annotated[
    Threshold,
    BeforeValidator(_threshold),
    PlainSerializer(str),
    WithJsonSchema({"type": "string", "pattern": f"^{THRESHOLD.pattern}$", "examples": [">= 0.75"]}),
]
KubernetesName = Annotated[str, AfterValidator(_kubernetes_name)]
TableName = Annotated[
    str, AfterValidator(_table_name), WithJsonSchema({"type": "string", "pattern": f"^{TABLE.pattern}$", "maxLength": 63})
]
ImageName = Annotated[str, AfterValidator(_image)]
ProjectPath = Annotated[str, Field(max_length=1000), AfterValidator(_inside)]
ModelName = Annotated[
    str,
    AfterValidator(_name),
    WithJsonSchema({"type": "string", "pattern": f"^{DNS_LABEL.pattern}$", "maxLength": NAME_LENGTH}),
]
