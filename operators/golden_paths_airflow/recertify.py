"""RecertifyOperator: asks people whether the version that serves may go on for another max_age, and does what they say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from airflow.sdk.exceptions import AirflowException, AirflowFailException

from golden_paths import approval, expiry, recertification
from golden_paths.connect import LazyClients
from golden_paths.errors import StepFailed
from golden_paths.history import Entry
from golden_paths.lineage import of_endpoint
from golden_paths.lineage.places import Places
from golden_paths.lineage.touched import Dataset, Touched
from golden_paths.load import LoadedSpec
from golden_paths.recertification import Certifying
from golden_paths.step import StepContext
from golden_paths_airflow.connections import settings
from golden_paths_airflow.lineage import LineageTask
from golden_paths_airflow.links import EndpointLineageLink, EndpointLink, LineageLink, mlflow_ui
from golden_paths_airflow.question import Question, answer_of, identity
from golden_paths_airflow.step_task import run_of

Outcome = dict[str, Any]


class RecertifyOperator(LineageTask, Question):
    """A yes is kept in the model's history. A no, and no answer in time, withdraw the version and fail this task.

    When another version serves by the time of the answer, nothing is done.
    """

    operator_extra_links = (EndpointLink(), LineageLink(), EndpointLineageLink())

    def __init__(self, *, loaded: LoadedSpec, **arguments: Any) -> None:
        rule, subject = approval.rule_of(loaded.spec, loaded.project), f"May {loaded.spec.name} serve on?"
        super().__init__(**({"subject": subject, "rule": rule, "kept": "the model's history"} | arguments))
        self.loaded, self.withdrawn = loaded, ""

    def execute(self, context: Any) -> Outcome:
        """Ask about the version that serves, when it is old enough."""
        seen = self._begin(context)
        with self._failing():
            if gone := expiry.resume(seen.clients, seen.spec):  # what an attempt before was killed in the middle of
                raise self._gone(gone)
            if (version := recertification.due(seen)) is None:
                return {"outcome": "nothing to do"}
            certifying = Certifying(version, recertification.rule_of(seen))
            may = self._word(seen, certifying)
        return self.ask(context, _asked(certifying), may)

    def execute_complete(self, context: Any, event: dict[str, Any], asked: Mapping[str, Any] | None = None) -> Outcome:
        """Somebody has answered, or nobody has in time."""
        seen = self._begin(context)
        with self._failing():
            try:
                certifying = self._answered(seen, event, asked or {})
            except expiry.Superseded as superseded:
                self.log.warning("the answer comes too late: %s", superseded)
                return {"outcome": "superseded"}
            if isinstance(certifying, Entry):
                self.log.info("version %s is certified anew by %s: %s", certifying.version, certifying.by, certifying.why)
                return {"outcome": certifying.what, "version": certifying.version, "by": certifying.by}
            may = self._word(seen, certifying)
        return self.ask(context, _asked(certifying), may)

    def _answered(self, seen: StepContext, event: Mapping[str, Any], asked: Mapping[str, Any]) -> Entry | Certifying:
        """The entry when it is decided, else what is still asked."""
        version, rule = seen.clients.models.champion(seen.spec.name), recertification.rule_of(seen)
        if version is None or identity(version) != {name: asked.get(name) for name in identity(version)}:
            raise expiry.Superseded(f"asked about was version {asked.get('version')}", remedy="nothing is done")
        said = tuple((str(who), str(why)) for who, why in asked.get("said", ()))
        answer = answer_of(event, rule)
        if not answer.counts(rule, seen):
            self.log.warning("the answer of %s does not count: not one who may decide this", answer.name)
            return Certifying(version, rule, said)
        if not answer.is_yes:
            raise self._gone(recertification.refuse(seen, version, by=answer.by, why=answer.why))
        certifying = Certifying(version, rule, (*(one for one in said if one[0] != answer.by), (answer.by, answer.why)))
        return recertification.certify(seen, certifying) or certifying

    def _word(self, seen: StepContext, certifying: Certifying) -> list[str]:
        """The question; returns those who may answer it."""
        may, version = certifying.left(seen), certifying.version
        self.subject = f"May version {version.version} of {version.model} serve on?"
        self.body = recertification.worded(seen, certifying, mlflow_ui())
        self.log.info("version %s waits to be certified anew by one of %s", version.version, ", ".join(may))
        return may

    def _gone(self, entry: Entry) -> StepFailed:
        self.withdrawn = entry.why
        problem = f"version {entry.version} of {entry.model} is withdrawn: {entry.why}"
        return StepFailed(problem, remedy="its address answers 503 until the path has promoted another version")

    def _begin(self, context: Any) -> StepContext:
        self.seen = self.seen or self.lineage_context(context)
        return self.seen

    @contextmanager
    def _failing(self) -> Iterator[None]:
        try:
            yield
        except StepFailed as error:
            self.error = error
            raise (AirflowException if error.retry else AirflowFailException)(str(error)) from error

    def lineage_context(self, context: Mapping[str, Any]) -> StepContext:
        """Of the spec alone: what is asked about is the version that serves."""
        loaded, log = self.loaded, self.log.info
        clients = LazyClients(loaded.project, settings(), log)
        return StepContext(loaded.spec, loaded.digest, loaded.project, run_of(context["dag_run"]), clients, log)

    def touched(self, context: StepContext, places: Places) -> Touched:
        """The endpoint; when it was withdrawn, no model answers there any more."""
        from golden_paths.lineage import names

        asked = Dataset(names.endpoint(places.endpoints, context.spec.name), kind="ENDPOINT")
        gone = (of_endpoint.withdrawn(places, context.spec.name, self.withdrawn),) if self.withdrawn else ()
        return Touched((asked,), parts=gone)


def _asked(certifying: Certifying) -> dict[str, Any]:
    return identity(certifying.version) | {"said": [list(one) for one in certifying.said]}
