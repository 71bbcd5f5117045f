"""The reference profile of a version: made by evaluate, frozen with the version by register, read by every watch."""

from __future__ import annotations

import tempfile
from pathlib import Path

from golden_paths import digests, parquet
from golden_paths.artifacts import Model, TrainingSet
from golden_paths.clients import ModelRegistry, Tracking
from golden_paths.errors import StepFailed
from golden_paths.modelling.finding import EVALUATION
from golden_paths.modelling.metrics import BINARY, REGRESSION, Outcome
from golden_paths.monitoring import profile
from golden_paths.monitoring.profile import REFERENCE, Profile
from golden_paths.monitoring.profile_values import Hash

URI, DIGEST = "golden_paths.reference", "golden_paths.reference_digest"  # tags of the version


def measured(training_set: TrainingSet, model: Model, frame: Path, outcome: Outcome, hash: Hash | None) -> Profile:
    """The profile of a training set's features, and of what the model answers to its held-out rows (`outcome`)."""
    rows = parquet.read(frame, training_set.features)
    has_score = outcome.kind == BINARY and outcome.probabilities is not None and outcome.probabilities.shape[1] == 2
    made = profile.build(
        rows,
        features=training_set.features,
        predictions=outcome.predictions,
        scores=outcome.positive if has_score else None,
        sensitive=training_set.sensitive,
        hash=hash,
        is_regression=outcome.kind == REGRESSION,
    )
    return made.model_copy(update={"model": model.digest, "training_set": training_set.digest})


def tags(tracking: Tracking, run_id: str, *, model: str, training_set: str) -> dict[str, str]:
    """What a version is tagged with, from the profile that its run has; none when it has none.

    Raises `StepFailed` when the profile is of another model or training set; both are digests.
    """
    if REFERENCE not in tracking.files(run_id, EVALUATION):
        return {}
    uri = f"runs:/{run_id}/{EVALUATION}/{REFERENCE}"
    with tempfile.TemporaryDirectory(prefix="golden-paths-reference-") as folder:
        file = tracking.download(uri, Path(folder))
        _belongs(Profile.read(file), uri, model=model, training_set=training_set)
        return {URI: uri, DIGEST: digests.of_file(file)}


def reference_of(tracking: Tracking, models: ModelRegistry, model: str, version: str) -> Profile | None:
    """The profile that was frozen with a version; None for a version from before there were any.

    Raises `StepFailed` when it was changed since, is gone, or is another model's.
    """
    known = models.version_tags(model, version)
    uri = known.get(URI, "")
    if not uri:
        return None
    run_id, _, place = uri.removeprefix("runs:/").partition("/")
    again = f"run the path of {model} again, so that a new version has one; what serves goes on serving"
    if REFERENCE not in tracking.files(run_id, place.rpartition("/")[0]):
        raise StepFailed(f"the reference profile of version {version} of {model} is gone from {uri}", remedy=again)
    with tempfile.TemporaryDirectory(prefix="golden-paths-reference-") as folder:
        file = tracking.download(uri, Path(folder))
        if (found := digests.of_file(file)) != (noted := known.get(DIGEST, "")):
            what = f"the reference profile of version {version} of {model} at {uri}"
            raise StepFailed(f"{what} has SHA-256 {found}, and {noted or 'none'} was registered", remedy=again)
        read = Profile.read(file)
    _belongs(
        read,
        uri,
        model=known.get("golden_paths.digest", ""),
        training_set=known.get("golden_paths.training_set", ""),
    )
    return read


def _belongs(read: Profile, uri: str, *, model: str, training_set: str) -> None:
    for what, found, expected in (("model", read.model, model), ("training set", read.training_set, training_set)):
        if found != expected:
            raise StepFailed(
                f"the reference profile at {uri} is of {what} {found or 'none'}, not of {expected or 'none'}",
                remedy="run the path again from evaluate",
            )
