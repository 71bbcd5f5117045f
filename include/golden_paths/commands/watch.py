"""watch: one look at a model that serves, without Airflow. It says what is wrong, and starts nothing."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from golden_paths.commands.output import AsJson, console, print_json
from golden_paths.commands.spans import span
from golden_paths.connect import LazyClients, Settings
from golden_paths.errors import GoldenPathsError
from golden_paths.load import read_spec
from golden_paths.monitor_artifacts import Watched
from golden_paths.monitor_sections import MonitorSection
from golden_paths.step import Run, StepContext
from golden_paths.steps import watch as step


def watch(
    file: Annotated[Path, typer.Argument(help="The spec file.")],
    since: Annotated[str | None, typer.Option(help="How far back, as in 6h. Absent: monitor.window, or a day.")] = None,
    as_json: AsJson = False,
) -> None:
    """Look at the model that serves. Exit code 1 when something alarms."""
    loaded, now = read_spec(file), datetime.now(UTC)
    spec, monitor = loaded.spec, loaded.spec.monitor
    if monitor is None:
        raise GoldenPathsError(f"{file.name} has no section monitor; add one, as in monitor: {{drift: {{}}}}")
    if since:
        section = MonitorSection.model_validate(monitor.model_dump() | {"window": span(since, "--since")})
        spec = spec.model_copy(update={"monitor": section})
    clients = LazyClients(loaded.project, Settings.from_environment(), lambda _: None)
    run = Run(f"cli__{now.isoformat(timespec='seconds')}", end=now, by=getpass.getuser())
    made = step.run(StepContext(spec, loaded.digest, loaded.project, run, clients, lambda _: None))
    if as_json:
        print_json(made.model_dump(mode="json"))
    else:
        _show(made)
    raise typer.Exit(1 if made.alarms else 0)


def _show(made: Watched) -> None:
    if not made.version:
        console.print(f"no version of {made.model} serves")
        return
    for one in made.verdicts:
        console.print(f"[bold red]ALARM[/]  {escape(one.words)}" if one.is_alarm else f"       {escape(one.words)}")
    console.print(f"{made.rows} answers of version {made.version} since {made.start:%Y-%m-%d %H:%M} UTC; {escape(made.report)}")
