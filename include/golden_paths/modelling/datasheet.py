"""The datasheet of a training set: what its owners answer for, and what was measured of it. Markdown, from a spec and a set."""

from __future__ import annotations

from golden_paths.artifacts import TrainingSet
from golden_paths.gate_sections import DatasheetSection
from golden_paths.markdown import escape
from golden_paths.spec import PathSpec, TrainingSetSection

FILE = "datasheet.md"


def rendered(spec: PathSpec, made: TrainingSet) -> str:
    """The page. Answers are the owners' own, facts are measured."""
    section = spec.need(TrainingSetSection)
    answers = section.datasheet
    lines = [f"# Datasheet: training set of {escape(spec.name)}", "", f"Owner: {escape(spec.owner)}", ""]
    if answers:
        for name, field in DatasheetSection.model_fields.items():
            lines += [f"**{field.description}**", "", escape(getattr(answers, name)), ""]
    else:
        lines += ["Its owners have not answered for it: the spec has no training_set.datasheet.", ""]
    return "\n".join(lines + _measured(made)) + "\n"


def _measured(made: TrainingSet) -> list[str]:
    facts = {
        "digest (SHA-256)": f"`{made.digest}`",
        "rows": f"{made.rows}, of which {made.test_rows} held out",
        "first row": made.oldest.isoformat() if made.oldest else "",
        "last row": made.newest.isoformat() if made.newest else "",
        "label": escape(made.label),
        "keys": escape(", ".join(made.keys)),
        "sensitive columns": escape(", ".join(made.sensitive) or "none named"),
    }
    columns = [
        f"| {escape(name)} | {escape(kind)} | {made.missing.get(name, 0)} |"
        for name, kind in made.types.items()
        if name != "split"
    ]
    return [
        "## Measured",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in facts.items()),
        "",
        "| column | type | rows without a value |",
        "|---|---|---|",
        *columns,
    ]
