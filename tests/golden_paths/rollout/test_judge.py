"""A candidate is judged by its errors and its latency, before its time only when more requests would hardly mend it."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from golden_paths.rollout.judge import SURE, Bounds, at_least, fault, slowness
from golden_paths.rollout.measured import Answers, Measured

BOUNDS = Bounds(max_errors=0.01, max_slowdown=2.0, requests=100)


def answers(requests: int, errors: int = 0, ms: float = 10.0) -> Measured:
    return Measured({"/invocations": Answers(requests, errors, requests * ms / 1000)})


def refusing(requests: int, refused: int) -> Measured:
    return Measured({"/invocations": Answers(requests, 0, requests / 100, refused)})


def errors(text: str, serving: str = "0.0%") -> str:
    return f"{text}; the version in service has {serving}, rollout.max_errors allows 0.01 more"


# (candidate, version in service, is over) -> why it must go
VERDICTS: dict[str, tuple[Measured, Measured, bool, str | None]] = {
    "no answers": (answers(0), answers(0), True, None),
    "well": (answers(200), answers(200), True, None),
    "an error within the bound": (answers(100, 1), answers(100), True, None),
    "one beyond it": (answers(100, 2), answers(100), True, errors("2 of 100 answers were 5xx (2.0%)")),
    "both have errors": (answers(100, 6), answers(100, 5), True, None),
    "it has more of them": (answers(100, 7), answers(100, 5), True, errors("7 of 100 answers were 5xx (7.0%)", "5.0%")),
    "all": (answers(4, 4), answers(0), True, errors("4 of 4 answers were 5xx (100.0%)")),
    "all of the other's": (answers(100, 100), answers(100, 100), True, None),
    "one error, early": (answers(1, 1), answers(100), False, None),
    "two, early": (answers(2, 2), answers(100), False, errors("2 of 2 answers were 5xx (100.0%)")),
    "two of a hundred, early": (answers(100, 2), answers(100), False, None),
    "six of a hundred, early": (answers(100, 6), answers(100), False, errors("6 of 100 answers were 5xx (6.0%)")),
    "four of a hundred, early": (answers(100, 4), answers(100), False, None),
    "a fifth, early": (answers(20, 4), answers(100), False, errors("4 of 20 answers were 5xx (20.0%)")),
    "as many refusals as the other": (refusing(100, 30), refusing(100, 25), True, None),
    "refusals that the other does not have": (
        refusing(50, 10),
        refusing(100, 0),
        False,
        "10 of 50 answers were 4xx (20.0%); the version in service has 0.0%, which chance does not explain",
    ),
}
# (candidate, version in service) -> by how much it is too slow
SLOWNESS: dict[str, tuple[Measured, Measured, str | None]] = {
    "twice as slow": (answers(100, ms=20), answers(100, ms=10), None),
    "slower": (
        answers(100, ms=21),
        answers(100, ms=10),
        "an answer takes 21.0 ms on average, 2.1 times the 10.0 ms of the version in service; rollout.max_slowdown is 2",
    ),
    "five times, and all of it a millisecond": (answers(100, ms=1.25), answers(100, ms=0.25), None),
    "nobody to compare with": (answers(100, ms=500), answers(0), None),
    "a slower route that the other was not asked": (
        answers(100) + Measured({"/predict": Answers(100, 0, 10.0)}),
        answers(100),
        None,
    ),
}


@pytest.mark.parametrize("case", VERDICTS)
def test_a_verdict_names_what_was_measured_and_the_bound(case: str) -> None:
    candidate, serving, is_over, said = VERDICTS[case]
    assert fault(candidate, serving, BOUNDS, is_over=is_over) == said


@pytest.mark.parametrize("case", SLOWNESS)
def test_slowness_is_told_with_both_means_and_the_bound(case: str) -> None:
    candidate, serving, said = SLOWNESS[case]
    assert slowness(candidate, serving, BOUNDS) == said
    assert fault(candidate, serving, BOUNDS, is_over=True) is None


def exactly(count: int, requests: int, rate: Fraction) -> Fraction:
    """The binomial tail, in whole numbers."""
    return sum(
        (math.comb(requests, one) * rate**one * (1 - rate) ** (requests - one) for one in range(count, requests + 1)),
        Fraction(0),
    )


@pytest.mark.parametrize("requests", [1, 2, 10, 100, 400])
@pytest.mark.parametrize("rate", [Fraction(1, 1000), Fraction(1, 100), Fraction(1, 2), Fraction(99, 100)])
def test_the_chance_is_that_of_exact_fractions(requests: int, rate: Fraction) -> None:
    for count in {0, 1, 2, requests // 10, requests // 2, requests - 1, requests}:
        assert at_least(count, requests, float(rate)) == pytest.approx(float(exactly(count, requests, rate)), abs=1e-9)


def test_the_chance_is_scipys_for_numbers_that_no_fraction_is_for() -> None:
    from scipy.stats import binom

    for requests, rate in ((100_000, 0.01), (1_000_000, 0.02)):
        for count in (1, int(requests * rate), int(requests * rate * 1.05)):
            assert at_least(count, requests, rate) == pytest.approx(float(binom.sf(count - 1, requests, rate)), abs=1e-6)


@pytest.mark.parametrize(
    ("count", "rate", "chance"), [(0, 0.0, 1.0), (0, 0.5, 1.0), (1, 0.0, 0.0), (3, 1.0, 1.0), (3, 1.5, 1.0)]
)
def test_the_ends_of_the_scale(count: int, rate: float, chance: float) -> None:
    assert at_least(count, 3, rate) == chance


def test_looking_every_second_ends_hardly_a_good_candidate_before_its_time() -> None:
    """A candidate whose true rate is the bound, looked at after each of 300 answers: exact, by its states, not drawn."""
    rate, alive, ended = 0.01, {0: 1.0}, 0.0
    for requests in range(1, 301):
        after: dict[int, float] = {}
        for count, chance in alive.items():
            after[count] = after.get(count, 0.0) + chance * (1 - rate)
            after[count + 1] = after.get(count + 1, 0.0) + chance * rate
        gone = [count for count in after if count / requests > rate and at_least(count, requests, rate) <= SURE]
        ended += sum(after.pop(count) for count in gone)
        alive = after
    assert ended < 0.01
