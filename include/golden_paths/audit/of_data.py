"""The sections on what a version learnt from: the training set, its window, its sources, and every check of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from golden_paths.audit.case import SET, Case
from golden_paths.audit.found import Row, Section
from golden_paths.audit.happened import Happened, Json, facet_of
from golden_paths.audit.serving import shown

FACTS = ("what", "value")
FACET = "goldenPaths_trainingSet"


def data(case: Case) -> Section:
    """The training set: its window and its split. No row of it is in the pack."""
    made, version = case.trail["build_training_set"], case.by_version()
    told = facet(made, FACET)
    by_set = case.by_run(case.set_run, SET)
    metrics = case.set_run.value.metrics if case.set_run.value else {}
    window = f"{_moment(told.get('oldest'))} to {_moment(told.get('newest'))}" if told else None
    split = (
        f"{told['testRows']} of {told['rows']} rows held out, by {told['splitBy']}, seed {told['seed']}"
        if told
        else None
    )
    rows = [
        case.fact(
            "SHA-256 of the set",
            (version, case.tag("training_set")),
            (by_set, case.set_run.value.tags.get("golden_paths.digest") if case.set_run.value else None),
            *case.said_by("build_training_set", told.get("digest")),
            (case.by_file("training set"), case.file_digest("training set")),
            also=case.in_marquez("build_training_set"),
        ),
        case.fact(
            "first and last row",
            *case.said_by("build_training_set", window),
            also=case.in_marquez("build_training_set"),
        ),
        case.fact(
            "rows",
            *case.said_by("build_training_set", str(told["rows"]) if told else None),
            (by_set, f"{metrics['rows']:.0f}" if "rows" in metrics else None),
        ),
        case.fact("split", *case.said_by("build_training_set", split)),
        *_read(case, made),
    ]
    return Section(
        key="data", title="Training data", said="No row of it is in this pack.", columns=FACTS, rows=tuple(rows)
    )


def _read(case: Case, made: Happened | None) -> Iterator[Row]:
    keys = case.by_event(made, "build_training_set")
    for dataset in made.inputs if made else ():
        rows = facet_of(dataset, "dataQualityMetrics").get("rowCount")
        name = f"{dataset['namespace']} {dataset['name']}{f' ({rows} rows)' if rows else ''}"
        yield Row(
            cells=("made of", name), proofs=(*keys, *case.by_dataset(str(dataset["namespace"]), str(dataset["name"])))
        )


def checks(case: Case) -> Section:
    """Every check of the data, in the runs that made the set."""
    made = [(one, "build_training_set") for one in (case.trail["build_training_set"],) if one]
    made += [(one, "materialize") for one in case.materialized()]
    rows = [
        _check(case, one, step, dataset, check)
        for one, step in made
        for dataset in (*one.outputs, *one.inputs)
        for check in facet_of(dataset, "dataQualityAssertions").get("assertions") or ()
    ]
    none = "" if rows else "None is in the event log."
    return Section(
        key="checks",
        title="Checks of the data",
        said=none,
        columns=("check", "of", "asked for", "found", "verdict"),
        rows=tuple(rows),
    )


def _check(case: Case, one: Happened, step: str, dataset: Json, check: Json) -> Row:
    of = f"{dataset['name']}{'.' + str(check['column']) if check.get('column') else ''}"
    verdict = "passed" if check.get("success") else "failed"
    cells = (str(check["assertion"]), of, str(check.get("expected", "")), str(check.get("actual", "")), verdict)
    return Row(cells=cells, proofs=case.by_event(one, step))


def window(case: Case) -> str:
    """The set in words, for the summary."""
    told = facet(case.trail["build_training_set"], FACET)
    if not told:
        return ""
    return f" ({told['rows']} rows, from {_moment(told.get('oldest'))} to {_moment(told.get('newest'))})"


def _moment(text: str | None) -> str:
    return shown(datetime.fromisoformat(text)) if text else "a time that is not known"


def facet(one: Happened | None, name: str) -> dict[str, Any]:
    """A facet of what a run wrote; empty when there is no such run, or none of that name."""
    return next((dict(facet) for data in (one.outputs if one else ()) if (facet := facet_of(data, name))), {})
