"""materialize and build_training_set on a real Feast repository in a project of their own."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from examples import ROOT
from fakes.online import FakeClients
from fakes.tracking import FakeTracking
from golden_paths.artifacts import Features, TrainingSet
from golden_paths.clients.feast_store import FeastStore
from golden_paths.errors import StepFailed
from golden_paths.load import read_spec
from golden_paths.project import Project
from golden_paths.step import Run, StepContext
from golden_paths.steps import build_training_set, materialize

pytestmark = pytest.mark.real


class Store(FakeClients):
    """Real Feast, and a fake MLflow that is held to the real one elsewhere."""

    def __init__(self, project: Project) -> None:
        super().__init__(FakeTracking(project.state))
        self.project = project

    def feature_store(self, repo: str) -> FeastStore:
        return FeastStore(self.project, repo, print)


class Diabetes:
    """The diabetes example, with data whose newest row is now."""

    def __init__(self, root: Path) -> None:
        for name in ("feature_repos", "models", "data"):
            shutil.copytree(ROOT / "include" / name, root / "include" / name)
        (root / "dags").mkdir()
        text = (ROOT / "dags" / "diabetes-progression.yaml").read_text()
        # Its contract wants each patient once, and what is looked at here is what Feast does with one that is there twice.
        text = text.replace("  contract: include/contracts/diabetes.yaml\n", "")
        (root / "dags" / "diabetes-progression.yaml").write_text(text)
        self.project = Project(root.resolve(), root.resolve() / "state")
        self.project.state.mkdir()
        self.clients = Store(self.project)
        self.loaded = read_spec(root / "dags" / "diabetes-progression.yaml", self.project)

    def context(self, end: datetime, **artifacts: Features) -> StepContext:
        loaded, run = self.loaded, Run("r", end=end)
        return StepContext(loaded.spec, loaded.digest, self.project, run, self.clients, print, artifacts)  # type: ignore[arg-type]

    def build(self, features: Features) -> TrainingSet:
        return build_training_set.run(self.context(features.end, features=features))


@pytest.fixture(scope="module")
def diabetes(tmp_path_factory: pytest.TempPathFactory) -> Diabetes:
    return Diabetes(tmp_path_factory.mktemp("diabetes"))


@pytest.fixture(scope="module")
def features(diabetes: Diabetes) -> Features:
    return materialize.run(diabetes.context(datetime.now(UTC)))


def test_what_was_written_is_read_back(features: Features) -> None:
    assert {view.view: view.rows for view in features.views} == {"demographics": 442, "measurements": 442}


def test_the_same_interval_again_writes_nothing_and_is_no_error(diabetes: Diabetes, features: Features) -> None:
    again = materialize.run(diabetes.context(features.end))
    assert [view.rows for view in again.views] == [0, 0]
    assert [view.newest for view in again.views] == [view.newest for view in features.views]


def test_stale_features_say_what_was_expected_and_found(diabetes: Diabetes, features: Features) -> None:
    later = features.end + timedelta(days=3)
    with pytest.raises(StepFailed) as caught:
        materialize.run(diabetes.context(later))
    found = features.views[0].newest
    assert found
    assert str(caught.value) == (
        f"feature view {features.views[0].view} is stale: expected a row from {(later - timedelta(days=1)).isoformat()} "
        f"or later, found {found.isoformat()}; refresh its source, or allow more in features.freshness"
    )


def test_the_same_inputs_give_the_same_digest_and_one_copy(diabetes: Diabetes, features: Features) -> None:
    first, second = diabetes.build(features), diabetes.build(features)
    assert first == second
    assert (first.rows, first.test_rows, len(first.features)) == (442, 133, 10)


def test_rows_with_the_same_key_and_time_are_kept(diabetes: Diabetes, features: Features) -> None:
    file = diabetes.project.path("include/data/diabetes/patients.parquet")
    before = file.read_bytes()
    frame = pd.read_parquet(file)
    pd.concat([frame, frame.head(5)]).to_parquet(file)
    try:
        assert diabetes.build(features).rows == 447
    finally:
        file.write_bytes(before)


def test_an_empty_source_interval_fails_with_what_was_expected(tmp_path: Path) -> None:
    fresh = Diabetes(tmp_path)
    with pytest.raises(StepFailed) as caught:
        materialize.run(fresh.context(datetime(2000, 1, 1, tzinfo=UTC)))
    assert str(caught.value).startswith(
        "feature view demographics has nothing to write: expected rows from 1970-01-01T00:00:00+00:00 to "
        "2000-01-01T00:00:00+00:00, "
    )
