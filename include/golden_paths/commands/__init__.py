"""The commands, one file a topic. `main` is the entry point."""

from __future__ import annotations

import sys

import typer

from golden_paths.commands import (
    audit,
    card,
    contract,
    endpoints,
    history,
    lineage,
    policy,
    predictions,
    rollback,
    run,
    specs,
    watch,
    withdraw,
)
from golden_paths.errors import GoldenPathsError

app = typer.Typer(
    name="golden-paths",
    help="From one YAML file to a served, checked and documented model.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command()(specs.validate)
app.command()(specs.plan)
app.command()(specs.schema)
app.command()(specs.new)
app.command()(run.run)
app.command()(endpoints.endpoints)
app.command()(endpoints.stop)
app.command()(rollback.rollback)
app.command()(withdraw.withdraw)
app.command()(watch.watch)
app.command()(history.history)
app.command()(predictions.predictions)
app.command()(card.card)
app.command()(lineage.impact)
app.add_typer(lineage.app, name="lineage")
app.add_typer(audit.app, name="audit")
app.add_typer(contract.app, name="contract")
app.add_typer(policy.app, name="policy")


def main() -> None:
    """Run the command line. Our own errors are messages and exit code 1, not tracebacks."""
    try:
        app()
    except GoldenPathsError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(1) from error
