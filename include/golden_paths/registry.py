"""Which steps and paths there are. Adding one is a line here and a file beside the others."""

from __future__ import annotations

from golden_paths.paths import Path, batch_scores, online_model
from golden_paths.step import Step
from golden_paths.steps import (
    approve,
    build_training_set,
    canary,
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

STEPS: dict[str, Step] = {
    step.name: step
    for step in (
        materialize.STEP,
        build_training_set.STEP,
        train.STEP,
        evaluate.STEP,
        register.STEP,
        approve.STEP,
        deploy.STEP,
        smoke.STEP,
        canary.STEP,
        promote.STEP,
        retire.STEP,
        choose_champion.STEP,
        score.STEP,
        publish_scores.STEP,
    )
}

PATHS: dict[str, Path] = {path.id: path for path in (online_model.PATH, batch_scores.PATH)}
