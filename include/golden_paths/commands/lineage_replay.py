"""lineage replay: what Marquez has not been given."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import typer
from rich.markup import escape
from rich.progress import Progress

from golden_paths.commands.output import console, errors, print_json
from golden_paths.errors import GoldenPathsError
from golden_paths.lineage import log, replay
from golden_paths.lineage.delivery import Backend
from golden_paths.project import Project


def run(project: Project, *, dry_run: bool, as_json: bool) -> None:
    """Send it, or with `dry_run` say how much it is. Exit code 1 when something is left."""
    folder = log.folder_of(project)
    if dry_run:
        _say_missing(folder, as_json)
        return
    backend = Backend.from_environment()
    if backend is None:
        raise GoldenPathsError("OPENLINEAGE_URL is not set: the event log is all there is; set it to Marquez' address")
    ahead = len(replay.missing(folder))
    with Progress(console=errors, transient=True, disable=as_json) as progress:
        bar = progress.add_task(f"to {backend.shown}", total=ahead)
        outcome = replay.replay(folder, backend, told=lambda _: progress.advance(bar), refused=_say_refused)
    if as_json:
        print_json(asdict(outcome))
    else:
        console.print(f"{outcome.sent} events sent to {escape(backend.shown)}, {outcome.refused} refused")
    if outcome.left:
        errors.print(f"[red]{outcome.left} events are left:[/] {escape(outcome.reason)}; they stay in {escape(str(folder))}")
        raise typer.Exit(1)


def _say_missing(folder: Path, as_json: bool) -> None:
    count = len(replay.missing(folder))
    if as_json:
        print_json({"missing": count})
    else:
        console.print(f"{count} events in {escape(str(folder))} were not sent")


def _say_refused(line: str) -> None:
    errors.print(f"[yellow]{escape(line)}[/]")
