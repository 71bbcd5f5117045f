"""Every rule of the policy, broken at `validate`, at parse, when a model is deployed and when an object is sent."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from golden_paths import policy
from golden_paths.errors import InvalidSpec
from golden_paths.folder import read_folder
from golden_paths.load import read_spec, validate
from golden_paths.policy import objects
from golden_paths.policy.model import Policy
from golden_paths.policy.objects import Forbidden
from golden_paths.policy.rules import faults
from golden_paths.project import Project
from golden_paths.yaml_source import parse
from policies import CHAMPION, POLICY, RULES, Broken, autoscaler, deployment, pod, scaled
from projects import SPEC, make_project

GOOD = SPEC.replace("deploy:", CHAMPION)
OF_SPECS = {name: rule for name, rule in RULES.items() if rule.spec}
OF_OBJECTS = [(name, *one) for name, rule in RULES.items() for one in rule.objects]
WAIVER = """\
waivers:
  - {model: churn, gate: evaluate.champion, owner: Ada, reason: first version, expires: "2026-03-31"}
"""


@pytest.fixture
def at(tmp_path: Path) -> Project:
    make_project(tmp_path)
    (tmp_path / policy.FILE).write_text(POLICY)
    return Project.at(tmp_path)


def broken(rule: Broken) -> str:
    assert rule.spec
    assert rule.spec[0] in GOOD
    return GOOD.replace(*rule.spec)


def refusal(at: Project, text: str) -> str:
    file = at.root / "dags" / "churn.yaml"
    file.write_text(text)
    with pytest.raises(InvalidSpec) as refused:
        read_spec(file, at)
    return str(refused.value)


@pytest.mark.parametrize("name", OF_SPECS)
def test_a_spec_that_breaks_a_rule_is_told_and_harms_no_other(at: Project, name: str) -> None:
    rule = OF_SPECS[name]
    assert rule.said in refusal(at, broken(rule))
    (at.root / "dags" / "good.yaml").write_text(GOOD.replace("name: churn", "name: good"))
    good, refused = read_folder(at.root / "dags")
    assert ([one.spec.name for one in good], len(refused)) == (["good"], 1)


@pytest.mark.parametrize("name", OF_SPECS)
def test_a_rule_that_came_after_the_parse_is_held_when_the_model_is_to_be_deployed(at: Project, name: str) -> None:
    spec = validate(parse(broken(OF_SPECS[name]), "churn.yaml"))
    with pytest.raises(Forbidden, match=r"^churn may not be deployed: .*; change the spec, or ask the platform team"):
        policy.hold(spec, at)


@pytest.mark.parametrize(("name", "made", "said"), OF_OBJECTS)
def test_an_object_that_breaks_a_rule_is_not_sent(at: Project, name: str, made: dict[str, object], said: str) -> None:
    with pytest.raises(Forbidden) as forbidden:
        objects.guard(at)(made, "models")
    assert said in str(forbidden.value)
    assert f"{made['kind']} churn-" in str(forbidden.value)


def test_an_object_in_another_namespace_is_not_sent(at: Project) -> None:
    with pytest.raises(Forbidden, match="namespace default is none of models"):
        objects.guard(at)(deployment(), "default")


def test_what_keeps_every_rule_passes_everywhere(at: Project) -> None:
    file = at.root / "dags" / "churn.yaml"
    file.write_text(GOOD)
    policy.hold(read_spec(file, at).spec, at)
    for made in (deployment(), pod(), scaled(3), autoscaler(3)):
        objects.guard(at)(made, "models")


def test_without_the_file_nothing_is_restricted(tmp_path: Path) -> None:
    make_project(tmp_path)
    at = Project.at(tmp_path)
    for rule in RULES.values():
        for made, _ in rule.objects:
            objects.guard(at)(made, "anywhere")
        if rule.spec:
            policy.hold(validate(parse(broken(rule), "churn.yaml")), at)


@pytest.mark.parametrize(("risk", "missing"), [("", True), ("risk: high\n", True), ("risk: limited\n", False)])
def test_a_spec_without_a_risk_has_the_highest(at: Project, risk: str, missing: bool) -> None:
    spec = validate(parse(SPEC.replace("features:", f"{risk}features:"), "churn.yaml"))
    assert any(one.key == ("evaluate", "champion") for one in faults(spec, policy.read(at))) is missing


@pytest.mark.parametrize(("day", "holds"), [("2026-03-31", True), ("2026-04-01", False)])
def test_a_waiver_holds_until_its_last_day_is_over_and_is_an_error_then(at: Project, day: str, holds: bool) -> None:
    found = Policy.model_validate(parse(POLICY + WAIVER, policy.FILE).data)
    spec = validate(parse(SPEC, "churn.yaml"))
    said = [one.problem for one in faults(spec, found, date.fromisoformat(day))]
    expired = "is missing, and a model of high risk needs it; its waiver by Ada expired on 2026-03-31"
    assert said == ([] if holds else [expired])


def test_a_key_of_a_section_that_the_path_does_not_have_is_not_asked_for(at: Project) -> None:
    found = Policy.model_validate(parse("risk: {high: {requires: [score.newer_model, monitor.drift]}}", policy.FILE).data)
    assert [one.key for one in faults(validate(parse(SPEC, "churn.yaml")), found)] == [("monitor", "drift")]


def test_a_waiver_is_of_one_model_alone(at: Project) -> None:
    found = Policy.model_validate(parse(POLICY + WAIVER, policy.FILE).data)
    other = validate(parse(SPEC.replace("name: churn", "name: other"), "other.yaml"))
    assert [one.key for one in faults(other, found, date(2026, 1, 1))] == [("evaluate", "champion")]


DEFAULTS = """\
defaults:
  features: {freshness: 12h}
  training_set: {split: {test: 0.4}}
  deploy: {memory: 768Mi, rollout: {judge_for: 3m}}
