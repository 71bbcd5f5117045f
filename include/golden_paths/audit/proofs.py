"""The ids that an audit stands on. Each is looked up once; what it says is held against what others say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from golden_paths.audit.found import Proof, State

System = Literal["MLflow", "event log", "Marquez", "cluster", "endpoint"]
LETTERS: dict[System, str] = {"MLflow": "M", "event log": "L", "Marquez": "Q", "cluster": "K", "endpoint": "E"}


@dataclass
class Entry:
    """`why` says why it could not be looked up; empty when it was found."""

    system: System
    kind: str
    id: str
    look_up: str
    why: str
    found: str
    agrees: list[str] = field(default_factory=list)
    silent: list[str] = field(default_factory=list)
    differs: list[str] = field(default_factory=list)

    def proof(self) -> Proof:
        """As it stands in the pack."""
        state: State = "not confirmed" if self.why else "contradicted" if self.differs else "confirmed"
        parts = [self.why or self.found]
        parts += (
            [f"it says the same of {', '.join(dict.fromkeys(self.agrees))}"] if self.agrees and not self.why else []
        )
        parts += [f"it does not say {', '.join(dict.fromkeys(self.silent))}"] if self.silent and not self.why else []
        return Proof(
            system=self.system,
            kind=self.kind,
            id=self.id,
            look_up=self.look_up,
            state=state,
            said="; ".join(filter(None, [*parts, *self.differs])),
        )


class Proofs:
    """Fills as sections are written. Keys are a letter of the system and a number: M1, L4."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._keys: dict[tuple[str, str, str], str] = {}

    def key(self, system: System, kind: str, id: str) -> str:
        """The key of an id that was named before; empty when it was not."""
        return self._keys.get((system, kind, id), "")

    def add(self, system: System, kind: str, id: str, look_up: str, *, why: str = "", found: str = "found") -> str:
        """The key of an id, the same each time that it is named."""
        place = (system, kind, id)
        if place not in self._keys:
            number = sum(entry.system == system for entry in self._entries.values()) + 1
            self._keys[place] = f"{LETTERS[system]}{number}"
            self._entries[self._keys[place]] = Entry(system, kind, id, look_up, why, found)
        return self._keys[place]

    def says(self, key: str, what: str, expected: str, found: str | None) -> str:
        """Hold what an id says of something against what is expected; returns the key."""
        entry = self._entries[key]
        if entry.why:
            return key
        if not found:
            entry.silent.append(what)
        elif found == expected:
            entry.agrees.append(what)
        else:
            entry.differs.append(f"of {what} it says {found}, not {expected}")
        return key

    def all(self) -> dict[str, Proof]:
        """Every id, by key."""
        return {key: entry.proof() for key, entry in self._entries.items()}


def doubts(proofs: dict[str, Proof]) -> Iterable[str]:
    """What was not confirmed, in words: contradictions first, and ids with the same reason together."""
    for key, proof in proofs.items():
        if proof.state == "contradicted":
            yield f"contradicted: {proof.system} {proof.kind} {proof.id} ({key}): {proof.said}"
    reasons: dict[tuple[str, str], list[str]] = {}
    for key, proof in proofs.items():
        if proof.state == "not confirmed":
            reasons.setdefault((proof.system, proof.said), []).append(key)
    for (system, said), keys in reasons.items():
        if len(keys) == 1:
            one = proofs[keys[0]]
            yield f"not confirmed: {system} {one.kind} {one.id} ({keys[0]}): {said}"
        else:
            yield f"not confirmed: {len(keys)} ids in {system} ({_shown(keys)}): {said}"


def _shown(keys: list[str]) -> str:
    """Q1 to Q24, when none is left out."""
    numbers = [int(key[1:]) for key in keys]
    is_whole = len(keys) > 2 and numbers == list(range(numbers[0], numbers[-1] + 1))
    return f"{keys[0]} to {keys[-1]}" if is_whole else ", ".join(keys)
