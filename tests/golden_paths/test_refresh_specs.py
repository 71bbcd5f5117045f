"""What a feature refresh's spec, and that of a model which relies on one, are told at `validate`."""

from __future__ import annotations

from pathlib import Path

import pytest

from bad_specs import hold
from golden_paths.folder import read_files, read_folder
from golden_paths.load import read_spec
from golden_paths.plan import make_plan
from projects import SPEC, make_project
from refreshes import CONTRACT, REFRESH, RELIES, write_contract


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    folder = make_project(tmp_path)
    write_contract(tmp_path)
    return folder


def changed(old: str, new: str, text: str = REFRESH) -> str:
    assert old in text
    return text.replace(old, new, 1)


BAD = {
    "a section of another path": (
        changed("refresh:", "train:\n  code: include/models/churn.py:fit\nrefresh:"),
        "bad.yaml:10: train is a section that feature-refresh@1 does not have; "
        "remove it: feature-refresh@1 has features, refresh",
    ),
    "a step of another path": (
        REFRESH + "steps:\n  evaluate: {run_in: worker}\n",
        "bad.yaml:14: steps.evaluate is no step of feature-refresh@1; remove it: its steps are check_features, materialize",
    ),
    "no refresh": (
        REFRESH[: REFRESH.index("refresh:\n")],
        "bad.yaml:1: refresh is missing, and feature-refresh@1 needs it; add the section",
    ),
    "a contract that is not there": (
        changed("shop.yaml", "shops.yaml"),
        "bad.yaml:11: refresh.contract 'include/contracts/shops.yaml' is not there: no file include/contracts/shops.yaml in the "
        "project; write it, or draft it from a model's spec: python -m golden_paths contract suggest SPEC",
    ),
    "a column named twice": (
        changed("[age]", "[age, age]"),
        "bad.yaml:12: refresh.sensitive names a column twice; name each once",
    ),
    "a refresh that is refreshed by another": (
        changed("  freshness: 3d\n", "  freshness: 3d\n  refreshed_by: others\n"),
        "bad.yaml:10: features.refreshed_by 'others' is for specs that use features, and feature-refresh@1 refreshes them "
        "itself; remove it",
    ),
    "a model that is refreshed by itself": (
        changed("shop-features", "churn", RELIES),
        "bad.yaml:8: features.refreshed_by 'churn' is this spec itself; name a feature-refresh spec",
    ),
    "a refresh that is not there": (
        RELIES,
        "bad.yaml:8: features.refreshed_by 'shop-features' is no spec of this folder; "
        "write shop-features.yaml, on feature-refresh@1",
    ),
    "a refresh that is a model": (
        changed("shop-features", "good", RELIES),
        "bad.yaml:8: features.refreshed_by 'good' is on online-model@1, which refreshes features for no other; "
        "name a spec on feature-refresh@1",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_spec_gets_one_message_and_harms_no_other(dags: Path, name: str) -> None:
    hold(dags, BAD[name])


def test_a_contract_about_a_label_is_refused(dags: Path) -> None:
    write_contract(dags.parent, CONTRACT + "label: {each_class_at_least: 10%}\n")
    said = "bad.yaml:11: refresh.contract 'include/contracts/shop.yaml' has a rule for the label, and features have none; "
    hold(dags, (REFRESH, f"{said}remove label from the contract"))


def test_a_name_that_is_nearly_that_of_a_refresh_gets_it_proposed(dags: Path) -> None:
    (dags / "shop-features.yaml").write_text(REFRESH)
    (dags / "bad.yaml").write_text(changed("shop-features", "shop-feature", RELIES))
    good, broken = read_folder(dags)
    assert [one.spec.name for one in good] == ["shop-features"]
    said = "bad.yaml:8: features.refreshed_by 'shop-feature' is no spec of this folder; did you mean 'shop-features'?"
    assert [str(error) for _, error in broken] == [said]


def test_a_refresh_of_another_service_is_refused_and_both_are_named(dags: Path) -> None:
    (dags.parent / "include/feature_repos/churn/more.py").write_text(
        'from feast import FeatureService\nchurn_v2 = FeatureService(name="churn_v2", features=[])\n'
    )
    (dags / "shop-features.yaml").write_text(changed("churn_v1", "churn_v2"))
    (dags / "bad.yaml").write_text(RELIES)
    _, broken = read_folder(dags)
    assert [str(error) for _, error in broken] == [
        "bad.yaml:8: features.refreshed_by 'shop-features' refreshes churn_v2 of include/feature_repos/churn, and this spec uses "
        "churn_v1 of include/feature_repos/churn; name the refresh of that service, or use the same"
    ]


def test_a_refresh_that_is_broken_is_told_under_its_own_file_alone(dags: Path) -> None:
    (dags / "shop-features.yaml").write_text(changed("churn_v1", "churn_v9"))
    (dags / "churn.yaml").write_text(RELIES)
    good, broken = read_folder(dags)
    assert [one.spec.name for one in good] == ["churn"]
    assert [file.name for file, _ in broken] == ["shop-features.yaml"]


def test_a_file_alone_is_held_to_the_refresh_beside_it(dags: Path) -> None:
    (dags / "churn.yaml").write_text(RELIES)
    assert [file.name for file, _ in read_files([dags / "churn.yaml"])[1]] == ["churn.yaml"]
    (dags / "shop-features.yaml").write_text(REFRESH)
    assert read_files([dags / "churn.yaml"])[1] == []


def test_the_plan_checks_before_it_writes_and_without_a_contract_only_writes(dags: Path) -> None:
    (dags / "shop-features.yaml").write_text(REFRESH)
    plan = make_plan(read_spec(dags / "shop-features.yaml").spec)
    assert plan.edges == (("check_features", "materialize"),)
    assert [(step.reads, step.writes) for step in plan.steps] == [
        (("include/contracts/shop.yaml", "Feast offline store: churn_v1"), ()),
        (("include/feature_repos/churn",), ("Feast online store: churn_v1",)),
    ]
    (dags / "shop-features.yaml").write_text(REFRESH[: REFRESH.index("refresh:\n")] + "refresh: {}\n")
    assert [step.name for step in make_plan(read_spec(dags / "shop-features.yaml").spec).steps] == ["materialize"]


def test_a_model_that_relies_on_a_refresh_writes_no_features(dags: Path) -> None:
    (dags / "churn.yaml").write_text(RELIES)
    first = make_plan(read_spec(dags / "churn.yaml").spec).steps[0]
    assert (first.name, first.reads, first.writes) == (
        "materialize",
        ("include/feature_repos/churn", "what shop-features wrote of churn_v1"),
        (),
    )


def test_the_policy_asks_a_refresh_for_nothing_that_its_path_does_not_have(dags: Path) -> None:
    policy = dags.parent / "include" / "policy.yaml"
    policy.write_text("risk: {high: {requires: [features.freshness, evaluate.champion, training_set.contract]}}\n")
    (dags / "shop-features.yaml").write_text(REFRESH)
    (dags / "churn.yaml").write_text(SPEC)
    good, broken = read_folder(dags)
    assert [one.spec.name for one in good] == ["shop-features"]
    assert len(broken) == 1
    policy.write_text("risk: {high: {requires: [refresh.contract]}}\n")
    good, broken = read_folder(dags)
    assert [one.spec.name for one in good] == ["churn", "shop-features"]
