"""history: which versions were approved and were the champion, and whether that account of it was altered."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from golden_paths import history as histories
from golden_paths.commands.output import AsJson, console, errors, print_json
from golden_paths.connect import LazyClients, Settings
from golden_paths.errors import GoldenPathsError
from golden_paths.project import Project

COLUMNS = ("", "when (UTC)", "what", "version", "instead of", "by", "why", "run", "digest")


def history(
    name: Annotated[str, typer.Argument(help="The model's name.")],
    as_json: AsJson = False,
    project: Annotated[
        Path | None, typer.Option("--project", help="The project's folder; absent: the one this is called in.")
    ] = None,
) -> None:
    """Every version that was approved, rejected or became the champion: when, by whom, why. Exit code 1 when one was altered."""
    here = Project.at(project) if project else Project.here(Path.cwd())
    models = LazyClients(here, Settings.from_environment(), lambda _: None).models
    found, faults = histories.entries(models, name), list(histories.faults(models, name))
    if not found and not faults:
        problem = f"{name} has no history in MLflow: no version of it was promoted"
        raise GoldenPathsError(f"{problem}; see: python -m golden_paths endpoints")
    if as_json:
        print_json({"entries": [entry.model_dump(mode="json") | {"hash": entry.hash} for entry in found], "faults": faults})
    else:
        console.print(_table(found))
        for fault in faults:
            errors.print(f"[red]{escape(fault)}[/]")
    if faults:
        raise typer.Exit(1)


def _table(found: list[histories.Entry]) -> Table:
    table = Table(*COLUMNS, box=None)
    for one in found:
        when, digest = f"{one.at:%Y-%m-%d %H:%M:%S}", one.digest[:12]
        cells = (str(one.number), when, one.what, one.version, one.instead_of, one.by, one.why, one.run, digest)
        table.add_row(*(escape(cell or "-") for cell in cells))
    return table
