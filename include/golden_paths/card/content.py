"""What the card says, from what was recorded. Pure; how it looks is another matter."""

from __future__ import annotations

import json

from golden_paths.card.approval import approval, changes
from golden_paths.card.parts import Card, Code, Grid, Plot, Section, facts
from golden_paths.card.recorded import Recorded, key
from golden_paths.digests import of_bytes
from golden_paths.modelling import datasheet
from golden_paths.modelling.finding import Finding, Ruling

INTENDED = ("purpose", "limits")  # the questions of the datasheet that speak of use
UNANSWERED = "Its owners have not answered: the spec has no training_set.datasheet."
MEASURED = "What was measured of it, in all rows, those held out included. Of sensitive columns no single row is told."
GATES = "Each stands between the model and its users; all were passed, or there would be no version."


def of(recorded: Recorded) -> Card:
    """Every section, in the order in which it is read."""
    first, *others = (_finding(one, recorded) for one in recorded.evaluation.findings)
    sections = (
        _what(recorded),
        _use(recorded),
        _data(recorded),
        _training(recorded),
        first,
        _gates(recorded),
        *others,
        approval(recorded),
        changes(recorded),
        _provenance(recorded),
    )
    return Card(f"{recorded.model} version {recorded.version}", recorded.spec.description, sections)


def _what(recorded: Recorded) -> Section:
    spec, run = recorded.spec, recorded.run
    commit = run.get("mlflow.source.git.commit", "")
    dirty = ", with changes that were not committed" if run.get("golden_paths.git_dirty") == "true" else ""
    known = facts(
        ("model", recorded.model),
        ("version", recorded.version),
        ("owner", spec.owner),
        ("what it does", spec.description),
        ("risk", spec.risk),
        ("golden path", recorded.tag("path")),
        ("SHA-256 of the model", Code(recorded.tag("digest"))),
        ("SHA-256 of its weights", Code(recorded.tag("weights"))),
        ("SHA-256 of the spec", Code(recorded.tag("spec_digest"))),
        ("SHA-256 of the code", Code(run["golden_paths.code_digest"])),
        ("git commit", f"{commit}{dirty}" if dirty else Code(commit)),
    )
    return Section("What it is", grids=(known,))


def _use(recorded: Recorded) -> Section:
    return _answered("Intended use and limits", recorded, of_use=True)


def _data(recorded: Recorded) -> Section:
    """A column that this version's spec, or the sheet's, calls sensitive is told as one."""
    sheet, sensitive = recorded.sheet, recorded.spec.training_set.sensitive
    columns = [one.guarded() if one.column in sensitive or one.is_sensitive else one for one in sheet.columns]
    named = ", ".join(dict.fromkeys((*sheet.sensitive, *sensitive))) or "none named"
    known = {**dict(datasheet.facts(sheet)), "digest (SHA-256)": Code(sheet.digest), "sensitive columns": named}
    answered = _answered("Training data", recorded, of_use=False)
    measured = Grid(datasheet.HEAD, tuple(datasheet.cells(one) for one in columns), title="Columns")
    values = Grid(datasheet.VALUES, datasheet.values(columns), title="Values")
    return Section(
        answered.title,
        said=answered.said,
        answers=answered.answers,
        grids=(facts(*known.items()), measured, *((values,) if values.rows else ())),
        notes=(MEASURED,),
    )


def _answered(title: str, recorded: Recorded, *, of_use: bool) -> Section:
    """The owners' answers of the version's own spec: a later one may have other answers to the same data."""
    answers = recorded.spec.training_set.datasheet
    if answers is None:
        return Section(title, said=(UNANSWERED,))
    names = [name for name in type(answers).model_fields if (name in INTENDED) == of_use]
    asked = dict(zip(type(answers).model_fields, datasheet.questions(answers), strict=True))
    return Section(title, answers=tuple(asked[name] for name in names))


