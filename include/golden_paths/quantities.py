"""Amounts as Kubernetes writes them, and shares of a whole, each as one annotated type."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema

CPU = re.compile(r"[1-9][0-9]{0,5}m|[0-9]{1,4}(?:\.[0-9]{1,3})?")
MEMORY = re.compile(r"([1-9][0-9]{0,8})(Ki|Mi|Gi|Ti|k|M|G|T)")
PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,3})?)%")
MEMORY_UNITS = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def cores(quantity: str) -> float:
    """500m -> 0.5."""
    return float(quantity[:-1]) / 1000 if quantity.endswith("m") else float(quantity)


def bytes_of(quantity: str) -> int:
    """512Mi -> 536870912. `ValueError` when it is no amount of memory."""
    if not (match := MEMORY.fullmatch(quantity)):
        raise ValueError("is no amount of memory|write a number and Mi or Gi, as in 512Mi")
    return int(match[1]) * MEMORY_UNITS[match[2]]


def _cpu(value: Any) -> str:
    text = str(value) if type(value) in (int, float) else value
    if not isinstance(text, str) or not CPU.fullmatch(text) or cores(text) <= 0:
        raise ValueError("is no amount of CPU|write cores, as in 2, or thousandths of one, as in 500m")
    return text


def _memory(value: str) -> str:
    bytes_of(value)
    return value


def percent(value: Any) -> float:
    """25% -> 0.25. Raises `ValueError` with problem|remedy."""
    if type(value) is float and 0 <= value <= 1:  # read before, or written as 0.25
        return value
    if not isinstance(value, str) or not (match := PERCENT.fullmatch(value)) or float(match[1]) > 100:
        raise ValueError("is no share|write a number up to 100 and %, as in 25%")
    return round(float(match[1]) / 100, 6)


Cpu = Annotated[
    str, BeforeValidator(_cpu), WithJsonSchema({"type": ["string", "number"], "pattern": f"^({CPU.pattern})$"})
]
Memory = Annotated[
    str, Field(max_length=20), AfterValidator(_memory), WithJsonSchema({"type": "string", "pattern": f"^{MEMORY.pattern}$"})
]
Percent = Annotated[
    float,
    BeforeValidator(percent),
    PlainSerializer(lambda share: f"{share * 100:.10g}%"),
    WithJsonSchema({"type": "string", "pattern": f"^{PERCENT.pattern}$", "examples": ["25%"]}),
]
