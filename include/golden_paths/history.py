"""Which version was approved and became the champion, when and by whom: entries in MLflow that show when one was altered.

MLflow keeps no history of aliases. Each entry is a tag of the registered model, and holds the hash of the one before; its
own hash is a tag of the version that it is about. Who alters, drops or adds an entry breaks one of the two.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal, Protocol

from pydantic import BaseModel, ConfigDict, ValidationError

from golden_paths.clients import ModelRegistry
from golden_paths.errors import StepFailed

HASH, GATES = "golden_paths.history", "golden_paths.gates"  # tags of a version
What = Literal[
    "promoted", "rolled back", "approved", "rejected", "renewed", "escalated", "calm", "recertified", "withdrawn"
]
MOVES = ("promoted", "rolled back", "withdrawn")  # those that change what serves
NOTHING = ""
TRIES = 5


@dataclass(frozen=True)
class Change:
    """What is to be noted. `by` and `why` are of the person who decided; `instead_of` is the version that served before."""

    what: What
    version: str
    digest: str
    run: str
    by: str
    instead_of: str | None = None
    why: str = ""


class Bytes(Protocol):
    """A version and the digest of its files: a ModelVersion, an Endpoint, an Entry of the history."""

    @property
    def version(self) -> str:
        """Its number."""

    @property
    def digest(self) -> str:
        """SHA-256."""


class BytesOfModel(Bytes, Protocol):
    """The same, and of which model: a ModelVersion, an Entry of the history."""

    @property
    def model(self) -> str:
        """Its name."""


class Entry(BaseModel):
    """One change of the champion, or a decision on a version, with its reason in `why`.

    `gates`: the SHA-256 of the version's tag of that name; `before`: the last entry's hash.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    number: int
    at: datetime
    what: What
    model: str
    version: str
    digest: str
    instead_of: str | None
    run: str
    by: str
    gates: str
    before: str
    why: str = ""

    @property
    def text(self) -> str:
        """As it is kept."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))

    @property
    def hash(self) -> str:
        """What the next entry, and the version, hold of it."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def says_the_same(self, other: Entry) -> bool:
        """Whether it is the same change, told again by a retry. People decide for themselves, each once."""
        facts = ("what", "version", "digest", "run", *(() if self.what in MOVES else ("by",)))
        return all(getattr(self, name) == getattr(other, name) for name in facts)


def add(models: ModelRegistry, model: str, change: Change) -> Entry:
    """Note a change. A retry of the same one adds nothing. What is broken in the chain stays as it is, for `faults` to show.

    Two callers at once take one number, and the later has it: the other goes on to the next.
    """
    for _ in range(TRIES):
        kept = models.history(model)
        known, entry = _known(kept), _next(kept, models, model, change)
        if twin := next(filter(entry.says_the_same, _alike(entry, known)), None):
            entry = twin
        else:
            models.add_history(model, entry.number, entry.text)
            known = entries(models, model)
        if entry in known:
            latest = [one for one in known if one.version == change.version][-1]
            models.tag_version(model, change.version, {HASH: latest.hash})
            return entry
    raise StepFailed(f"the history of {model} is written by others all the time", remedy="run it again", retry=True)


def _next(kept: Sequence[str], models: ModelRegistry, model: str, change: Change) -> Entry:
    last = _read(kept[-1]) if kept else None
    return Entry(
        number=len(kept) + 1,
        at=datetime.now(UTC),
        model=model,
        gates=of_gates(models.version_tags(model, change.version)),
        before=last.hash if last else NOTHING,
        **asdict(change),
    )


def _alike(entry: Entry, known: Sequence[Entry]) -> Sequence[Entry]:
    """The one that a retry would tell again: the last change of what serves, or the last word on the version."""
    moves = entry.what in MOVES
    alike = [one for one in known if (one.what in MOVES) == moves and (moves or one.version == entry.version)]
    return alike[-1:]


def entries(models: ModelRegistry, model: str) -> list[Entry]:
    """All that can be read, in order."""
    return _known(models.history(model))


def _known(kept: Sequence[str]) -> list[Entry]:
    return [found for text in kept if (found := _read(text))]


def faults(models: ModelRegistry, model: str) -> Iterator[str]:
    """What does not fit: altered or missing entries, gates that are not those of then, an alias that was moved by hand."""
    kept = models.history(model)
    known = [_read(text) for text in kept]
    yield from _of_chain(known)
    latest = {entry.version: entry for entry in known if entry}
    for version, entry in latest.items():
        tags = models.version_tags(model, version)
        if tags.get(HASH) != entry.hash:
            yield f"entry {entry.number} is not the one that version {version} was tagged with"
        if of_gates(tags) != entry.gates:
            yield f"the gates of version {version} are not those of entry {entry.number}"
    if last := last_move([entry for entry in known if entry]):
        yield from _of_alias(models, last)


def last_move(known: Sequence[Entry]) -> Entry | None:
    """The entry by which it follows what serves now: that version, or after a withdrawal none."""
    return next((entry for entry in reversed(known) if entry.what in MOVES), None)


def _of_alias(models: ModelRegistry, last: Entry) -> Iterator[str]:
    champion = models.champion(last.model)
    now = f"version {champion.version}" if champion else "no version"
    if last.what == "withdrawn":
        if champion:
            then = f"by entry {last.number} version {last.version} was withdrawn"
            yield f"the champion is {now}, and {then}: the alias was moved by hand"
    elif champion is None or (champion.version, champion.digest) != (last.version, last.digest):
        yield f"the champion is {now}, and by entry {last.number} it is version {last.version}: the alias was moved by hand"


def _of_chain(known: Sequence[Entry | None]) -> Iterator[str]:
    before = NOTHING
    for place, entry in enumerate(known, start=1):
        if entry is None:
            yield f"entry {place} cannot be read"
        elif entry.number != place:
            yield f"entry {place} is missing"
        elif entry.before != before:
            yield f"entry {place} does not follow from the one before: one of them was altered"
        before = entry.hash if entry else ""


def of_gates(tags: dict[str, str]) -> str:
    """The SHA-256 of what the gates said of a version."""
    return hashlib.sha256(tags.get(GATES, "").encode()).hexdigest()


def _read(text: str) -> Entry | None:
    try:
        return Entry.model_validate_json(text)
    except ValidationError:
        return None
