"""What the scientist's files hold (functions, feature services, tags of cells), read as text: nothing is run.

Parsing a KiB of Python costs up to 2.2 ms and deep nesting fails; the limit for a bad spec is 50 ms. So small files are
parsed, and larger ones searched line by line: that takes 3 ms a MiB.
"""

from __future__ import annotations

import ast
import json
import os
import re
from collections.abc import Iterator
from pathlib import Path

PARSED = 16 * 1024  # bytes of Python
PARSED_JSON = 512 * 1024
MAX_SOURCE = 1024 * 1024
MAX_NOTEBOOK = 8 * 1024 * 1024
MAX_FILES = 300  # of a feature repository, folders among them: each costs 0.1 ms
DEFINITION = re.compile(rb"^def[ \t]+(\w{1,200})", re.MULTILINE)
SERVICE = re.compile(rb"""FeatureService\(\s*(?:name\s*=\s*)?(?:["']([^"'\n]{1,200})["'])?""")
TAGGED = re.compile(rb'"tags":\s{0,20}\[[^\[\]]{0,500}"parameters"')
# What Feast itself leaves out of a repository.
NOT_FEAST = frozenset({".git", ".venv", ".ipynb_checkpoints", ".pytest_cache", "__pycache__"})


def _parse(source: bytes) -> ast.Module:
    try:
        return ast.parse(source)
    except (ValueError, RecursionError, MemoryError) as error:
        raise SyntaxError(str(error) or "it is nested too deeply") from error


def functions(source: bytes) -> tuple[str, ...]:
    """Names of the functions at a file's top level. Raises `SyntaxError` when a small file is no Python."""
    if len(source) > PARSED:
        return tuple(dict.fromkeys(name.decode(errors="replace") for name in DEFINITION.findall(source)))
    return tuple(node.name for node in _parse(source).body if isinstance(node, ast.FunctionDef))


def services(source: bytes, *, parsed: bool) -> tuple[str, ...] | None:
    """Names of the FeatureService(...) calls in a file; '*' stands for one whose name is not a literal.

    None when the file does not speak of any.
    """
    if b"FeatureService" not in source:
        return None
    if not parsed:
        return tuple(dict.fromkeys(name.decode(errors="replace") or "*" for name in SERVICE.findall(source)))
    try:
        tree = _parse(source)
    except SyntaxError:
        return ()
    return tuple(
        _service_name(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == "FeatureService"
    )


def _service_name(call: ast.Call) -> str:
    names = [keyword.value for keyword in call.keywords if keyword.arg == "name"] + call.args[:1]
    return str(names[0].value) if names and isinstance(names[0], ast.Constant) else "*"


def python_files(repo: Path) -> Iterator[Path | None]:
    """The Python files below a feature repository, those at the top first; None at the end when there are too many."""
    waiting, seen = [repo], 0
    while waiting:
        with os.scandir(waiting.pop(0)) as entries:
            for entry in entries:
                folder = entry.is_dir(follow_symlinks=False) and entry.name not in NOT_FEAST
                file = entry.name.endswith(".py") and entry.name != "__init__.py"
                seen += folder or file
                if seen > MAX_FILES:
                    yield None
                    return
                if folder:
                    waiting.append(Path(entry.path))
                elif file:
                    yield Path(entry.path)


def notebook_fault(content: bytes) -> tuple[str, str] | None:
    """(problem, remedy) of a notebook, or None."""
    if len(content) > PARSED_JSON:
        tagged = TAGGED.search(content) is not None
    else:
        try:
            cells = json.loads(content)["cells"]
            tagged = any("parameters" in cell.get("metadata", {}).get("tags", ()) for cell in cells)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return "is no notebook", "save it from Jupyter, as format 4"
    return None if tagged else ("has no cell tagged 'parameters'", "tag the cell that holds the parameters' defaults")
