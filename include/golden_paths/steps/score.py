"""score: join features point in time, ask the chosen version about each row, keep the scores in MLflow."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from golden_paths import digests, sandbox
from golden_paths.artifacts import Column, ViewState
from golden_paths.clients import FeatureFrame, TrackedRun
from golden_paths.data_artifacts import Chosen, Scores
from golden_paths.data_sections import ScoreSection
from golden_paths.errors import StepFailed
from golden_paths.lineage import of_scores
from golden_paths.project import Project
from golden_paths.record import Check
from golden_paths.scoring.folder import FILE
from golden_paths.scoring.interval import Interval
from golden_paths.spec import FeaturesSection, PathSpec
from golden_paths.step import Step, StepContext
from golden_paths.steps import deploy, materialize

COMPLETE, DIGEST = "golden_paths.complete", "golden_paths.scores_digest"
KNOWN = "known.json"  # beside the scores: rows and columns; a tag is too short for those of many classes
SECONDS = 6 * 3600.0


def run(context: StepContext) -> Scores:
    """Same rows, features and version give the same file, so the same digest; MLflow keeps one copy."""
    chosen, features = context.take(Chosen), context.spec.need(FeaturesSection)
    section = context.spec.need(ScoreSection)
    with tempfile.TemporaryDirectory(prefix="golden-paths-") as folder:
        frame = context.clients.feature_store(features.repo).feature_frame(
            features.service,
            entities=context.project.path(section.entities),
            start=chosen.start,
            end=chosen.end,
            destination=Path(folder) / "features.parquet",
            chunk=section.chunk,
            look_at_age=features.freshness is not None,
        )
        _require_rows(context, frame)
        for view, newest in frame.newest.items():
            materialize.check_freshness(ViewState(view=view, rows=0, newest=newest), features, context, chosen.end)
        return _kept(context, chosen, frame, Path(folder))


def _require_rows(context: StepContext, frame: FeatureFrame) -> None:
    expected, found = f"{frame.entity_rows} rows", f"{frame.rows} rows"
    passed = frame.rows == frame.entity_rows
    if not context.check(Check(name="row_count", passed=passed, subject=Scores.name, expected=expected, found=found)):
        raise StepFailed(
            f"the point-in-time join made {frame.rows} rows of {frame.entity_rows} entity rows",
            remedy="use Feast's duckdb offline store, or remove duplicates",
        )


def _kept(context: StepContext, chosen: Chosen, frame: FeatureFrame, folder: Path) -> Scores:
    tracking, run = context.clients.tracking, _tracked(context, chosen, frame)
    if run.tags.get(COMPLETE) == "true":
        uri, digest = f"runs:/{run.id}/{FILE}", run.tags[DIGEST]
        said = json.loads(tracking.download(f"runs:/{run.id}/{KNOWN}", folder).read_text())
        context.log(f"these rows have the scores {digest} of this version already")
    else:
        try:
            said = _asked(context, chosen, frame, run.id, folder / FILE)
        except StepFailed:
            tracking.finish(run.id, failed=True)  # opened again by the next try
            raise
        uri, digest = tracking.upload(run.id, folder / FILE), digests.of_file(folder / FILE)
        (folder / KNOWN).write_text(json.dumps(said))
        tracking.upload(run.id, folder / KNOWN)
        tracking.metrics(run.id, {"rows": said["rows"], "unanswered": said["unanswered"]})
        tracking.tag(run.id, {COMPLETE: "true", DIGEST: digest})
        tracking.finish(run.id)
        context.log(f"scores {digest}: {said['rows']} rows, {said['unanswered']} without an answer")
    return Scores(
        model=chosen.version.model,
        version=chosen.version.version,
        model_digest=chosen.version.digest,
        start=chosen.start,
        end=chosen.end,
        by_hand=chosen.by_hand,
        rows=said["rows"],
        unanswered=said["unanswered"],
        uri=uri,
        digest=digest,
        entities_digest=frame.entities_digest,
        features_digest=frame.digest,
        spec_digest=context.spec_digest,
        mlflow_run_id=run.id,
        keys=frame.keys,
        columns=tuple(Column(name=name, type=kind) for name, kind in said["columns"]),
        described=frame.described,
    )


def _tracked(context: StepContext, chosen: Chosen, frame: FeatureFrame) -> TrackedRun:
    """The MLflow run of these rows, features and version: found again by who asks for the same."""
    interval, version = Interval(chosen.start, chosen.end), chosen.version
    facts = [interval.folder, version.model, version.version, version.digest, frame.digest, context.spec_digest]
    key = digests.of_bytes(json.dumps(facts).encode())
    tags = {
        "golden_paths.interval": interval.folder,
        "golden_paths.model": version.model,
        "golden_paths.version": version.version,
        "golden_paths.model_digest": version.digest,
        "golden_paths.entities_digest": frame.entities_digest,
        "golden_paths.features_digest": frame.digest,
        "golden_paths.spec_digest": context.spec_digest,
        "golden_paths.run_id": context.run.id,
    }
    return context.clients.tracking.run(context.spec.name, f"scores:{key}", name=f"scores {interval}", tags=tags)


def _asked(context: StepContext, chosen: Chosen, frame: FeatureFrame, run_id: str, file: Path) -> dict[str, Any]:
    """What the model answers, in a process of its own; `DigestMismatch` before anything of it is loaded."""
    version = chosen.version
    payload = {
        "model": str(deploy.fetch(context, version)),
        "digest": version.digest,
        "place": f"version {version.version} of {version.model}",
        "service": context.spec.need(FeaturesSection).service,
        "frame": str(frame.path),
        "head": [*frame.keys, frame.timestamp],
        "out": str(file),
        "stamp": {
            "model": version.model,
            "version": version.version,
            "digest": version.digest,
            "run_id": run_id,
            "spec_digest": context.spec_digest,
        },
    }
    asked = "golden_paths.scoring.child:scored"
    return sandbox.call(asked, payload, project=context.project, log=context.log, timeout=SECONDS)


def reads(spec: PathSpec) -> tuple[str, ...]:
    """The entity file, the offline features and the model."""
    section, service = spec.need(ScoreSection), spec.need(FeaturesSection).service
    return (section.entities, f"Feast offline store: {service}", f"MLflow: model version of {section.model}")


def writes(spec: PathSpec) -> tuple[str, ...]:
    """The scores."""
    return (f"MLflow: scores of {spec.name}, by interval and SHA-256",)


def brings(spec: PathSpec, project: Project) -> tuple[Path, ...]:
    """The feature repository's files and the entities."""
    return (*materialize.brings(spec, project), project.path(spec.need(ScoreSection).entities))


STEP = Step(
    name="score",
    summary="Join features as they were known at each row's time, and ask the chosen version about every row",
    consumes=(Chosen,),
    produces=Scores,
    run=run,
    reads=reads,
    writes=writes,
    touched=of_scores.score,
    brings=brings,
)
