"""contract: draft a data contract from the training frame of a spec, and check that frame against one."""

from __future__ import annotations

import dataclasses
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from golden_paths import parquet
from golden_paths.clients import TrainingFrame
from golden_paths.commands.output import AsJson, console, errors, print_json
from golden_paths.connect import LazyClients, Settings
from golden_paths.contract import checking, model, suggesting
from golden_paths.errors import GoldenPathsError
from golden_paths.load import LoadedSpec, read_draft
from golden_paths.spec import TrainingSetSection

if TYPE_CHECKING:
    import pandas as pd

app = typer.Typer(no_args_is_help=True, help="What a spec's training data must keep: draft it, check it.")
Spec = Annotated[Path, typer.Argument(help="The spec file.", metavar="SPEC")]
Sensitive = Annotated[
    list[str] | None,
    typer.Option("--sensitive", metavar="COLUMN", help="Tell no value of it either, beside training_set.sensitive; repeatable."),
]


@app.command()
def suggest(
    spec: Spec,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write it to FILE, which must not be there yet."),
    ] = None,
    sensitive: Sensitive = None,
) -> None:
    """Draft a contract from the data as they are: commented, and kept by them."""
    if output and output.exists():  # said before the join, which may take long
        raise _is_there(output)
    loaded = read_draft(spec)
    frame, made = _training_frame(loaded)
    section = loaded.spec.need(TrainingSetSection)
    hidden = (*section.sensitive, *(sensitive or ()))
    text = suggesting.suggest(frame, keys=made.keys, timestamp=made.timestamp, label=section.label, sensitive=hidden)
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        with output.open("x") as stream:
            stream.write(text)
    except FileExistsError as error:
        raise _is_there(output) from error
    except OSError as error:
        raise GoldenPathsError(f"{output} cannot be written ({error.strerror}); name another file") from error
    check_it = f"python -m golden_paths contract check {spec} {output}"
    console.print(f"wrote {escape(str(output))}; next: edit it, then {escape(check_it)}")


@app.command()
def check(
    spec: Spec,
    file: Annotated[Path, typer.Argument(help="The contract.", metavar="FILE")],
    sensitive: Sensitive = None,
    as_json: AsJson = False,
) -> None:
    """Say everything that breaks a contract in the data as they are now. Exit code 1 when something does."""
    loaded = read_draft(spec)
    contract = model.read(file.absolute(), loaded.project.root)
    frame, made = _training_frame(loaded)
    section = loaded.spec.need(TrainingSetSection)
    found = checking.check(
        frame,
        contract,
        keys=made.keys,
        timestamp=made.timestamp,
        label=section.label,
        sensitive=(*section.sensitive, *(sensitive or ())),
        as_of=datetime.now(UTC),
    )
    if as_json:
        print_json([dataclasses.asdict(violation) for violation in found])
    for violation in () if as_json else found:
        errors.print(f"[red]{escape(str(violation))}[/]")
    if found:
        raise typer.Exit(1)
    if not as_json:
        console.print(f"[green]kept[/]  {escape(str(file))} by {len(frame)} rows")


def _training_frame(loaded: LoadedSpec) -> tuple[pd.DataFrame, TrainingFrame]:
    """The point-in-time join of the spec, as build_training_set makes it, and what its columns are."""

    def log(line: str) -> None:
        errors.print(f"[dim]{escape(line)}[/]")

    if loaded.spec.training_set is None or loaded.spec.features is None:
        raise GoldenPathsError(f"{loaded.spec.name} has no training set; name the spec of a model that is trained on the data")
    features, section = loaded.spec.features, loaded.spec.training_set
    store = LazyClients(loaded.project, Settings.from_environment(), log).feature_store(features.repo)
    with tempfile.TemporaryDirectory(prefix="golden-paths-") as folder:
        made = store.training_frame(
            features.service,
            entities=loaded.project.path(section.entities),
            label=section.label,
            destination=Path(folder) / "joined.parquet",
            sensitive=section.sensitive,
        )
        return parquet.read(made.path), made


def _is_there(output: Path) -> GoldenPathsError:
    return GoldenPathsError(f"{output} is there already; choose another name, or edit it")
