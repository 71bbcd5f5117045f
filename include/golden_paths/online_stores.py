"""Whether pods can read a feature repository's online store, from the text of its feature_store.yaml."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from golden_paths import feast_config, regular_file

REMEDY = (
    'write online_store: {type: redis, connection_string: "${FEAST_REDIS}"} in its feature_store.yaml, and give workers and '
    "pods FEAST_REDIS"
)
FILES = {"sqlite", "feast.infra.online_stores.sqlite.SqliteOnlineStore"}
MAX_CONFIG = 64 * 1024
ONE_MACHINE = ("localhost", "127.", "[::1]", "::1")


def fault_of(file: Path) -> tuple[str, str] | None:
    """Of a feature_store.yaml; None when it cannot be read, which is somebody else's to say."""
    try:
        status = file.stat()
        return _fault_of(file, (status.st_mtime_ns, status.st_size))
    except OSError:
        return None


@lru_cache(maxsize=4096)
def _fault_of(file: Path, _: tuple[int, int]) -> tuple[str, str] | None:
    return fault(regular_file.read(file, MAX_CONFIG).decode(errors="replace"))


def fault(text: str) -> tuple[str, str] | None:
    """(problem, remedy) of a store that is in a file of this machine or listens on it alone; None when pods may reach it."""
    try:
        store = feast_config.parsed(text).get("online_store", "sqlite")
    except ValueError as error:
        return f"has a feature_store.yaml that {error}", "mend it"
    kind = store.get("type", "sqlite") if isinstance(store, dict) else store
    if kind is None or str(kind).lower() in ("none", "null"):
        return "has no online store, and an endpoint reads its features there", REMEDY
    if kind in FILES:
        return f"keeps its online store in a file of this machine ({_short(kind)}), which no pod can read", REMEDY
    if place := _on_this_machine(str(kind), store if isinstance(store, dict) else {}):
        return f"has its online store ({_short(kind)}) at {place}, which in a pod is the pod itself", REMEDY
    return None


def _short(kind: Any) -> str:
    return str(kind).rpartition(".")[2].removesuffix("OnlineStore").lower()


def _on_this_machine(kind: str, options: dict[str, Any]) -> str | None:
    """The address, when it is one that only this machine reaches."""
    default = "localhost:6379" if _short(kind) == "redis" else ""  # Feast's
    places = [str(options.get("host", "")), *str(options.get("connection_string", default)).split(",")]
    return next((place for place in places if place.startswith(ONE_MACHINE)), None)
