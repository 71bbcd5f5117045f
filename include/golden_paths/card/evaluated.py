"""What evaluation recorded of a version: that it is of this model, on this training set, and answers all that its spec asks."""

from __future__ import annotations

import tempfile
from pathlib import Path

from golden_paths import digests
from golden_paths.card.kept_spec import KeptSpec
from golden_paths.card.looking import Looking
from golden_paths.clients import Tracking
from golden_paths.errors import StepFailed
from golden_paths.modelling.finding import DEPENDS, EVALUATION, EVIDENCE, EvaluationRecord

DIGEST = "evidence_digest"  # tag of the version: the SHA-256 of the record that it was registered with
PNG = b"\x89PNG\r\n\x1a\n"


def look(looking: Looking, run_id: str, spec: KeptSpec | None) -> tuple[EvaluationRecord, dict[str, bytes]] | None:
    """The record, and its plots by name. None when there is no record to speak of; everything else is noted."""
    file = looking.file(run_id, EVALUATION, EVIDENCE, "evaluate")
    if file is None:
        return None
    where = f"runs:/{run_id}/{EVALUATION}/{EVIDENCE}"
    try:
        record = EvaluationRecord.read(file)
    except StepFailed as error:
        looking.note(error.problem, where, "evaluate")
        return None
    _belongs(looking, record, file, where)
    if spec:
        _answers(looking, record, spec, where)
    return record, _plots(looking, record, run_id)


def digest(tracking: Tracking, run_id: str) -> str:
    """The SHA-256 of the record that a run has; empty when it has none."""
    if EVIDENCE not in tracking.files(run_id, EVALUATION):
        return ""
    with tempfile.TemporaryDirectory(prefix="golden-paths-card-") as folder:
        return digests.of_file(tracking.download(f"runs:/{run_id}/{EVALUATION}/{EVIDENCE}", Path(folder)))


def _belongs(looking: Looking, record: EvaluationRecord, file: Path, where: str) -> None:
    for what, found, tag in (("model", record.model, "digest"), ("training set", record.training_set, "training_set")):
        expected = looking.tags.get(f"golden_paths.{tag}", "")
        if expected and found != expected:
            looking.note(f"{EVIDENCE} is of {what} {found}, and the version is of {expected}", where, "evaluate")
    noted, found = looking.tags.get(f"golden_paths.{DIGEST}"), digests.of_file(file)
    if noted and noted != found:
        looking.note(
            f"{EVIDENCE} has SHA-256 {found}, and {noted} was registered: it was changed since", where, "evaluate"
        )


def _answers(looking: Looking, record: EvaluationRecord, spec: KeptSpec, where: str) -> None:
    if not record.findings:
        looking.note(f"{EVIDENCE} has no findings", where, "evaluate")
        return
    for name in spec.evaluate.metrics:
        if name not in record.metrics:
            looking.note(f"{EVIDENCE} does not have {name}, which the spec bounds", where, "evaluate")
    rulings = [ruling for finding in record.findings for ruling in finding.rulings]
    found = {one.gate.partition(".")[0] for one in rulings} | {"explain" for one in record.findings if one.title == DEPENDS}
    for name in ("bias", "explain", "robustness"):
        if getattr(spec.evaluate, name) is not None and name not in found:
            looking.note(f"{EVIDENCE} does not have the {name} gate, which the spec asks for", where, "evaluate")
    for one in rulings:
        if not one.passed:
            looking.note(f"{EVIDENCE} says that the gate {one.gate} was not passed", where, "evaluate")


def _plots(looking: Looking, record: EvaluationRecord, run_id: str) -> dict[str, bytes]:
    plots: dict[str, bytes] = {}
    for name in sorted({name for finding in record.findings for name in finding.plots.values()}):
        if file := looking.file(run_id, EVALUATION, name, "evaluate"):
            plots[name] = file.read_bytes()
            if not plots[name].startswith(PNG):
                looking.note(f"{name} is no PNG", f"runs:/{run_id}/{EVALUATION}/{name}", "evaluate")
    return plots
