"""A loan model that serves, the log of its answers, and what a watch touches: the log is real, MLflow and the rest are fakes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from fakes.feature_store import FakeFeatureStore
from fakes.models import FakeModelRegistry
from fakes.target import FakeTarget
from fakes.tracking import FakeTracking
from golden_paths import digests, history
from golden_paths.artifacts import ModelVersion
from golden_paths.clients.logged_predictions import LoggedPredictions
from golden_paths.monitor_artifacts import Renewal, Watched
from golden_paths.monitoring import frozen, profile
from golden_paths.prediction_log import names, planned
from golden_paths.project import Project
from golden_paths.spec import PathSpec
from golden_paths.step import Run, StepContext
from golden_paths.steps import renew, watch

NAME = "loan"
NOW = (datetime.now(UTC) - timedelta(hours=1)).replace(minute=30, second=0, microsecond=0)
HOUR = timedelta(hours=1)
SPEC: dict[str, Any] = {
    "golden_path": "online-model@1",
    "name": NAME,
    "owner": "credit",
    "description": "Chance that a loan is paid back.",
    "risk": "limited",
    "features": {"repo": "include/feature_repos/loan", "service": "loan_v1"},
    "training_set": {"entities": "include/data/loans.parquet", "label": "paid", "sensitive": ["sex"]},
    "train": {"code": "include/models/loan.py:fit"},
    "evaluate": {"metrics": {"roc_auc": ">= 0.75"}, "bias": {"measure": "demographic_parity", "at_most": 0.2}},
    "deploy": {"to": "local"},
}
CONTRACT = """\
columns:
  income: {type: number, min: 0, max: 500}
  region: {type: text, allowed: [north, south]}
rows: {at_least: 9999}
"""


def applicants(rows: int, seed: int, *, richer: float = 0.0) -> pd.DataFrame:
    """Incomes, regions and sexes; `richer` moves incomes by so many standard deviations."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "income": 100 + 20 * (rng.standard_normal(rows) + richer),
            "region": rng.choice(["north", "south"], rows, p=[0.7, 0.3]),
            "sex": rng.integers(1, 3, rows),
        }
    )


def scores(frame: pd.DataFrame) -> np.ndarray[Any, Any]:
    return 1 / (1 + np.exp(-(frame["income"].to_numpy(dtype=float) - 100) / 20))


@dataclass
class Clients:
    """What a watch asks."""

    tracking: FakeTracking
    project: Project
    store: FakeFeatureStore
    models: FakeModelRegistry = field(default_factory=FakeModelRegistry)
    served: FakeTarget = field(default_factory=FakeTarget)

    def target(self, _: PathSpec) -> FakeTarget:
        return self.served

    def feature_store(self, _: str) -> FakeFeatureStore:
        return self.store

    def predictions(self, spec: PathSpec) -> LoggedPredictions:
        return LoggedPredictions(spec.name, planned.log_of(spec, self.project, "sqlite:///none"))


