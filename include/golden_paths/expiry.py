"""When a version has served long enough, and what then becomes of it: certified anew by people, withdrawn, or kept.

A withdrawal is the address first, then the alias, the tags and the history: whatever is killed in between, the address
never answers with a model that MLflow says is withdrawn, and repeating it, or `resume`, does what is left.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from golden_paths import approval, history, policy
from golden_paths.approval import REASON, STATUS
from golden_paths.artifacts import Endpoint
from golden_paths.clients import Clients, ModelRegistry
from golden_paths.errors import GateFailed
from golden_paths.history import Bytes, BytesOfModel, Entry
from golden_paths.policy.model import Expiry
from golden_paths.project import Project
from golden_paths.spec import PathSpec
from golden_paths.values import duration_text
from golden_paths.withdrawal import reason_of

BEGINS = ("promoted", "rolled back")
WITHDRAWN = "withdrawn"  # in the tag golden_paths.status
CHAMPION = "champion"
INTENT = "golden_paths.withdrawing"
DUE = 0.75  # of max_age, from which on a version may be certified anew: not one that has just begun


class Intent(BaseModel):
    """A withdrawal that was begun, as a tag of the version keeps it. `after`: the last entry of the history by then."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    after: int
    reason: str
    run: str
    by: str


class Superseded(GateFailed):
    """Another version serves by now: what was decided on this one comes too late, and nothing is done."""


class Address(Protocol):
    """The verbs of a `Target` that a withdrawal needs."""

    def serving(self, endpoint: str) -> Endpoint | None:
        """What has the stable address now."""

    def withdraw(self, endpoint: str, reason: str, *, version: str | None = None) -> bool:
        """Have it answer 503."""


def rule_of(spec: PathSpec, project: Project) -> Expiry:
    """What the policy says becomes of an expired version of this risk. Without a policy: kept, with an alarm."""
    found: Expiry = getattr(policy.read(project).risk, spec.risk).expiry
    return found


def started_at(models: ModelRegistry, model: str, version: Bytes) -> datetime | None:
    """When the life of these bytes began: their first promotion, or when they were last certified anew.

    After a withdrawal it begins with the next promotion. None when the history knows of none. An account of this version
    that was altered is not believed, and can only make it older.
    """
    of_number = [one for one in history.entries(models, model) if one.version == version.version]
    said = [one for one in of_number if one.digest == version.digest]
    if not of_number or models.version_tags(model, version.version).get(history.HASH) != of_number[-1].hash:
        return min((one.at for one in said if one.what in BEGINS), default=None)
    ended = max((place for place, one in enumerate(said) if one.what == "withdrawn"), default=-1)
    life = said[ended + 1 :] if any(one.what in BEGINS for one in said[ended + 1 :]) else said
    begun = next((one.at for one in life if one.what in BEGINS), None)
    return max((one.at for one in life if one.what == "recertified"), default=begun)


def has_expired(started: datetime | None, max_age: timedelta | None, now: datetime) -> bool:
    """Whether it has served for longer than it may. Without a bound, or a beginning, it has not."""
    return started is not None and max_age is not None and now - started > max_age


def is_due(started: datetime | None, max_age: timedelta | None, now: datetime) -> bool:
    """Whether people may be asked to certify it anew. When nobody knows since when it serves, they may."""
    return max_age is not None and (started is None or now - started >= max_age * DUE)


def refusal(
    models: ModelRegistry, model: str, version: Bytes, max_age: timedelta | None, now: datetime | None = None
) -> str | None:
    """Why these bytes may not come back by a rollback: they were withdrawn, or are too old. None: they may."""
    tags = models.version_tags(model, version.version)
    said = history.entries(models, model)
    if tags.get(STATUS) == WITHDRAWN or approval.withdrawn(said, version):
        return f"was withdrawn: {tags.get(REASON) or 'MLflow does not say why'}"
    started = started_at(models, model, version)
    if max_age and started and has_expired(started, max_age, now or datetime.now(UTC)):
        return f"has expired: it began to serve on {started:%Y-%m-%d %H:%M} UTC, and monitor.max_age is {duration_text(max_age)}"
    return None


def recertified(models: ModelRegistry, version: BytesOfModel, *, run: str, by: str, why: str) -> Entry:
    """Keep that people let these bytes serve for another max_age. Raises `Superseded`. A retry adds nothing."""
    hold_champion(models, version)
    change = history.Change("recertified", version.version, version.digest, run, by, why=why[: approval.LONGEST])
    return history.add(models, version.model, change)


