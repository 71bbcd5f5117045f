"""What a look leaves in MLflow: a run with report, plots, findings and metrics; and on the version, what it said last."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

from golden_paths import platform
from golden_paths.clients import ModelRegistry
from golden_paths.modelling.finding import Finding, Ruling
from golden_paths.monitoring import watch_report
from golden_paths.monitoring.look import Look
from golden_paths.monitoring.traffic import Counted
from golden_paths.monitoring.verdicts import cause_of
from golden_paths.spec import PathSpec
from golden_paths.step import StepContext

FINDINGS, COUNTERS = "findings.json", "counters.json"
VERDICT, QUIET = "golden_paths.verdict", "quiet"
AT_ONCE = 50  # runs that a look retires: a month of hourly ones takes some fifteen looks, and none of them long
LAST = "golden_paths.watched"  # of a version: the run that looked last, the alarms of then and of the look before


def run_of(context: StepContext, look: Look) -> str:
    """The MLflow run of this look: the same for every try."""
    tags = {
        "golden_paths.run": context.run.id,
        "golden_paths.version": look.champion.version,
        "golden_paths.digest": look.champion.digest,
    }
    key = f"watch:{context.run.id}:{look.champion.digest}"
    return context.clients.tracking.run(_experiment(look.spec), key, name=f"watch {context.run.id}", tags=tags).id


def keep(context: StepContext, look: Look, findings: Sequence[Finding], counters: Mapping[str, Counted], run: str) -> str:
    """Write all that was found; returns the report's URI. A retry overwrites."""
    tracking = context.clients.tracking
    report = watch_report.write(look, findings)
    (look.folder / FINDINGS).write_text(json.dumps([one.model_dump(mode="json") for one in findings], indent=1))
    (look.folder / COUNTERS).write_text(json.dumps({server: asdict(one) for server, one in counters.items()}))
    tracking.metrics(run, measured(look, findings))
    uri = tracking.upload(run, look.folder, "watch")
    alarms = [ruling.words for one in findings for ruling in one.rulings if not ruling.passed]
    tracking.tag(run, {VERDICT: "alarm" if alarms else QUIET, "golden_paths.reason": "; ".join(alarms)[:5000]})
    tracking.finish(run)
    return f"{uri}/{report.name}"


def retire(context: StepContext, now: datetime) -> None:
    """Quiet looks go when the rows do that they were about; alarms stay, for whoever asks later."""
    before = now - platform.read(context.project).prediction_log.retention
    gone = context.clients.tracking.retire(_experiment(context.spec), tag=(VERDICT, QUIET), before=before, most=AT_ONCE)
    if gone:
        context.log(f"{gone} quiet looks from before {before:%Y-%m-%d} are deleted in MLflow")


def measured(look: Look, findings: Sequence[Finding]) -> dict[str, float]:
    """Numbers of the look: rows, alarms by cause, and what was measured of each column."""
    rulings = [ruling for one in findings for ruling in one.rulings]
    found: dict[str, float] = {"rows": float(len(look.rows))}
    for ruling in rulings:
        cause = cause_of(ruling.gate)
        found[f"alarms.{cause}"] = found.get(f"alarms.{cause}", 0.0) + (not ruling.passed)
        if ruling.value is not None:
            found[_metric(ruling)] = ruling.value
    return found


def _metric(ruling: Ruling) -> str:
    """MLflow takes letters, digits and a few signs."""
    name = f"{ruling.gate}.{ruling.column}" if ruling.column else ruling.gate
    return "".join(letter if letter.isalnum() or letter in "_-. /" else "_" for letter in name)[:250]


def counters_before(context: StepContext, run: str | None) -> dict[str, Counted]:
    """What the servers had counted at the look before; nothing when there was none, or it cannot be read."""
    if run is None or COUNTERS not in context.clients.tracking.files(run, "watch"):
        return {}
    with tempfile.TemporaryDirectory(prefix="golden-paths-watch-") as folder:
        found = context.clients.tracking.download(f"runs:/{run}/watch/{COUNTERS}", Path(folder))
        return {server: Counted(**one) for server, one in json.loads(found.read_text()).items()}


def _experiment(spec: PathSpec) -> str:
    return f"{spec.name}.watch"


def last_run(models: ModelRegistry, look: Look, mine: str) -> str | None:
    """The MLflow run of the look before this one. A retry's own mark names the one before it."""
    last = _last(models, look)
    return last.get("before") if last.get("run") == mine else last.get("run")


def news(models: ModelRegistry, look: Look, mine: str, alarms: Sequence[str]) -> tuple[str, ...]:
    """Mark this look as the last; returns the causes that alarm now and did not at the look before. A retry says the same."""
    last = _last(models, look)
    is_again = last.get("run") == mine
    before = last.get("alarms_before", "") if is_again else last.get("alarms", "")
    mark = {
        "run": mine,
        "before": last.get("before", "") if is_again else last.get("run", ""),
        "alarms": ",".join(alarms),
        "alarms_before": before,
    }
    models.tag_version(look.champion.model, look.champion.version, {LAST: json.dumps(mark)})
    return tuple(cause for cause in alarms if cause not in before.split(","))


def _last(models: ModelRegistry, look: Look) -> dict[str, str]:
    text = models.version_tags(look.champion.model, look.champion.version).get(LAST, "")
    return dict(json.loads(text)) if text else {}
