"""A folder of specs: which files it holds, and what no two of them may have in common."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from golden_paths import refreshed_by
from golden_paths.airflowignore import ignored
from golden_paths.errors import InvalidSpec, SpecProblem
from golden_paths.load import LoadedSpec, read_spec
from golden_paths.project import Project

# Key -> the remedy when two specs claim one value. Which of them would win depends on luck, so neither does.
ONE_EACH = {"name": "rename one of them", "deploy.port": "choose another for one of them"}
Specs = tuple[list[LoadedSpec], list[tuple[Path, InvalidSpec]]]


def spec_files(folder: Path, ignore_syntax: str | None = None) -> list[Path]:
    """Every *.yaml and *.yml directly in `folder`, sorted, less those that .airflowignore leaves out."""
    left_out = ignored(folder.absolute(), Project.of(folder / "spec.yaml").root, ignore_syntax)
    # Names, not paths: every task start lists the folder, and with 500 specs sorting paths alone takes 5 ms.
    names = sorted(name for name in os.listdir(folder) if name.endswith((".yaml", ".yml")))
    return [folder / name for name in names if not left_out(name)]


def read_folder(folder: Path, ignore_syntax: str | None = None) -> Specs:
    """Every spec of a folder: the good ones, and the broken ones with what is wrong."""
    return read_files(spec_files(folder, ignore_syntax))


def read_files(files: Iterable[Path]) -> Specs:
    """These specs: the good ones, and the broken ones with what is wrong, sorted."""
    good: list[LoadedSpec] = []
    broken: dict[Path, InvalidSpec] = {}
    for file in files:
        try:
            good.append(read_spec(file))
        except InvalidSpec as error:
            broken[file] = error
    of_good = {loaded.file: loaded.claims for loaded in good}
    for file, problem in refreshed_by.faults(good, broken).items():
        broken[file] = InvalidSpec([problem], of_good[file])
    claims = of_good | {file: error.claims for file, error in broken.items()}
    for file, clashes in _clashes(claims).items():
        told = broken[file].problems if file in broken else ()
        broken[file] = InvalidSpec([*told, *clashes], claims[file])
    return [loaded for loaded in good if loaded.file not in broken], sorted(broken.items())


def _clashes(claims: dict[Path, dict[str, tuple[str, int]]]) -> dict[Path, list[SpecProblem]]:
    claimed: dict[tuple[str, str], list[tuple[Path, int]]] = {}
    for file, of_file in claims.items():
        for key, (value, line) in of_file.items():
            claimed.setdefault((key, value), []).append((file, line))
    found: dict[Path, list[SpecProblem]] = {}
    for (key, value), group in claimed.items():
        for file, line in group if len(group) > 1 else ():
            others = ", ".join(other.name for other, _ in group if other != file)
            problem = f"is also the {key.rpartition('.')[2]} of {others}"
            found.setdefault(file, []).append(SpecProblem(file.name, line, key, value, problem, ONE_EACH[key]))
    return found
