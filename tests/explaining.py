"""Fitted models behind the server, for what asks them to explain. Import the fixtures `serve` and `served` by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient

from golden_paths.serve.app import build
from golden_paths.serve.loading import Loader
from golden_paths.serve.status import Identity, Status
from serving import Saved, save

RNG = np.random.default_rng(3)
FRAME = pd.DataFrame(
    {
        "dose": RNG.normal(size=60),
        "visits": RNG.integers(0, 9, 60),
        "ward": np.array(["north", "south", "east", "north"])[np.arange(60) % 4],
        "smoker": np.arange(60) % 3 == 0,
    }
)
ROW = {"dose": 1.5, "visits": 7, "ward": "east", "smoker": True}
SIGNAL = FRAME["dose"] + FRAME["visits"] / 4 + 2 * (FRAME["ward"] == "south") + FRAME["smoker"]
THREE = np.array(["low", "middle", "high"])[np.digitize(SIGNAL, [0.8, 2.0])]
Serve = Callable[..., TestClient]


def client(folder: Path, digest: str) -> TestClient:
    status = Status(Identity("risk", "4", digest, "run-1", "abc"))
    loader = Loader(status, model=folder, feature_repo=None, service=None)
    loader.load()
    return TestClient(build(status, loader), raise_server_exceptions=False)


@pytest.fixture
def serve(tmp_path: Path) -> Serve:
    def begin(estimator: Any, label: Any, frame: pd.DataFrame = FRAME) -> TestClient:
        saved = save(tmp_path / "model", estimator.fit(frame, label), frame)
        return client(saved.folder, saved.digest)

    return begin


@pytest.fixture(scope="module")
def served(diabetes: Saved) -> Iterator[TestClient]:
    with client(diabetes.folder, diabetes.digest) as found:
        yield found


def mixed(estimator: Any) -> Any:
    from sklearn.compose import make_column_transformer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    return make_pipeline(
        make_column_transformer((OneHotEncoder(), ["ward"]), remainder="passthrough", sparse_threshold=0), estimator
    )


def explained(server: TestClient, row: Any, query: str = "") -> dict[str, Any]:
    answer = server.post(f"/explain{query}", json={"dataframe_records": [row]})
    assert answer.status_code == 200, answer.text
    (found,) = answer.json()["explanations"]
    return dict(found)
