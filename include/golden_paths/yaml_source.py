"""Reads a spec's YAML as data that knows its lines, and refuses what could harm the reader or surprise the writer.

The event stream is walked before anything is composed: the C loader crashes the process on deep nesting, and a few
aliases unfold into gigabytes. Nothing here constructs Python objects, so tags have no effect; they are refused.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from golden_paths.errors import InvalidSpec, SpecProblem
from golden_paths.spec_text import invisible

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_DEPTH = 16
MAX_NODES = 1000
START = "start with: python -m golden_paths new NAME"
MAX_PROBLEMS = 50  # of one file: beyond that the list helps nobody
JINJA = re.compile(r"\{\{|\{%|\{#")
TEMPLATE = ("holds a template, and templates are not rendered in a spec", "write the value itself")
WORDS = {"": None, "~": None, "true": True, "false": False} | dict.fromkeys(("null", "Null", "NULL"))
WORDS |= {"True": True, "TRUE": True, "False": False, "FALSE": False}
INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
FLOAT = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)([eE][-+]?[0-9]+)?")
# YAML 1.1 reads these plain words otherwise than they look, and YAML 1.2 otherwise than 1.1.
SURPRISES = (
    (re.compile(r"(?i:y|n|yes|no|on|off)"), "a truth value"),
    (re.compile(r"[-+]?0[0-9_]+"), "an octal number"),
    (re.compile(r"[-+]?[0-9]+(:[0-5]?[0-9])+(\.[0-9]*)?"), "a number of base 60"),
    (re.compile(r"[-+]?0[xXbBoO][0-9a-fA-F_]+"), "a number of another base"),
    (re.compile(r"[-+]?[0-9][0-9]*_[0-9_]+"), "a number"),
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), "a date"),
)
# What the parser says -> what most often is behind it.
REMEDIES = {
    "mapping values are not allowed in this context": "put a text that holds ': ' in quotes",
    "found character that cannot start any token": "indent with spaces, and put what starts with @, ` or % in quotes",
}
Key = tuple[str | int, ...]
PORT: Key = ("deploy", "port")
CLAIMED: tuple[Key, ...] = (("name",), PORT)


@dataclass
class Document:
    """A parsed spec. `lines` has the line (from 1) of every key and list item by its path; `texts` the scalars as written."""

    file: str
    data: dict[str, Any] = field(default_factory=dict)
    lines: dict[Key, int] = field(default_factory=dict)
    texts: dict[Key, str] = field(default_factory=dict)
    problems: list[SpecProblem] = field(default_factory=list)

    def complain(self, line: int, path: Key, value: str | None, problem: str, remedy: str) -> None:
        """Add a problem; too many of them are cut, and so is a key or value that is too long to show."""
        if not self.full:
            shown = None if value is None else shorten(value)
            self.problems.append(SpecProblem(self.file, line, shorten(dotted(path)), shown, problem, remedy))

    def complain_at(self, path: Key, problem: str, remedy: str) -> None:
        """Add a problem of a key, at its line; of one that is not written, at that of the section which lacks it."""
        near = path
        while near and near not in self.lines:
            near = near[:-1]
        line = self.lines.get(near, self.lines.get(("golden_path",), 1))
        self.complain(line, path, self.texts.get(path), problem, remedy)

    @property
    def full(self) -> bool:
        """Whether it takes no more problems."""
        return len(self.problems) >= MAX_PROBLEMS

    def refusal(self) -> InvalidSpec:
        """Its problems, and what it would have for itself alone."""
        claims = {}
        deploy = self.data.get("deploy")
        is_shared = isinstance(deploy, dict) and deploy.get("to") == "kubernetes"  # each Service has ports of its own
        for path in CLAIMED:
            if path == PORT and is_shared:
                continue
            value: Any = self.data
            for part in path:
                value = value.get(part) if isinstance(value, dict) else None
            if isinstance(value, str | int):
                claims[dotted(path)] = (str(value), self.lines[path])
        return InvalidSpec(self.problems, claims)


def dotted(path: Key) -> str:
    """train.params.C"""
    return ".".join(map(str, path))


def shorten(text: str) -> str:
    """At most 60 characters of what was written, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:57] + "..."


