"""A feature store in memory: views of one key, kept in the parquet files that a Feast repository would read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from fakes import entity_rows
from golden_paths import digests
from golden_paths.artifacts import Column, ServedFeature, ServiceDescription, ViewDescription, ViewState
from golden_paths.clients import FeatureFrame, Skew, TrainingFrame
from golden_paths.clients.refreshing import PendingView, Refreshed
from golden_paths.errors import StepFailed
from golden_paths.refresh_artifacts import ViewRows

TIMESTAMP = "event_timestamp"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
REMEDY = "check the source file and its timestamps, or run for another interval"


class FakeFeatureStore:
    """The service `service` over `views`, each in `<folder>/<view>.parquet`, joined on `key`."""

    def __init__(self, folder: Path, service: str, views: Sequence[str], key: str) -> None:
        self.folder, self.service, self.views, self.key = folder, service, tuple(views), key
        self.online: dict[str, dict[Any, dict[str, Any]]] = {view: {} for view in views}
        self._done: dict[str, datetime] = {}
        self._noted: dict[str, Refreshed] = {}

    def pending(
        self, service: str, *, start: datetime | None, end: datetime, folder: Path
    ) -> tuple[tuple[PendingView, ...], ServiceDescription]:
        self._check(service)
        made = []
        for view, rows in self._due(start, end).items():
            path = folder / f"{view}.parquet"
            columns = [*(name for name in rows.columns if name != TIMESTAMP), TIMESTAMP]
            rows.sort_values([TIMESTAMP, self.key])[columns].to_parquet(path, index=False)
            made.append(PendingView(self._view_rows(view, start, end), path, (self.key,), TIMESTAMP))
        return tuple(made), self._described()

    def _view_rows(self, view: str, start: datetime | None, end: datetime) -> ViewRows:
        since, until = self._span(view, start, end)
        rows, newest = self._between(view, since, until), self._between(view, EPOCH, end)[TIMESTAMP].max()
        content = str(pd.util.hash_pandas_object(rows, index=False).sum())
        return ViewRows(view=view, rows=len(rows), newest=newest, start=since, until=until, content=content)

    def _span(self, view: str, start: datetime | None, end: datetime) -> tuple[datetime, datetime]:
        done = self._done.get(view, EPOCH)
        return start or done, max(end, done)

    def refreshed(self, service: str, *, by: str) -> Refreshed | None:
        self._check(service)
        if not (found := self._noted.get(by)):
            return None
        for state in found.views:
            for row in self._rows(state.view).to_dict("records"):
                held = self.online[state.view].get(row[self.key])
                if row[TIMESTAMP] == state.newest and (held is None or held[TIMESTAMP] < row[TIMESTAMP]):
                    raise StepFailed(
                        f"feature view {state.view} was materialized, and the online store has nothing for "
                        f"{ {self.key: row[self.key]} }: expected a row of {row[TIMESTAMP].isoformat()}",
                        remedy=f"run {by} again: it writes everything anew",
                    )
        return found

    def online_state(self, service: str) -> tuple[ViewState, ...]:
        self._check(service)
        made = []
        for view in self.views:
            held = self._between(view, EPOCH, self._done.get(view, EPOCH))
            newest = None if held.empty else held[TIMESTAMP].max()
            made.append(ViewState(view=view, rows=held[self.key].nunique(), newest=newest))
        return tuple(made)

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
        self._check(service)
        found = self._due(start, end)
        self._require_checked(start, end, checked)
        oldest = min((rows[TIMESTAMP].min() for rows in found.values() if not rows.empty), default=end)
        views = tuple(self._write(view, rows, end) for view, rows in found.items())
        is_fresh = fresh_from is None or all(one.newest is not None and one.newest >= fresh_from for one in views)
        if note_as and is_fresh and (note_as not in self._noted or self._noted[note_as].end <= end):
            self._noted[note_as] = Refreshed(start or oldest, end, views, self._described())
        return start or oldest, views, self._described()

    def _require_checked(self, start: datetime | None, end: datetime, checked: Sequence[ViewRows] | None) -> None:
        for one in checked or ():
            now = self._view_rows(one.view, one.start, one.until)
            since, until = self._span(one.view, start, end)
            if now.content != one.content or since < one.start or until > one.until:
                raise StepFailed(
                    f"the rows of feature view {one.view} are no longer those that were checked",
                    remedy="clear check_features, which looks at them again",
                )

    def _due(self, start: datetime | None, end: datetime) -> dict[str, pd.DataFrame]:
        """What is to be written; `StepFailed` when that is nothing, and should not be."""
        new = {view: self._between(view, start or self._done.get(view, EPOCH), end) for view in self.views}
        for view, rows in new.items():
            expected = f"expected rows from {(start or self._done.get(view, EPOCH)).isoformat()} to {end.isoformat()}"
            if rows.empty and view not in self._done:
                raise StepFailed(
                    f"feature view {view} has nothing to write: {expected}, found {self._held(view)}", remedy=REMEDY
                )
            if start and all(each.empty for each in new.values()):
                raise StepFailed(
                    f"feature service {self.service} has nothing to write: {expected}, found {self._held(view)} in {view}",
                    remedy=REMEDY,
                )
        return {view: self._between(view, *self._span(view, start, end)) for view in self.views}

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
        self._check(service)
        frame = pd.read_parquet(entities)
        kept = [name for name in sensitive if all(name not in self._rows(view).columns for view in self.views)]
        if unknown := [name for name in kept if name not in frame.columns]:
            raise StepFailed(
                f"training_set.sensitive names {', '.join(unknown)}, which is no feature of the service and no column of "
                f"{entities.name}",
                remedy="add the column to the file, or name a feature",
            )
        if missing := [name for name in (self.key, TIMESTAMP, label) if name not in frame.columns]:
            raise StepFailed(
                f"{entities.name} has no column {', '.join(missing)}",
                remedy=f"it needs the keys of the service's views, the time and the label: {self.key}, {TIMESTAMP}, {label}",
            )
        frame = frame[[self.key, TIMESTAMP, label, *kept]].sort_values([TIMESTAMP, self.key, label, *kept])
        joined = frame
        for view in self.views:
            joined = pd.merge_asof(joined, self._rows(view).sort_values(TIMESTAMP), on=TIMESTAMP, by=self.key)
        features = [name for name in joined.columns if name not in frame.columns]
        joined[[self.key, TIMESTAMP, *features, *kept, label]].to_parquet(destination, index=False)
        return TrainingFrame(
            path=destination,
            rows=len(joined),
            entity_rows=len(frame),
            keys=(self.key,),
            timestamp=TIMESTAMP,
            features=tuple(features),
            skew=self._skew(frame[self.key].unique().tolist(), online_at) if online_at else None,
        )

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
        self._check(service)
        asked = entity_rows.wanted(entities, self.key, start or EPOCH, end)
        joined = entity_rows.joined(asked, [self._rows(view) for view in self.views], self.key)
        features = [name for name in joined.columns if name not in asked.columns]
        asked.to_parquet(destination, index=False)
        entities_digest = digests.of_file(destination)
        joined.to_parquet(destination, index=False, row_group_size=chunk)
        ages = {view: self._between(view, EPOCH, end)[TIMESTAMP].max() for view in self.views} if look_at_age else {}
        return FeatureFrame(
            path=destination,
            rows=len(joined),
            entity_rows=len(asked),
            keys=(self.key,),
            timestamp=TIMESTAMP,
            features=tuple(features),
            digest=digests.of_file(destination),
            entities_digest=entities_digest,
            described=self._described(),
            newest={view: None if pd.isna(age) else age for view, age in ages.items()},
        )

    def _skew(self, keys: list[Any], at: datetime) -> Skew:
        differing: dict[str, int] = {}
        for view in self.views:
            rows = self._between(view, EPOCH, at)
            for key in keys:
                held, known = self.online[view].get(key, {}), rows[rows[self.key] == key].tail(1).to_dict("records")
                if held and held[TIMESTAMP] >= at:
                    continue
                for name in rows.columns.drop([self.key, TIMESTAMP]):
                    if held.get(name) != (known[0][name] if known else None):
                        differing[name] = differing.get(name, 0) + 1
        return Skew(len(keys), differing)

    def _described(self) -> ServiceDescription:
        views, features = [], []
        for view in self.views:
            types = {name: str(kind).capitalize() for name, kind in self._rows(view).dtypes.items() if name != TIMESTAMP}
            keys = (Column(name=self.key, type=types.pop(self.key), source=self.key),)
            columns = tuple(Column(name=name, type=kind, source=name) for name, kind in types.items())
            source = f"../../data/{view}.parquet"
            views.append(ViewDescription(view=view, source=source, timestamp=TIMESTAMP, keys=keys, columns=columns))
            features += [ServedFeature(name=one.name, type=one.type, inputs=((view, one.name),)) for one in columns]
        return ServiceDescription(project="churn", views=tuple(views), features=tuple(features))

    def _check(self, service: str) -> None:
        if service != self.service:
            raise StepFailed(f"Feast knows no feature service '{service}'", remedy=f"known are {self.service}")

    def _rows(self, view: str) -> pd.DataFrame:
        return pd.read_parquet(self.folder / f"{view}.parquet")

    def _between(self, view: str, start: datetime, end: datetime) -> pd.DataFrame:
        rows = self._rows(view)
        return rows[(rows[TIMESTAMP] >= start) & (rows[TIMESTAMP] < end)].sort_values(TIMESTAMP)

    def _held(self, view: str) -> str:
        when = self._rows(view)[TIMESTAMP]
        return f"{len(when)} rows from {when.min().isoformat()} to {when.max().isoformat()}"

    def _write(self, view: str, rows: pd.DataFrame, end: datetime) -> ViewState:
        for row in rows.to_dict("records"):
            held = self.online[view].get(row[self.key])
            if held is None or held[TIMESTAMP] <= row[TIMESTAMP]:
                self.online[view][row[self.key]] = row
        if not rows.empty:
            self._done[view] = max(self._done.get(view, EPOCH), rows[TIMESTAMP].max() + pd.Timedelta(microseconds=1))
        newest = self._between(view, EPOCH, end)[TIMESTAMP].max()
        return ViewState(view=view, rows=rows[self.key].nunique(), newest=newest)
