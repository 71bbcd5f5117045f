"""policy: what the platform team's file says, and the same as something that a cluster enforces."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
import yaml
from rich.markup import escape

from golden_paths import policy as policies
from golden_paths.commands.output import console
from golden_paths.errors import GoldenPathsError
from golden_paths.policy import admission
from golden_paths.policy.model import ApprovalRule, Tier
from golden_paths.project import Project
from golden_paths.values import duration_text

app = typer.Typer(no_args_is_help=True, help="include/policy.yaml: check it, and render it for a cluster.")
EXPIRED = {
    "recertify": "; when it has expired they are asked again",
    "withdraw": "; withdrawn when it has expired",
    "keep": "; kept, with an alarm, when it has expired",
}
Place = Annotated[Path, typer.Option("--project", help="The project, or a folder of it.")]


@app.command()
def check(project: Place = Path()) -> None:
    """Check the file, and say what it asks of specs and which waivers there are. Exit code 1 when something is wrong."""
    at = Project.of(project.absolute() / "spec.yaml")
    found = policies.read(at)
    if not at.path(policies.FILE).is_file():
        console.print(f"{policies.FILE} is not there: nothing is restricted")
        return
    for risk in ("minimal", "limited", "high"):
        tier = getattr(found.risk, risk)
        console.print(f"[bold]{risk:8}[/] needs {', '.join(tier.requires) or 'nothing more'}{_then(tier)}")
    for waiver in found.waivers:
        state = "[red]expired[/]" if waiver.has_expired() else "until"
        words = f"{waiver.model} without {waiver.gate}, by {waiver.owner}: {waiver.reason}"
        console.print(f"waiver   {escape(words)}; {state} {waiver.expires}")


def _then(tier: Tier) -> str:
    return _asked(tier.approval) + EXPIRED[tier.expiry]


def _asked(rule: ApprovalRule | None) -> str:
    if rule is None:
        return ""
    return escape(f"; approved by {rule.people} of {', '.join(rule.approvers)} within {duration_text(rule.within)}")


@app.command(name="admission")
def render(
    project: Place = Path(),
    to: Annotated[Path | None, typer.Option("--out", "-o", help="Write there; absent: print.")] = None,
) -> None:
    """The policy as ValidatingAdmissionPolicies, for kubectl apply -f. Rules hold in namespaces with the label
    golden-paths.dev/policy=enforced; those on owners and namespaces for every object with our labels.
    """
    objects = admission.rendered(policies.read(Project.of(project.absolute() / "spec.yaml")))
    if not objects:
        raise GoldenPathsError(f"{policies.FILE} restricts nothing that a cluster could enforce; see the README")
    text = yaml.safe_dump_all(objects, sort_keys=False, width=1000)
    if to:
        to.write_text(text)
    else:
        print(text, end="")  # noqa: T201 - as it is, for a pipe
