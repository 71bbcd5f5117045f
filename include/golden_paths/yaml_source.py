"""Reads a spec's YAML as data that knows its lines, and refuses what could harm the reader or surprise the writer.

The event stream is walked before anything is composed: the C loader crashes the process on deep nesting, and a few
aliases unfold into gigabytes. Nothing here constructs Python objects, so tags have no effect; they are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from golden_paths.errors import InvalidSpec, SpecProblem

Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MAX_BYTES = 256 * 1024
MAX_DEPTH = 16
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
Key = tuple[str | int, ...]


@dataclass
class Document:
    """A parsed spec. `lines` has the line (from 1) of every key and list item by its path; `texts` the scalars as written."""

    file: str
    data: dict[str, Any] = field(default_factory=dict)
    lines: dict[Key, int] = field(default_factory=dict)
    texts: dict[Key, str] = field(default_factory=dict)
    problems: list[SpecProblem] = field(default_factory=list)

    def complain(self, line: int, path: Key, value: str | None, problem: str, remedy: str) -> None:
        """Add a problem; too many of them are cut."""
        if len(self.problems) < MAX_PROBLEMS:
            self.problems.append(SpecProblem(self.file, line, dotted(path), value, problem, remedy))


def dotted(path: Key) -> str:
    """train.params.C"""
    return ".".join(map(str, path))


def shorten(text: str) -> str:
    """At most 60 characters of what was written, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= 60 else line[:57] + "..."


def read_text(path: Path, file: str) -> str:
    """The text of a spec file, as UTF-8. Raises `InvalidSpec` when it is too large, not UTF-8 or not there."""

    def refuse(problem: str, remedy: str) -> InvalidSpec:
        return InvalidSpec([SpecProblem(file, 0, "", None, problem, remedy)])

    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise refuse(f"cannot be read ({error.strerror})", "check its place and permissions") from error
    if len(content) > MAX_BYTES:
        raise refuse(
            f"is larger than {MAX_BYTES // 1024} KiB", "a spec is a page of text: data belongs in files that it names"
        )
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content[:4096]:
        raise refuse("is not UTF-8 text (it looks like UTF-16)", "save it as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InvalidSpec([SpecProblem(file, line, "", None, "is not UTF-8 text", "save it as UTF-8")]) from error


def parse(text: str, file: str) -> Document:
    """Parse a spec's text. Raises `InvalidSpec` with every problem found."""
    document = Document(file)
    try:
        _guard(text, document)
        root = None if document.problems else yaml.compose(text, Loader=Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        said = getattr(error, "problem", None) or "it cannot be parsed"
        document.complain(
            mark.line + 1 if mark else 0, (), None, f"is not YAML: {said}", "mend the syntax at this line"
        )
        root = None
    if root is None and not document.problems:
        document.complain(0, (), None, "is empty", "start with: python -m golden_paths new NAME")
    elif isinstance(root, yaml.MappingNode):
        document.data = _mapping(root, (), document)
    elif root is not None:
        document.complain(
            1, (), None, "is not a mapping of keys to values", "start with: python -m golden_paths new NAME"
        )
    if document.problems:
        raise InvalidSpec(document.problems)
    return document


def _guard(text: str, document: Document) -> None:
    """Walk the events and stop at what must not be composed."""
    depth = documents = 0
    events: Iterator[Any] = yaml.parse(text, Loader=Loader)
    for event in events:
        line = event.start_mark.line + 1
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                document.complain(
                    line, (), None, "has a second document after '---'", "put each model into its own file"
                )
                return
        elif isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            sign = "*" if isinstance(event, yaml.AliasEvent) else "&"
            document.complain(
                line, (), f"{sign}{event.anchor}", "is an anchor or alias", "write the value out where it is meant"
            )
            return
        elif getattr(event, "tag", None):
            document.complain(
                line, (), shorten(event.tag), "is a YAML tag", "remove it: a spec holds plain values only"
            )
            return
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                document.complain(line, (), None, f"is nested deeper than {MAX_DEPTH} levels", "a spec needs four")
                return
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


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
        document.complain(line, path, shorten(text), *TEMPLATE)
    if node.style:  # quoted or a block: text, whatever it looks like (plain is None in one loader, "" in the other)
        return text
    for pattern, meaning in SURPRISES:
        if pattern.fullmatch(text):
            remedy = f'write "{text}" for the text, or the value plainly'
            document.complain(line, path, text, f"may be read as {meaning}", remedy)
            return text
    if text in WORDS:
        return WORDS[text]
    if INTEGER.fullmatch(text):
        return int(text) if len(text) < 20 else float(text)
    if FLOAT.fullmatch(text):
        return float(text)
    if text.lower() in (".inf", "+.inf", "-.inf", ".nan"):
        document.complain(line, path, text, "is no finite number", "write a finite number")
    return text
