"""ApproveVersionOperator: where a person's yes or no, given in Airflow, meets the version it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param
from airflow.sdk.exceptions import TaskAwaitingInput

from golden_paths import approval, approval_question
from golden_paths.artifacts import Approval, ModelVersion
from golden_paths.errors import NotApproved
from golden_paths.load import LoadedSpec
from golden_paths.record import Check
from golden_paths.step import StepContext
from golden_paths.steps import approve
from golden_paths.values import duration_text
from golden_paths_airflow.connections import settings
from golden_paths_airflow.links import LineageLink, ModelVersionLink, mlflow_ui
from golden_paths_airflow.step_task import DEFAULTS, StepTask

APPROVE, REJECT = "Approve", "Reject"
REASON = "reason"


class ApproveVersionOperator(StepTask, HITLOperator):
    """Asks the people whom the policy names, and waits without a worker or a triggerer. It renders no templates.

    A no, and no answer in time, fail this task: nothing after it runs, and the run is no success. Airflow's own
    ApprovalOperator succeeds on a no and skips what follows, which leaves the run green.
    """

    step = approve.STEP
    template_fields: Sequence[str] = ()
    ui_color = "#fdf6e3"
    operator_extra_links = (ModelVersionLink(), LineageLink())

    def __init__(self, *, loaded: LoadedSpec, **arguments: Any) -> None:
        rule = approval.rule_of(loaded.spec, loaded.project)
        reason = Param("", type="string", maxLength=approval.LONGEST, description="Why; it is kept in the model's history.")
        own: dict[str, Any] = {
            "subject": f"May a new version of {loaded.spec.name} serve?",
            "options": [APPROVE, REJECT],
            "params": {REASON: reason},
            "response_timeout": rule.within if rule else None,
        }
        super().__init__(**(DEFAULTS | own | arguments))
        self.loaded = loaded

    def execute(self, context: Any) -> dict[str, Any]:
        """The approval that there is, or the question."""
        seen = self.context_of(context, settings())
        with self.failing(seen, context["ti"]):
            version = seen.take(ModelVersion)
            if made := approval.settled(seen, version):
                return self._made(seen, made)
            approval.refuse_superseded(seen.clients.models, version)
            self._word(seen, version)
        return self._ask(context, version)

    def execute_complete(self, context: Any, event: dict[str, Any], asked: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Somebody has answered, or nobody has in time."""
        seen = self.context_of(context, settings())
        with self.failing(seen, context["ti"]):
            version = seen.take(ModelVersion)
            if asked != _identity(version):
                raise NotApproved(f"asked about was {asked}, and this run now has {_identity(version)}", remedy="clear this task")
            self._decide(seen, version, event)
            if made := approval.settled(seen, version):
                return self._made(seen, made)
            self._word(seen, version)
        return self._ask(context, version)

    def _word(self, seen: StepContext, version: ModelVersion) -> None:
        """The question, and those who may answer it."""
        rule = approval.rule_of(seen.spec, seen.project)
        may = approval.eligible(rule, seen) if rule else []
        said = {one.by for one in approval.given(seen.clients.models, version)}
        if rule is None or len(may) < rule.people:
            raise NotApproved(
                f"nobody is left to approve {seen.spec.name}: who asked for the run ({seen.run.by}) or owns the model may not",
                remedy="have another approver named in the policy, or have somebody else start the run",
            )
        self.subject = f"May version {version.version} of {version.model} serve?"
        self.body = approval_question.worded(seen, version, mlflow_ui())
        self.assigned_users = [{"id": who, "name": who} for who in may if who not in said]
        self.log.info("version %s waits for %s of %s", version.version, rule.people - len(said), ", ".join(may))

    def _ask(self, context: Any, version: ModelVersion) -> dict[str, Any]:
        try:
            made: dict[str, Any] = HITLOperator.execute(self, context)
        except TaskAwaitingInput as waiting:
            waiting.kwargs = {"asked": _identity(version)}  # the answer is to this question, whatever the run has by then
            raise
        return made

    def _decide(self, seen: StepContext, version: ModelVersion, event: Mapping[str, Any]) -> None:
        """Keep the answer. Raises `NotApproved` when it is no; what somebody else says does not count."""
        models, rule = seen.clients.models, approval.rule_of(seen.spec, seen.project)
        if "error" in event:
            is_late = event.get("error_type") == "timeout"
            why = f"nobody answered within {duration_text(rule.within)}" if is_late and rule else str(event["error"])
            approval.decide(seen, version, yes=False, by="nobody", why=why)
            raise NotApproved(f"version {version.version} is rejected: {why}", remedy="run the path again")
        who = event["responded_by_user"] or {}
        if rule and (who.get("id") not in approval.eligible(rule, seen) or who.get("name") in (seen.run.by, seen.spec.owner)):
            self.log.warning("the answer of %s does not count: not one who may approve this", who.get("name"))
            return
        approval.refuse_superseded(models, version)
        is_yes, why = event["chosen_options"] == [APPROVE], str((event["params_input"] or {}).get(REASON) or "no reason given")
        entry = approval.decide(seen, version, yes=is_yes, by=str(who.get("id")), why=why)
        check = {"name": "approval", "subject": ModelVersion.name, "expected": "approved", "found": f"{entry.what} by {entry.by}"}
        seen.record.check(Check(**check, passed=is_yes, is_gate=True))
        self.log.info("version %s is %s by %s: %s", version.version, entry.what, entry.by, why)
        if not is_yes:
            raise NotApproved(f"version {version.version} is rejected by {entry.by}: {why}", remedy="what serves goes on serving")

    def _made(self, seen: StepContext, made: Approval) -> dict[str, Any]:
        seen.record.made = made
        self.log.info(approve.said(made))
        return made.model_dump(mode="json")


def _identity(version: ModelVersion) -> dict[str, str]:
    return {"version": version.version, "digest": version.digest}