def parse(text: str, file: str, *, start: str = START, max_nodes: int = MAX_NODES) -> Document:
    """Parse a spec's text. Raises `InvalidSpec` with every problem found; `start` is the remedy for one that holds nothing."""
    document = Document(file)
    try:
        _guard(text, document, max_nodes)
        root = None if document.problems else yaml.compose(text, Loader=Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        said = getattr(error, "problem", None) or "it cannot be parsed"
        remedy = REMEDIES.get(said, "mend the syntax at this line")
        document.complain(mark.line + 1 if mark else 0, (), None, f"is not YAML: {said}", remedy)
        root = None
    if root is None and not document.problems:
        document.complain(0, (), None, "is empty", start)
    elif isinstance(root, yaml.MappingNode):
        document.data = _mapping(root, (), document)
    elif root is not None:
        document.complain(1, (), None, "is not a mapping of keys to values", start)
    if document.problems:
        raise document.refusal()
    return document


def _guard(text: str, document: Document, max_nodes: int) -> None:
    """Walk the events and stop at what must not be composed."""
    depth = documents = nodes = 0
    events: Iterator[Any] = yaml.parse(text, Loader=Loader)
    for event in events:
        fault: tuple[str | None, str, str]
        documents += isinstance(event, yaml.DocumentStartEvent)
        nodes += isinstance(event, yaml.NodeEvent)
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if documents > 1:
            fault = None, "has a second document after '---'", "put each model into its own file"
        elif depth > MAX_DEPTH:
            fault = None, f"is nested deeper than {MAX_DEPTH} levels", "a spec needs four"
        elif nodes > max_nodes:
            fault = None, f"holds more than {max_nodes} keys and values", "a spec is a page of text"
        elif anchor := getattr(event, "anchor", None):
            sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
            fault = f"{sign}{anchor}", "is an anchor or alias", "write the value out where it is meant"
        elif tag := getattr(event, "tag", None):
            fault = tag, "is a YAML tag", "remove it: a spec holds plain values only"
        else:
            continue
        document.complain(event.start_mark.line + 1, (), *fault)
        return


def _mapping(node: yaml.MappingNode, path: Key, document: Document) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        if not isinstance(key_node, yaml.ScalarNode):
            # Unquoted, {{ x }} is a mapping whose key is a mapping.
            template = isinstance(key_node, yaml.MappingNode)
            document.complain(
                line, path, None, *(TEMPLATE if template else ("has a key that is no word", "write a word"))
            )
            continue
        key = key_node.value
        place = (*path, key)
        if JINJA.search(key):
            document.complain(line, place, None, *TEMPLATE)
        elif unseen := invisible(key):
            document.complain(line, place, None, *unseen)
        elif place in document.lines:
            first = document.lines[place]
            document.complain(line, place, None, f"is a duplicate of line {first}", "keep one of them")
        else:
            document.lines[place] = line
            found[key] = _value(value_node, place, document)
    return found


def _value(node: yaml.Node, path: Key, document: Document) -> Any:
    document.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, document)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, index), document) for index, item in enumerate(node.value)]
    document.texts[path] = node.value
    return _scalar(node, path, document)


def _scalar(node: Any, path: Key, document: Document) -> Any:
    """The value of a scalar as YAML 1.2 has it; where 1.1 differs, the writer is asked."""
    text = str(node.value)
    line = node.start_mark.line + 1
    if JINJA.search(text):
        document.complain(line, path, text, *TEMPLATE)
    if unseen := invisible(text):
        document.complain(line, path, None, *unseen)
    if node.style:  # quoted or a block: text, whatever it looks like (plain is None in one loader, "" in the other)
        return text
    for pattern, meaning in SURPRISES:
        if pattern.fullmatch(text):
            remedy = f'write "{shorten(text)}" for the text, or the value plainly'
            document.complain(line, path, text, f"may be read as {meaning}", remedy)
            return text
    if text in WORDS:
        return WORDS[text]
    if FLOAT.fullmatch(text):
        return _number(text, line, path, document)
    if text.lower() in (".inf", "+.inf", "-.inf", ".nan"):
        document.complain(line, path, text, "is no finite number", "write a finite number")
    return text


def _number(text: str, line: int, path: Key, document: Document) -> int | float:
    """What fits Airflow's JSON and the trigger form: no infinity, and whole numbers of 64 bits."""
    if INTEGER.fullmatch(text):
        if len(text) <= 20 and -(2**63) <= (whole := int(text)) < 2**63:
            return whole
    elif math.isfinite(number := float(text)):
        return number
    document.complain(line, path, text, "is too large a number", "write a smaller one")
    return 0
