"""One operator per step, so that the UI names what runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from golden_paths.load import LoadedSpec
from golden_paths.spec import TrainSection
from golden_paths.steps import build_training_set, deploy, evaluate, materialize, promote, register, smoke, train
from golden_paths_airflow.base import StepOperator
from golden_paths_airflow.links import EndpointLink, MlflowRunLink, ModelVersionLink


class MaterializeFeaturesOperator(StepOperator):
    """Write the feature service to Feast's online store and check its freshness."""

    step = materialize.STEP


class BuildTrainingSetOperator(StepOperator):
    """Freeze a point-in-time training set under its SHA-256."""

    step = build_training_set.STEP
    operator_extra_links = (MlflowRunLink(),)


class TrainModelOperator(StepOperator):
    """Fit a model on the training set and log it to MLflow."""

    step = train.STEP
    operator_extra_links = (MlflowRunLink(),)

    def __init__(self, *, loaded: LoadedSpec, **arguments: Any) -> None:
        # The step ends a fit that takes too long; this ends what hangs around it, an MLflow that does not answer.
        if "execution_timeout" not in arguments:
            arguments["execution_timeout"] = loaded.spec.need(TrainSection).timeout + timedelta(minutes=10)
        super().__init__(loaded=loaded, **arguments)


class EvaluateModelOperator(StepOperator):
    """Judge the model on the held-out part, against bounds and champion."""

    step = evaluate.STEP
    operator_extra_links = (MlflowRunLink(),)


class RegisterModelOperator(StepOperator):
    """Make a version in MLflow's model registry."""

    step = register.STEP
    operator_extra_links = (ModelVersionLink(),)


class DeployModelOperator(StepOperator):
    """Start the version beside the endpoint."""

    step = deploy.STEP


class SmokeTestOperator(StepOperator):
    """Replay the golden records against the candidate."""

    step = smoke.STEP


class PromoteModelOperator(StepOperator):
    """Give the endpoint's address to the candidate, and move the alias champion."""

    step = promote.STEP
    operator_extra_links = (EndpointLink(),)


OPERATORS: dict[str, type[StepOperator]] = {
    operator.step.name: operator
    for operator in (
        MaterializeFeaturesOperator,
        BuildTrainingSetOperator,
        TrainModelOperator,
        EvaluateModelOperator,
        RegisterModelOperator,
        DeployModelOperator,
        SmokeTestOperator,
        PromoteModelOperator,
    )
}
