"""Which of many tests are significant together, so that without any drift at most `alpha` of all windows has one. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from golden_paths.monitoring.drift_tests import Tested


def significant(tests: Sequence[Tested], alpha: float) -> list[bool]:
    """Holm's method. A test counts with the chance by which it can be as significant at all, not with one part of `alpha`.

    The i-th smallest p-value is significant when the tests that are left can go below it with at most `alpha` together
    (each `attained` is that chance, given its own pooled rows), and all smaller ones are. Tests that cannot become significant
    cost nothing; with continuous ones alone it is Holm's method as in books.
    """
    found = [False] * len(tests)
    left = set(range(len(tests)))
    for place in sorted(left, key=lambda place: tests[place].p):
        p = tests[place].p
        if p > alpha or sum(tests[other].attained(p) for other in left) > alpha:
            break
        found[place] = True
        left.remove(place)
    return found