def _training(recorded: Recorded) -> Section:
    train, run, split = recorded.spec.train, recorded.run, recorded.spec.training_set.split
    how = "the latest rows" if split.by == "time" else f"random rows, seed {split.seed}"
    known = facts(
        ("code", Code(train.code or train.notebook or "")),
        ("SHA-256 of the code", Code(run["golden_paths.code_digest"])),
        ("kind of model", run.get("golden_paths.kind", "")),
        ("estimator", run.get("golden_paths.estimator", "")),
        ("seed", str(train.seed)),
        ("held out", f"{split.test:.0%}, {how}"),
        ("Python", run["golden_paths.python"]),
    )
    params = tuple((name, json.dumps(value, ensure_ascii=False)) for name, value in train.params.items())
    grids = (known, Grid(("parameter", "value"), params, title="Parameters")) if params else (known,)
    return Section("How it was trained", grids=grids, notes=() if params else ("No parameters: those of the code.",))


def _finding(one: Finding, recorded: Recorded) -> Section:
    plots = (Plot(title, name, of_bytes(recorded.plots[name])) for title, name in one.plots.items())
    grids = (Grid(table.head, table.rows, title=table.title) for table in one.tables)
    said = tuple(ruling.words for ruling in one.rulings)
    if one == recorded.evaluation.findings[0]:
        said = (_compared(recorded), *said)
    return Section(one.title, said=said, grids=tuple(grids), plots=tuple(plots), notes=one.notes)


def _compared(recorded: Recorded) -> str:
    """With whom the model was compared when it was judged."""
    held_out, champion = f"On {recorded.sheet.test_rows} rows that were held out.", recorded.evaluation.champion
    if champion is None:
        return f"{held_out} There was no champion to compare it with."
    return f"{held_out} The champion then was version {champion}, on the same rows."


def _gates(recorded: Recorded) -> Section:
    """As they stood when the version was registered; with numbers where evaluation recorded them."""
    rulings = {key(one.gate, one.column): one for finding in recorded.evaluation.findings for one in finding.rulings}
    rows = [_gate(name, found, rulings.get(name)) for name, found in recorded.gates.items()]
    rows += [_gate(name, "", one) for name, one in rulings.items() if name not in recorded.gates]
    head = ("gate", "found, with its interval", "asked for", "verdict")
    return Section("Gates", said=(GATES,) if rows else ("There were none.",), grids=(Grid(head, tuple(rows)),) if rows else ())


def _gate(name: str, found: str, ruling: Ruling | None) -> tuple[str, ...]:
    if ruling is None:
        return (name, *_parted(found), "passed")
    if not found:
        return (name, ruling.found, ruling.expected, "passed")
    suffix = f" ({ruling.expected})"
    told = (found.removesuffix(suffix), ruling.expected) if found.endswith(suffix) else _parted(found)
    return (name, *told, "passed")


def _parted(text: str) -> tuple[str, str]:
    """What was found, and what was asked for, of a text like 'kept (what the contract says)'."""
    if not text.endswith(")"):
        return text, ""
    depth = 0
    for at in range(len(text) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(text[at], 0)
        if depth == 0:
            return text[:at].rstrip(), text[at + 1 : -1]
    return text, ""


def _provenance(recorded: Recorded) -> Section:
    known = facts(
        ("MLflow run", Code(recorded.tag("mlflow_run_id"))),
        ("run of the path", Code(recorded.tag("run"))),
        ("training set", Code(recorded.tag("training_set_uri"))),
        ("SHA-256 of the training set", Code(recorded.tag("training_set"))),
        ("report of evaluation", Code(recorded.tag("report"))),
        ("SHA-256 of its record", Code(recorded.tag("evidence_digest"))),
        ("golden records", Code(recorded.tag("golden_records"))),
        ("SHA-256 of the golden records", Code(recorded.tag("golden_digest"))),
        ("lineage", Code(f"python -m golden_paths lineage {recorded.model}")),
        ("audit", Code(f"python -m golden_paths audit {recorded.model} --version {recorded.version} -o FILE.zip")),
    )
    return Section("Provenance", grids=(known,))
