"""A question to people, and their answer: what approvals and certificates have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param
from airflow.sdk.exceptions import TaskAwaitingInput

from golden_paths import approval
from golden_paths.artifacts import ModelVersion
from golden_paths.policy.model import ApprovalRule
from golden_paths.step import StepContext
from golden_paths.values import duration_text
from golden_paths_airflow.step_task import DEFAULTS

APPROVE, REJECT = "Approve", "Reject"
REASON = "reason"
NOBODY = "nobody"


@dataclass(frozen=True)
class Answer:
    """What came of a question. `by` is an id of Airflow's, `name` what that user is called. Not given: a no of nobody's."""

    is_yes: bool
    by: str
    name: str
    why: str
    is_given: bool = True

    def counts(self, rule: ApprovalRule, seen: StepContext) -> bool:
        """Whether it is from one of those who may, today. That nobody answered counts."""
        if not self.is_given:
            return True
        return self.by in approval.eligible(rule, seen) and self.name not in (seen.run.by, seen.spec.owner)


class Question(HITLOperator):
    """Waits without a worker or a triggerer. It renders no templates.

    Airflow's own ApprovalOperator succeeds on a no and skips what follows, which leaves the run green.
    """

    template_fields: Sequence[str] = ()
    ui_color = "#fdf6e3"

    def __init__(self, *, subject: str, rule: ApprovalRule | None, kept: str, **arguments: Any) -> None:
        reason = Param("", type="string", maxLength=approval.LONGEST, description=f"Why; it is kept in {kept}.")
        own: dict[str, Any] = {
            "subject": subject,
            "options": [APPROVE, REJECT],
            "params": {REASON: reason},
            "response_timeout": rule.within if rule else None,
        }
        super().__init__(**(DEFAULTS | own | arguments))

    def ask(self, context: Any, asked: Mapping[str, Any], may: Iterable[str]) -> dict[str, Any]:
        """Wait for one of these. The answer is to this question, whatever there is by then: `asked` comes back with it."""
        self.assigned_users = [{"id": who, "name": who} for who in may]
        try:
            made: dict[str, Any] = HITLOperator.execute(self, context)
        except TaskAwaitingInput as waiting:
            waiting.kwargs = {"asked": dict(asked)}
            raise
        return made


def answer_of(event: Mapping[str, Any], rule: ApprovalRule | None) -> Answer:
    """What the task was woken with. No answer in time, and one that Airflow could not take, are a no of nobody's."""
    if "error" in event:
        is_late = event.get("error_type") == "timeout" and rule is not None
        why = f"nobody answered within {duration_text(rule.within)}" if is_late and rule else str(event["error"])
        return Answer(False, NOBODY, NOBODY, why, is_given=False)
    who = event["responded_by_user"] or {}
    why = str((event["params_input"] or {}).get(REASON) or "no reason given")
    return Answer(event["chosen_options"] == [APPROVE], str(who.get("id")), str(who.get("name")), why)


def identity(version: ModelVersion) -> dict[str, str]:
    """What a question is about, byte for byte."""
    return {"version": version.version, "digest": version.digest}
