"""validate, plan, schema and new: everything about a spec that touches nothing."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from golden_paths.commands import manifests
from golden_paths.commands.output import AsJson, console, errors, print_json
from golden_paths.errors import GoldenPathsError
from golden_paths.folder import read_files, spec_files
from golden_paths.load import read_spec
from golden_paths.plan import Plan, make_plan
from golden_paths.project import Project
from golden_paths.spec import PathSpec
from golden_paths.starter import STARTERS, starter

SCHEMA_FILE = Path(__file__).parents[1] / "path.schema.json"


def schema_text() -> str:
    """The JSON Schema of a spec, as it stands in path.schema.json."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | PathSpec.model_json_schema()
    return json.dumps(schema, indent=2) + "\n"


def validate(
    paths: Annotated[list[Path] | None, typer.Argument(help="Spec files or folders; absent: dags/.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check specs and say everything that is wrong with any of them. Exit code 1 when something is."""
    named = [file for path in paths or [_dags()] for file in (spec_files(path) if path.is_dir() else [path])]
    good, broken = read_files({file.absolute(): file for file in named}.values())
    problems = [problem for _, error in broken for problem in error.problems]
    if as_json:
        print_json(
            {"valid": [str(one.file) for one in good], "problems": [dataclasses.asdict(one) for one in problems]}
        )
    else:
        for loaded in good:
            console.print(
                f"[green]valid[/]   {escape(str(loaded.file))}  {escape(loaded.spec.name)} on {escape(loaded.spec.golden_path)}"
            )
        for problem in problems:
            errors.print(f"[red]{escape(str(problem))}[/]")
        if not good and not broken:
            errors.print("no spec found; name a *.yaml file or a folder that holds some")
    if broken or not good:
        raise typer.Exit(1)


def plan(
    file: Annotated[Path, typer.Argument(help="The spec file.")],
    as_json: AsJson = False,
    to: Annotated[
        str | None,
        typer.Option("--manifests", metavar="FILE", help="Write every Kubernetes object of a rollout to FILE; -: print them."),
    ] = None,
) -> None:
    """Show the steps of a spec, their edges, what each reads and writes. Touches nothing."""
    loaded = read_spec(file)
    if to is not None:
        manifests.write(loaded, to)
        return
    made = make_plan(loaded.spec)
    if as_json:
        print_json(_plan_data(made))
        return
    console.print(f"[bold]{escape(made.spec.name)}[/] on {made.path.id}: {made.path.promise}")
    for step in made.steps:
        after = f"  after {', '.join(step.needs)}" if step.needs else ""
        console.print(f"\n[bold]{step.name}[/]{after}\n    {escape(step.summary)}")
        for verb, places in (("reads ", step.reads), ("writes", step.writes)):
            for place in places:
                console.print(f"    {verb}  {escape(place)}")


def schema(
    write: Annotated[bool, typer.Option("--write", help="Write it to path.schema.json in the package.")] = False,
) -> None:
    """Print the JSON Schema of a spec, for editors."""
    if write:
        SCHEMA_FILE.write_text(schema_text())
    else:
        typer.echo(schema_text(), nl=False)


def new(
    name: Annotated[str, typer.Argument(help="The model's name, as in churn-next-month.")],
    folder: Annotated[Path | None, typer.Option(help="Where to write NAME.yaml; absent: the project's dags/.")] = None,
    path: Annotated[str, typer.Option(help=f"The golden path: {' or '.join(STARTERS)}.")] = "online-model",
) -> None:
    """Write a commented starter spec. A file that is there is never overwritten."""
    from pydantic import TypeAdapter, ValidationError

    from golden_paths.values import ModelName

    try:
        TypeAdapter(ModelName).validate_python(name)
    except ValidationError as error:
        problem, _, remedy = str(error.errors()[0]["ctx"]["error"]).partition("|")
        raise GoldenPathsError(f"'{name}' {problem}; {remedy}") from error
    if path not in STARTERS:
        raise GoldenPathsError(f"there is no starter for '{path}'; known are {', '.join(STARTERS)}")
    folder = folder or _dags()
    target = folder / f"{name}.yaml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with target.open("x") as stream:
            stream.write(starter(name, path))
    except FileExistsError as error:
        raise GoldenPathsError(f"{target} is there already; choose another name, or edit it") from error
    console.print(
        f"wrote {escape(str(target))}; next: fill it in, then python -m golden_paths validate {escape(str(target))}"
    )


def _dags() -> Path:
    """dags/ of the project this is called in; relative as long as that says where it is."""
    folder = Project.here(Path.cwd()).root / "dags"
    return Path("dags") if folder == Path("dags").resolve() else folder


def _plan_data(made: Plan) -> dict[str, Any]:
    return {
        "name": made.spec.name,
        "golden_path": made.path.id,
        "steps": [dataclasses.asdict(step) for step in made.steps],
        "edges": [list(edge) for edge in made.edges],
    }
