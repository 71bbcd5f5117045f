"""What each step says that it touched: the edges of the graph as a table, and none beside them."""

from __future__ import annotations

from typing import Any

import pytest

from golden_paths.artifacts import Evidence
from golden_paths.lineage.touched import Dataset, Touched
from golden_paths.record import Check
from golden_paths.registry import STEPS
from lineage_runs import EVIDENCE, NEW, PLACES, RENEWED, context, spec

FILES, FEAST, MLFLOW, HERE = "file/project/include/data", "feast://shop", "mlflow://mlflow.shop:5000", "local://vm"
SET, FITTED, VERSION = (f"{MLFLOW}/{name}/churn" for name in ("training_sets", "fitted_models", "models"))
SCORES = f"{MLFLOW}/scores/churn"
EVALUATION, CANDIDATE, ENDPOINT = f"{MLFLOW}/evaluations/churn", f"{HERE}/churn.candidate", f"{HERE}/churn"
VIEWS, ONLINE = (
    [f"{FEAST}/orders", f"{FEAST}/profile"],
    [f"{FEAST}/online_store.orders", f"{FEAST}/online_store.profile"],
)
EDGES: dict[str, tuple[list[str], list[str]]] = {
    "check_features": ([], []),
    "materialize": ([], []),
    "build_training_set": ([f"{FILES}/labels.parquet", *VIEWS], [SET]),
    "train": ([SET], [FITTED]),
    "evaluate": ([SET, FITTED], [EVALUATION]),
    "register": ([FITTED, EVALUATION], [VERSION]),
    "approve": ([VERSION], []),
    "deploy": ([VERSION, *ONLINE], [CANDIDATE]),
    "smoke": ([VERSION, CANDIDATE], []),
    "canary": ([VERSION, CANDIDATE], []),
    "promote": ([VERSION, CANDIDATE], [ENDPOINT]),
    "retire": ([ENDPOINT], []),
    "choose_champion": ([VERSION], []),
    "score": ([f"{FILES}/labels.parquet", *VIEWS, VERSION], [SCORES]),
    "watch": ([ENDPOINT], []),
    "renew": ([ENDPOINT], []),
    "publish_scores": ([SCORES], ["file/project/.golden_paths/scores/churn"]),
}
# Which views there are, Feast is asked while the step runs.
AT_START = {"score": ([f"{FILES}/labels.parquet", VERSION], [SCORES])}


@pytest.fixture(autouse=True)
def _machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "vm")


def touched(step: str, **more: Any) -> Touched:
    found = context(step, **more)
    return STEPS[step].touched(found, PLACES, found.record.made)


def names(datasets: tuple[Dataset, ...]) -> list[str]:
    return [str(one.name) for one in datasets]


@pytest.mark.parametrize("made", [False, True], ids=["at its start", "at its end"])
@pytest.mark.parametrize("step", STEPS)
def test_a_step_names_what_it_reads_and_writes(step: str, made: bool) -> None:
    found = touched(step, made=made)
    assert (names(found.inputs), names(found.outputs)) == (EDGES if made else EDGES | AT_START)[step]


def test_a_look_is_on_the_endpoint_with_what_alarms_and_what_is_calm() -> None:
    (endpoint,) = touched("watch").inputs
    facet = endpoint.own["watch"]
    assert (endpoint.version, facet.modelVersion, facet.rows, facet.alarms, facet.calm) == ("7", "7", 20, ["drift"], ["age"])


def test_after_a_withdrawal_no_model_answers_at_the_endpoint() -> None:
    found = context("renew")
    assert STEPS["renew"].touched(found, PLACES, RENEWED).parts == ()
    gone = RENEWED.model_copy(update={"action": "withdraw", "reason": "age: older than max_age 30d"})
    (part,) = STEPS["renew"].touched(found, PLACES, gone).parts
    assert (names(part.outputs), part.outputs[0].state) == ([ENDPOINT], "DROP")
    assert "older than max_age 30d" in part.description


