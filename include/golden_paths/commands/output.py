"""Where commands write: rich on a terminal, plain when piped, JSON when asked."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer
from rich.console import Console

console = Console(highlight=False, soft_wrap=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def print_json(value: Any) -> None:
    """Print a value as indented JSON, without colour or wrapping."""
    typer.echo(json.dumps(value, indent=2, default=str))
