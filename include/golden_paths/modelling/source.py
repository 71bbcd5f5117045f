"""What a model is fitted by: the file that the spec names, and the scientist's own modules that it imports. Parent side.

Python is parsed, never imported. What is found: a module or package in the file's own folder, by name in an import
statement anywhere in the code, or in import_module("name"); so on from there. A computed name is not seen.
"""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from golden_paths import digests

BY_CALL = ("import_module", "__import__")


@dataclass(frozen=True)
class Source:
    """`file` is what the spec names; `files` are it and its own modules, sorted. All lie in or below the file's folder."""

    file: Path
    files: tuple[Path, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the file when it stands alone, and otherwise of all of them, as `digests.of_folder` has it."""
        if len(self.files) == 1:
            return digests.of_file(self.file)
        lines = [f"{digests.of_file(path)}  {self._name(path)}\n" for path in self.files]
        return digests.of_bytes("".join(lines).encode())

    def copied(self, folder: Path) -> Path:
        """Copy the files into `folder`, laid out as they are; returns it."""
        for path in self.files:
            copy = folder / self._name(path)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)
        return folder

    def _name(self, path: Path) -> str:
        return path.relative_to(self.file.parent).as_posix()


def of(file: Path) -> Source:
    """The file, a Python module or a notebook, with the modules beside it that it needs."""
    found, waiting = {file}, [file]
    while waiting:
        for root in imported(waiting.pop()):
            new = set(_module(file.parent, root)) - found
            found |= new
            waiting += [path for path in new if path.suffix == ".py"]
    return Source(file, tuple(sorted(found, key=lambda path: path.relative_to(file.parent).as_posix())))


def imported(file: Path) -> set[str]:
    """The top-level modules that a file imports by name; none when it is no Python, for then nothing of it can run."""
    roots: set[str] = set()
    for text in _texts(file):
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        roots.update(name.partition(".")[0] for node in ast.walk(tree) for name in _names(node))
    return roots


def _names(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
        yield node.module
    elif isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) in BY_CALL:
        yield from (str(first.value) for first in node.args[:1] if isinstance(first, ast.Constant))


def _texts(file: Path) -> list[bytes | str]:
    """The Python in a file: of a notebook its code cells, without the lines that are IPython's."""
    if file.suffix != ".ipynb":
        return [file.read_bytes()]
    try:
        cells = [cell for cell in json.loads(file.read_bytes())["cells"] if cell["cell_type"] == "code"]
        lines = ["".join(cell["source"]).splitlines() for cell in cells]
    except (ValueError, KeyError, TypeError):
        return []
    return ["\n".join(line for line in cell if not line.lstrip().startswith(("%", "!"))) for cell in lines]


def _module(folder: Path, name: str) -> list[Path]:
    """The files of a module in `folder`; a package counts with all that lies in it, data included."""
    package, module = folder / name, folder / f"{name}.py"
    if package.is_dir() and ((package / "__init__.py").is_file() or not module.is_file()):
        return [
            path
            for path in package.rglob("*")
            if path.is_file()
            and not any(part == "__pycache__" or part.startswith(".") for part in _below(path, package))
        ]
    return [module] if module.is_file() else []


def _below(path: Path, folder: Path) -> tuple[str, ...]:
    return path.relative_to(folder).parts
