"""Which images pods run: named by the environment, else by the platform's file, else what `make images` built here last."""

from __future__ import annotations

import json
from dataclasses import replace

from golden_paths import platform
from golden_paths.cluster.settings import ClusterSettings
from golden_paths.project import Project

FILE = "images.json"  # in the project's state: {"train": NAME, "serve": NAME}


def completed(settings: ClusterSettings, project: Project) -> ClusterSettings:
    """The settings with what the project knows of images."""
    named, built = platform.read(project).images, read(project)
    return replace(
        settings,
        train_image=settings.train_image or named.train or built.get("train"),
        serve_image=settings.serve_image or named.serve or built.get("serve"),
    )


def read(project: Project) -> dict[str, str]:
    """What was built; nothing when nothing was, or when the file is none of ours."""
    try:
        found = json.loads((project.state / FILE).read_text())
    except (OSError, ValueError):
        return {}
    return {kind: name for kind, name in found.items() if isinstance(name, str)} if isinstance(found, dict) else {}


def write(project: Project, names: dict[str, str]) -> None:
    """Add what was built."""
    project.state.mkdir(parents=True, exist_ok=True)
    partial = project.state / f"{FILE}.partial"
    partial.write_text(json.dumps(read(project) | names, indent=2) + "\n")
    partial.rename(project.state / FILE)
