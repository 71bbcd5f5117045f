"""run: the whole path in one process."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from golden_paths.artifacts import Artifact, Endpoint
from golden_paths.commands.output import AsJson, console, errors, print_json
from golden_paths.connect import LazyClients, Settings
from golden_paths.data_artifacts import PublishedScores
from golden_paths.errors import GoldenPathsError, StepFailed
from golden_paths.lineage.observed import Observed, is_possible, kept
from golden_paths.load import read_spec
from golden_paths.plan import PlannedStep
from golden_paths.runner import StepDone, run_path
from golden_paths.spec import DeploySection, PathSpec
from golden_paths.step import Run

INTERRUPTED = 130  # as a shell says it


def run(
    file: Annotated[Path, typer.Argument(help="The spec file.")],
    run_id: Annotated[str | None, typer.Option(help="Repeat or resume this run; absent: a new one.")] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Do not show what the steps print.")] = False,
    as_json: AsJson = False,
    start: Annotated[str | None, typer.Option(help="Start of the interval, as in 2026-01-31; UTC. Goes with --end.")] = None,
    end: Annotated[str | None, typer.Option(help="End of the interval, which is not part of it. Absent: now.")] = None,
) -> None:
    """Run the whole path here, in one process, without Airflow."""
    loaded = read_spec(file)
    interval = _interval(start, end)

    def log(line: str) -> None:
        if not quiet and not as_json:
            console.print(f"    [dim]{escape(line)}[/]")

    def started(step: PlannedStep) -> None:
        if not as_json:
            console.print(f"[bold]{step.name}[/]  {escape(step.summary)}")

    settings = Settings.from_environment()
    clients = LazyClients(loaded.project, settings, log)
    run_id = run_id or f"cli__{datetime.now(UTC).isoformat(timespec='seconds')}"
    identity = Run(run_id, **interval, by=getpass.getuser(), is_trial=_is_trial(settings, loaded.spec))
    done: list[StepDone] = []
    try:
        observed = Observed(loaded, kept(loaded.project), log) if is_possible() else None
        for one in run_path(loaded, identity, clients, log=log, started=started, observed=observed):
            done.append(one)
            if not as_json:
                console.print(f"  [green]done[/] in {one.seconds:.1f} s")
    except (StepFailed, KeyboardInterrupt) as error:
        failed = isinstance(error, StepFailed)
        errors.print(f"[red]stopped:[/] {escape(str(error)) if failed else 'by Ctrl-C; what serves goes on serving'}")
        errors.print(f"resume with --run-id '{escape(identity.id)}'")
        raise typer.Exit(1 if failed else INTERRUPTED) from error
    if as_json:
        print_json([_data(one) for one in done])
    else:
        _told([one.artifact for one in done], loaded.spec, clients.tracking_uri)


def _is_trial(settings: Settings, spec: PathSpec) -> bool:
    """Whether nothing that others use is touched."""
    is_elsewhere = (spec.deploy and spec.deploy.to != "local") or (spec.score and spec.score.table)
    return settings.tracking_uri is None and not is_elsewhere


def _told(made: list[Artifact], spec: PathSpec, tracking_uri: str) -> None:
    """What the path was run for."""
    for artifact in made:
        if isinstance(artifact, Endpoint):
            _serves(artifact, spec, tracking_uri)
        elif isinstance(artifact, PublishedScores):
            console.print(f"[bold green]{artifact.rows} rows[/] are scored in {escape(artifact.path)}")


def _interval(start: str | None, end: str | None) -> dict[str, datetime]:
    """`end`, and `start` when the run has one. A time without a zone is in UTC."""
    if start and not end:
        raise GoldenPathsError("--start says from when; say until when, too: --end 2026-02-01")
    found = {"start": _moment(start, "--start")} if start else {}
    found["end"] = _moment(end, "--end") if end else datetime.now(UTC)
    if start and found["start"] >= found["end"]:
        raise GoldenPathsError(f"--start {start} is not before --end {end}; write the earlier one first")
    return found


def _moment(text: str, option: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise GoldenPathsError(f"{option} '{text}' is no time; write it as in 2026-01-31 or 2026-01-31T06:00") from error
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _serves(endpoint: Endpoint, spec: PathSpec, tracking_uri: str) -> None:
    name, is_local = endpoint.endpoint, spec.need(DeploySection).to == "local"
    inside = "" if is_local else " inside the cluster"
    console.print(f"[bold green]{name}[/] version {endpoint.version} answers at {endpoint.url}{inside}")
    if is_local:
        console.print(f"  its API: {endpoint.url}/docs   stop it: python -m golden_paths stop {name}")
    else:
        console.print(f"  from here: kubectl port-forward service/{name} 8080:http, in the same namespace")
        console.print(f"  the version before: python -m golden_paths rollback {name}")
        console.print(f"  stop it: python -m golden_paths stop {name} --kubernetes")
    console.print(f"  its run, metrics and report are in MLflow: {escape(_place(tracking_uri))}")


def _place(tracking_uri: str) -> str:
    """Where to look; an SQLite store needs a server first. A password in the address is not shown."""
    if tracking_uri.startswith("sqlite:"):
        return f"mlflow ui --backend-store-uri {tracking_uri}"
    scheme, _, rest = tracking_uri.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _data(one: StepDone) -> dict[str, Any]:
    return {"step": one.step.name, "seconds": round(one.seconds, 3), "artifact": one.artifact.model_dump(mode="json")}
