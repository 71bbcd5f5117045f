from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from serving import Running, Saved, Start, save, started


@pytest.fixture(scope="session")
def diabetes(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    """A classifier on ten columns of numbers that takes no missing value."""
    from sklearn.datasets import load_diabetes
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    frame, target = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    estimator = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame, target > target.median())
    return save(tmp_path_factory.mktemp("diabetes") / "model", estimator, frame)


@pytest.fixture(scope="module")
def start() -> Iterator[Start]:
    """Starts servers; none is left running."""
    running: list[Running] = []

    def begin(*args: Any, **kwargs: Any) -> Running:
        running.append(started(*args, **kwargs))
        return running[-1]

    yield begin
    for server in running:
        server.process.kill()
        server.process.communicate()
