"""What a server in a pod needs of a feature repository: feature_store.yaml and, when it is a file, the registry.

It travels in a ConfigMap and is known by its SHA-256: the same repository and registry give the same bytes. Nothing of
it is opened here: the registry is bytes. Unpacked, FEAST_STATE is where `state` was.
"""

from __future__ import annotations

import io
import os
import re
import tarfile
import zlib
from pathlib import Path, PurePosixPath

from golden_paths import archives, digests, feast_config
from golden_paths.errors import DigestMismatch, StepFailed

MAX_BYTES = 960 * 1024  # a ConfigMap takes 1 MiB, and holds more than the package
MAX_UNPACKED = 64 * 1024 * 1024
CONFIG = "feature_store.yaml"
FEATURES, STATE = "features", "state"  # folders in the package
REGISTRY = "data/registry.db"  # Feast's default
ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*://")
SQL_FILE = re.compile(r"sqlite[a-z0-9+]*:")


def pack(repo: Path, state: Path) -> bytes:
    """A .tar.gz. `state` is what FEAST_STATE was when the repository was applied.

    Raises `StepFailed` when the registry is not there, would not be found in a pod, or is too large.
    """
    try:
        config = (repo / CONFIG).read_bytes()
        files = {f"{FEATURES}/{repo.name}/{CONFIG}": config}
        if found := _registry(repo, state, config.decode()):
            files[found[0]] = found[1].read_bytes()
    except FileNotFoundError as error:
        raise StepFailed(
            f"feature repository '{repo.name}': there is no {error.filename}",
            remedy="materialize its features before the model is deployed",
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise StepFailed(f"feature repository '{repo.name}' cannot be read: {error}", remedy="mend the file") from error
    packed = archives.packed(files)
    if len(packed) > MAX_BYTES:
        raise StepFailed(
            f"feature repository '{repo.name}': its registry is {len(packed) // 1024} KiB, packed, and a ConfigMap takes "
            f"{MAX_BYTES // 1024}",
            remedy="remove definitions that nobody uses, or keep the registry in a database (registry_type: sql)",
        )
    return packed


def unpack(packed: bytes, digest: str, *, features: Path, state: Path) -> None:
    """Lay out a package: feature repositories in `features`, the registry in `state`. Repeats itself after a kill.

    Raises `DigestMismatch`, and `StepFailed` for an archive that is none of ours.
    """
    if (found := digests.of_bytes(packed)) != digest:
        raise DigestMismatch("the features package", expected=digest, found=found)
    roots = {FEATURES: features, STATE: state}
    try:
        with tarfile.open(fileobj=io.BytesIO(archives.unzipped(packed, MAX_UNPACKED)), mode="r:") as archive:
            for member in archive:
                kind, _, name = member.name.partition("/")
                if not member.isreg() or kind not in roots or not name:
                    raise tarfile.TarError(f"{member.name} is not expected in it")
                roots[kind].mkdir(parents=True, exist_ok=True)
                archive.extract(member.replace(name=name, deep=False), roots[kind], filter="data")
    except (tarfile.TarError, zlib.error, EOFError) as error:
        raise StepFailed(f"the features package cannot be unpacked: {error}", remedy="run the path again") from error


def _registry(repo: Path, state: Path, config: str) -> tuple[str, Path] | None:
    """(name in the package, file) of a registry that is a file; None when it is kept where pods reach it."""
    try:
        given = feast_config.parsed(config).get("registry", REGISTRY)
    except ValueError as error:
        raise StepFailed(f"'{repo.name}/{CONFIG}' {error}", remedy="mend it") from error
    options = given if isinstance(given, dict) else {"path": given}
    written = str(options.get("path", REGISTRY))
    if written.startswith("$FEAST_STATE/"):
        inside = written.removeprefix("$FEAST_STATE/")
        return f"{STATE}/{_inside(repo, inside)}", state / inside
    path = os.path.expandvars(written)
    if SQL_FILE.match(path) or os.path.isabs(path):
        raise _lost(repo, written)
    if ELSEWHERE.match(path) or options.get("registry_type", "file") != "file":
        return None
    return f"{FEATURES}/{repo.name}/{_inside(repo, path)}", repo / path


def _inside(repo: Path, path: str) -> PurePosixPath:
    if ".." in (inside := PurePosixPath(path)).parts:
        raise _lost(repo, path)
    return inside


def _lost(repo: Path, path: str) -> StepFailed:
    return StepFailed(
        f"feature repository '{repo.name}' keeps its registry at {path}, where no pod finds it",
        remedy=f"write registry: ${{FEAST_STATE}}/{repo.name}/registry.db in its {CONFIG}",
    )
