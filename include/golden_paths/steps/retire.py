"""retire: what served before is put to rest when it was kept warm long enough, and removed when newer ones are kept."""

from __future__ import annotations

from golden_paths.artifacts import Endpoint, Retirement
from golden_paths.lineage import of_endpoint
from golden_paths.spec import DeploySection, PathSpec
from golden_paths.step import Step, StepContext
from golden_paths.steps import canary


def run(context: StepContext) -> Retirement:
    """Look once: what is due is done, and the moment of the next is returned."""
    endpoint = context.take(Endpoint)
    due = context.clients.target(context.spec).retire(endpoint.endpoint)
    if due:
        context.log(f"a version that served before is kept warm until {due:%Y-%m-%d %H:%M:%S %Z}")
    return Retirement(endpoint=endpoint.endpoint, due=due)


def reads(spec: PathSpec) -> tuple[str, ...]:
    """What serves, and what served before."""
    return (f"endpoint {spec.name}",)


def writes(spec: PathSpec) -> tuple[str, ...]:
    """Versions that served before."""
    deploy = spec.need(DeploySection)
    return (f"endpoint {spec.name}: versions that served before, {deploy.keep_versions} are kept",)


STEP = Step(
    name="retire",
    summary="Scale versions that served before to zero when they were kept warm long enough; keep the stated number",
    consumes=(Endpoint,),
    produces=Retirement,
    run=run,
    reads=reads,
    writes=writes,
    touched=of_endpoint.retire,
    applies=canary.applies,
    is_controller=True,
)
