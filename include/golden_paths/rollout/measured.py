"""What a version's pods measured of their own answers, from their /metrics, over a span of time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

PREFIX = "golden_paths_"


@dataclass(frozen=True)
class Answers:
    """Of one route: answers, those of status 5xx and 4xx among them, and the seconds they took in all."""

    requests: int = 0
    errors: int = 0
    seconds: float = 0.0
    refused: int = 0

    def __add__(self, other: Answers) -> Answers:
        return Answers(
            self.requests + other.requests,
            self.errors + other.errors,
            self.seconds + other.seconds,
            self.refused + other.refused,
        )

    def since(self, before: Answers) -> Answers:
        """The difference."""
        return Answers(
            self.requests - before.requests,
            self.errors - before.errors,
            max(0.0, self.seconds - before.seconds),
            self.refused - before.refused,
        )

    @property
    def mean(self) -> float:
        """Seconds to an answer; 0 of none."""
        return self.seconds / self.requests if self.requests else 0.0


@dataclass(frozen=True)
class Measured:
    """Answers by route."""

    routes: Mapping[str, Answers] = field(default_factory=dict)

    @property
    def all(self) -> Answers:
        """Of every route."""
        return sum(self.routes.values(), Answers())

    @property
    def error_rate(self) -> float:
        """Share of answers that were errors; 0 of none."""
        return self.all.errors / self.all.requests if self.all.requests else 0.0

    @property
    def refused_rate(self) -> float:
        """Share of answers that were refusals; 0 of none."""
        return self.all.refused / self.all.requests if self.all.requests else 0.0

    def mean_as(self, asked: Measured) -> tuple[float, float] | None:
        """Mean seconds to an answer of this version and of `asked`, as if both had been asked as `asked` was.

        Over the routes that both have answered: one may be slower than another, and synthetic requests know one alone.
        """
        shared = [name for name, answers in asked.routes.items() if answers.requests and self._has(name)]
        requests = sum(asked.routes[name].requests for name in shared)
        if not requests:
            return None
        mine = sum(self.routes[name].mean * asked.routes[name].requests for name in shared)
        return mine / requests, sum(asked.routes[name].seconds for name in shared) / requests

    def __add__(self, other: Measured) -> Measured:
        names = self.routes.keys() | other.routes.keys()
        return Measured({name: self._of(name) + other._of(name) for name in names})

    def since(self, before: Measured) -> Measured:
        """The difference; all of it when the counters began anew in between."""
        if any(self._of(name).requests < answers.requests for name, answers in before.routes.items()):
            return self
        return Measured({name: answers.since(before._of(name)) for name, answers in self.routes.items()})

    def _of(self, route: str) -> Answers:
        return self.routes.get(route, Answers())

    def _has(self, route: str) -> bool:
        return self._of(route).requests > 0


def read(text: str) -> Measured:
    """Prometheus' text format, as `golden_paths.serve` writes it."""
    from prometheus_client.parser import text_string_to_metric_families

    routes: dict[str, Answers] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            route, found = sample.labels.get("endpoint", ""), None
            if sample.name == f"{PREFIX}requests_total":
                count, status = int(sample.value), sample.labels["status"]
                # 501: /explain of a version that keeps no typical row; it is no fault of the model's
                found = Answers(count, count * (status[:1] == "5" and status != "501"), refused=count * (status[:1] == "4"))
            elif sample.name == f"{PREFIX}latency_seconds_sum":
                found = Answers(seconds=sample.value)
            if found:
                routes[route] = routes.get(route, Answers()) + found
    return Measured(routes)


class Span:
    """Of one version: sums over its pods since this was made, those included that have come or gone since."""

    def __init__(self) -> None:
        self._last: dict[str, Measured] = {}
        self._sum = Measured()
        self._has_begun = False

    def see(self, pods: Iterable[tuple[str, Measured]]) -> Measured:
        """Take a look at the pods; returns the sum until now. The first look is where the span begins."""
        for pod, measured in pods:
            # What a pod answered before it was first seen counts only when it came after the span began.
            before = self._last.get(pod, Measured() if self._has_begun else measured)
            self._sum += measured.since(before)  # step by step: a counter may begin anew and pass where it was
            self._last[pod] = measured
        self._has_begun = True
        return self._sum
