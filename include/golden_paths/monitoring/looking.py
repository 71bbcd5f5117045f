"""Gathers what a look is about: the log's rows, the profile, labels, the online store and the servers' counters."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from golden_paths import expiry, parquet
from golden_paths.artifacts import ModelVersion
from golden_paths.errors import StepFailed
from golden_paths.modelling.finding import Finding
from golden_paths.monitor_sections import MonitorSection, PerformanceSection
from golden_paths.monitoring import examined, frozen, kept, late_labels, standing, traffic
from golden_paths.monitoring.look import ENTITY, Look
from golden_paths.monitoring.traffic import Counted
from golden_paths.spec import FeaturesSection, TrainingSetSection
from golden_paths.step import StepContext

if TYPE_CHECKING:
    import pandas as pd


def look(context: StepContext, champion: ModelVersion, start: datetime, end: datetime, folder: Path) -> Look:
    """What this version answered in [start, end), beside what it was trained on."""
    spec = context.spec
    log = context.clients.predictions(spec)
    return Look(
        spec=spec,
        project=context.project,
        section=spec.need(MonitorSection),
        champion=champion,
        start=start,
        end=end,
        rows=log.read(champion, start, end),
        profile=frozen.reference_of(context.clients.tracking, context.clients.models, champion.model, champion.version),
        folder=folder,
    )


def findings(context: StepContext, look: Look, run: str) -> tuple[list[Finding], dict[str, Counted]]:
    """Every finding, and what the servers have counted by now."""
    found = examined.findings(look, lambda look, section: labelled(context, look, section))
    section, now = look.section, datetime.now(UTC)
    if section.freshness is not None:
        found.append(_freshness(context, section.freshness))
    if section.max_age is not None:
        began = expiry.started_at(context.clients.models, look.champion.model, look.champion)
        found.append(standing.age(began, now, section.max_age))
    counters: dict[str, Counted] = {}
    if section.errors is not None or section.latency is not None:
        counters = _counters(context, look.spec.name)
        before = kept.counters_before(context, kept.last_run(context.clients.models, look, run))
        if told := traffic.finding(traffic.between(counters, before), section.errors, section.latency):
            found.append(told)
    return found, counters


def labelled(context: StepContext, look: Look, section: PerformanceSection) -> pd.DataFrame | str:
    """Answers of this version with a label that came within `section.within`, or in words why there are none."""
    training = look.spec.need(TrainingSetSection)
    since = look.end - section.within
    log = context.clients.predictions(look.spec)
    said = log.read(look.champion, since, look.end)
    keys = [name.removeprefix(ENTITY) for name in said.columns if name.startswith(ENTITY)]
    if not log.is_kept:
        return "the platform keeps no prediction log"
    if said.empty:
        return "there are no answers yet"
    if not keys or said[[f"{ENTITY}{key}" for key in keys]].isna().all().any():
        return "the answers were asked for without entity keys: a label belongs to an answer of /predict"
    file = look.project.path(section.labels or training.entities)
    labels = parquet.read(file)
    if lacking := [name for name in (*keys, late_labels.TIMESTAMP, training.label) if name not in labels.columns]:
        raise StepFailed(f"the labels in {file.name} lack {', '.join(lacking)}", remedy="name a file with these columns")
    labels = log.as_logged(labels, keys)
    said = said.rename(columns={f"{ENTITY}{key}": key for key in keys})
    return late_labels.joined(said, labels, keys=keys, label=training.label, within=section.within, until=look.end)


def _freshness(context: StepContext, allowed: timedelta) -> Finding:
    features = context.spec.need(FeaturesSection)
    views = context.clients.feature_store(features.repo).online_state(features.service)
    return standing.freshness(views, datetime.now(UTC), allowed)


def _counters(context: StepContext, endpoint: str) -> dict[str, Counted]:
    """By server. One that does not answer is left out: that the endpoint is down is for its probes to say."""
    texts: Mapping[str, str] = context.clients.target(context.spec).measurements(endpoint)
    return {server: traffic.read(text) for server, text in texts.items()}
