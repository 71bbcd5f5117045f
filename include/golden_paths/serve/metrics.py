"""What GET /metrics shows."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from golden_paths.serve.status import Identity

BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)  # seconds


class Call:
    """One request; `status` is set before it ends."""

    status = 500


class Metrics:
    """Requests, latencies and the model, in a registry of their own."""

    def __init__(self, identity: Identity) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "golden_paths_requests", "Requests answered.", ["endpoint", "status"], registry=self.registry
        )
        self._latency = Histogram(
            "golden_paths_latency_seconds",
            "Seconds to an answer.",
            ["endpoint"],
            buckets=BUCKETS,
            registry=self.registry,
        )
        self._in_flight = Gauge("golden_paths_in_flight", "Requests being answered.", registry=self.registry)
        model = Gauge("golden_paths_model", "The model served.", ["name", "version", "digest"], registry=self.registry)
        model.labels(identity.name, identity.version, identity.digest).set(1)

    @contextmanager
    def measured(self, endpoint: str) -> Iterator[Call]:
        """Count and time one request."""
        call, began = Call(), time.perf_counter()
        self._in_flight.inc()
        try:
            yield call
        finally:
            self._in_flight.dec()
            self._latency.labels(endpoint).observe(time.perf_counter() - began)
            self._requests.labels(endpoint, str(call.status)).inc()

    def text(self) -> bytes:
        """Prometheus' text format."""
        return generate_latest(self.registry)
