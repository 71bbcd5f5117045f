"""predictions: what a watched model answered, by hour and version; or the rows."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from golden_paths.commands.output import AsJson, console, print_json
from golden_paths.commands.spans import span
from golden_paths.connect import LazyClients, Settings
from golden_paths.errors import GoldenPathsError, InvalidSpec
from golden_paths.folder import spec_files
from golden_paths.load import read_draft
from golden_paths.prediction_log import planned, reading
from golden_paths.project import Project
from golden_paths.spec import PathSpec
from golden_paths.values import DURATION


def predictions(
    name: Annotated[str, typer.Argument(help="The model's name.")],
    since: Annotated[str, typer.Option(help="From when: a time, or how long before --until, as in 24h.")] = "24h",
    until: Annotated[str, typer.Option(help="To when, without that moment: a time; absent: now.")] = "",
    out: Annotated[Path | None, typer.Option("-o", "--out", help="Parquet file to write the rows to.")] = None,
    as_json: AsJson = False,
    project: Annotated[
        Path | None, typer.Option("--project", help="The project's folder; absent: the one this is called in.")
    ] = None,
) -> None:
    """What a watched model answered, from its prediction log: rows by hour and version, or the rows themselves."""
    here = Project.at(project) if project else Project.here(Path.cwd())
    clients = LazyClients(here, Settings.from_environment(), lambda _: None)
    found = planned.log_of(_spec(here, name), here, clients.tracking_uri)
    if found is None:
        raise GoldenPathsError(f"{name} keeps no prediction log: its spec has no monitor, or prediction_log.address is off")
    end = _moment(until, "--until") if until else datetime.now(UTC)
    start = end - span(since, "--since") if DURATION.fullmatch(since) else _moment(since, "--since")
    if out:
        rows = reading.read(found.store, name, start, end)
        rows.to_parquet(out)
        console.print(f"wrote {len(rows)} of {rows.attrs['rows']} rows to {out}")
        return
    _show(reading.counts(found.store, name, start, end), as_json)


def _show(counts: dict[tuple[datetime, str], int], as_json: bool) -> None:
    if as_json:
        print_json([{"hour": hour, "version": version, "rows": rows} for (hour, version), rows in sorted(counts.items())])
        return
    table = Table("hour (UTC)", "version", "rows", box=None)
    for (hour, version), rows in sorted(counts.items()):
        table.add_row(f"{hour:%Y-%m-%d %H}:00", escape(version), str(rows))
    console.print(table)


def _spec(project: Project, name: str) -> PathSpec:
    for file in spec_files(project.root / "dags"):
        with contextlib.suppress(InvalidSpec):  # another one's fault is not ours to tell
            if (loaded := read_draft(file, project)).spec.name == name:
                return loaded.spec
    raise GoldenPathsError(f"no spec in {project.root / 'dags'} is called {name}")


def _moment(text: str, option: str) -> datetime:
    """A time; one without a zone is UTC."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise GoldenPathsError(f"{option} '{text}' is no time; write it as in 2026-11-24T10:00") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)
