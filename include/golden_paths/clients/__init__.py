"""The few verbs that steps need of Feast, MLflow and a deployment target.

Steps see these Protocols alone. Unit tests pass fakes (tests/fakes), and the same contract tests run on the fake and
on the real thing, so that a fake cannot drift away from what it stands for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from golden_paths.artifacts import CanaryStage, Candidate, Endpoint, ModelVersion, ServiceDescription, ViewState
from golden_paths.clients.frames import FeatureFrame as FeatureFrame
from golden_paths.clients.frames import Skew as Skew
from golden_paths.clients.frames import TrainingFrame as TrainingFrame
from golden_paths.clients.refreshing import PendingView, Refreshed
from golden_paths.clients.tracking import TrackedRun as TrackedRun
from golden_paths.clients.tracking import Tracking as Tracking
from golden_paths.refresh_artifacts import ViewRows

if TYPE_CHECKING:
    from golden_paths.clients.predictions import Predictions
    from golden_paths.scoring.output import Output
    from golden_paths.spec import PathSpec


class FeatureStore(Protocol):
    """A Feast feature repository."""

    def pending(
        self, service: str, *, start: datetime | None, end: datetime, folder: Path
    ) -> tuple[tuple[PendingView, ...], ServiceDescription]:
        """Apply changed definitions, and put the rows that `materialize` would write now into files of `folder`."""

    def materialize(
        self,
        service: str,
        *,
        start: datetime | None,
        end: datetime,
        checked: Sequence[ViewRows] | None = None,
        note_as: str | None = None,
        fresh_from: datetime | None = None,
    ) -> tuple[datetime, tuple[ViewState, ...], ServiceDescription]:
        """Apply changed definitions, write the service's views for [start, end) to the online store, and read them back.

        Returns the start that was used, which is the oldest row not yet materialized when `start` is None; the views'
        state; and the service as it is defined. `checked`: other rows than these are refused before any is written.
        `note_as`, the name of a feature refresh, leaves in the registry what `refreshed` answers, unless a view has no row
        from `fresh_from` or later.
        """

    def refreshed(self, service: str, *, by: str) -> Refreshed | None:
        """What the refresh `by` wrote last, up to the latest end; None: nothing since the definitions last changed.

        `StepFailed` when the online store has no longer got it.
        """

    def online_state(self, service: str) -> tuple[ViewState, ...]:
        """What the online store was given of each view, by whomever: its keys, and the time of the newest row."""

    def training_frame(
        self,
        service: str,
        *,
        entities: Path,
        label: str,
        destination: Path,
        sensitive: Sequence[str] = (),
        online_at: datetime | None = None,
    ) -> TrainingFrame:
        """Join the service's features to the entity rows as they were known at each row's time.

        `sensitive` columns that are no features come along from the entity rows. `StepFailed` for what is neither.
        `online_at`, the end of what was materialized, asks for the skew: what the online store answers now for up to 200
        of these entities, beside the offline values of just before that moment. A row that is newer online is passed over.
        """

    def feature_frame(
        self,
        service: str,
        *,
        entities: Path,
        start: datetime | None,
        end: datetime,
        destination: Path,
        chunk: int,
        look_at_age: bool = False,
    ) -> FeatureFrame:
        """Join the service's features to the entity rows of [start, end), `chunk` rows at a time; no label is needed.

        A time without a zone is in UTC. Rows that repeat keys and time are kept. `look_at_age` asks for `newest`.
        """


class ModelRegistry(Protocol):
    """Versions and aliases in MLflow's model registry."""

    def register(self, model: str, *, uri: str, run_id: str, tags: Mapping[str, str]) -> str:
        """The version of `model` that was made from run `run_id`; created when it is not there."""

    def champion(self, model: str) -> ModelVersion | None:
        """The version that carries the alias `champion`."""

    def version(self, model: str, version: str) -> ModelVersion | None:
        """A version by its number; None when there is none, or it was not registered by this platform."""

    def candidate(self, model: str) -> str | None:
        """The number of the version that carries the alias `candidate`: the one registered last."""

    def set_alias(self, model: str, alias: str, version: str) -> None:
        """Point an alias at a version."""

    def remove_alias(self, model: str, alias: str) -> None:
        """Have no version carry the alias; none may carry it already."""

    def tag_version(self, model: str, version: str, tags: Mapping[str, str]) -> None:
        """Set tags on a version."""

    def version_tags(self, model: str, version: str) -> dict[str, str]:
        """The tags of a version; none when there is no such version."""

    def history(self, model: str) -> list[str]:
        """The entries of the model's history, in order; see `golden_paths.history`."""

    def add_history(self, model: str, number: int, entry: str) -> None:
        """Keep an entry under its number, from 1."""


class Target(Protocol):
    """Where models serve. Every verb converges when it is repeated."""

    def start(
        self, version: ModelVersion, *, fetch: Callable[[], Path], features: Path | None, service: str | None
    ) -> Candidate:
        """Run a version beside the endpoint and wait until it is ready.

        `fetch` gives a folder with the version's digest; a target whose servers fetch for themselves does not call it.
        """

    def canary(self, candidate: Candidate, requests: Sequence[bytes]) -> tuple[CanaryStage, ...]:
        """Give the candidate a growing share of the traffic, and judge it at each step. Raises `GateFailed`.

        `requests` are bodies for /invocations, sent when users send too few. No stages: the target cannot share traffic.
        """

    def shift(self, candidate: Candidate) -> Endpoint:
        """Give the stable address to the candidate; the version before stays loaded until `settle`."""

    def settle(self, endpoint: Endpoint) -> None:
        """Let the version before finish its requests, and end it."""

    def restore(self, endpoint: Endpoint) -> None:
        """Undo `shift`: the version before takes the port again, and the candidate ends."""

    def discard(self, candidate: Candidate) -> None:
        """End a candidate that was not promoted."""

    def retire(self, endpoint: str) -> datetime | None:
        """Put to rest what served before and was kept long enough; returns when the next will have been."""

    def withdraw(self, endpoint: str, reason: str, *, version: str | None = None) -> bool:
        """Have the stable address say 503 with this reason, for good: until another version takes it. It cannot be undone.

        Every request gets the model's answer or that one. Does not wait for a rollout. False when no version serves, or
        another one than `version`. Of a version that is withdrawn already the first reason stays.
        """

    def serving(self, endpoint: str) -> Endpoint | None:
        """What has the stable address now. None when its version was withdrawn: then nothing is served."""

    def measurements(self, endpoint: str) -> Mapping[str, str]:
        """What each server of the version in service has counted since it started, in Prometheus' text, by server."""

    def stop(self, endpoint: str) -> bool:
        """End an endpoint and all its processes. False when there was none."""


class Clients(Protocol):
    """The clients of one run. Each is made when it is first asked for."""

    def feature_store(self, repo: str) -> FeatureStore:
        """The feature repository in this folder of the project."""

    @property
    def tracking(self) -> Tracking:
        """Runs and artifacts."""

    @property
    def models(self) -> ModelRegistry:
        """Versions and aliases."""

    def predictions(self, spec: PathSpec) -> Predictions:
        """The prediction log of the spec's model."""

    def score_table(self, table: str) -> Output:
        """A table of the database of scores. `StepFailed` when the platform has none."""

    def target(self, spec: PathSpec) -> Target:
        """Where the spec's model serves."""
