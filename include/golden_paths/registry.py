"""Which steps and paths there are. Adding one is a line here and a file beside the others."""

from __future__ import annotations

from golden_paths.paths import Path, batch_scores, feature_refresh, online_model, watch
from golden_paths.spec import PathSpec
from golden_paths.step import Step
from golden_paths.steps import (
    approve,
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
    renew,
    retire,
    score,
    smoke,
    train,
)
from golden_paths.steps import watch as watch_step

STEPS: dict[str, Step] = {
    step.name: step
    for step in (
        check_features.STEP,
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
        watch_step.STEP,
        renew.STEP,
    )
}

PATHS: dict[str, Path] = {path.id: path for path in (online_model.PATH, batch_scores.PATH, feature_refresh.PATH)}
BESIDE: tuple[Path, ...] = (watch.PATH,)  # roads that a spec has beside its own


def steps_beside(step: Step, spec: PathSpec) -> list[Step]:
    """All steps of the road that this step is on, as the spec has them: its makers are among them."""
    road = next((path for path in BESIDE if step.name in path.steps), None) or PATHS[spec.golden_path]
    return [STEPS[name] for name in road.steps if STEPS[name].applies(spec)]
