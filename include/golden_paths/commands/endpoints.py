"""endpoints and stop: what serves on this machine, or on a cluster."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from golden_paths.clients.endpoint_status import EndpointStatus as Status
from golden_paths.clients.local_target import LocalTarget
from golden_paths.cluster.api import ClusterApi
from golden_paths.cluster.settings import ClusterSettings
from golden_paths.commands.output import AsJson, console, print_json
from golden_paths.endpoint.keeper import Keeper
from golden_paths.errors import GoldenPathsError
from golden_paths.lineage import by_hand
from golden_paths.lineage.observed import kept
from golden_paths.lineage.places import Places
from golden_paths.project import Project
from golden_paths.rollout.traffic import statuses
from golden_paths.rollout.versions import Versions

ProjectFolder = Annotated[
    Path | None, typer.Option("--project", help="The project's folder; absent: the one this is called in.")
]


OnCluster = Annotated[
    bool, typer.Option("--kubernetes", help="Of the namespace that KUBECONFIG or GOLDEN_PATHS_NAMESPACE names.")
]


Keep = Annotated[bool, typer.Option("--keep", help="Serve them in this process until SIGTERM: for a container of theirs.")]


def endpoints(
    project: ProjectFolder = None, on_cluster: OnCluster = False, as_json: AsJson = False, keep: Keep = False
) -> None:
    """List the endpoints of this project, those too that are down: name, address, model version, digest, status."""
    if keep:
        Keeper(_project(project)).run()
        return
    found: Sequence[Status] = statuses(_cluster()) if on_cluster else LocalTarget(_project(project)).statuses()
    if as_json:
        print_json([asdict(endpoint) for endpoint in found])
        return
    if not found:
        console.print("no endpoint; run a spec with: python -m golden_paths run FILE")
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("endpoint", "url", "version", "digest", "status"):
        table.add_column(column, overflow="fold")
    for one in found:
        table.add_row(*map(escape, (one.endpoint, one.url, one.version or "-", (one.digest or "-")[:12], _told(one))))
    console.print(table)


def _told(one: Status) -> str:
    return f"{one.status}: {one.reason}" if one.reason else one.status


def stop(
    name: Annotated[str | None, typer.Argument(help="The endpoint's name.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Stop every endpoint of the project.")] = False,
    project: ProjectFolder = None,
    on_cluster: OnCluster = False,
) -> None:
    """Stop an endpoint and all its processes; on Kubernetes, remove all objects of the model, versions kept included."""
    if on_cluster:
        _stop_on_cluster(name, everything, project)
        return
    here = _project(project)
    target = LocalTarget(here)
    if not name and not everything:
        raise GoldenPathsError("name an endpoint, or --all; see: python -m golden_paths endpoints")
    for one in [name] if name else target.running():
        if not target.stop(one):
            raise GoldenPathsError(f"no endpoint '{one}' runs in this project; see: python -m golden_paths endpoints")
        console.print(f"stopped {escape(one)}")
        by_hand.stopped(one, Places(""), kept(here), _log)


def _stop_on_cluster(name: str | None, everything: bool, project: Path | None) -> None:
    api = _cluster()
    places = Places("", is_on_cluster=True, cluster=ClusterSettings.from_environment)
    if not name and not everything:
        raise GoldenPathsError("name an endpoint, or --all; see: python -m golden_paths endpoints --kubernetes")
    for one in [name] if name else [status.endpoint for status in statuses(api)]:
        if not Versions(api, one).remove_all():
            raise GoldenPathsError(
                f"namespace {api.namespace} has no endpoint '{one}'; see: python -m golden_paths endpoints --kubernetes"
            )
        console.print(f"stopped {escape(one)}")
        with contextlib.suppress(GoldenPathsError):  # outside of any project there is no event log
            by_hand.stopped(one, places, kept(_project(project)), _log)


def _log(line: str) -> None:
    console.print(f"    [dim]{escape(line)}[/]")


def _cluster() -> ClusterApi:
    return ClusterApi(ClusterSettings.from_environment(), _log)


def _project(folder: Path | None) -> Project:
    return Project.at(folder) if folder else Project.here(Path.cwd())
