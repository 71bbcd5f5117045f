"""The identity of a fitted model: a digest that repeats when the same spec meets the same data."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any


def digest(dumped: bytes) -> str:
    """SHA-256 of what a skops dump holds, without the times and memory addresses that skops writes beside it.

    A dump is a zip of schema.json, a tree of nodes, and one file per array, named after an address. The digest is over
    the tree with each file replaced by a digest of its content, and each reference by what it refers to.
    """
    with zipfile.ZipFile(io.BytesIO(dumped)) as archive:
        schema = json.loads(archive.read("schema.json"))
        files = {name: _file(name, archive.read(name)) for name in archive.namelist() if name != "schema.json"}
    for name in ("protocol", "_skops_version"):
        schema.pop(name, None)
    tree = _plain(schema, files, {})
    return hashlib.sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest()


def modules(dumped: bytes) -> set[str]:
    """The modules whose types a skops dump names."""
    with zipfile.ZipFile(io.BytesIO(dumped)) as archive:
        return set(_modules(json.loads(archive.read("schema.json"))))


def _modules(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(module := node.get("__module__"), str):
            yield module
        for value in node.values():
            yield from _modules(value)
    elif isinstance(node, list):
        for value in node:
            yield from _modules(value)


def _plain(node: Any, files: dict[str, str], seen: dict[int, Any]) -> Any:
    if isinstance(node, list):
        return [_plain(value, files, seen) for value in node]
    if not isinstance(node, dict):
        return node
    address = node.get("__id__", -1)
    if node.get("__loader__") == "CachedNode":
        return seen[address]
    plain = {
        key: files[value] if key == "file" and value in files else _plain(value, files, seen)
        for key, value in node.items()
        if key != "__id__"
    }
    if "__id__" in node:
        plain = {"sha256": hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()}
        seen[address] = plain
    return plain


def _file(name: str, content: bytes) -> str:
    if name.endswith(".npz"):  # a sparse matrix: a zip again, with times of its own
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return json.dumps({member: _file(member, archive.read(member)) for member in sorted(archive.namelist())})
    return _array(content) if name.endswith(".npy") else hashlib.sha256(content).hexdigest()


def _array(content: bytes) -> str:
    """Field by field: the nodes of a tree are structs, and the bytes that pad them are whatever was in memory."""
    import numpy as np

    array = np.load(io.BytesIO(content), allow_pickle=False)
    columns = [array] if array.dtype.names is None else [array[field] for field in array.dtype.names]
    found = hashlib.sha256(repr((array.dtype.descr, array.shape)).encode())
    for column in columns:
        found.update(np.ascontiguousarray(column).tobytes())
    return found.hexdigest()
