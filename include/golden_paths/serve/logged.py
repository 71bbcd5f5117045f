"""The prediction log of one server: queue, thread and metrics, put together."""

from __future__ import annotations

import gc
import logging

from prometheus_client import CollectorRegistry

from golden_paths.prediction_log import hashing, sign_in
from golden_paths.prediction_log import store as stores
from golden_paths.prediction_log.batch import OF_KEYS, Form
from golden_paths.prediction_log.keeping import Keeping
from golden_paths.prediction_log.store import Store
from golden_paths.serve.loading import Loader
from golden_paths.serve.log_metrics import LogMetrics
from golden_paths.serve.log_queue import LogQueue
from golden_paths.serve.log_writer import LogWriter
from golden_paths.serve.status import Identity

# What waits for the log is kept, so with Python's own thresholds (700, 10, 10) the collector of cycles is busy with it all the
# time: that took 13 % of the p50 of one row. Requests make no cycles to speak of.
COLLECT = (50_000, 20, 100)
log = logging.getLogger("uvicorn.error")


class PredictionLog:
    """Kept as `keeping` says. Made before the model is loaded: its code finds neither the key nor a sign-in."""

    def __init__(self, keeping: Keeping, identity: Identity) -> None:
        self.queue, self._keeping, self._identity = LogQueue(), keeping, identity
        self._key, self._store = _key(keeping), _opened(keeping)
        self._writer: LogWriter | None = None
        sign_in.forget()

    def begin(self, loader: Loader, registry: CollectorRegistry) -> None:
        """Start the thread. `loader` knows the columns by the time that there are rows."""
        gc.set_threshold(*COLLECT)
        metrics = LogMetrics(registry, lambda: self.queue.rows)
        self.queue.dropped = metrics.dropped
        self._writer = LogWriter(
            self.queue,
            metrics,
            opened=lambda: self._store or stores.opened(self._keeping.address),
            form=lambda: self._form(loader),
            seconds=self._keeping.flush_seconds,
        )
        self._writer.start()

    def soon(self) -> None:
        """Write what there is: the server drains."""
        if self._writer:
            self._writer.soon()

    def end(self, within: float) -> None:
        """Write the rest."""
        if self._writer:
            self._writer.end(within)

    def _form(self, loader: Loader) -> Form:
        columns, keys = loader.model.columns if loader.model else (), loader.features.keys if loader.features else {}
        return Form(
            model=self._identity.name,
            version=self._identity.version,
            digest=self._identity.digest,
            features={column.name: column.kind for column in columns},
            keys={name: OF_KEYS[kind] for name, kind in keys.items()},
            keeping=self._keeping,
            hash_key=self._key,
        )


def _opened(keeping: Keeping) -> Store | None:
    """The store; when it cannot be opened the server serves, and says so with every file that waits."""
    try:
        return stores.opened(keeping.address)
    except Exception as error:
        log.error("prediction log: %s", error)
        return None


def _key(keeping: Keeping) -> str | None:
    try:
        found = hashing.given(keeping.key_file)
    except OSError as error:
        log.error("prediction log: %s cannot be read: %s", keeping.key_file, error.strerror)
        found = None
    if found is None and (keeping.hashed or keeping.hash_keys):
        what = [*keeping.hashed, *(["entity keys"] if keeping.hash_keys else [])]
        log.warning("prediction log: there is no %s; left out are %s", hashing.HASH_KEY, ", ".join(what))
    return found