"""


def test_defaults_hold_where_a_spec_says_nothing(at: Project) -> None:
    (at.root / policy.FILE).write_text(DEFAULTS)
    file = at.root / "dags" / "churn.yaml"
    file.write_text(SPEC.replace("label: left", "label: left\n  split: {by: random}"))
    local = read_spec(file, at).spec
    assert local.features and local.training_set and local.deploy
    assert (local.features.freshness.total_seconds() if local.features.freshness else 0) == 12 * 3600
    assert (local.training_set.split.by, local.training_set.split.test) == ("random", 0.4)
    assert local.deploy.memory == "512Mi"  # a local process is given none
    (at.root / "include/feature_repos/churn/feature_store.yaml").write_text(
        'project: churn\nprovider: local\nregistry: r.db\nonline_store: {type: redis, connection_string: "${FEAST_REDIS}"}\n'
    )
    file.write_text(SPEC.replace("to: local", "to: kubernetes\n  rollout: {judge_for: 1m, requests: 5}"))
    deploy = read_spec(file, at).spec.deploy
    assert deploy
    assert (deploy.memory, deploy.rollout.judge_for.total_seconds(), deploy.rollout.requests) == ("768Mi", 60, 5)


WRONG = {
    "ownerz: [a]": "include/policy.yaml:1: ownerz is not a key that is known here; see the README",
    "risk: {high: {requires: [evaluate.champions]}}": "include/policy.yaml:1: risk.high.requires.0 "
    "'evaluate.champions' is no key of a spec; write it as in evaluate.champion; see: python -m golden_paths schema",
    "waivers: [{model: churn, gate: evaluate.champion, owner: A, reason: b, expires: soon}]": "include/policy.yaml:1: "
    "waivers.0.expires 'soon' is no date; write it in quotes, as in \"2027-01-31\"",
    "waivers: [{model: churn, gate: evaluate.champion, owner: A, reason: b}]": "include/policy.yaml:1: waivers.0 is refused: "
    "field required; see the README",
    "images: {registries: ['https://registry.example']}": "include/policy.yaml:1: images.registries.0 'https://registry.example' "
    "is no registry; write a host and, if you like, a path, as in registry.example/team",
}


@pytest.mark.parametrize("text", WRONG)
def test_a_broken_policy_lets_no_spec_through(at: Project, text: str) -> None:
    (at.root / policy.FILE).write_text(text + "\n")
    assert refusal(at, GOOD) == WRONG[text]
    with pytest.raises(InvalidSpec):
        objects.guard(at)(deployment(), "models")
