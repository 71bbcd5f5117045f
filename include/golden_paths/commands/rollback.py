"""rollback: a version that served before serves again."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from golden_paths.commands.output import console
from golden_paths.connect import LazyClients, Settings
from golden_paths.folder import read_folder
from golden_paths.lineage import by_hand
from golden_paths.lineage.observed import kept
from golden_paths.lineage.places import Places
from golden_paths.project import Project


def rollback(
    name: Annotated[str, typer.Argument(help="The model's name.")],
    to: Annotated[str | None, typer.Option(help="The version; absent: the one that served before.")] = None,
    project: Annotated[
        Path | None, typer.Option("--project", help="The project's folder; absent: the one this is called in.")
    ] = None,
) -> None:
    """Have a version on Kubernetes serve again that served before, and be the champion. Ends a rollout on its way."""
    from golden_paths.cluster.api import ClusterApi
    from golden_paths.rollout.rollback import roll_back

    def log(line: str) -> None:
        console.print(f"    [dim]{escape(line)}[/]")

    settings = Settings.from_environment()
    here = Project.at(project) if project else Project.here(Path.cwd())
    clients = LazyClients(here, settings, log)
    run = f"rollback__{datetime.now(UTC).isoformat(timespec='seconds')}"
    api = ClusterApi(settings.cluster, log)
    max_age = _max_age(here, name)
    endpoint = roll_back(api, clients.models, name, to, log, run=run, by=getpass.getuser(), max_age=max_age)
    places = Places(clients.tracking_uri, is_on_cluster=True, cluster=lambda: settings.cluster)
    by_hand.rolled_back(endpoint, places, kept(here), log)
    console.print(f"[bold green]{escape(endpoint.endpoint)}[/] version {escape(endpoint.version)} answers at {endpoint.url}")


def _max_age(project: Project, name: str) -> timedelta | None:
    """How old a version may be, by the model's spec. None without one: somebody who rolls back need not have it at hand."""
    try:
        good, _ = read_folder(project.root / "dags")
    except OSError:
        return None
    spec = next((loaded.spec for loaded in good if loaded.spec.name == name), None)
    return spec.monitor.max_age if spec and spec.monitor else None
