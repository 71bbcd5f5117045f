"""lineage and impact: what is made of what, from the event log, or from Marquez where OPENLINEAGE_URL names one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.tree import Tree

from golden_paths.commands import lineage_replay
from golden_paths.commands.grouped import group
from golden_paths.commands.output import AsJson, console, print_json
from golden_paths.errors import GoldenPathsError
from golden_paths.lineage import graph, log, marquez, walk
from golden_paths.lineage.delivery import Backend
from golden_paths.lineage.graph import Graph, Node
from golden_paths.lineage.walk import Branch
from golden_paths.project import Project

OfProject = Annotated[
    Path | None, typer.Option("--project", help="The project's folder; absent: the one this is called in.")
]
FromLog = Annotated[bool, typer.Option("--log", help="Ask the event log, although OPENLINEAGE_URL names Marquez.")]
DEPTH = 100
PIPE = 10_000  # columns: no line is longer
TITLES = {"up": "is made of", "down": "goes into"}
NOTHING = {"up": "is made of nothing that is known", "down": "goes into nothing"}


app = group(
    "show",
    help="What a dataset or a job is made of, and what is made of it: lineage NODE. What Marquez was not given: lineage replay.",
)


@app.command()
def show(
    node: Annotated[
        str, typer.Argument(help="A dataset or job: its name, or as much of its end as no other has.", metavar="NODE")
    ],
    up: Annotated[bool, typer.Option("--up", help="Only what it is made of.")] = False,
    down: Annotated[bool, typer.Option("--down", help="Only what is made of it.")] = False,
    column: Annotated[str | None, typer.Option(help="Follow this column of it, by the event log.")] = None,
    depth: Annotated[int, typer.Option(min=1, help="Steps to go; a dataset and a job are two.")] = DEPTH,
    from_log: FromLog = False,
    project: OfProject = None,
    as_json: AsJson = False,
) -> None:
    """Show what a dataset or a job is made of, and what is made of it. `lineage NODE` is the same."""
    here = _project(project)
    backend = None if from_log or column else Backend.from_environment()
    found, start = _found(here, backend, node)
    both = up == down
    trees = {
        name: _tree(found, start, column, upwards=upwards, depth=depth)
        for name, upwards, wanted in (("up", True, up or both), ("down", False, down or both))
        if wanted
    }
    if as_json:
        print_json({"node": start.id, **{name: [_data(one) for one in branch.branches] for name, branch in trees.items()}})
        return
    for name, branch in trees.items():
        tree = Tree(f"{_label(found, branch)} [dim]{TITLES[name] if branch.branches else NOTHING[name]}[/]")
        _grow(tree, branch, found)
        _show(tree)


@app.command()
def replay(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say how much is missing.")] = False,
    project: OfProject = None,
    as_json: AsJson = False,
) -> None:
    """Send Marquez what it was not given, in order, each event once."""
    lineage_replay.run(_project(project), dry_run=dry_run, as_json=as_json)


def impact(
    source: Annotated[str, typer.Argument(help="A source, or any other dataset: its name, or the end of it.")],
    from_log: FromLog = False,
    project: OfProject = None,
    as_json: AsJson = False,
) -> None:
    """List the models and endpoints that a source feeds."""
    here = _project(project)
    found, start = _found(here, None if from_log else Backend.from_environment(), source)
    models, endpoints = walk.impact(found, start)
    if as_json:
        print_json({"source": start.id, "models": [one.id for one in models], "endpoints": [one.id for one in endpoints]})
        return
    console.print(f"{escape(str(start))} feeds {len(models)} models and {len(endpoints)} endpoints")
    for what, nodes in (("model", models), ("endpoint", endpoints)):
        for node in nodes:
            console.print(f"  {what:9} {escape(str(node))}{_note(found, node)}")


def _found(project: Project, backend: Backend | None, text: str) -> tuple[Graph, Node]:
    """The graph around a node, and the node."""
    if backend:
        start = walk.resolve(text, marquez.named(backend, text))
        around = marquez.around(backend, start)
        if around.nodes:
            return around, walk.resolve(start.id, around.nodes)
        problem = f"Marquez has no edge of {start}: it is unknown there, or no job's latest run touched it"
        raise GoldenPathsError(f"{problem}; {marquez.FROM_THE_LOG}")
    folder = log.folder_of(project)
    found = graph.of_events(log.read(folder))
    if not found.nodes:
        problem = f"no run in the event log in {folder} has ended and read or written anything"
        raise GoldenPathsError(f"{problem}; run a path, or name another project with --project")
    return found, walk.resolve(text, found.nodes)


def _tree(found: Graph, start: Node, column: str | None, *, upwards: bool, depth: int) -> Branch:
    if column is None:
        return walk.tree(found, start, upwards=upwards, depth=depth)
    return walk.column_tree(found, walk.column_of(found, start, column), upwards=upwards, depth=depth)


def _show(tree: Tree) -> None:
    """A terminal folds what is too long for it; a pipe gets whole lines. Rich would cut both."""
    out = console if console.is_terminal else Console(highlight=False, width=PIPE)
    out.print(tree, soft_wrap=False, overflow="fold")


def _grow(tree: Tree, branch: Branch, found: Graph) -> None:
    for one in branch.branches:
        _grow(tree.add(_label(found, one)), one, found)


def _label(found: Graph, branch: Branch) -> str:
    node = branch.node
    name = f"[bold]{escape(node.name.name)}[/]" if node.kind == "job" else escape(str(node))
    return f"{name}{_note(found, node)}{' [dim](see above)[/]' if branch.is_repeated else ''}"


def _note(found: Graph, node: Node) -> str:
    note = found.notes.get(node, "")
    return f" [dim]{escape(note)}[/]" if note else ""


def _data(branch: Branch) -> dict[str, Any]:
    return {"node": branch.node.id, "repeated": branch.is_repeated, "next": [_data(one) for one in branch.branches]}


def _project(folder: Path | None) -> Project:
    return Project.at(folder) if folder else Project.here(Path.cwd())
