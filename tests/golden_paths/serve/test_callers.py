"""Ids of requests: a caller's own, or one that no other process makes."""

from __future__ import annotations

import pytest

from golden_paths.serve.callers import Callers


@pytest.mark.parametrize(
    ("headers", "id", "is_synthetic"),
    [
        ([(b"x-request-id", b"abc-1")], b"abc-1", False),
        ([(b"x-request-id", b"a" * 100)], b"a" * 100, False),
        ([(b"x-golden-paths", b"synthetic"), (b"x-request-id", b"abc")], b"abc", True),
        ([(b"x-golden-paths", b"other")], None, False),
        ([(b"x-request-id", b"a" * 101)], None, False),
        ([(b"x-request-id", b"a b")], None, False),
        ([(b"x-request-id", b"a\xff")], None, False),
        ([(b"x-request-id", b"")], None, False),
        ([], None, False),
    ],
    ids=str,
)
def test_a_sane_id_is_taken_and_another_is_replaced(
    headers: list[tuple[bytes, bytes]], id: bytes | None, is_synthetic: bool
) -> None:
    callers = Callers()
    one, two = callers.of(headers), callers.of(headers)
    assert (one.is_synthetic, one.id == two.id, len(one.id) > 10 or one.id == id) == (is_synthetic, id is not None, True)
    assert id is None or one.id == id


def test_ids_of_two_processes_differ() -> None:
    assert Callers().of([]).id != Callers().of([]).id
