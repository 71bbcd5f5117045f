"""Which version served when: from the event log, and from what a cluster keeps of its rollouts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

from golden_paths.audit.happened import ENDPOINT, Happened, facet_of, is_dropped
from golden_paths.errors import GoldenPathsError
from golden_paths.rollout.state import State

Json = Mapping[str, Any]
SERVED = ("champion", "rolled_back", "withdrawn")  # what the tag golden_paths.status says of a version that had the traffic


@dataclass(frozen=True)
class Reign:
    """The time in which a version answered at an endpoint. `until` None: nothing is known that ended it.

    `by` is the event that says so; None when the cluster alone does. `place` is the endpoint's namespace.
    """

    version: str
    digest: str
    place: str
    since: datetime
    until: datetime | None = None
    by: Happened | None = None
    ended_by: Happened | None = None
    facet: Json | None = None

    def overlaps(self, begin: datetime, end: datetime) -> bool:
        """Whether it served at any moment from `begin` to before `end`, or at `begin` when both are one."""
        ended = self.until or datetime.max.replace(tzinfo=UTC)
        return self.since <= begin < ended or begin <= self.since < end


def reigns(takeovers: Iterable[tuple[Happened, Json]], state: State | None = None) -> tuple[Reign, ...]:
    """Every time in service, by its beginning. `state`: what the cluster says of the endpoint there.

    A version that takes over from itself, as when a step is retried, goes on. An endpoint that is stopped serves nothing.
    """
    begun: dict[str, list[Reign]] = {}
    for one, dataset in takeovers:
        here = begun.setdefault(str(dataset["namespace"]), [])
        if not is_dropped(dataset):
            _begin(here, one, dataset)
        elif here and here[-1].until is None:
            here[-1] = replace(here[-1], until=one.at, ended_by=one)
    if state:
        place = next((place for place in begun if place.startswith("k8s://")), "k8s://")
        begun[place] = _with_cluster(begun.get(place, []), state, place)
    return tuple(sorted((one for here in begun.values() for one in _ended(here)), key=lambda one: one.since))


def _begin(here: list[Reign], one: Happened, dataset: Json) -> None:
    facet, last = facet_of(dataset, ENDPOINT), here[-1] if here else None
    version, digest = str(facet["modelVersion"]), str(facet["modelDigest"])
    if last is None or last.until or (last.version, last.digest) != (version, digest):
        here.append(Reign(version, digest, str(dataset["namespace"]), one.at, by=one, facet=facet))


def _with_cluster(here: list[Reign], state: State, place: str) -> list[Reign]:
    """The cluster knows to the millisecond since when its version serves, and of what nobody wrote an event about."""
    last = here[-1] if here else None
    if last and last.version == state.serving and (last.until is None or last.until >= state.since):
        return [*here[:-1], replace(last, since=min(last.since, state.since))]
    return [*here, Reign(state.serving, state.digest, place, state.since)]


def _ended(here: Sequence[Reign]) -> list[Reign]:
    following = [*here[1:], None]  # one more than there are, when nothing served at all
    return [
        replace(one, until=after.since, ended_by=after.by) if after and one.until is None else one
        for one, after in zip(here, following, strict=False)
    ]


def moment(text: str) -> tuple[datetime, datetime]:
    """'2026-03-01' is that day, '2026-03-01T12:00' that moment; both in UTC unless it says another zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise GoldenPathsError(
            f"--at '{text}' is no date; write 2026-03-01, or 2026-03-01T12:00 for a moment of that day (UTC)"
        ) from error
    found = found if found.tzinfo else found.replace(tzinfo=UTC)
    is_day = len(text) <= len("2026-03-01") and found.time() == time()
    return found, found + timedelta(days=1) if is_day else found


def at(model: str, text: str, served: Sequence[Reign], now: datetime) -> Reign:
    """What served then. Raises `GoldenPathsError` when none did, several did, or nobody can know yet."""
    begin, end = moment(text)
    if begin > now:
        raise GoldenPathsError(f"--at {text} is in the future; name a moment that has passed")
    found = [one for one in served if one.overlaps(begin, end)]
    if len({(one.version, one.digest) for one in found}) == 1:
        return found[0]
    if found:
        raise GoldenPathsError(
            f"{len(found)} times in service on {text}: {_told(found)}; name a time as well, or --version"
        )
    if not served:
        raise GoldenPathsError(f"the event log knows of no version of {model} that served; name one with --version")
    raise GoldenPathsError(f"no version of {model} served at {text}; known is {_told(served)}")


def _told(served: Iterable[Reign]) -> str:
    return ", ".join(
        f"version {one.version} from {shown(one.since)}{f' to {shown(one.until)}' if one.until else ''}"
        for one in served
    )


def shown(at: datetime) -> str:
    """2026-03-01 12:00:05 UTC."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
