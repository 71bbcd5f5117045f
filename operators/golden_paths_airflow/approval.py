"""ApproveVersionOperator: where a person's yes or no, given in Airflow, meets the version it is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from golden_paths import approval, approval_question
from golden_paths.artifacts import Approval, ModelVersion
from golden_paths.errors import NotApproved
from golden_paths.load import LoadedSpec
from golden_paths.record import Check
from golden_paths.step import StepContext
from golden_paths.steps import approve
from golden_paths_airflow.connections import settings
from golden_paths_airflow.links import LineageLink, ModelVersionLink, mlflow_ui
from golden_paths_airflow.question import NOBODY, Question, answer_of, identity
from golden_paths_airflow.step_task import StepTask


class ApproveVersionOperator(StepTask, Question):
    """Asks the people whom the policy names. A no, and no answer in time, fail this task: nothing after it runs."""

    step = approve.STEP
    operator_extra_links = (ModelVersionLink(), LineageLink())

    def __init__(self, *, loaded: LoadedSpec, **arguments: Any) -> None:
        rule, subject = approval.rule_of(loaded.spec, loaded.project), f"May a new version of {loaded.spec.name} serve?"
        super().__init__(**({"subject": subject, "rule": rule, "kept": "the model's history"} | arguments))
        self.loaded = loaded

    def execute(self, context: Any) -> dict[str, Any]:
        """The approval that there is, or the question."""
        seen = self.context_of(context, settings())
        with self.failing(seen, context["ti"]):
            version = seen.take(ModelVersion)
            if made := approval.settled(seen, version):
                return self._made(seen, made)
            approval.refuse_superseded(seen.clients.models, version)
            may = self._word(seen, version)
        return self.ask(context, identity(version), may)

    def execute_complete(self, context: Any, event: dict[str, Any], asked: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Somebody has answered, or nobody has in time."""
        seen = self.context_of(context, settings())
        with self.failing(seen, context["ti"]):
            version = seen.take(ModelVersion)
            if asked != identity(version):
                raise NotApproved(f"asked about was {asked}, and this run now has {identity(version)}", remedy="clear this task")
            self._decide(seen, version, event)
            if made := approval.settled(seen, version):
                return self._made(seen, made)
            may = self._word(seen, version)
        return self.ask(context, identity(version), may)

    def _word(self, seen: StepContext, version: ModelVersion) -> list[str]:
        """The question; returns those who may answer it."""
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
        self.log.info("version %s waits for %s of %s", version.version, rule.people - len(said), ", ".join(may))
        return [who for who in may if who not in said]

    def _decide(self, seen: StepContext, version: ModelVersion, event: Mapping[str, Any]) -> None:
        """Keep the answer. Raises `NotApproved` when it is no; what somebody else says does not count."""
        rule = approval.rule_of(seen.spec, seen.project)
        answer = answer_of(event, rule)
        if not answer.is_given:
            approval.decide(seen, version, yes=False, by=NOBODY, why=answer.why)
            raise NotApproved(f"version {version.version} is rejected: {answer.why}", remedy="run the path again")
        if rule and not answer.counts(rule, seen):
            self.log.warning("the answer of %s does not count: not one who may approve this", answer.name)
            return
        approval.refuse_superseded(seen.clients.models, version)
        entry = approval.decide(seen, version, yes=answer.is_yes, by=answer.by, why=answer.why)
        check = {"name": "approval", "subject": ModelVersion.name, "expected": "approved", "found": f"{entry.what} by {entry.by}"}
        seen.record.check(Check(**check, passed=answer.is_yes, is_gate=True))
        self.log.info("version %s is %s by %s: %s", version.version, entry.what, entry.by, answer.why)
        if not answer.is_yes:
            problem = f"version {version.version} is rejected by {entry.by}: {answer.why}"
            raise NotApproved(problem, remedy="what serves goes on serving")

    def _made(self, seen: StepContext, made: Approval) -> dict[str, Any]:
        seen.record.made = made
        self.log.info(approve.said(made))
        return made.model_dump(mode="json")
