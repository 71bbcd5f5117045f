"""The project's folder: the one place that a spec may speak of."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from golden_paths.errors import GoldenPathsError


@dataclass(frozen=True)
class Project:
    """`root` holds dags/ and include/; `state` is where endpoints, downloads and the default MLflow store live."""

    root: Path
    state: Path

    @classmethod
    def at(cls, root: Path) -> Project:
        """The project in `root`; its state is $GOLDEN_PATHS_STATE, or .golden_paths in it."""
        root = root.resolve()
        return cls(root, Path(os.environ.get("GOLDEN_PATHS_STATE") or root / ".golden_paths").resolve())

    @classmethod
    def of(cls, spec: Path) -> Project:
        """The project that a spec file belongs to: $GOLDEN_PATHS_PROJECT, or the nearest folder above that has include/.

        Without either it is the folder that holds the spec's own (dags/).
        """
        if named := os.environ.get("GOLDEN_PATHS_PROJECT"):
            return cls.at(Path(named))
        parents = spec.absolute().parents
        # dags/ itself may be a link into the project, as git-sync makes them.
        above = (*parents, *parents[0].resolve().parents)
        return cls.at(
            next((folder for folder in above if (folder / "include").is_dir()), parents[min(1, len(parents) - 1)])
        )

    @classmethod
    def here(cls, folder: Path) -> Project:
        """The project that a command is called in: $GOLDEN_PATHS_PROJECT, or the nearest of `folder` and those above it
        that holds dags/ and include/. Raises `GoldenPathsError` when there is none.
        """
        if named := os.environ.get("GOLDEN_PATHS_PROJECT"):
            return cls.at(Path(named))
        for place in (folder := folder.absolute(), *folder.parents):
            if (place / "dags").is_dir() and (place / "include").is_dir():
                return cls.at(place)
        raise GoldenPathsError(
            f"no project at {folder} or above it; call this in the folder that holds dags/ and include/, "
            "or set GOLDEN_PATHS_PROJECT to it"
        )

    def path(self, name: str) -> Path:
        """The absolute path of a file or folder that a checked spec names."""
        return self.root / name
