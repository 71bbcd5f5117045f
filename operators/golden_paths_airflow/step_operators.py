"""One operator per step, so that the UI names what runs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from golden_paths.load import LoadedSpec
from golden_paths.spec import TrainSection
from golden_paths.steps import (
    build_training_set,
    canary,
    check_features,
    choose_champion,
    deploy,
    evaluate,
    materialize,
    promote,
    publish_scores,
    register,
    retire,
    score,
    smoke,
    train,
)
from golden_paths_airflow.approval import ApproveVersionOperator
from golden_paths_airflow.base import StepOperator
from golden_paths_airflow.links import EndpointLineageLink, EndpointLink, LineageLink, MlflowRunLink, ModelVersionLink


class MaterializeFeaturesOperator(StepOperator):
    """Write the feature service to Feast's online store and check its freshness."""

    step = materialize.STEP
    operator_extra_links = (LineageLink(),)


class CheckFeaturesOperator(StepOperator):
    """Hold the rows that are to be written to their contract."""

    step = check_features.STEP
    operator_extra_links = (LineageLink(),)


class BuildTrainingSetOperator(StepOperator):
    """Freeze a point-in-time training set under its SHA-256."""

    step = build_training_set.STEP
    operator_extra_links = (MlflowRunLink(), LineageLink())


class TrainModelOperator(StepOperator):
    """Fit a model on the training set and log it to MLflow."""

    step = train.STEP
    operator_extra_links = (MlflowRunLink(), LineageLink())

    def __init__(self, *, loaded: LoadedSpec, **arguments: Any) -> None:
        # The step ends a fit that takes too long; this ends what hangs around it, an MLflow that does not answer.
        if "execution_timeout" not in arguments:
            arguments["execution_timeout"] = loaded.spec.need(TrainSection).timeout + timedelta(minutes=10)
        super().__init__(loaded=loaded, **arguments)


class EvaluateModelOperator(StepOperator):
    """Judge the model on the held-out part, against bounds and champion."""

    step = evaluate.STEP
    operator_extra_links = (MlflowRunLink(), LineageLink())


class RegisterModelOperator(StepOperator):
    """Make a version in MLflow's model registry."""

    step = register.STEP
    operator_extra_links = (ModelVersionLink(), LineageLink())


class DeployModelOperator(StepOperator):
    """Start the version beside the endpoint."""

    step = deploy.STEP
    operator_extra_links = (LineageLink(),)


class SmokeTestOperator(StepOperator):
    """Replay the golden records against the candidate."""

    step = smoke.STEP
    operator_extra_links = (LineageLink(),)


class CanaryOperator(StepOperator):
    """Judge the candidate with a share of the traffic."""

    step = canary.STEP
    operator_extra_links = (LineageLink(),)


class PromoteModelOperator(StepOperator):
    """Give the endpoint's address to the candidate, and move the alias champion."""

    step = promote.STEP
    operator_extra_links = (EndpointLink(), LineageLink(), EndpointLineageLink())


class RetireVersionsOperator(StepOperator):
    """Put versions that served before to rest; waits for that without a worker."""

    step = retire.STEP
    operator_extra_links = (LineageLink(),)

    def execute(self, context: Mapping[str, Any]) -> dict[str, Any]:
        """What is due now, and again when the next is due."""
        made = super().execute(context)
        if made["due"]:
            from airflow.providers.standard.triggers.temporal import DateTimeTrigger

            self.defer(trigger=DateTimeTrigger(datetime.fromisoformat(made["due"])), method_name="execute_again")
        return made

    def execute_again(self, context: Mapping[str, Any], event: Any = None) -> dict[str, Any]:
        """When the triggerer says that it is time."""
        return self.execute(context)


class ChooseChampionOperator(StepOperator):
    """Find the version that may score this interval."""

    step = choose_champion.STEP
    operator_extra_links = (LineageLink(),)


class ScoreOperator(StepOperator):
    """Ask the chosen version about every row of the interval."""

    step = score.STEP
    operator_extra_links = (MlflowRunLink(), LineageLink())


class PublishScoresOperator(StepOperator):
    """Put the interval's scores into the output folder, as a whole."""

    step = publish_scores.STEP
    operator_extra_links = (LineageLink(),)


OPERATORS: dict[str, type[StepOperator | ApproveVersionOperator]] = {
    operator.step.name: operator
    for operator in (
        CheckFeaturesOperator,
        MaterializeFeaturesOperator,
        BuildTrainingSetOperator,
        TrainModelOperator,
        EvaluateModelOperator,
        RegisterModelOperator,
        ApproveVersionOperator,
        DeployModelOperator,
        SmokeTestOperator,
        CanaryOperator,
        PromoteModelOperator,
        RetireVersionsOperator,
        ChooseChampionOperator,
        ScoreOperator,
        PublishScoresOperator,
    )
}
