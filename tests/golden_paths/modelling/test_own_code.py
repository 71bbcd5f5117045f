"""The scientist's own modules, as the process that fitted sees them."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from golden_paths.modelling import own_code


def test_modules_packages_and_folders_without_init_are_packed_with_the_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("own_module.py", "own_package/__init__.py", "own_folder/part.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    for name in ("own_module", "own_package", "own_folder.part"):
        importlib.import_module(name)
    assert own_code.modules_below(tmp_path) == {
        "own_module": tmp_path / "own_module.py",
        "own_package": tmp_path / "own_package",
        "own_folder": tmp_path / "own_folder",
    }
