"""Which files a model's code is made of, told without running any of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from golden_paths import digests
from golden_paths.modelling import source

STOP = "raise SystemExit('it ran')\n"
TREE = {
    "plain.py": STOP,
    "package/__init__.py": "from package import inner\nimport second\n",
    "package/inner.py": "import json, numpy\n",
    "package/vocabulary.txt": "a b",
    "package/.cache/x": "x",
    "package/__pycache__/inner.pyc": "x",
    "second.py": "import main, package\n",
    "spaced/part.py": STOP,
    "plain/notes.txt": "a folder that plain.py goes before",
    "json.py": "",
    "broken.py": "def (",
    "alone.py": "",
}
PACKAGE = ["package/__init__.py", "package/inner.py", "package/vocabulary.txt", "second.py", "json.py"]
CASES = {
    "nothing": ("import sklearn", []),
    "a module": ("import plain", ["plain.py"]),
    "in a function": ("def fit():\n    from plain import x", ["plain.py"]),
    "a package, with its data and what it imports": ("import package.inner as p", PACKAGE),
    "a folder without __init__": ("from spaced.part import x", ["spaced/part.py"]),
    "by a call": ("import importlib\nimportlib.import_module('plain')", ["plain.py"]),
    "one that is no Python": ("import broken", ["broken.py"]),
    "no Python itself": ("import plain\ndef (", []),
}


def laid_out(root: Path) -> Path:
    for name, text in TREE.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize("case", CASES)
def test_the_code_is_the_file_and_the_modules_beside_it_that_it_imports(tmp_path: Path, case: str) -> None:
    code, modules = CASES[case]
    main = laid_out(tmp_path) / "main.py"
    main.write_text(code)
    found = source.of(main)
    assert [path.relative_to(tmp_path).as_posix() for path in found.files] == sorted([*modules, "main.py"])
    alone = digests.of_bytes(code.encode())
    assert found.digest == (digests.of_folder(found.copied(tmp_path / "kept")) if modules else alone)


def test_a_notebook_imports_in_its_code_cells_and_ipythons_lines_are_left_out(tmp_path: Path) -> None:
    notebook = laid_out(tmp_path) / "fit.ipynb"
    cells = [
        ("markdown", "import alone"),
        ("code", ["%matplotlib inline\n", "import plain\n"]),
        ("code", "!ls\nimport spaced.part"),
    ]
    notebook.write_text(json.dumps({"cells": [{"cell_type": kind, "source": text} for kind, text in cells]}))
    assert [path.name for path in source.of(notebook).files] == ["fit.ipynb", "plain.py", "part.py"]


def test_each_file_changes_the_digest_and_a_file_that_is_not_imported_does_not(tmp_path: Path) -> None:
    main = laid_out(tmp_path) / "main.py"
    main.write_text("import package")
    seen = {source.of(main).digest}
    for name in PACKAGE:
        (tmp_path / name).write_text((tmp_path / name).read_text() + "\n# changed\n")
        seen.add(source.of(main).digest)
    assert len(seen) == 1 + len(PACKAGE)
    (tmp_path / "alone.py").write_text("changed = 1")
    assert source.of(main).digest in seen
