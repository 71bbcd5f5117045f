"""A shop that is scored, for the tests of batch-scores."""

from __future__ import annotations

from pathlib import Path

import pytest

from golden_paths.steps import score
from scorers import LABELS, Scorer, at_once, day, fitted
from serving import Saved


@pytest.fixture(scope="module")
def stays(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    """Spending more is better; takes missing values."""
    return fitted(tmp_path_factory.mktemp("models") / "stays", imputes=True)


@pytest.fixture(scope="module")
def leaves(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    """Spending more is worse; refuses missing values."""
    return fitted(tmp_path_factory.mktemp("models") / "leaves", sign=-1)


@pytest.fixture
def scorer(in_children: Scorer, monkeypatch: pytest.MonkeyPatch) -> Scorer:
    monkeypatch.setattr(score.sandbox, "call", at_once)
    return in_children


@pytest.fixture
def in_children(tmp_path: Path, stays: Saved) -> Scorer:
    """Models are asked where the step asks them."""
    made = Scorer.with_fakes(tmp_path)
    made.version(stays, at=day(4))
    made.shop.rows("labels", *LABELS)
    return made