def test_two_views_on_two_sources_never_cross() -> None:
    parts = {part.job: (names(part.inputs), names(part.outputs)) for part in touched("materialize").parts}
    assert parts == {
        "orders": ([f"{FILES}/orders.parquet"], [f"{FEAST}/orders"]),
        "orders.online": ([f"{FEAST}/orders"], [f"{FEAST}/online_store.orders"]),
        "profile": ([f"{FILES}/profile.parquet"], [f"{FEAST}/profile"]),
        "profile.online": ([f"{FEAST}/profile"], [f"{FEAST}/online_store.profile"]),
    }


@pytest.mark.parametrize("step", ["check_features", "materialize"])
def test_views_that_were_looked_at_are_read_and_not_written(step: str) -> None:
    features = {"repo": "include/feature_repos/churn", "service": "churn_v1", "refreshed_by": "shop-features"}
    parts = {part.job: (names(part.inputs), part.outputs) for part in touched(step, given=spec(features=features)).parts}
    assert parts == {"orders": ([f"{FEAST}/orders"], ()), "profile": ([f"{FEAST}/profile"], ())}


def test_nothing_is_said_of_features_before_feast_was_asked() -> None:
    assert touched("materialize", made=False) == Touched()


def test_the_champion_is_an_input_where_it_was_compared() -> None:
    found = context("evaluate")
    found.record.made = EVIDENCE.model_copy(update={"champion_version": "6"})
    inputs = STEPS["evaluate"].touched(found, PLACES, found.record.made).inputs
    assert [(str(one.name), one.version) for one in inputs][-1] == (VERSION, "6")


def test_on_a_cluster_the_endpoint_is_known_by_api_server_and_namespace() -> None:
    found = context("promote", given=spec(deploy={"to": "kubernetes"}))
    (endpoint,) = STEPS["promote"].touched(found, NEW, found.record.made).outputs
    assert str(endpoint.name) == "k8s://10.0.0.1:6443/shop/churn"
    facet = endpoint.own["deployment"]
    assert (facet.modelVersion, facet.previousVersion, facet.strategy) == ("7", "6", "canary 25%, 100%")


def test_a_column_is_followed_from_the_source_to_the_models_input() -> None:
    parts = {part.job: part.outputs[0] for part in touched("materialize").parts}
    made = [parts["orders"], parts["profile"]]
    made += [touched(step).outputs[0] for step in ("build_training_set", "train", "register")]
    known = {one.name: one for one in made}

    def sources(dataset: Dataset, column: str) -> set[tuple[str, str]]:
        found = dataset.made_of.get(column)
        if found is None:
            return {(str(dataset.name), column)}
        return {
            end
            for name, field in found
            for end in (sources(known[name], field) if name in known else {(str(name), field)})
        }

    orders, profile = f"{FILES}/orders.parquet", f"{FILES}/profile.parquet"
    assert {column: sources(made[-1], column) for column in ("spent", "age", "ratio")} == {
        "spent": {(orders, "raw_spent")},
        "age": {(profile, "raw_age")},
        "ratio": {(orders, "raw_spent"), (profile, "raw_age")},
    }
    assert sources(made[2], "left") == {(f"{FILES}/labels.parquet", "left")}


def test_the_checks_that_ran_stand_with_what_they_looked_at() -> None:
    found = context("materialize")
    stale = Check(name="freshness", passed=False, subject="view:profile", expected="younger", found="older")
    found.record.checks.append(stale)
    parts = {part.job: part for part in STEPS["materialize"].touched(found, PLACES, found.record.made).parts}
    assert parts["profile.online"].inputs[0].checks == (stale,)
    assert {job: part.is_refused for job, part in parts.items()} == {
        "orders": False,
        "orders.online": False,
        "profile": False,
        "profile.online": True,
    }


def test_what_did_not_pass_is_in_the_graph_with_its_metrics() -> None:
    found = context("evaluate", made=False)
    found.record.made = EVIDENCE
    (report,) = STEPS["evaluate"].touched(found, PLACES, found.record.made).outputs
    assert isinstance(found.record.made, Evidence)
    assert report.own["model"].metrics == {"roc_auc": 0.8}
