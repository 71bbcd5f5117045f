"""What approvers are shown: the gates, the metrics beside the champion's, and what differs from it. Markdown."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from golden_paths.artifacts import Evidence, ModelVersion, TrainingSet
from golden_paths.markdown import escape
from golden_paths.step import StepContext

SPEC, SET = "golden_paths.spec", "golden_paths.training_set"
NONE = "-"


def worded(context: StepContext, version: ModelVersion, mlflow: str = "") -> str:
    """The page. `mlflow`: where a browser reaches MLflow's pages, when it does."""
    spec, found, evidence = context.spec, context.take(TrainingSet), context.take(Evidence)
    lines = [
        f"**{escape(spec.description)}**",
        "",
        f"Risk {spec.risk}, owner {escape(spec.owner)}, asked for by {escape(context.run.by or 'nobody that is known')}. "
        f"Your answer holds for these bytes alone: digest `{version.digest}`.",
        "",
        *_links(version, mlflow),
        "### Gates that were passed",
        *_table(("gate", "found"), found.gates | evidence.gates),
        "### Metrics",
        *_metrics(evidence),
        "### What differs from the champion",
        *_differences(context, version, found),
    ]
    return "\n".join(lines)


def _links(version: ModelVersion, mlflow: str) -> Iterator[str]:
    if mlflow:
        run = f"{mlflow}/#/experiments/0/runs/{version.mlflow_run_id}"
        pages = {"Model card": f"{run}/artifacts/card/card.html", "Report": f"{run}/artifacts/evaluation/report.html"}
        pages["Version"] = f"{mlflow}/#/models/{version.model}/versions/{version.version}"
        yield from (" · ".join(f"[{name}]({place})" for name, place in pages.items()), "")


def _metrics(evidence: Evidence) -> list[str]:
    theirs = evidence.champion_metrics
    rival = f"champion, version {evidence.champion_version}" if evidence.champion_version else "no champion yet"
    rows = [f"| {name} | {value:.6g} | {_shown(theirs.get(name))} |" for name, value in evidence.metrics.items()]
    return ["", f"| | this version | {rival} |", "|---|---|---|", *rows, ""]


def _shown(value: float | None) -> str:
    return NONE if value is None else f"{value:.6g}"


def _differences(context: StepContext, version: ModelVersion, found: TrainingSet) -> list[str]:
    models = context.clients.models
    champion = models.champion(version.model)
    if champion is None:
        return ["", "There is no champion: this would be the first version to serve.", ""]
    theirs, ours = (models.version_tags(version.model, one) for one in (champion.version, version.version))
    rows = dict(_changed(_flat(theirs.get(SPEC, "")), _flat(ours.get(SPEC, ""))))
    if champion.training_set != found.digest:
        rows["training set"] = (champion.training_set[:12], f"{found.digest[:12]}, {found.rows} rows")
    if champion.weights == version.weights:
        rows["fitted parameters"] = ("the same", "the same")
    if not rows:
        return ["", "Nothing but the run.", ""]
    lines = [f"| {escape(name)} | {escape(before)} | {escape(now)} |" for name, (before, now) in rows.items()]
    return ["", f"| | champion, version {champion.version} | this version |", "|---|---|---|", *lines, ""]


def _changed(before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[tuple[str, tuple[str, str]]]:
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) != now.get(name):
            yield name, (before.get(name, NONE)[:80], now.get(name, NONE)[:80])


def _flat(spec: str) -> dict[str, str]:
    """Dotted keys of a spec in a tag. MLflow's tags have a length: one that was cut says so."""
    try:
        return dict(_leaves(json.loads(spec), ""))
    except ValueError:
        return {"spec": "too long to be compared"}


def _leaves(value: Any, place: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, f"{place}.{name}" if place else name)
    else:
        yield place, json.dumps(value)


def _table(head: tuple[str, str], rows: Mapping[str, str]) -> list[str]:
    lines = [f"| {escape(name)} | {escape(value)} |" for name, value in rows.items()]
    return ["", f"| {head[0]} | {head[1]} |", "|---|---|", *lines, ""] if rows else ["", "None.", ""]
