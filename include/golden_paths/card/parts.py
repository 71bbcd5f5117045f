"""The parts that a card is made of, and nothing of how they look."""

from __future__ import annotations

from dataclasses import dataclass


class Code(str):
    """A digest, an address, a command: to be copied letter by letter."""

    __slots__ = ()


@dataclass(frozen=True)
class Grid:
    """A table; each row is as long as `head`. An empty head: names and what they stand for."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""


@dataclass(frozen=True)
class Plot:
    """`file` is a PNG's name, `digest` its SHA-256."""

    title: str
    file: str
    digest: str


@dataclass(frozen=True)
class Section:
    """In this order: what is said, what is wrong, answers to questions, tables, plots, notes."""

    title: str
    said: tuple[str, ...] = ()
    wrong: tuple[str, ...] = ()
    answers: tuple[tuple[str, str], ...] = ()
    grids: tuple[Grid, ...] = ()
    plots: tuple[Plot, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Card:
    """The whole."""

    title: str
    description: str
    sections: tuple[Section, ...]


def facts(*rows: tuple[str, str]) -> Grid:
    """Names and what they stand for; what is not known is left out."""
    return Grid(("", ""), tuple(row for row in rows if row[1]))
