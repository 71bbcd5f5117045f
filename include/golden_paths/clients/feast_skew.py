"""Whether the online store answers what the offline store says of the same keys at the moment it was written for.

Runs in the child alone (see `feast_child`). Compared are views that batches alone write: what is pushed, or comes from a
stream, may be newer online by design, and so may a row that a later run has written.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from golden_paths.clients.feast_entities import TIMESTAMP
from golden_paths.clients.feast_windows import TICK
from golden_paths.errors import StepFailed

if TYPE_CHECKING:
    import pandas as pd

CLOSE = 1e-6  # relative: a Float32 online, and a double in the source
MOST, SEED = 200, 0
SAME, MISSING, UNJUDGED = "same", "missing", "unjudged"


def found(store: Any, service: Any, entities: pd.DataFrame, keys: Sequence[str], at: datetime) -> dict[str, Any]:
    """Compare up to 200 keys of `entities`; the fields of `Skew`. `at` ends what was materialized, itself not included.

    Both missing is the same, and so are floats within a millionth. A value past its view's ttl counts as missing: the
    join leaves it out, while Feast's online stores answer it all the same, which is said in the log.
    """
    rows = _sample(entities, keys)
    if not keys or rows.empty:
        return {"keys": 0, "differing": {}, "left_out": ["no keys to ask for"]}
    frame = rows.assign(**{TIMESTAMP: at - TICK})
    frame[TIMESTAMP] = frame[TIMESTAMP].astype("datetime64[us, UTC]")
    joined = store.get_historical_features(entity_df=frame, features=service).to_df()
    offline = rows.merge(joined.drop(columns=TIMESTAMP), on=list(keys), how="left")
    answer = _asked(store, service, rows)
    online, times = answer.to_dict(), _times(answer)
    differing: dict[str, int] = {}
    left_out: list[str] = []
    for projection in service.feature_view_projections:
        names = [feature.name for feature in projection.features]
        views = _behind(store, projection)
        if streamed := [view.name for view, _ in views if view.stream_source is not None]:
            left_out.append(f"{', '.join(names)} ({', '.join(streamed)} is pushed or streamed, and may be newer online)")
            continue
        known = [(view, times[names[0]] if at_hand else _moments(store, view, rows)) for view, at_hand in views]
        states = [_state(known, row, at, alone=views[0][1]) for row in range(len(rows))]
        if expired := states.count(MISSING):
            print(f"{projection.name}: {expired} of {len(rows)} keys have a value past its ttl, which is still served")  # noqa: T201
        for name in names:
            if count := sum(not _agrees(offline[name].iloc[row], online[name][row], state) for row, state in enumerate(states)):
                differing[name] = count
    return {"keys": len(rows), "differing": differing, "left_out": left_out}


def same(one: Any, other: Any) -> bool:
    """Whether two values of a feature are one, whatever types they come in."""
    if _is_list(one) and _is_list(other):
        return len(one) == len(other) and all(map(same, one, other))
    if _is_none(one) or _is_none(other):
        return _is_none(one) and _is_none(other)
    if isinstance(one, date) or isinstance(other, date):
        return bool(_second(one) == _second(other))
    try:
        return math.isclose(float(one), float(other), rel_tol=CLOSE)
    except (TypeError, ValueError):
        return bool(one == other)


def _sample(entities: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    known = entities[list(keys)].dropna().drop_duplicates()
    if len(known) > MOST:
        known = known.sort_values(list(keys)).sample(MOST, random_state=SEED)
    return known.reset_index(drop=True)


def _asked(store: Any, features: Any, rows: pd.DataFrame) -> Any:
    try:
        return store.get_online_features(features=features, entity_rows=rows.to_dict("records"))
    except Exception as error:  # each online store has errors of its own
        raise StepFailed(
            f"the online store cannot be asked for what was materialized: {error}",
            remedy="mend it; when it was deleted, remove its state and materialize again",
        ) from error


def _times(answer: Any) -> dict[str, list[datetime]]:
    """For each feature when each row's value was true; 1970 where there is none."""
    names = answer.proto.metadata.feature_names.val
    return {
        name: [moment.ToDatetime(UTC) for moment in vector.event_timestamps]
        for name, vector in zip(names, answer.proto.results, strict=True)
    }


def _behind(store: Any, projection: Any) -> list[tuple[Any, bool]]:
    """The stored views that a projection's features come from, and whether its answer has their times."""
    stored = {view.name: view for view in store.list_feature_views()}
    if projection.name in stored:
        return [(stored[projection.name], True)]
    sources = store.get_on_demand_feature_view(projection.name).source_feature_view_projections.values()
    return [(stored[source.name], False) for source in sources]


def _moments(store: Any, view: Any, rows: pd.DataFrame) -> list[datetime]:
    name = view.features[0].name
    return _times(_asked(store, [f"{view.name}:{name}"], rows))[name]


def _state(known: list[tuple[Any, list[datetime]]], row: int, at: datetime, *, alone: bool) -> str:
    """How a row is to be compared: as it is, as if nothing were online, or not at all."""
    moments = [(view, times[row]) for view, times in known]
    if any(moment >= at for _, moment in moments):
        return UNJUDGED
    if any(view.ttl and moment.timestamp() > 0 and moment + view.ttl < at - TICK for view, moment in moments):
        return MISSING if alone else UNJUDGED  # what is computed of a missing value is the function's own affair
    return SAME


def _agrees(offline: Any, online: Any, state: str) -> bool:
    return state == UNJUDGED or same(offline, None if state == MISSING else online)


def _is_list(value: Any) -> bool:
    return hasattr(value, "__len__") and not isinstance(value, str | bytes | dict)


def _is_none(value: Any) -> bool:
    import pandas as pd

    return value is None or (pd.api.types.is_scalar(value) and bool(pd.isna(value)))


def _second(value: Any) -> Any:
    """Feast's online stores hold times to the second."""
    import pandas as pd

    moment = pd.Timestamp(value)
    return (moment.tz_localize(UTC) if moment.tzinfo is None else moment.tz_convert(UTC)).floor("s")
