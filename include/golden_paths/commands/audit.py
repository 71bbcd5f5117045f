"""audit: why a version served then, as a pack that shows every change; and whether a pack was changed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from golden_paths.commands.endpoints import ProjectFolder
from golden_paths.commands.grouped import group
from golden_paths.commands.output import console, errors
from golden_paths.connect import LazyClients, Settings
from golden_paths.errors import GoldenPathsError
from golden_paths.project import Project

if TYPE_CHECKING:
    from golden_paths.audit.collecting import Sources
    from golden_paths.audit.found import Audit


app = group(
    "pack", help="Why a version served: audit NAME -o FILE.zip. Whether a pack was changed: audit verify FILE.zip."
)


@app.command()
def pack(
    name: Annotated[str, typer.Argument(help="The model's name.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE.zip", help="The pack; a file that is there stays.")
    ],
    version: Annotated[str | None, typer.Option(help="The version; absent: the one that serves now.")] = None,
    at: Annotated[
        str | None, typer.Option(metavar="DATE", help="What served then: 2026-03-01, or 2026-03-01T12:00 (UTC).")
    ] = None,
    page: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="Write the pack's page beside it, too.")
    ] = None,
    project: ProjectFolder = None,
) -> None:
    """Collect why a version of a model served, look every id up, and pack it. `audit NAME` is the same."""
    from golden_paths.audit import contents, packing
    from golden_paths.audit.collecting import collect
    from golden_paths.digests import of_bytes

    for file in filter(None, (output, page)):
        packing.refuse_existing(file)
    where = Project.at(project) if project else Project.here(Path.cwd())
    case = collect(name, _sources(where), datetime.now(UTC), version=version, at=at)
    audit, files = contents.of(case)
    archive = packing.packed(files)
    packing.write(output, archive)
    if page:
        packing.write(page, files[contents.PAGE])
    _say(audit, output, of_bytes(archive))


def _say(audit: Audit, output: Path, digest: str) -> None:
    confirmed, total = audit.count("confirmed"), len(audit.proofs)
    console.print(escape(audit.summary))
    console.print(f"{confirmed} of {total} ids confirmed")
    for doubt in audit.doubts:
        console.print(f"  [yellow]{escape(doubt)}[/]")
    console.print(f"wrote [bold]{escape(str(output))}[/]; note its SHA-256 where nobody can change it: {digest}")


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(help="A pack.")],
    digest: Annotated[str, typer.Option(help="The SHA-256 that was printed when it was made.")] = "",
) -> None:
    """Say whether a pack is as it was made, to the byte. Exit code 1 when it is not."""
    from golden_paths.audit import packing
    from golden_paths.digests import of_bytes

    try:
        archive = file.read_bytes()
    except OSError as error:
        raise GoldenPathsError(f"{file} cannot be read: {error.strerror}; name a pack") from error
    found = packing.problems(archive, digest.strip().lower())
    for problem in found:
        errors.print(f"[red]changed[/] {escape(problem)}")
    if found:
        raise typer.Exit(1)
    held = "and is the one with the digest that was noted" if digest else f"its SHA-256 is {of_bytes(archive)}"
    console.print(
        f"[green]unchanged[/] {escape(str(file))}: every byte follows from its files and their manifest; {held}"
    )


def _sources(project: Project) -> Sources:
    from golden_paths.audit.cluster import RealCluster
    from golden_paths.audit.collecting import Sources
    from golden_paths.audit.marquez import Marquez
    from golden_paths.clients.local_target import LocalTarget
    from golden_paths.clients.mlflow_reader import MlflowReader
    from golden_paths.lineage.log import folder_of

    settings = Settings.from_environment()
    clients = LazyClients(project, settings, lambda _: None)
    return Sources(
        registry=MlflowReader(clients.tracking_uri),
        log=folder_of(project),
        marquez=Marquez.from_environment(),
        cluster=RealCluster(settings.cluster),
        endpoint=LocalTarget(project).serving,
    )
