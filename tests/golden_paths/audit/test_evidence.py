"""What stands in an audit: everything asked for, each with an id; what cannot be confirmed is said, and never left out."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable

import pytest

from audits import DAY, IMAGE, IMAGE_DIGEST, MONDAY, Shop
from golden_paths import digests
from golden_paths.audit import contents, evidence
from golden_paths.audit.found import Audit, Section
from golden_paths.audit.marquez import Marquez
from golden_paths.lineage import log
from golden_paths.rollout.state import Served, State
from lineage_runs import DIGESTS
from releases import release

NO_MARQUEZ = "no Marquez is named: OPENLINEAGE_URL is not set"
SECTIONS = [
    "answer",
    "spec",
    "code",
    "data",
    "checks",
    "model",
    "metrics",
    "gates",
    "approvals",
    "rollout",
    "images",
    "lineage",
]


def audit_of(shop: Shop, **asked: str) -> Audit:
    return evidence.audit(shop.case(**asked))


def section(audit: Audit, key: str) -> Section:
    return next(one for one in audit.sections if one.key == key)


def cells(audit: Audit, key: str) -> dict[str, str]:
    return {row.cells[0]: row.cells[1] for row in section(audit, key).rows}


def doubts(audit: Audit) -> list[str]:
    return [doubt for doubt in audit.doubts if NO_MARQUEZ not in doubt]


def test_every_section_is_there_and_every_row_stands_on_an_id(shop: Shop) -> None:
    audit = audit_of(shop)
    assert [one.key for one in audit.sections] == SECTIONS
    assert [row for one in audit.sections for row in one.rows if not row.proofs] == []
    used = {key for one in audit.sections for row in one.rows for key in row.proofs}
    assert used == set(audit.proofs)


@pytest.mark.parametrize("asked", [{"version": "1"}, {"version": "2"}, {"at": "2026-03-02T09:00"}, {}], ids=str)
def test_of_a_model_that_was_left_alone_all_is_confirmed_but_what_marquez_was_not_asked(
    shop: Shop, asked: dict[str, str]
) -> None:
    audit = audit_of(shop, **asked)
    assert doubts(audit) == []
    assert {proof.system for proof in audit.proofs.values() if proof.state != "confirmed"} == {"Marquez"}


def test_the_digests_are_those_of_the_version(shop: Shop) -> None:
    audit, here = audit_of(shop, version="2"), shop.registry.files
    assert cells(audit, "model")["SHA-256 of the model's files"] == digests.of_folder(here / "m-2")
    assert cells(audit, "data")["SHA-256 of the set"] == digests.of_file(here / "run-set" / "training_set.parquet")
    assert cells(audit, "spec")["SHA-256 of the spec's file"] == DIGESTS["spec"]
    assert cells(audit, "code")["SHA-256 of the code"] == digests.of_file(here / "run-2" / "code" / "churn.py")
    assert cells(audit, "data")["first and last row"] == "2026-01-08 00:00:00 UTC to 2026-01-08 00:00:00 UTC"


def test_gates_checks_and_rollout_are_those_of_the_version(shop: Shop) -> None:
    audit = audit_of(shop, version="2")
    assert [row.cells for row in section(audit, "gates").rows] == [
        ("roc_auc", "evaluate", ">= 0.7", "0.8", "passed"),
        ("golden records", "smoke", "every answer", "all equal", "passed"),
        ("all gates of evaluation", "evaluate", "", "", "passed"),
    ]
    assert [row.cells[0] for row in section(audit, "checks").rows] == ["row_count", "freshness"]
    assert [row.cells[1:] for row in section(audit, "rollout").rows] == [
        ("register", "version 2 was registered"),
        ("approve", "ended well"),
        ("deploy", "version 2 ran at http://127.0.0.1:1, without traffic"),
        ("smoke", "1 of 1 gates passed"),
        ("promote", "version 2 took over from version 1 at http://127.0.0.1:2 (switch)"),
        ("rollback", "version 1 took over at http://127.0.0.1:2 (switch)"),
        ("MLflow's tag golden_paths.status", "champion"),
    ]


def test_a_version_that_served_twice_has_both_times(shop: Shop) -> None:
    rows = [row.cells for row in section(audit_of(shop, version="1"), "answer").rows]
    assert ("since", "2026-03-05 08:00:00 UTC") in rows
    assert ("served, too", "from 2026-03-02 08:00:08 UTC to 2026-03-03 08:00:08 UTC") in rows


def test_approvals_are_told_where_there_were_any(shop: Shop) -> None:
    found = section(audit_of(shop, version="2"), "approvals")
    assert (found.rows, found.said.startswith("None on record: ")) == ((), True)
    shop.tagged("2", approval="approved by ada at 2026-03-04T08:00:00+00:00: better")
    found = section(audit_of(shop, version="2"), "approvals")
    assert [row.cells for row in found.rows] == [("decision", "approved by ada at 2026-03-04T08:00:00+00:00: better")]


def test_the_graph_goes_from_the_sources_to_the_endpoint_and_not_into_the_version_before(shop: Shop) -> None:
    graph = audit_of(shop, version="2").graph
    labels = {node.key: node.label for node in graph.nodes}
    ends = {labels[node.key] for node in graph.nodes} - {labels[start] for start, _ in graph.edges}
    starts = set(labels.values()) - {labels[end] for _, end in graph.edges}
    assert starts == {"labels.parquet", "orders.parquet", "profile.parquet", "model version 1"}
    assert ends == {"endpoint, version 2", "approve", "smoke"}
    assert [label for label in labels.values() if label in ("train", "promote", "register")] == [
        "promote",
        "register",
        "train",
    ]


def test_the_events_in_the_pack_are_lines_of_the_log(shop: Shop) -> None:
    _, files = contents.of(shop.case(version="2"))
    known = {line for file in log.files(shop.log) for line in file.read_bytes().splitlines()}
    lines = files[contents.EVENTS].splitlines()
    assert set(lines) <= known
    ids = {json.loads(line)["run"]["runId"] for line in lines}
    audit = Audit.model_validate_json(files[contents.DATA])
    assert {proof.id for proof in audit.proofs.values() if proof.system == "event log"} == ids


def test_no_row_no_golden_record_no_code_and_no_secret_is_in_the_pack(shop: Shop) -> None:
    shop.registry.files.joinpath("run-1", "code", "churn.py").write_text("TOKEN = 'code-secret'")
    _, files = contents.of(shop.case())
    text = b"".join(files.values()).decode()
    hidden = ("rows that nobody may see", "golden 1", "code-secret", "someone:secret", "report 1")
    assert [one for one in hidden if one in text] == []
    assert sorted(files) == ["audit.json", "environment.txt", "events.ndjson", "index.html", "spec.yaml"]


def test_an_mlflow_that_is_away_is_said_and_the_log_tells_what_it_knows(shop: Shop) -> None:
    shop.registry.is_away = True
    case = shop.case(version="2")
    audit, files = contents.of(case)
    assert shop.registry.asked == 1  # and not again: each question would wait for it anew
    (doubt,) = doubts(audit)
    assert "ids in MLflow (M1 to M10): MLflow at http://mlflow.shop:5000 did not answer: refused" in doubt
    assert cells(audit, "spec")["SHA-256 of the spec's file"] == DIGESTS["spec"]
    assert cells(audit, "model")["SHA-256 of its fitted parameters"] == "not known"
    assert "run-2" in {proof.id for proof in audit.proofs.values() if proof.kind == "run: training"}
    assert "secret" not in b"".join(files.values()).decode()
    assert sorted(files) == ["audit.json", "events.ndjson", "index.html"]


def test_a_log_that_is_lost_is_said_and_mlflow_tells_what_it_knows(shop: Shop) -> None:
    shutil.rmtree(shop.log)
    audit = audit_of(shop, version="2")
    assert cells(audit, "answer")["when it served"] == "not known"
    assert cells(audit, "model")["SHA-256 of the model's files"] == digests.of_folder(shop.registry.files / "m-2")
    assert (
        "not confirmed: event log run of churn.build_training_set not known (L4): the event log has no run of "
        in "\n".join(audit.doubts)
    )
    assert section(audit, "lineage").said == "Not confirmed: the event log has no run that made this version."
    assert audit.summary.startswith("Version 2 of churn served at a time that is not known.")


def _lose_version(shop: Shop) -> None:
    shop.registry.known["churn"] = [one for one in shop.registry.known["churn"] if one.version != "2"]


def _lose_model(shop: Shop) -> None:
    shutil.rmtree(shop.registry.files / "m-2")


def _change_model(shop: Shop) -> None:
    (shop.registry.files / "m-2" / "MLmodel").write_text("another")


def _change_set(shop: Shop) -> None:
    (shop.registry.files / "run-set" / "training_set.parquet").write_text("other rows")


def _change_spec(shop: Shop) -> None:
    (shop.registry.files / "run-2" / "spec.yaml").write_text("name: other\n")


def _lose_run(shop: Shop) -> None:
    del shop.registry.runs["run-2"]


def _move_alias(shop: Shop) -> None:
    """By hand, in MLflow's pages: no event says so."""
    shop.registry.champions["churn"] = "2"


