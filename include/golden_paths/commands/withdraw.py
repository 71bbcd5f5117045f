"""withdraw: the emergency brake. The version that serves answers 503 with the reason, and is the champion no more."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from golden_paths import expiry
from golden_paths.clients.local_target import LocalTarget
from golden_paths.cluster.settings import ClusterSettings
from golden_paths.commands.endpoints import OnCluster, ProjectFolder
from golden_paths.commands.output import console
from golden_paths.connect import LazyClients, Settings
from golden_paths.errors import GoldenPathsError, StepFailed
from golden_paths.expiry import Address
from golden_paths.lineage import by_hand
from golden_paths.lineage.observed import kept
from golden_paths.lineage.places import Places
from golden_paths.project import Project


def withdraw(
    name: Annotated[str, typer.Argument(help="The model's name.")],
    reason: Annotated[str, typer.Option(help="Why; callers read it in every answer, and the model's history keeps it.")],
    on_cluster: OnCluster = False,
    project: ProjectFolder = None,
) -> None:
    """Withdraw the version that serves: its address answers 503 with the reason until another version is promoted."""
    settings = Settings.from_environment()
    here = Project.at(project) if project else Project.here(Path.cwd())
    clients = LazyClients(here, settings, _log)
    address = _address(here, clients.cluster, on_cluster)
    try:
        champion = clients.models.champion(name)
    except StepFailed as error:  # a brake must work without MLflow too
        _brake(address, name, reason, f"MLflow does not know of it yet: {error.problem}; call this again when that is mended")
        raise
    served = address.serving(name)
    if champion is None or (served and (served.version, served.digest) != (champion.version, champion.digest)):
        said = f"version {champion.version} is" if champion else "no version is"
        _brake(address, name, reason, f"{said} the champion in MLflow, so nothing was noted there")
        return
    run = f"withdraw__{datetime.now(UTC).isoformat(timespec='seconds')}"
    entry = expiry.withdraw_at(address, clients.models, champion, run=run, by=getpass.getuser(), reason=reason)
    places = Places(clients.tracking_uri, is_on_cluster=on_cluster, cluster=lambda: settings.cluster)
    by_hand.withdrawn(name, entry.why, places, kept(here), _log)
    console.print(f"[bold]{escape(name)}[/] version {escape(entry.version)} is withdrawn: {escape(entry.why)}")


def _address(project: Project, settings: ClusterSettings, on_cluster: bool) -> Address:
    if not on_cluster:
        return LocalTarget(project)
    from golden_paths.cluster.api import ClusterApi
    from golden_paths.rollout.withdrawal import ClusterAddress

    return ClusterAddress(ClusterApi(settings, _log), settings.serve_image)


def _brake(address: Address, name: str, reason: str, but: str) -> None:
    """The address alone. Raises when there is nothing to withdraw."""
    if not address.withdraw(name, reason):
        raise GoldenPathsError(
            f"no version of {name} serves; see: python -m golden_paths endpoints, or with --kubernetes what is on a cluster"
        )
    console.print(f"[bold]{escape(name)}[/] answers with its withdrawal; {escape(but)}")


def _log(line: str) -> None:
    console.print(f"    [dim]{escape(line)}[/]")