class Loans:
    """Versions that serve one after the other, each with a profile of 4,000 applicants."""

    def __init__(self, root: Path, **monitor: Any) -> None:
        for folder in ("include/data", "model", "mlflow", "views"):
            (root / folder).mkdir(parents=True)
        (root / "model" / "MLmodel").write_text("flavors: {}\n")
        self.root, self.project = root, Project(root, root / "state")
        store = FakeFeatureStore(root / "views", "loan_v1", ["incomes"], "loan")
        self.clients = Clients(FakeTracking(root / "mlflow"), self.project, store)
        self.said: list[str] = []
        self.runs: dict[tuple[str, str], str] = {}
        self.by = "Airflow (scheduled)"
        self.watches(**monitor)

    def watches(self, **monitor: Any) -> None:
        section = {"retrain": {"cool_down": "1h"}, "drift": {"at_least": 300}} | monitor
        asked = {key: value for key, value in section.items() if value is not None}
        self.spec = PathSpec.model_validate(SPEC | {"monitor": asked})

    def policy(self, text: str) -> None:
        (self.root / "include" / "policy.yaml").write_text(text)

    def contract(self, text: str = CONTRACT) -> None:
        (self.root / "include" / "loans.yaml").write_text(text)
        section = self.spec.training_set.model_copy(update={"contract": "include/loans.yaml"})  # type: ignore[union-attr]
        self.spec = self.spec.model_copy(update={"training_set": section})

    def promote(self, run: str = "first", *, profiled: bool = True, at: datetime | None = None, seed: int = 1) -> ModelVersion:
        """A new version, in service."""
        tracking, models = self.clients.tracking, self.clients.models
        run_id = tracking.run(NAME, run, name=run, tags={}).id
        digest = digests.of_bytes(run.encode())
        tags = {"digest": digest, "weights": "w", "training_set": "t" * 64, "golden_records": "g", "golden_digest": "g"}
        told = {f"golden_paths.{name}": value for name, value in tags.items()}
        if profiled:
            told |= self._profile(run_id, digest, seed)
        number = models.register(NAME, uri=f"models:/{run}", run_id=run_id, tags=told)
        version = models.version(NAME, number)
        assert version
        (self.root / "model" / "which").write_text(run)
        served = version.model_copy(update={"digest": digests.of_folder(self.root / "model")})
        endpoint = self.clients.served.shift(
            self.clients.served.start(served, fetch=lambda: self.root / "model", features=None, service=None)
        )
        self.clients.served.settle(endpoint)
        models.set_alias(NAME, "champion", number)
        history.add(models, NAME, history.Change("promoted", number, digest, run, "Airflow"))
        if at:
            self._backdate(number, at)
        return version

    def _profile(self, run_id: str, digest: str, seed: int) -> dict[str, str]:
        from golden_paths.prediction_log import as_logged

        frame = applicants(4000, seed)
        sensitive, told = as_logged.sensitive(self.spec, self.project, is_sent=False)
        score = scores(frame)
        made = profile.build(
            frame,
            features=["income", "region", "sex"],
            predictions=(score > 0.5).astype(int),
            scores=score,
            sensitive=sensitive,
            hash=told,
        ).model_copy(update={"model": digest, "training_set": "t" * 64, "kind": "binary", "classes": (0, 1)})
        folder = self.root / "evaluation"
        folder.mkdir(exist_ok=True)
        made.write(folder)
        self.clients.tracking.upload(run_id, folder, "evaluation")
        return frozen.tags(self.clients.tracking, run_id, model=digest, training_set="t" * 64)

    def _backdate(self, number: str, at: datetime) -> None:
        """As if the last entry had been written then; the version's tag goes with it."""
        kept = self.clients.models.models[NAME].history
        last = max(kept)
        entry = history.Entry.model_validate_json(kept[last]).model_copy(update={"at": at})
        kept[last] = entry.text
        self.clients.models.tag_version(NAME, number, {history.HASH: entry.hash})

    def answers(
        self,
        frame: pd.DataFrame,
        *,
        at: datetime = NOW - 0.2 * HOUR,
        version: ModelVersion | None = None,
        loans: bool = True,
        said: np.ndarray[Any, Any] | None = None,
        without: int = 0,
    ) -> None:
        """As servers log them: evenly over the six minutes before `at`, `loan` as the entity key."""
        serving = version or self.clients.models.champion(NAME)
        log = planned.log_of(self.spec, self.project, "sqlite:///none")
        assert serving and log
        score = scores(frame) if said is None else said
        count = len(frame)
        times = pd.to_datetime(pd.Series([at - timedelta(minutes=6) * (1 - place / count) for place in range(count)]))
        rows = pd.DataFrame({"time": times.astype("datetime64[us, UTC]"), "request_id": [f"r{n}" for n in range(count)]})
        rows = rows.assign(model=NAME, version=serving.version, digest=serving.digest)
        for name in frame.columns:
            kind = "entity." if name == "loan" else "feature."
            rows[f"{kind}{name}"] = frame[name].to_numpy()
        if loans and "loan" not in frame.columns:
            rows["entity.loan"] = np.arange(len(frame))
        if "sex" in log.keeping.hashed and log.key and "sex" in frame.columns:
            from golden_paths.prediction_log.hashing import hashed

            rows["feature.sex"] = [hashed(value, log.key) for value in frame["sex"]]
        rows = rows.assign(prediction=(score > 0.5).astype(int), score=score)
        if without:  # that many rows have no answer
            rows["prediction"] = rows["prediction"].where(np.arange(count) >= without)
        namer = names.Namer(NAME, serving.version)
        for hour, those in rows.groupby(rows["time"].dt.floor("h")):
            log.store.write(namer.next(hour.to_pydatetime()), those.to_parquet(index=False))

    def labels(self, frame: pd.DataFrame) -> None:
        """Columns loan, event_timestamp, paid."""
        frame.to_parquet(self.root / "include/data/loans.parquet", index=False)

    def context(self, run: str, *, end: datetime, start: datetime | None, artifacts: dict[str, Any] | None = None) -> StepContext:
        return StepContext(
            spec=self.spec,
            spec_digest="s",
            project=self.project,
            run=Run(run, end=end, start=start, by=self.by),
            clients=self.clients,  # type: ignore[arg-type]
            log=self.said.append,
            artifacts=artifacts or {},
            state_of=lambda dag, run: self.runs.get((dag, run)),
        )

    def look(self, run: str = "look-1", *, end: datetime = NOW, start: datetime | None = NOW - HOUR) -> Watched:
        made = watch.run(self.context(run, end=end, start=start))
        assert isinstance(made, Watched)
        return made

    def renew(self, watched: Watched, run: str = "look-1") -> Renewal:
        made = renew.run(self.context(run, end=NOW, start=NOW - HOUR, artifacts={"watched": watched}))
        assert isinstance(made, Renewal)
        return made


def alarms(made: Watched) -> dict[str, list[str]]:
    """Cause -> words."""
    found: dict[str, list[str]] = {}
    for one in made.alarms:
        found.setdefault(one.cause, []).append(one.words)
    return found


def failing(loans: Loans, verb: str, error: Exception) -> None:
    """The next call of this verb of MLflow's fails, after it was done."""
    tracking = loans.clients.tracking
    real = getattr(tracking, verb)

    def once(*given: Any, **named: Any) -> Any:
        setattr(tracking, verb, real)
        real(*given, **named)
        raise error

    setattr(tracking, verb, once)