CHANGES: list[tuple[Callable[[Shop], None], str, str]] = [
    (_lose_version, "2", "MLflow model version churn version 2 (M1): MLflow has no version 2 of churn any more"),
    (_lose_model, "2", "not confirmed: MLflow artifact: model models:/m-2 (M8): models:/m-2 is not in MLflow"),
    (
        _change_model,
        "2",
        "contradicted: MLflow artifact: model models:/m-2 (M8): fetched, and its digest computed anew; of",
    ),
    (
        _change_set,
        "2",
        "contradicted: MLflow artifact: training set runs:/run-set/training_set.parquet (M7): fetched,",
    ),
    (_change_spec, "2", "of spec.yaml, SHA-256 it says another spec (SHA-256 of the tag"),
    (_lose_run, "2", "not confirmed: MLflow run: training run-2 (M2): MLflow has no such run any more"),
    (_move_alias, "", "contradicted: event log run of churn.rollback"),
]


@pytest.mark.parametrize(("change", "version", "expected"), CHANGES, ids=lambda one: getattr(one, "__name__", ""))
def test_what_was_lost_or_changed_since_is_said(
    shop: Shop, change: Callable[[Shop], None], version: str, expected: str
) -> None:
    change(shop)
    audit = audit_of(shop, **({"version": version} if version else {}))
    assert [doubt for doubt in doubts(audit) if expected in doubt], doubts(audit)
    assert [row for one in audit.sections for row in one.rows if not row.proofs] == []


