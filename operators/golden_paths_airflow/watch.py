"""The two tasks of NAME.watch: a look at the model that serves, and what follows from it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Asset, AssetAlias
from airflow.sdk.exceptions import AirflowFailException

from golden_paths.connect import Settings
from golden_paths.load import LoadedSpec
from golden_paths.monitor_artifacts import Renewal, Watched
from golden_paths.monitoring.renewal import RECERTIFY
from golden_paths.step import StepContext
from golden_paths.steps import renew, watch
from golden_paths_airflow import notices, watch_metrics
from golden_paths_airflow.base import StepOperator
from golden_paths_airflow.connections import settings
from golden_paths_airflow.links import LineageLink, MlflowRunLink
from golden_paths_airflow.step_task import DEFAULTS, StepTask

CONF = "golden_paths"  # of a run that a watch asked for: why, and who looked


class WatchModelOperator(StepOperator):
    """Look at the model that serves; metrics and notices go where Airflow and the policy send them."""

    step = watch.STEP
    operator_extra_links = (MlflowRunLink(), LineageLink())

    def execute(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """One look. Alarms are no failure of this task: what follows from them is the next one's."""
        made = super().execute(context)
        watched = Watched.model_validate_json(json.dumps(made))
        watch_metrics.emit(watched)
        if watched.news:
            words = [one.words for one in watched.alarms if one.cause in watched.news]
            notices.tell(self.loaded, "alarm", context, watched.model, words, self.log)
        return made


class RenewModelOperator(StepTask, TriggerDagRunOperator):
    """Ask for a run of the path, or for people; fail when it is theirs to act. It renders no templates."""

    step = renew.STEP
    template_fields: Sequence[str] = ()
    ui_color = "#f6eefb"

    def __init__(self, *, loaded: LoadedSpec, **arguments: Any) -> None:
        own: dict[str, Any] = {
            "trigger_dag_id": loaded.spec.name,
            "logical_date": None,
            "skip_when_already_exists": True,
            "openlineage_inject_parent_info": False,  # the run's conf is what we say of it
            "outlets": [AssetAlias(_alias(loaded))],
        }
        super().__init__(**(DEFAULTS | own | arguments))
        self.loaded = loaded

    def context_of(self, context: Mapping[str, Any], settings: Settings) -> StepContext:
        """With what Airflow knows of runs."""
        if self.seen is None:
            found = super().context_of(context, settings)
            self.seen = replace(found, state_of=lambda dag, run: state_of(context["ti"], dag, run))
        return self.seen

    def execute(self, context: Any) -> None:
        """Note first, then ask: a retry asks for the same run, which Airflow starts once."""
        seen = self.context_of(context, settings())
        with self.failing(seen, context["ti"]):
            made = self.step.run(seen)
            assert isinstance(made, Renewal)
            seen.record.made = made
        context["ti"].xcom_push(key="return_value", value=made.model_dump(mode="json"))
        self._tell(made, context)
        if made.action == "escalate":
            raise AirflowFailException(f"{made.model} needs people: {made.reason}")
        if made.action in ("retrain", "recertify"):
            self._ask(made, seen, context)

    def _ask(self, made: Renewal, seen: StepContext, context: Any) -> None:
        why = {"reason": made.reason, "causes": list(made.causes), "version": made.version, "asked_by": seen.run.id}
        name = made.model if made.action == "retrain" else f"{made.model}.{RECERTIFY}"
        context["outlet_events"][AssetAlias(_alias(self.loaded))].add(Asset(f"{made.model}.{made.action}"), extra=why)
        if seen.state_of(name, made.run) is not None:  # a retry: it was asked for, and the event was not kept
            return
        self.trigger_dag_id, self.trigger_run_id, self.conf = name, made.run, {CONF: why}
        super().execute(context)

    def _tell(self, made: Renewal, context: Any) -> None:
        event = {"retrain": "renewal", "escalate": "escalated", "recertify": "expired", "withdraw": "expired"}.get(made.action)
        if event and (made.action != "escalate" or made.is_news):
            notices.tell(self.loaded, event, context, made.model, [made.reason], self.log)


def _alias(loaded: LoadedSpec) -> str:
    return f"{loaded.spec.name}.renewals"


def state_of(ti: Any, dag: str, run: str) -> str | None:
    """The state of a run in Airflow's words; None when there is no such run."""
    if not ti.get_dr_count(dag_id=dag, run_ids=[run]):
        return None
    state = ti.get_dagrun_state(dag_id=dag, run_id=run)
    return str(getattr(state, "value", state))  # the text of Airflow's enumeration is DagRunState.RUNNING
