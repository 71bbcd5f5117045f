"""All that is looked at beside the metrics: groups of people, what the answers depend on, rows as they should not be."""

from __future__ import annotations

from pathlib import Path

from golden_paths.artifacts import TrainingSet
from golden_paths.contract import model as contracts
from golden_paths.gate_sections import EvaluateSection
from golden_paths.modelling import explain, groups, report_groups, robustness
from golden_paths.modelling.finding import Finding
from golden_paths.modelling.sides import Sides
from golden_paths.project import Project
from golden_paths.spec import PathSpec, TrainingSetSection


def findings(
    spec: PathSpec,
    project: Project,
    training_set: TrainingSet,
    frame: Path,
    sides: Sides,
    folder: Path,
) -> list[Finding]:
    """One for each examination, with its plots in `folder`. Those that the spec does not ask for decide nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    section = spec.need(EvaluateSection)
    verdicts = groups.verdicts(section.bias, training_set, frame, sides.outcome)
    found = report_groups.finding(verdicts, folder)
    found.append(explain.finding(section.explain, training_set, frame, sides.model, sides.champion, folder))
    if sides.model.strange:
        told = robustness.finding(
            section,
            sides.outcome,
            asked=sides.model.strange,
            frame=frame,
            label=training_set.label,
            contract=_contract(spec, project),
            folder=folder,
        )
        found += [told] if told else []
    return found


def _contract(spec: PathSpec, project: Project) -> contracts.Contract | None:
    name = spec.need(TrainingSetSection).contract
    return contracts.read(project.path(name), project.root) if name else None
