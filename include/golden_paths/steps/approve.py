"""approve: nothing serves before the people have said yes whom the policy names for the model's risk. Airflow asks them."""

from __future__ import annotations

from golden_paths import approval
from golden_paths.artifacts import Approval, Evidence, ModelVersion, TrainingSet
from golden_paths.errors import NotApproved
from golden_paths.lineage import of_model
from golden_paths.spec import PathSpec
from golden_paths.step import Step, StepContext


def run(context: StepContext) -> Approval:
    """What there is already. Raises `NotApproved` when people must be asked: that takes Airflow, which knows who answers."""
    version = context.take(ModelVersion)
    if made := approval.settled(context, version):
        context.log(said(made))
        return made
    raise NotApproved(
        f"version {version.version} of {version.model} waits for an approval, as the policy asks at risk {context.spec.risk}",
        remedy="put the spec into dags/: Airflow asks the approvers, and knows who they are",
    )


def said(made: Approval) -> str:
    """A line for the log."""
    if made.how == "people":
        return f"version {made.version} is approved by {', '.join(made.by)}"
    why = "a trial on this machine alone" if made.how == "trial" else "the policy asks nobody at this risk"
    return f"version {made.version} goes on without an approval: {why}"


def reads(spec: PathSpec) -> tuple[str, ...]:
    """The version, and what was said of it."""
    return (f"MLflow: model version and history of {spec.name}",)


def writes(spec: PathSpec) -> tuple[str, ...]:
    """Decisions."""
    return (f"MLflow: a decision in the history of {spec.name}",)


STEP = Step(
    name="approve",
    summary="Wait until the people whom the policy names have said yes to this version, with these bytes",
    consumes=(TrainingSet, Evidence, ModelVersion),
    produces=Approval,
    run=run,
    reads=reads,
    writes=writes,
    touched=of_model.approve,
    is_controller=True,
)
