"""The step build_training_set: one digest for the same inputs, and nothing that a model must not learn from."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from fakes.feature_store import FakeFeatureStore
from fakes.tracking import FakeTracking
from feature_repo import REPO, SERVICE, Shop, day
from golden_paths import digests
from golden_paths.artifacts import Features, TrainingSet
from golden_paths.clients import TrainingFrame
from golden_paths.errors import StepFailed
from golden_paths.spec import PathSpec
from golden_paths.step import Run, StepContext
from golden_paths.steps import build_training_set

ENTITIES = "include/data/labels.parquet"


class Desk:
    """A shop, its fake clients, and the labels of twenty days."""

    def __init__(self, root: Path, labels: list[Any] | None = None) -> None:
        self.shop = Shop(root)
        self.store, self.tracking = self.shop.fake(), FakeTracking(root / "mlflow")
        self.labels([day(5) + timedelta(days=number) for number in range(20)], labels or [0, 1] * 10)

    def labels(self, times: list[Any], labels: list[Any]) -> None:
        rows = [(1 + number % 2, time, label) for number, (time, label) in enumerate(zip(times, labels, strict=True))]
        self.shop.rows("labels", *rows)

    def feature_store(self, repo: str) -> FakeFeatureStore:
        assert repo == REPO
        return self.store

    def run(self, **split: Any) -> TrainingSet:
        text = {"golden_path": "online-model@1", "name": "churn", "owner": "growth", "description": "Who leaves."}
        section = {"entities": ENTITIES, "label": "left", "split": split}
        spec = PathSpec.model_validate({**text, "training_set": section})
        self.store.materialize(SERVICE, start=None, end=day(5))
        features = Features(repo=REPO, service=SERVICE, start=day(1), end=day(5), views=())
        made = {"features": features}
        return build_training_set.run(
            StepContext(spec, "digest", self.shop.project, Run("run-1", day(5)), self, print, made)  # type: ignore[arg-type]
        )

    def frozen(self, made: TrainingSet) -> Path:
        return self.tracking.folder / made.uri.removeprefix("runs:/")


def test_the_frozen_set_is_one_parquet_file_under_its_sha256(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    made = desk.run(by="time", test=0.25)
    file = desk.frozen(made)
    assert digests.of_file(file) == made.digest
    assert (made.rows, made.test_rows, made.keys, made.features) == (20, 5, ("customer",), ("spent", "age"))
    assert pq.read_schema(file).metadata is None
    frame = pd.read_parquet(file)
    assert list(frame.columns) == ["customer", "event_timestamp", "spent", "age", "left", "split"]
    assert list(frame["split"]) == ["train"] * 15 + ["test"] * 5
    assert frame["event_timestamp"].is_monotonic_increasing
    run = desk.tracking.runs[made.mlflow_run_id]
    assert (run.status, run.tags["golden_paths.digest"]) == ("FINISHED", made.digest)
    assert run.datasets == {"churn": {"digest": made.digest, "uri": made.uri, "label": "left"}}


def test_the_same_inputs_in_another_order_give_the_same_digest_and_one_run(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    first = desk.run(by="random", test=0.25, seed=3)
    file = desk.shop.data / "labels.parquet"
    pd.read_parquet(file).sample(frac=1, random_state=1).to_parquet(file)
    assert desk.run(by="random", test=0.25, seed=3) == first
    assert len(desk.tracking.runs) == 1
    assert desk.run(by="random", test=0.25, seed=4).digest != first.digest
    assert desk.run(by="time", test=0.25).digest != first.digest


def test_a_killed_upload_is_done_again_in_the_same_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = Desk(tmp_path)

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(desk.tracking, "log_dataset", killed)
        with pytest.raises(KeyboardInterrupt):
            desk.run(by="time", test=0.25)
    made = desk.run(by="time", test=0.25)
    (run,) = desk.tracking.runs.values()
    assert (run.status, run.tags["golden_paths.complete"]) == ("FINISHED", "true")
    assert digests.of_file(desk.frozen(made)) == made.digest


def test_a_random_split_keeps_the_shares_of_each_class(tmp_path: Path) -> None:
    desk = Desk(tmp_path, ["a"] * 12 + ["b"] * 4 + ["c"] * 4)
    frame = pd.read_parquet(desk.frozen(desk.run(by="random", test=0.25)))
    assert frame[frame["split"] == "test"]["left"].value_counts().to_dict() == {"a": 3, "b": 1, "c": 1}


def test_a_random_split_of_a_number_is_not_stratified(tmp_path: Path) -> None:
    desk = Desk(tmp_path, list(np.linspace(0, 1, 20)))
    assert desk.run(by="random", test=0.3).test_rows == 6


def test_duplicates_of_key_and_time_are_kept(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.labels([day(5)] * 15 + [day(6)] * 5, [0, 1, 1, 0] * 5)
    assert desk.run(by="time", test=0.25).rows == 20


def test_rows_that_the_join_lost_are_not_passed_over(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    join = desk.store.training_frame

    def lossy(*arguments: Any, **named: Any) -> TrainingFrame:
        whole = join(*arguments, **named)
        return TrainingFrame(whole.path, 5, whole.entity_rows, whole.keys, whole.timestamp, whole.features)

    desk.store.training_frame = lossy  # type: ignore[method-assign]
    with pytest.raises(StepFailed) as caught:
        desk.run(by="time", test=0.25)
    assert str(caught.value) == (
        "the point-in-time join made 5 rows of 20 entity rows; use Feast's duckdb offline store (the dask one drops "
        "duplicate keys), or remove duplicates"
    )


@pytest.mark.parametrize(
    ("labels", "split", "said"),
    [
        (
            [None, 1] * 10,
            {"by": "time", "test": 0.25},
            "label left is missing in 10 of 20 rows; leave those rows out",
        ),
        (
            [1] * 20,
            {"by": "time", "test": 0.25},
            "label left has only the value 1 in 20 rows; a model needs two to tell apart: check how the label is made, "
            "and the split",
        ),
        (
            [0] * 15 + [1] * 5,
            {"by": "time", "test": 0.25},
            "label left of the rows to train on has only the value 0 in 15 rows; a model needs two to tell apart: "
            "check how the label is made, and the split",
        ),
        (
            [0, 1] * 10,
            {"by": "time", "test": 0.01},
            "training_set.split.test 0.01 of 20 rows leaves a part empty; bring more rows, or another share",
        ),
        (
            [0, 1] * 10,
            {"by": "random", "test": 0.01},
            "training_set.split cannot be made of 20 rows: The test_size = 1 should be greater or equal to the number of "
            "classes = 2; bring more rows, or another share",
        ),
    ],
    ids=["null label", "one class", "one class to train on", "empty part", "too small a part"],
)
def test_a_set_that_cannot_teach_is_refused(tmp_path: Path, labels: list[Any], split: dict[str, Any], said: str) -> None:
    desk = Desk(tmp_path, labels)
    with pytest.raises(StepFailed) as caught:
        desk.run(**split)
    assert str(caught.value) == said
    assert desk.tracking.runs == {}
