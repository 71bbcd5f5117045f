"""What a spec's watch refers to, checked without running any of it."""

from __future__ import annotations

from pathlib import Path

from golden_paths import metric_checks, named_files, schedule
from golden_paths.gate_sections import BiasSection
from golden_paths.monitor_sections import MonitorSection, PerformanceSection
from golden_paths.project import Project
from golden_paths.spec import PathSpec
from golden_paths.yaml_source import Document, Key

NO_RHYTHM = ("@once", "@continuous")
# What must be asked for, for a cause to be ever said.
ASKED_BY = {
    "drift": "drift",
    "bias": "bias",
    "performance": "performance",
    "freshness": "freshness",
    "age": "max_age",
    "errors": "errors",
    "latency": "latency",
}


def check(spec: PathSpec, document: Document, project: Project) -> None:
    """Add what is wrong."""
    if (section := spec.monitor) is None:
        return
    _schedule(section, document)
    _bias(section, spec, document)
    _retrain(section, document)
    if isinstance(section.performance, PerformanceSection):
        metric_checks.bounds(section.performance.metrics or {}, ("monitor", "performance", "metrics"), document)
        _labels(section.performance, spec, document, project)


def _labels(section: PerformanceSection, spec: PathSpec, document: Document, project: Project) -> None:
    key: Key = ("monitor", "performance", "labels")
    if not section.labels or not (file := named_files.place(section.labels, key, document, project, Path.is_file)):
        return
    names = named_files.rows_with_time(file, key, document, meaning="at which a row's label was known")
    if names and spec.training_set and (label := spec.training_set.label) not in names:
        document.complain_at(key, f"has no column {label}, the label", named_files.nearest(label, names))


def _schedule(section: MonitorSection, document: Document) -> None:
    place = ("monitor", "schedule")
    if section.schedule in NO_RHYTHM:
        document.complain_at(place, "is no rhythm in which to look", "write a preset such as @hourly, five cron fields, or 6h")
    elif fault := schedule.fault(section.schedule):
        document.complain_at(place, *fault)


def _bias(section: MonitorSection, spec: PathSpec, document: Document) -> None:
    place = ("monitor", "bias")
    if section.bias == "inherit" and not (spec.evaluate and spec.evaluate.bias):
        document.complain_at(place, "inherits evaluate.bias, which is not there", "add that, or write measure and at_most here")
    known = spec.training_set.sensitive if spec.training_set else ()
    if isinstance(section.bias, BiasSection) and not known:
        remedy = "name them in training_set.sensitive, as in [sex]"
        document.complain_at(place, "has no columns that tell groups of people apart", remedy)
    if isinstance(section.bias, BiasSection):
        for at, columns in enumerate(section.bias.intersections):
            if unknown := [name for name in columns if name not in known]:
                remedy = f"choose among training_set.sensitive: {', '.join(known)}"
                document.complain_at((*place, "intersections", at), f"names {', '.join(unknown)}", remedy)


def _retrain(section: MonitorSection, document: Document) -> None:
    """Causes that are named by the spec itself must be able to happen; those of the default need not."""
    if section.retrain is None or "on" not in section.retrain.model_fields_set:
        return
    for at, cause in enumerate(section.retrain.on):
        asked = ASKED_BY.get(cause)
        if asked and getattr(section, asked) is None:
            problem = f"names {cause}, which is never said: monitor.{asked} is absent"
            document.complain_at(("monitor", "retrain", "on", at), problem, f"add monitor.{asked}, or take {cause} out")
