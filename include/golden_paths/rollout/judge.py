"""Whether a candidate does as well as the version in service: by its errors and by its latency. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from golden_paths.rollout.measured import Measured

SURE = 0.001  # how improbable the errors must be under the bound to end a canary before its time
NOTHING = 0.002  # seconds: a difference that small is the machine's, whatever its ratio


@dataclass(frozen=True)
class Bounds:
    """What a spec's rollout section allows."""

    max_errors: float  # share of answers beyond that of the version in service
    max_slowdown: float
    requests: int


def fault(candidate: Measured, champion: Measured, bounds: Bounds, *, is_over: bool) -> str | None:
    """Which answers are why the candidate must go, or None. Before the time is over only for what more would hardly mend."""
    return _errors(candidate, champion, bounds, is_over) or _refusals(candidate, champion, bounds)


def _errors(candidate: Measured, champion: Measured, bounds: Bounds, is_over: bool) -> str | None:
    allowed = champion.error_rate + bounds.max_errors
    if candidate.error_rate <= allowed:
        return None
    errors, requests = candidate.all.errors, candidate.all.requests
    if not is_over and at_least(errors, requests, allowed) > SURE:
        return None
    return (
        f"{errors} of {requests} answers were 5xx ({candidate.error_rate:.1%}); the version in service"
        f" has {champion.error_rate:.1%}, rollout.max_errors allows {bounds.max_errors:g} more"
    )


def _refusals(candidate: Measured, champion: Measured, bounds: Bounds) -> str | None:
    """A model that takes no offence at its golden records may refuse others. Users' own faults meet both versions alike."""
    refused, requests = candidate.all.refused, candidate.all.requests
    if at_least(refused, requests, champion.refused_rate + bounds.max_errors) > SURE:
        return None
    return (
        f"{refused} of {requests} answers were 4xx ({candidate.refused_rate:.1%}); the version in service has"
        f" {champion.refused_rate:.1%}, which chance does not explain"
    )


def slowness(candidate: Measured, champion: Measured, bounds: Bounds) -> str | None:
    """By how much it is slower than it may be, or None. One long answer moves the mean of few: ask twice."""
    if (means := champion.mean_as(candidate)) is None:
        return None
    before, now = means
    if now <= before * bounds.max_slowdown or now - before < NOTHING:
        return None
    return (
        f"an answer takes {now * 1000:.1f} ms on average, {now / before:.1f} times the {before * 1000:.1f} ms of the version"
        f" in service; rollout.max_slowdown is {bounds.max_slowdown:g}"
    )


def at_least(errors: int, requests: int, rate: float) -> float:
    """Chance of so many errors or more among so many requests, at this true rate (binomial, summed in logarithms)."""
    if errors <= 0 or rate >= 1:
        return 1.0
    if rate <= 0:
        return 0.0
    below = math.fsum(math.exp(_log_chance(count, requests, rate)) for count in range(errors))
    return max(0.0, 1.0 - below)


def _log_chance(count: int, requests: int, rate: float) -> float:
    ways = math.lgamma(requests + 1) - math.lgamma(count + 1) - math.lgamma(requests - count + 1)
    return ways + count * math.log(rate) + (requests - count) * math.log1p(-rate)
