"""Which version is audited: the one that was named, the one that served at a time, or the one that serves now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from golden_paths.audit import serving
from golden_paths.audit.registry import Registered
from golden_paths.audit.serving import SERVED, Reign, shown
from golden_paths.errors import GoldenPathsError


@dataclass(frozen=True)
class Choice:
    """Which version, and which of its times in service."""

    version: str
    reign: Reign | None
    asked: str


@dataclass(frozen=True)
class Known:
    """What is known of a model's versions: from the registry, and of their times in service."""

    model: str
    versions: tuple[Registered, ...]
    champion: str | None
    reigns: tuple[Reign, ...]

    def registered(self, version: str) -> Registered | None:
        """A version in MLflow."""
        return next((one for one in self.versions if one.version == version), None)

    def last(self, version: str) -> Reign | None:
        """The last time that it served; of the model that has this number now, when MLflow has counted anew."""
        one = self.registered(version)
        digest = one.tags.get("digest") if one else None
        return next((r for r in reversed(self.reigns) if r.version == version and digest in (None, r.digest)), None)


def chosen(known: Known, now: datetime, *, version: str | None = None, at: str | None = None) -> Choice:
    """Raises `GoldenPathsError` when no version is that, or it never served."""
    if at:
        return _then(known, now, version, at)
    if version:
        return _named(known, version)
    serves = next((one for one in reversed(known.reigns) if one.until is None), None)
    if serves is None and known.reigns:
        raise _stopped(known)
    wanted = known.champion or (serves.version if serves else None)
    if wanted is None:
        raise GoldenPathsError(
            f"no version of {known.model} serves, as far as MLflow and the event log know; name one with --version"
        )
    reign = serves if serves and serves.version == wanted else None
    return Choice(wanted, reign, f"what serves now, {shown(now)}")


def _stopped(known: Known) -> GoldenPathsError:
    last = max(known.reigns, key=lambda one: one.until or one.since)
    how = "withdrawn" if last.ended_by and last.ended_by.job.endswith(".withdraw") else "stopped"
    when = f"version {last.version} until it was {how}, {shown(last.until or last.since)}"
    return GoldenPathsError(f"no version of {known.model} serves: the last was {when}; name one with --version or --at")


def _then(known: Known, now: datetime, version: str | None, at: str) -> Choice:
    reign = serving.at(known.model, at, known.reigns, now)
    if version and version != reign.version:
        raise GoldenPathsError(
            f"version {reign.version} of {known.model} served at {at}, not {version}; leave out one of --version and --at"
        )
    return Choice(reign.version, reign, f"what served at {at}")


def _named(known: Known, version: str) -> Choice:
    reign, one = known.last(version), known.registered(version)
    if reign or (one and (one.tags.get("status") in SERVED or version == known.champion)):
        return Choice(version, reign, f"version {version}")
    served = {reign.version for reign in known.reigns}
    served |= {other.version for other in known.versions if other.tags.get("status") in SERVED}
    reason = "MLflow has no such version"
    if one:
        reason = ", ".join(filter(None, (one.tags.get("status"), one.tags.get("reason")))) or "it is registered alone"
    told = ", ".join(sorted(served, key=lambda number: (len(number), number))) or "none"
    raise GoldenPathsError(f"version {version} of {known.model} never served ({reason}); served have {told}")
