"""endpoints and stop: what serves on this machine."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from golden_paths.clients.local_target import LocalTarget
from golden_paths.commands.output import AsJson, console, print_json
from golden_paths.errors import GoldenPathsError
from golden_paths.project import Project

ProjectFolder = Annotated[
    Path | None, typer.Option("--project", help="The project's folder; absent: the one this is called in.")
]


def endpoints(project: ProjectFolder = None, as_json: AsJson = False) -> None:
    """List the endpoints of this project, those too that are down: name, address, model version, digest, status."""
    found = LocalTarget(_project(project)).statuses()
    if as_json:
        print_json([asdict(endpoint) for endpoint in found])
        return
    if not found:
        console.print("no endpoint; run a spec with: python -m golden_paths run FILE")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("endpoint", "url", "version", "digest", "status"):
        table.add_column(column)
    for one in found:
        table.add_row(*map(escape, (one.endpoint, one.url, one.version or "-", (one.digest or "-")[:12], one.status)))
    console.print(table)


def stop(
    name: Annotated[str | None, typer.Argument(help="The endpoint's name.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Stop every endpoint of the project.")] = False,
    project: ProjectFolder = None,
) -> None:
    """Stop an endpoint and all its processes."""
    target = LocalTarget(_project(project))
    if not name and not everything:
        raise GoldenPathsError("name an endpoint, or --all; see: python -m golden_paths endpoints")
    for one in [name] if name else target.running():
        if not target.stop(one):
            raise GoldenPathsError(f"no endpoint '{one}' runs in this project; see: python -m golden_paths endpoints")
        console.print(f"stopped {escape(one)}")


def _project(folder: Path | None) -> Project:
    return Project.at(folder) if folder else Project.here(Path.cwd())
