"""One operator per step that may run in a pod, so that the UI names what runs, and where."""

from __future__ import annotations

from golden_paths.steps import build_training_set, check_features, evaluate, materialize, register, score, smoke, train
from golden_paths_airflow.links import LineageLink, MlflowRunLink, ModelVersionLink
from golden_paths_airflow.pod_base import PodStepOperator


class MaterializeFeaturesPodOperator(PodStepOperator):
    """Write the feature service to Feast's online store and check its freshness, in a pod."""

    step = materialize.STEP
    operator_extra_links = (LineageLink(),)


class CheckFeaturesPodOperator(PodStepOperator):
    """Hold the rows that are to be written to their contract, in a pod."""

    step = check_features.STEP
    operator_extra_links = (LineageLink(),)


class BuildTrainingSetPodOperator(PodStepOperator):
    """Freeze a point-in-time training set under its SHA-256, in a pod."""

    step = build_training_set.STEP
    operator_extra_links = (MlflowRunLink(), LineageLink())


class TrainModelPodOperator(PodStepOperator):
    """Fit a model on the training set and log it to MLflow, in a pod."""

    step = train.STEP
    operator_extra_links = (MlflowRunLink(), LineageLink())


class EvaluateModelPodOperator(PodStepOperator):
    """Judge the model on the held-out part, against bounds and champion, in a pod."""

    step = evaluate.STEP
    operator_extra_links = (MlflowRunLink(), LineageLink())


class RegisterModelPodOperator(PodStepOperator):
    """Make a version in MLflow's model registry, in a pod."""

    step = register.STEP
    operator_extra_links = (ModelVersionLink(), LineageLink())


class SmokeTestPodOperator(PodStepOperator):
    """Replay the golden records against the candidate, from inside its cluster."""

    step = smoke.STEP
    operator_extra_links = (LineageLink(),)


class ScorePodOperator(PodStepOperator):
    """Ask the chosen version about every row of the interval, in a pod."""

    step = score.STEP
    operator_extra_links = (MlflowRunLink(), LineageLink())


POD_OPERATORS: dict[str, type[PodStepOperator]] = {
    operator.step.name: operator
    for operator in (
        CheckFeaturesPodOperator,
        MaterializeFeaturesPodOperator,
        BuildTrainingSetPodOperator,
        TrainModelPodOperator,
        EvaluateModelPodOperator,
        RegisterModelPodOperator,
        SmokeTestPodOperator,
        ScorePodOperator,
    )
}
