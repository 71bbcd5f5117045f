"""What the images are called: golden-paths-serve:<version>-<digest of what goes into it>. The same content, the same name."""

from __future__ import annotations

import os
import re
from pathlib import Path

from golden_paths import __version__, digests

ROOT = Path(__file__).resolve().parents[2]
IN_PODS = ("train", "serve")
IMAGES = (*IN_PODS, "airflow")
CODE = ROOT / "include" / "golden_paths"
AIRFLOW_CODE = ("operators/golden_paths_airflow", "plugins")
BASE = re.compile(r"^ARG BASE=(\S+)$", re.MULTILINE)
BASE_VARIABLE, REGISTRY_VARIABLE = "GOLDEN_PATHS_BASE_IMAGE", "GOLDEN_PATHS_REGISTRY"


def folder(image: str) -> Path:
    """Where its Dockerfile and lock are."""
    return ROOT / "include" / "images" / image


def base(image: str) -> str:
    """The image it is built from: $GOLDEN_PATHS_BASE_IMAGE, or what its Dockerfile says."""
    found = BASE.search((folder(image) / "Dockerfile").read_text())
    if found is None:
        raise ValueError(f"{folder(image)}/Dockerfile has no line ARG BASE=...")
    return os.environ.get(BASE_VARIABLE) or found[1]


def name(image: str) -> str:
    """Repository and tag, below $GOLDEN_PATHS_REGISTRY if that is set."""
    more = [ROOT / part for part in AIRFLOW_CODE] if image == "airflow" else []
    files = sorted(path for top in (folder(image), CODE, *more) for path in top.rglob("*") if _goes_in(path))
    lines = [f"{digests.of_file(path)}  {path.relative_to(ROOT).as_posix()}\n" for path in files]
    digest = digests.of_bytes("".join([f"{base(image)}\n", *lines]).encode())
    registry = os.environ.get(REGISTRY_VARIABLE, "").rstrip("/")
    return f"{registry + '/' if registry else ''}golden-paths-{image}:{__version__}-{digest[:12]}"


def _goes_in(path: Path) -> bool:
    return path.is_file() and "__pycache__" not in path.parts
