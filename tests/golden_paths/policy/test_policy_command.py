"""policy check: what it says of the file, and that a wrong file is refused with its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from golden_paths import policy
from golden_paths.commands import app
from golden_paths.errors import InvalidSpec
from golden_paths.project import Project

POLICY = """\
risk:
  limited: {requires: [features.freshness], expiry: withdraw}
  high: {approval: {approvers: [ada, grace], people: 2, within: 3d}, expiry: recertify}
waivers:
  - {model: churn, gate: evaluate.bias, owner: Ada, reason: the first version, expires: "2020-01-31"}
"""


def written(root: Path, text: str) -> Path:
    (root / "include").mkdir()
    (root / "dags").mkdir()
    (root / policy.FILE).write_text(text)
    return root


def test_it_says_what_each_risk_needs_who_approves_and_which_waivers_there_are(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["policy", "check", "--project", str(written(tmp_path, POLICY))], env={"COLUMNS": "200"})
    assert done.exit_code == 0
    assert done.output.splitlines() == [
        "minimal  needs nothing more; kept, with an alarm, when it has expired",
        "limited  needs features.freshness; withdrawn when it has expired",
        "high     needs nothing more; approved by 2 of ada, grace within 3d; when it has expired they are asked again",
        "waiver   churn without evaluate.bias, by Ada: the first version; expired 2020-01-31",
    ]


def test_more_people_than_approvers_are_refused_where_they_stand(tmp_path: Path) -> None:
    root = written(tmp_path, "risk:\n  high: {approval: {approvers: [ada, ada], people: 2}}\n")
    with pytest.raises(InvalidSpec) as caught:
        policy.read(Project(root, root / "state"))
    place = "include/policy.yaml:2: risk.high.approval"
    assert str(caught.value) == f"{place} asks for 2 people and names fewer; name more approvers, or ask for fewer people"


def test_who_is_asked_to_certify_anew_is_named(tmp_path: Path) -> None:
    root = written(tmp_path, "risk:\n  high: {expiry: recertify}\n")
    with pytest.raises(InvalidSpec) as caught:
        policy.read(Project(root, root / "state"))
    problem = "asks to recertify, and names nobody to ask; add approval with its approvers, or write withdraw"
    assert str(caught.value) == f"include/policy.yaml:2: risk.high {problem}"
