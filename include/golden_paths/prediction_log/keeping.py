"""How one server keeps its log: all that it is told of it. Kept with the version, so that it can be started again."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

FLUSH = 15.0  # seconds


class Keeping(BaseModel):
    """Where to, and which columns not as they are. No secret is in it: others read the objects that hold it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    address: str
    hashed: tuple[str, ...] = ()  # names of features and entity keys
    left_out: tuple[str, ...] = ()
    hash_keys: bool = False  # every entity key
    key_file: str | None = None  # of the hashes; absent: GOLDEN_PATHS_HASH_KEY
    flush_seconds: float = FLUSH
    volume: str | None = None  # a PersistentVolumeClaim that pods mount at the address
    reach: str = ""  # host:port, or port, of what pods must reach for it, beside MLflow
