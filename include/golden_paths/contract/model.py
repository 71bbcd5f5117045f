"""The file of a data contract: its keys, and how it is read."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, ValidationInfo, WithJsonSchema, field_validator

from golden_paths.quantities import Percent
from golden_paths.section import Section
from golden_paths.spec_text import read_text
from golden_paths.values import Duration
from golden_paths.yaml_source import Document, parse

Kind = Literal["number", "integer", "text", "boolean", "time"]
NUMERIC = ("number", "integer")
START = "draft one with: python -m golden_paths contract suggest SPEC"
MAX_NODES = 20_000  # about 1500 columns
MAX_ALLOWED = 1000
# What pydantic calls it -> how we say it: (problem, remedy).
SAID = {
    "bool_type": ("is not true or false", "write true or false"),
    "int_type": ("is not a whole number", "write digits alone, without quotes"),
    "greater_than_equal": ("is too small", "write 1 or more"),
    "dict_type": ("is not a mapping of keys to values", "write its keys on lines of their own, indented below it"),
    "model_type": ("is not a section", "write its keys in braces, as in {type: number}"),
    "tuple_type": ("is not a list", "write its items in brackets, as in [f, m]"),
    "too_short": ("is empty", "name one value or more, or leave the key out"),
    "too_long": ("holds too many", f"name at most {MAX_ALLOWED}, or leave the key out"),
}


def _bound(value: Any) -> int | float:
    if type(value) not in (int, float):
        raise ValueError("is not a number|write a number, without quotes")
    return value  # type: ignore[no-any-return]


def _item(value: Any) -> str | int:
    if type(value) not in (str, int):
        raise ValueError("is neither text nor a whole number|put a text in quotes")
    return value  # type: ignore[no-any-return]


Bound = Annotated[int | float, BeforeValidator(_bound), WithJsonSchema({"type": "number"})]
Allowed = Annotated[str | int, BeforeValidator(_item), WithJsonSchema({"type": ["string", "integer"]})]


class ColumnRules(Section):
    """What holds of a column. A value of another type than `type` is not judged further."""

    type: Kind = Field(description="What its values are: number, integer, text, boolean or time.")
    min: Bound | None = Field(default=None, description="The least value allowed; infinity is in no range.")
    max: Bound | None = Field(default=None, description="The greatest value allowed; infinity is in no range.")
    allowed: tuple[Allowed, ...] | None = Field(
        default=None,
        strict=False,
        min_length=1,
        max_length=MAX_ALLOWED,
        description="The only values that it may have.",
    )
    unique: bool = Field(default=False, description="Whether no value may be there twice; missing ones may.")
    nulls: Percent = Field(default=0.0, description="The share of rows that may lack a value, as in 1%; absent: none.")

    @field_validator("min", "max")
    @classmethod
    def _has_a_range(cls, value: Any, info: ValidationInfo) -> Any:
        kind = info.data.get("type")
        if kind and kind not in NUMERIC:
            raise ValueError(f"is for numbers, and the type is {kind}|remove it, or write type: number")
        least = info.data.get("min") if info.field_name == "max" else None
        if least is not None and value < least:
            raise ValueError(f"is below min {least}|no value could pass: exchange the two")
        return value

    @field_validator("allowed")
    @classmethod
    def _is_of_its_type(cls, value: Any, info: ValidationInfo) -> Any:
        kind = info.data.get("type")
        if kind and kind not in ("text", "integer"):
            raise ValueError(f"is for text and integer, and the type is {kind}|remove it, or write another type")
        if odd := [item for item in value if isinstance(item, str) != (kind == "text")] if kind else []:
            raise ValueError(
                f"holds {odd[0]!r}, which is not of type {kind}|put texts in quotes, and whole numbers in none"
            )
        return value


class RowsRule(Section):
    """How many rows there are."""

    at_least: int = Field(ge=1, description="The least number of rows.")


class LabelRule(Section):
    """What holds of the label, where it is a class."""

    each_class_at_least: Percent = Field(
        description="The least share of the rows with a label that the rarest class has, as in 10%."
    )

    @field_validator("each_class_at_least")
    @classmethod
    def _says_something(cls, value: float) -> float:
        if value == 0:
            raise ValueError("allows everything|write a share above 0%, or leave the label out")
        return value


class Contract(Section):
    """The whole file. Columns that it does not name are not judged; one that it names must be there."""

    columns: dict[str, ColumnRules] = Field(default_factory=dict, description="Column -> what holds of it.")
    rows: RowsRule | None = Field(default=None, description="How many rows there are.")
    label: LabelRule | None = Field(default=None, description="What holds of the label.")
    freshness: Duration | None = Field(
        default=None, description="How old the newest row may be at the end of the run's interval, as in 30d."
    )


def read(file: Path, root: Path) -> Contract:
    """The contract in a file of the project in `root`. Raises `InvalidSpec` with every problem of the file."""
    name = str(file.relative_to(root) if file.is_relative_to(root) else file)
    document = parse(read_text(file, name), name, start=START, max_nodes=MAX_NODES)
    try:
        return Contract.model_validate(document.data)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            _explain(dict(detail), document)
        raise document.refusal() from error


def _explain(detail: dict[str, Any], document: Document) -> None:
    kind, place = detail["type"], tuple(detail["loc"])
    if kind == "too_short" and (*place, 0) in document.lines:  # its items are refused, each by itself
        return
    section = _section(place)
    problem, _, remedy = str((detail.get("ctx") or {}).get("error", "")).partition("|")
    if kind == "missing":
        problem, remedy = "is missing", f"add it: {section.model_fields[str(place[-1])].description}".rstrip(".")
    elif kind == "extra_forbidden":
        problem, remedy = "is not a key that is known here", f"known are {', '.join(section.model_fields)}"
    elif kind == "literal_error":
        problem, remedy = "is not one of the values it may have", f"write {detail['ctx']['expected']}"
    elif kind in SAID:
        problem, remedy = SAID[kind]
    elif not problem:
        problem, remedy = f"is refused: {detail['msg'][0].lower()}{detail['msg'][1:]}", START
    line = document.lines.get(place) or document.lines.get(place[:-1]) or 1
    shown = None if kind in ("missing", "extra_forbidden") else document.texts.get(place)
    document.complain(line, place, shown, problem, remedy)


def _section(place: tuple[str | int, ...]) -> type[Section]:
    """Whose key the last part of the place is."""
    if len(place) > 2 and place[0] == "columns":
        return ColumnRules
    inner: dict[str | int, type[Section]] = {"rows": RowsRule, "label": LabelRule}
    return inner.get(place[0], Contract) if len(place) > 1 else Contract
