"""publish_scores: put the scores of an interval into the folder or table, as a whole, when their version still may score."""

from __future__ import annotations

import tempfile
from pathlib import Path

from golden_paths import digests
from golden_paths.data_artifacts import Chosen, PublishedScores, Scores
from golden_paths.data_sections import ScoreSection
from golden_paths.errors import DigestMismatch, StepFailed
from golden_paths.lineage import of_scores
from golden_paths.scoring import choosing, places
from golden_paths.scoring.interval import Interval
from golden_paths.scoring.manifest import Manifest
from golden_paths.spec import PathSpec
from golden_paths.step import Step, StepContext


def run(context: StepContext) -> PublishedScores:
    """What was scored may have been withdrawn since, or a task before been marked by hand: all is looked at again."""
    chosen, scores = context.take(Chosen), context.take(Scores)
    hold(context, chosen, scores)
    output = places.output(context.spec, context.project, context.clients)
    manifest = _manifest(context, scores)
    with tempfile.TemporaryDirectory(prefix="golden-paths-") as temporary:
        file = context.clients.tracking.download(scores.uri, Path(temporary))
        if (found := digests.of_file(file)) != scores.digest:
            raise DigestMismatch(f"the file of scores at {scores.uri}", expected=scores.digest, found=found)
        changed = output.publish(file, manifest, lambda one: _tell_what_goes(context, one, manifest.interval))
    path = output.named(manifest.interval)
    context.log(f"{scores.rows} rows {'are in' if changed else 'were already in'} {path}")
    return PublishedScores(path=path, digest=scores.digest, rows=scores.rows, changed=changed, columns=scores.columns)


def _tell_what_goes(context: StepContext, one: Interval, wanted: Interval) -> None:
    context.log(f"{one} gives way to {wanted}" + ("" if wanted.holds(one) else "; its other rows are nowhere now"))
    if one.start and wanted.start and one.start < wanted.start:
        begin, end = one.start.isoformat(), wanted.start.isoformat()
        context.log(f"to have those before again: run it with --start {begin} --end {end}, or backfill")


def hold(context: StepContext, chosen: Chosen, scores: Scores) -> None:
    """Raises `StepFailed` unless the version that scored is the one that may score this interval now."""
    section = context.spec.need(ScoreSection)
    if (scores.version, scores.model_digest) != (chosen.version.version, chosen.version.digest):
        raise StepFailed("another version was chosen than the one that scored", remedy="clear the task score")
    if section.newer_model:
        choosing.require_allowed(context.clients.models, chosen.version)
        return
    version, _ = choosing.chosen(context.clients.models, section.model, scores.end, newer=False)
    if (version.version, version.digest) != (scores.version, scores.model_digest):
        raise StepFailed(
            f"version {scores.version} of {section.model} scored, and version {version.version} was champion at the end",
            remedy="clear the task choose_champion",
        )


def _manifest(context: StepContext, scores: Scores) -> Manifest:
    facts = scores.model_dump(include=set(Manifest.model_fields))
    return Manifest(spec=context.spec.name, **facts)


def reads(spec: PathSpec) -> tuple[str, ...]:
    """The scores, and the model's history."""
    return (f"MLflow: scores of {spec.name}", f"MLflow: history of {spec.need(ScoreSection).model}")


def writes(spec: PathSpec) -> tuple[str, ...]:
    """The output folder, or the table."""
    what = "the rows of the interval" if spec.need(ScoreSection).table else "a folder for the interval"
    return (f"{places.named(spec)}: {what}",)


STEP = Step(
    name="publish_scores",
    summary="Replace the interval's file, or its rows in the table, as a whole; what is the same already is left alone",
    consumes=(Chosen, Scores),
    produces=PublishedScores,
    run=run,
    reads=reads,
    writes=writes,
    touched=of_scores.publish_scores,
    is_controller=True,
)
