"""The Airflow side of Golden Paths: thin operators, and the factory that turns specs into DAGs."""

from __future__ import annotations

from importlib import import_module
from typing import Any

# name -> module. Resolved when first asked for: importing the package costs nothing.
PUBLIC = dict.fromkeys(("build_dag", "load_dags"), "golden_paths_airflow.dag_factory")
PUBLIC |= {"StepOperator": "golden_paths_airflow.base", "GoldenPathsPlugin": "golden_paths_airflow.plugin"}
PUBLIC |= dict.fromkeys(
    (
        "CheckFeaturesOperator",
        "MaterializeFeaturesOperator",
        "BuildTrainingSetOperator",
        "TrainModelOperator",
        "EvaluateModelOperator",
        "RegisterModelOperator",
        "DeployModelOperator",
        "SmokeTestOperator",
        "CanaryOperator",
        "PromoteModelOperator",
        "RetireVersionsOperator",
        "ChooseChampionOperator",
        "ScoreOperator",
        "PublishScoresOperator",
    ),
    "golden_paths_airflow.step_operators",
)
PUBLIC |= {"RollbackOperator": "golden_paths_airflow.rollback", "RecertifyOperator": "golden_paths_airflow.recertify"}


def __getattr__(name: str) -> Any:
    if module := PUBLIC.get(name):
        return getattr(import_module(module), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(PUBLIC)