def in_service(shop: Shop) -> State:
    endpoint = shop.serving["churn"]
    history = (Served(version="2", until=MONDAY + 3 * DAY),)
    return State(serving="1", digest=endpoint.digest, since=MONDAY + 3 * DAY, history=history)


def test_on_a_cluster_images_and_rollout_records_confirm_it(on_cluster: Shop) -> None:
    shop = on_cluster
    shop.cluster.states["churn"] = in_service(shop)
    made = release(version="1", digest=shop.serving["churn"].digest, image=IMAGE, features="9" * 64)
    shop.cluster.releases["1"], shop.cluster.running = made, (IMAGE_DIGEST,)
    audit = audit_of(shop)
    assert doubts(audit) == []
    assert cells(audit, "images") == {
        "image that serves": IMAGE,
        "its digest": IMAGE_DIGEST,
        "SHA-256 of the model it was told to load": made.content.digest,
        "SHA-256 of its features package": "9" * 64,
        "pod of train": "Pod churn-train-1 in namespace shop.",
    }
    assert [proof.id for proof in audit.proofs.values() if proof.system == "cluster"] == [
        "shop/churn",
        "shop/churn-v1",
        "shop/churn-v1",
    ]
    assert ("the cluster's history", "until then version 2 served") in [
        row.cells[1:] for row in section(audit, "rollout").rows
    ]


def test_another_image_than_was_deployed_is_a_contradiction(on_cluster: Shop) -> None:
    on_cluster.cluster.states["churn"] = in_service(on_cluster)
    on_cluster.cluster.running = (f"sha256:{'2' * 64}",)
    assert [
        one for one in doubts(audit_of(on_cluster)) if one.startswith("contradicted: cluster Pods shop/churn-v1")
    ] != []


def test_a_cluster_that_is_away_is_said(on_cluster: Shop) -> None:
    on_cluster.cluster.is_away = True
    (doubt,) = doubts(audit_of(on_cluster, version="2"))
    assert doubt == "not confirmed: 3 ids in cluster (K1 to K3): the cluster's API server did not answer: refused"


def test_a_rollback_without_an_event_is_known_from_the_cluster(on_cluster: Shop) -> None:
    on_cluster.cluster.states["churn"] = State(
        serving="2", digest=digests.of_folder(on_cluster.registry.files / "m-2"), since=MONDAY + 5 * DAY
    )
    on_cluster.registry.champions["churn"] = "2"
    case = on_cluster.case()
    assert case.reign
    assert (case.version, case.reign.since, case.reign.by) == ("2", MONDAY + 5 * DAY, None)
    since = next(row for row in section(evidence.audit(case), "answer").rows if row.cells[0] == "since")
    assert since.proofs == ("K1",)


def test_marquez_is_named_by_the_standards_setting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENLINEAGE_URL", "http://marquez:5000")
    monkeypatch.setenv("OPENLINEAGE_API_KEY", "key")
    assert Marquez.from_environment() == Marquez("http://marquez:5000", "key")
