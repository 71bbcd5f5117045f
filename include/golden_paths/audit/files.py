"""What MLflow keeps of a version, fetched, and its digests computed anew. Rows of data and code stay where they are."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from golden_paths import digests
from golden_paths.audit.asking import Answer, Asked
from golden_paths.audit.registry import Registry

EXECUTED = "executed.ipynb"  # beside the code: a notebook as it ran, with what it printed
KEPT = ("spec.yaml", "environment.txt")  # go into the pack as they are


@dataclass(frozen=True)
class Fetched:
    """`digest` is as the platform computes it of this kind of thing; `content` is of what goes into the pack."""

    uri: str
    digest: str
    content: bytes | None = None


def fetched(registry: Registry, asked: Asked, uris: Mapping[str, str]) -> dict[str, Answer[Fetched]]:
    """Every artifact of a version, by name."""
    found = {}
    for name, uri in uris.items():
        missing = f"MLflow does not say where the {name} is" if not uri else f"MLflow has no {uri} any more"
        found[name] = asked.ask(partial(_one, registry, name, uri), missing=missing)
    return found


def uris(tags: Mapping[str, str], run_id: str) -> dict[str, str]:
    """Where each artifact is. Empty: not known."""
    return {
        **{name: f"runs:/{run_id}/{name}" if run_id else "" for name in (*KEPT, "code")},
        "training set": tags.get("training_set_uri", ""),
        "model": tags.get("uri", ""),
        "golden records": tags.get("golden_records", ""),
        "report": tags.get("report", ""),
    }


def _one(registry: Registry, name: str, uri: str) -> Fetched | None:
    if not uri:
        return None
    with tempfile.TemporaryDirectory(prefix="golden-paths-audit-") as folder:
        path = registry.fetch(uri, Path(folder))
        if name in KEPT:
            content = path.read_bytes()
            return Fetched(uri, digests.of_bytes(content), content)
        return Fetched(
            uri,
            _of_code(path) if name == "code" else digests.of_folder(path) if path.is_dir() else digests.of_file(path),
        )


def _of_code(folder: Path) -> str:
    """As `modelling.source.Source.digest` has it: of a file that stands alone, or of all of them."""
    (folder / EXECUTED).unlink(missing_ok=True)
    files = [path for path in folder.rglob("*") if path.is_file()]
    return digests.of_file(files[0]) if len(files) == 1 else digests.of_folder(folder)
