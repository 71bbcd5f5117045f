"""How the endpoint answered since the last look: errors, and how long answers took. From its servers' own counters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from golden_paths.modelling.finding import Finding, Ruling
from golden_paths.rollout import measured
from golden_paths.values import duration_text

TITLE = "Answers of the endpoint"
ENOUGH = 20  # answers below which a share is noise
CONFIDENT = 1.96


@dataclass(frozen=True)
class Counted:
    """Of one server, since it started: answers, those of status 5xx, and how many took at most so many seconds."""

    answers: int = 0
    errors: int = 0
    within: Mapping[str, int] = field(default_factory=dict)  # upper bound in seconds, as Prometheus writes it -> answers

    def since(self, before: Counted) -> Counted:
        """The difference; all of it when the server was started again: a container keeps its pod's name."""
        fell = any(self.within.get(bound, 0) < count for bound, count in before.within.items())
        if fell or before.answers > self.answers or before.errors > self.errors:
            return self
        within = {bound: count - before.within.get(bound, 0) for bound, count in self.within.items()}
        return Counted(self.answers - before.answers, self.errors - before.errors, within)

    def __add__(self, other: Counted) -> Counted:
        bounds = self.within.keys() | other.within.keys()
        within = {bound: self.within.get(bound, 0) + other.within.get(bound, 0) for bound in bounds}
        return Counted(self.answers + other.answers, self.errors + other.errors, within)


def read(text: str) -> Counted:
    """Prometheus' text format, as `golden_paths.serve` writes it."""
    from prometheus_client.parser import text_string_to_metric_families

    answered = measured.read(text).all
    found = Counted(answered.requests, answered.errors)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == f"{measured.PREFIX}latency_seconds_bucket":
                found += Counted(within={sample.labels["le"]: int(sample.value)})
    return found


def between(now: Mapping[str, Counted], before: Mapping[str, Counted]) -> Counted:
    """Of all servers, since the last look. One that is gone has told its last answers to nobody."""
    return sum((one.since(before.get(server, Counted())) for server, one in now.items()), Counted())


def finding(counted: Counted, errors: float | None, latency: timedelta | None) -> Finding | None:
    """What the spec asks; None when it asks nothing."""
    rulings = []
    if errors is not None:
        rulings.append(_errors(counted, errors))
    if latency is not None:
        rulings.append(_latency(counted, latency))
    return Finding(title=TITLE, rulings=tuple(rulings)) if rulings else None


def _errors(counted: Counted, at_most: float) -> Ruling:
    """An alarm when the whole interval (Wilson's, 95 %) is above: three errors of ten prove little."""
    if counted.answers < ENOUGH:
        return _few("errors", counted)
    share, low, high = wilson(counted.errors, counted.answers)
    words = f"errors: {share:.2%} of {counted.answers} answers ({low:.2%} to {high:.2%}), at most {at_most:.2%} is allowed"
    return Ruling(
        gate="errors", passed=low <= at_most, expected=f"<= {at_most:.2%}", words=words, value=share, low=low, high=high
    )


def _latency(counted: Counted, latency: timedelta) -> Ruling:
    seconds = latency.total_seconds()
    if counted.answers < ENOUGH:
        return _few("latency", counted)
    bounds = sorted((float(bound), count) for bound, count in counted.within.items())
    reached = [bound for bound, count in bounds if count >= 0.95 * counted.answers]
    p95 = reached[0] if reached else float("inf")
    surely = [count for bound, count in bounds if bound >= seconds]
    # Buckets are coarse: what lies in the bucket of the limit counts as in time.
    slow = counted.answers - (surely[0] if surely else 0)
    words = f"latency: 95 of 100 of {counted.answers} answers came within {p95:g} s, {duration_text(latency)} is allowed"
    is_kept = slow <= 0.05 * counted.answers
    return Ruling(gate="latency", passed=is_kept, expected=f"<= {seconds:g} s", words=words, value=p95)


def _few(gate: str, counted: Counted) -> Ruling:
    words = f"{gate}: {counted.answers} answers since the last look, {ENOUGH} are needed"
    return Ruling(gate=gate, passed=True, expected="", words=words, state="too few answers")


def wilson(hits: int, of: int) -> tuple[float, float, float]:
    """A share and its 95 % interval (Wilson, 1927), which holds for small counts too."""
    share, square = hits / of, CONFIDENT**2
    middle = (share + square / (2 * of)) / (1 + square / of)
    half = CONFIDENT * ((share * (1 - share) + square / (4 * of)) / of) ** 0.5 / (1 + square / of)
    return share, max(0.0, middle - half), min(1.0, middle + half)