def withdraw(
    clients: Clients, spec: PathSpec, version: BytesOfModel, *, run: str, by: str, reason: str
) -> Entry:
    """Withdraw the version that serves, everywhere. Raises `Superseded` when another one does. Repeating it converges."""
    address = clients.target(spec) if spec.deploy else None
    return withdraw_at(address, clients.models, version, run=run, by=by, reason=reason)


def resume(clients: Clients, spec: PathSpec) -> Entry | None:
    """Finish a withdrawal that was killed in the middle; None when there is none. To be asked before anything is decided."""
    models, known = clients.models, history.entries(clients.models, spec.name)
    last = history.last_move(known)
    if last is None or _intended(models, last, last) is None:
        return None
    if last.what == "withdrawn":
        *_, before = [history.NOTHING, *(one.hash for one in known if one.version == last.version and one.number < last.number)]
        if models.version_tags(spec.name, last.version).get(history.HASH, history.NOTHING) != before:
            return None  # all is done; any other value is for `history.faults` to show
    return withdraw(clients, spec, last, run=last.run, by=last.by, reason="it was begun")


def withdraw_at(
    address: Address | None, models: ModelRegistry, version: BytesOfModel, *, run: str, by: str, reason: str
) -> Entry:
    """The same, at an address that needs no spec; None: there is none. Told again, the first account stays."""
    model = version.model
    last = history.last_move(history.entries(models, model))
    _hold_served(models, version, last)
    given = Intent(after=last.number if last else 0, reason=reason_of(reason), run=run, by=by)
    intent = _intended(models, version, last) or given
    if intent is given:  # without it, whoever comes after a kill would find no champion, and nothing to do
        models.tag_version(model, version.version, {INTENT: intent.model_dump_json()})
    if address and not address.withdraw(model, intent.reason, version=version.version) and (other := address.serving(model)):
        raise _superseded(version, other.version)
    if _hold_served(models, version, last):  # asked again: the address may have taken a while
        models.remove_alias(model, CHAMPION)
    models.tag_version(model, version.version, {STATUS: WITHDRAWN, REASON: intent.reason})
    change = history.Change("withdrawn", version.version, version.digest, intent.run, intent.by, why=intent.reason)
    return history.add(models, model, change)


def _intended(models: ModelRegistry, version: BytesOfModel, last: Entry | None) -> Intent | None:
    """What was begun, or done, of this version since it began to serve."""
    if last and last.what == "withdrawn" and _is_same(last, version):
        return Intent(after=last.number, reason=last.why, run=last.run, by=last.by)
    try:
        found = Intent.model_validate_json(models.version_tags(version.model, version.version).get(INTENT, ""))
    except ValidationError:
        return None
    return found if found.after == (last.number if last else 0) else None


def _hold_served(models: ModelRegistry, version: BytesOfModel, last: Entry | None) -> bool:
    """Whether it is the champion. Raises `Superseded` when another is, or another came last where none is."""
    if champion := models.champion(version.model):
        if _is_same(champion, version):
            return True
        raise _superseded(version, champion.version)
    if last and not _is_same(last, version):
        raise _superseded(version, None)
    return False


def hold_champion(models: ModelRegistry, version: BytesOfModel) -> None:
    """Raises `Superseded` unless this version still is the champion, byte for byte."""
    champion = models.champion(version.model)
    if champion is None or not _is_same(champion, version):
        raise _superseded(version, champion.version if champion else None)


def _superseded(version: BytesOfModel, by: str | None) -> Superseded:
    now = f"version {by} serves" if by else "no version is the champion"
    return Superseded(
        f"version {version.version} of {version.model} is superseded: {now}", remedy="nothing is done; decide on what serves"
    )


def _is_same(one: Bytes, other: Bytes) -> bool:
    return (one.version, one.digest) == (other.version, other.digest)


def age_text(age: timedelta) -> str:
    """31 days, 7 hours, 5 minutes: the largest unit that it has two of."""
    seconds = max(0, int(age.total_seconds()))
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"


def worded(started: datetime | None, max_age: timedelta, now: datetime) -> str:
    """How old a version is, beside how old it may become."""
    if started is None:
        return f"nobody knows since when it serves; monitor.max_age is {duration_text(max_age)}"
    return f"it has served for {age_text(now - started)}; monitor.max_age is {duration_text(max_age)}"
