"""One run of a path as the steps would leave it, without running any: artifacts with made-up digests."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from golden_paths.artifacts import (
    Approval,
    Artifact,
    CanaryReport,
    Candidate,
    Column,
    Endpoint,
    Evidence,
    Features,
    Model,
    ModelVersion,
    Retirement,
    ServedFeature,
    ServiceDescription,
    SmokeReport,
    TrainingSet,
    ViewDescription,
    ViewState,
)
from golden_paths.data_artifacts import Chosen, PublishedScores, Scores
from golden_paths.lineage.places import Places
from golden_paths.monitor_artifacts import Renewal, Verdict, Watched
from golden_paths.project import Project
from golden_paths.refresh_artifacts import CheckedFeatures, ViewRows
from golden_paths.spec import PathSpec
from golden_paths.step import Run, StepContext

DAY = datetime(2026, 1, 8, tzinfo=UTC)
DIGESTS = {
    name: letter * 64
    for name, letter in (("set", "a"), ("model", "b"), ("weights", "c"), ("golden", "d"), ("spec", "e"))
}
PLACES = Places("http://user:secret@mlflow.shop:5000")
NEW = Places("http://mlflow.shop:5000", is_on_cluster=True, cluster=lambda: Cluster())


class Cluster:
    """As much of the settings as names an endpoint."""

    class configuration:  # noqa: N801
        host = "https://10.0.0.1:6443"

    def connect(self) -> Any:
        return self

    def chosen_namespace(self) -> str:
        return "shop"


def spec(**more: Any) -> PathSpec:
    return PathSpec.model_validate(
        {
            "golden_path": "online-model@1",
            "name": "churn",
            "owner": "growth",
            "description": "Who leaves.",
            "features": {"repo": "include/feature_repos/churn", "service": "churn_v1", "freshness": "3d"},
            "training_set": {"entities": "include/data/labels.parquet", "label": "left"},
            "train": {"code": "include/models/churn.py:fit", "params": {"token": "param-secret"}},
            "evaluate": {"metrics": {"roc_auc": ">= 0.7"}},
            "deploy": {"to": "local"},
            "score": {"model": "churn", "entities": "include/data/labels.parquet"},
            **more,
        }
    )


def view(name: str, column: str) -> ViewDescription:
    key = Column(name="customer", type="Int64", description="Its number.", source="customer_id")
    described = Column(name=column, type="Float64", description=f"What {column} is.", source=f"raw_{column}")
    return ViewDescription(
        view=name,
        source=f"../../data/{name}.parquet",
        timestamp="event_timestamp",
        keys=(key,),
        columns=(described,),
        description=f"The {name}.",
        owner="data@shop",
        tags={"tier": "gold"},
    )


DESCRIBED = ServiceDescription(
    project="shop",
    views=(view("orders", "spent"), view("profile", "age")),
    features=(
        ServedFeature(name="spent", type="Float64", inputs=(("orders", "spent"),)),
        ServedFeature(name="age", type="Float64", inputs=(("profile", "age"),)),
        ServedFeature(name="ratio", type="Float64", inputs=(("orders", "spent"), ("profile", "age"))),
    ),
)
FEATURES = Features(
    repo="include/feature_repos/churn",
    service="churn_v1",
    start=DAY,
    end=DAY,
    views=(ViewState(view="orders", rows=2, newest=DAY), ViewState(view="profile", rows=2, newest=DAY)),
    described=DESCRIBED,
)
SET = TrainingSet(
    uri="runs:/1/training_set.parquet",
    digest=DIGESTS["set"],
    mlflow_run_id="run-set",
    rows=20,
    test_rows=5,
    keys=("customer",),
    timestamp="event_timestamp",
    features=("spent", "age", "ratio"),
    label="left",
    oldest=DAY,
    newest=DAY,
    types={"customer": "int64", "left": "int64", "spent": "double"},
    missing={"spent": 3},
)
MODEL = Model(
    uri="models:/m-1",
    mlflow_run_id="run-model",
    digest=DIGESTS["model"],
    weights=DIGESTS["weights"],
    golden_records="runs:/2/golden_records.json",
    golden_digest=DIGESTS["golden"],
)
EVIDENCE = Evidence(
    mlflow_run_id="run-model",
    model_digest=DIGESTS["model"],
    metrics={"roc_auc": 0.8},
    champion_version=None,
    champion_metrics={},
    report="runs:/2/evaluation/report.html",
)
VERSION = ModelVersion(
    model="churn",
    version="7",
    mlflow_run_id="run-model",
    uri="models:/m-1",
    digest=DIGESTS["model"],
    weights=DIGESTS["weights"],
    training_set=DIGESTS["set"],
    golden_records="runs:/2/golden_records.json",
    golden_digest=DIGESTS["golden"],
)
APPROVAL = Approval(model="churn", version="7", digest=DIGESTS["model"], how="people", by=("ada",), why=("better",))
CANDIDATE = Candidate(endpoint="churn", version="7", digest=DIGESTS["model"], url="http://127.0.0.1:1")
SMOKE = SmokeReport(endpoint="churn", version="7", digest=DIGESTS["model"], records=3, slowest_ms=1.0)
CANARY = CanaryReport(endpoint="churn", version="7", digest=DIGESTS["model"], stages=())
ENDPOINT = Endpoint(endpoint="churn", url="http://127.0.0.1:2", version="7", digest=DIGESTS["model"], previous="6")
RETIRED = Retirement(endpoint="churn", due=None)
CHOSEN = Chosen(version=VERSION, since=DAY, start=None, end=DAY)
COLUMNS = tuple(Column(name=name, type="int64") for name in ("customer", "event_timestamp", "prediction"))
SCORES = Scores(
    model="churn",
    version="7",
    model_digest=DIGESTS["model"],
    start=None,
    end=DAY,
    by_hand=True,
    rows=20,
    unanswered=0,
    uri="runs:/3/scores.parquet",
    digest=DIGESTS["set"],
    entities_digest=DIGESTS["set"],
    features_digest=DIGESTS["set"],
    spec_digest=DIGESTS["spec"],
    mlflow_run_id="run-scores",
    keys=("customer",),
    columns=COLUMNS,
    described=DESCRIBED,
)
PUBLISHED = PublishedScores(path="/scores", digest=DIGESTS["set"], rows=20, changed=True, columns=COLUMNS)
WATCHED = Watched(
    model="churn",
    version="7",
    digest=DIGESTS["model"],
    start=DAY,
    end=DAY,
    rows=20,
    verdicts=(Verdict(cause="drift", is_alarm=True, words="spent has drifted"),),
    calm=("age",),
)
RENEWED = Renewal(model="churn", version="7", action="retrain", causes=("drift",), reason="drift: spent has drifted", run="r-2")
MADE: dict[str, Artifact] = {
    "materialize": FEATURES,
    "build_training_set": SET,
    "train": MODEL,
    "evaluate": EVIDENCE,
    "register": VERSION,
    "approve": APPROVAL,
    "deploy": CANDIDATE,
    "smoke": SMOKE,
    "canary": CANARY,
    "promote": ENDPOINT,
    "retire": RETIRED,
    "choose_champion": CHOSEN,
    "score": SCORES,
    "publish_scores": PUBLISHED,
}

OTHERS: dict[str, Artifact] = {  # of other paths
    "watch": WATCHED,
    "renew": RENEWED,
    "check_features": CheckedFeatures(
        repo=FEATURES.repo,
        service=FEATURES.service,
        views=tuple(
            ViewRows(view=name, rows=2, newest=DAY, start=DAY, until=DAY, content="2 1") for name in ("orders", "profile")
        ),
        described=DESCRIBED,
    ),
}


def context(
    step: str, *, given: PathSpec | None = None, root: Path = Path("/project"), made: bool = True
) -> StepContext:
    """The step's context when it has ended, or when it begins."""
    before = {one.name: one for one in list(MADE.values())[: list(MADE).index(step)]} if step in MADE else {}
    project = Project(root, root / ".golden_paths")
    context = StepContext(given or spec(), DIGESTS["spec"], project, Run("run-1", DAY), None, print, before)  # type: ignore[arg-type]
    if made:
        context.record.made = (MADE | OTHERS)[step]
    return context
