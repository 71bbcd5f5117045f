"""card: the model card of a version, made anew from what is recorded."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from golden_paths.commands.endpoints import ProjectFolder
from golden_paths.commands.output import console
from golden_paths.connect import LazyClients, Settings
from golden_paths.errors import GoldenPathsError
from golden_paths.project import Project


def card(
    name: Annotated[str, typer.Argument(help="The model's name.")],
    version: Annotated[str | None, typer.Option(help="The version; absent: the champion.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Write card.md with its plots, and card.html; absent: print one.")
    ] = None,
    html: Annotated[bool, typer.Option("--html/--markdown", help="What is printed.")] = False,
    project: ProjectFolder = None,
) -> None:
    """The model card of a version, from recorded evidence alone. Refused when a piece is missing, or is another model's."""
    from golden_paths.card import made
    from golden_paths.card.recorded import collect

    here = Project.at(project) if project else Project.here(Path.cwd())
    clients = LazyClients(here, Settings.from_environment(), lambda _: None)
    chosen = _chosen(clients.tracking_uri, name, version)
    files = made.files(collect(clients.tracking, clients.models, name, chosen))
    if out is None:
        typer.echo(files.html if html else files.markdown, nl=False)
        return
    try:
        written = files.write(out)
    except OSError as error:
        raise GoldenPathsError(f"{out} cannot be written: {error.strerror}; name a folder of yours") from error
    for page in written:
        console.print(f"wrote [bold]{escape(str(page))}[/]")
    console.print(f"version {escape(chosen)}, SHA-256 of card.md: {files.digest}")


def _chosen(tracking_uri: str, name: str, version: str | None) -> str:
    """The version asked for, or the champion. Raises when MLflow has no such model or version."""
    from golden_paths.clients.mlflow_reader import MlflowReader

    reader = MlflowReader(tracking_uri)
    known = [one.version for one in reader.versions(name)]
    if not known:
        names = ", ".join(reader.models()) or "none"
        raise GoldenPathsError(f"MLflow has no model '{name}'; its models: {names}")
    chosen = version or reader.champion(name)
    if chosen is None:
        raise GoldenPathsError(f"no version of {name} is the champion; name one with --version: {', '.join(known)}")
    if chosen not in known:
        raise GoldenPathsError(f"MLflow has no version {chosen} of {name}; it has: {', '.join(known)}")
    return chosen
