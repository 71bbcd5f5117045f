"""The small project's spec, with sections of one's own."""

from __future__ import annotations

from golden_paths.load import validate
from golden_paths.spec import PathSpec
from golden_paths.yaml_source import parse
from projects import SPEC


def text_of(*, train: str = "", more: str = "", to: str = "local") -> str:
    """`train` goes into that section, `more` to the end."""
    text = SPEC.replace("  params: {C: 0.5}\n", f"  params: {{C: 0.5}}\n{train}").replace("to: local", f"to: {to}")
    return text + more


def spec_of(*, train: str = "", more: str = "", to: str = "local") -> PathSpec:
    """The same, read."""
    return validate(parse(text_of(train=train, more=more, to=to), "churn.yaml"))
