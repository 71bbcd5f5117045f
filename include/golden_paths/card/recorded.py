"""Everything that was recorded of a version, from MLflow. What is missing, or is another model's, is listed, not passed over."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from golden_paths import history
from golden_paths.card import evaluated
from golden_paths.card.incomplete import CardIncomplete
from golden_paths.card.kept_spec import KeptSpec
from golden_paths.card.looking import Looking
from golden_paths.clients import ModelRegistry, Tracking
from golden_paths.errors import StepFailed
from golden_paths.modelling import datasheet
from golden_paths.modelling.datasheet import Datasheet
from golden_paths.modelling.finding import EvaluationRecord

CUT = "..."  # how the value of a tag ends that was too long for MLflow
TAGS = ("path", "spec_digest", "run", "digest", "training_set", "weights", "golden_records", "golden_digest", "report")
OF_RUN = ("golden_paths.code_digest", "golden_paths.python")


@dataclass(frozen=True)
class Recorded:
    """The evidence of one version. `tags` are its own, `run` those of the MLflow run that fitted it; `plots` are PNGs by name."""

    model: str
    version: str
    tags: Mapping[str, str]
    run: Mapping[str, str]
    spec: KeptSpec
    gates: Mapping[str, str]
    evaluation: EvaluationRecord
    plots: Mapping[str, bytes]
    sheet: Datasheet
    history: tuple[history.Entry, ...]
    faults: tuple[str, ...]  # what does not fit in the history

    def tag(self, name: str) -> str:
        """A tag of the version, without the prefix."""
        return self.tags.get(f"golden_paths.{name}", "")


def collect(tracking: Tracking, models: ModelRegistry, model: str, version: str) -> Recorded:
    """Raises `CardIncomplete` with every piece that is missing or does not fit, and `StepFailed` for an unknown version."""
    tags = models.version_tags(model, version)
    if not tags:
        raise StepFailed(f"MLflow has no version {version} of {model}", remedy=f"see: python -m golden_paths history {model}")
    with tempfile.TemporaryDirectory(prefix="golden-paths-card-") as folder:
        looking = Looking(tracking, tags, Path(folder))
        run_id = looking.tag("mlflow_run_id")
        for name in TAGS:
            looking.tag(name)
        run = _run(looking, run_id)
        spec = _spec(looking, run_id)
        found = evaluated.look(looking, run_id, spec)
        sheet = _sheet(looking)
        gates = _gates(looking, found[0] if found else None, sheet)
    if looking.missing or spec is None or found is None or sheet is None:
        raise CardIncomplete(model, version, looking.missing)
    entries, faults = tuple(history.entries(models, model)), tuple(history.faults(models, model))
    return Recorded(model, version, tags, run, spec, gates, *found, sheet, entries, faults)


def _run(looking: Looking, run_id: str) -> dict[str, str]:
    tags = looking.tracking.tags(run_id) if run_id else {}
    for name in OF_RUN:
        if run_id and name not in tags:
            looking.note(f"the run that fitted it has no tag {name}", f"MLflow run {run_id}", "train")
    return tags


def _spec(looking: Looking, run_id: str) -> KeptSpec | None:
    """From the version's tag; a long one was cut there, and is whole beside the model."""
    import yaml

    text, where = looking.tag("spec"), "tag golden_paths.spec of the version"
    read: Any = json.loads
    if text.endswith(CUT):
        file = looking.file(run_id, "", "spec.yaml", "train")
        text, where, read = file.read_text() if file else "", f"runs:/{run_id}/spec.yaml", yaml.safe_load
    if not text:
        return None
    try:
        return KeptSpec.model_validate(read(text))
    except (ValidationError, ValueError, yaml.YAMLError) as error:
        looking.note(f"the spec cannot be read: {str(error).splitlines()[0]}", where, "register")
        return None


def _sheet(looking: Looking) -> Datasheet | None:
    uri = looking.tag("training_set_uri")
    if not uri:
        return None
    run_id = uri.removeprefix("runs:/").partition("/")[0]
    file = looking.file(run_id, "", datasheet.RECORD, "build_training_set")
    if file is None:
        return None
    where = f"runs:/{run_id}/{datasheet.RECORD}"
    try:
        sheet = Datasheet.read(file)
    except StepFailed as error:
        looking.note(error.problem, where, "build_training_set")
        return None
    expected = looking.tags.get("golden_paths.training_set")
    if expected and sheet.digest != expected:
        what = f"{datasheet.RECORD} is of training set {sheet.digest}, and the version is of {expected}"
        looking.note(what, where, "build_training_set")
    return sheet


def _gates(looking: Looking, found: EvaluationRecord | None, sheet: Datasheet | None) -> dict[str, str]:
    """What the gates said when it was registered. A long tag was cut: then from the records that it was made of."""
    text = looking.tag("gates")
    if text.endswith(CUT):
        of_data = sheet.gates if sheet else {}
        rulings = [ruling for finding in found.findings for ruling in finding.rulings] if found else []
        return of_data | {key(one.gate, one.column): f"{one.found} ({one.expected})" for one in rulings}
    try:
        return {str(name): str(value) for name, value in json.loads(text or "{}").items()}
    except (ValueError, AttributeError):
        looking.note("what its gates said cannot be read", "tag golden_paths.gates of the version", "register")
        return {}


def key(gate: str, column: str | None) -> str:
    """How the tag calls a gate."""
    return f"{gate}{f' [{column}]' if column else ''}"
