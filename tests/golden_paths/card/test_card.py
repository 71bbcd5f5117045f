"""What a card says, that nothing of others' text becomes markup, and that it is the same when it is made again."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from card_desk import DIGEST, MODEL, SET, Desk, sections
from fakes import evidence
from golden_paths import digests, history
from golden_paths.card import content, made
from golden_paths.card.recorded import collect
from golden_paths.modelling.distributions import Distribution, Frequency
from golden_paths.modelling.finding import Finding, Table


def test_the_sections_are_those_of_a_model_card_in_the_order_of_the_findings(tmp_path: Path) -> None:
    assert [name for name, _ in sections(Desk(tmp_path).files.markdown)] == [
        "What it is",
        "Intended use and limits",
        "Training data",
        "How it was trained",
        "Metrics",
        "Gates",
        "Groups of people",
        "Approval",
        "History of the model",
        "Provenance",
    ]


def test_it_says_what_it_is_and_how_it_was_trained(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for line in (
        "| version | 1 |",
        "| owner | growth |",
        "| risk | high |",
        f"| SHA-256 of the model | `{DIGEST}` |",
        f"| SHA-256 of the spec | `{'5' * 64}` |",
        f"| SHA-256 of the code | `{'c' * 64}` |",
    ):
        assert line in desk.section("What it is").splitlines()
    trained = desk.section("How it was trained").splitlines()
    assert "| code | `include/models/churn.py:fit` |" in trained
    assert {"| seed | 3 |", "| C | 0.5 |", "| held out | 25%, the latest rows |"} <= set(trained)
    assert "`runs:/" + desk.run + "/evaluation/report.html`" in desk.section("Provenance")


def test_the_owners_answers_stand_where_they_belong_beside_what_was_measured(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    use, data = desk.section("Intended use and limits"), desk.section("Training data")
    assert re.findall(r"Said of (\w+)", use) == ["purpose", "limits"]
    assert re.findall(r"Said of (\w+)", data) == ["source", "licence", "collection", "retention"]
    assert f"| digest \\(SHA-256\\) | `{SET}` |" in data
    assert "| rows | 200, of which 50 held out |" in data
    assert "| spent | float64 | 198 | 2 | 12.5 | 3.25 | 1 | 10 / 12 / 15 | 40 |" in data.splitlines()
    assert "| sex | object, sensitive | 200 | 0 |  |  |  |  |  |" in data.splitlines()
    assert "| sex | f \\(110\\), m \\(90\\) |" in data.splitlines()


def test_a_column_that_the_versions_spec_calls_sensitive_is_guarded_though_the_datasheet_does_not(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    rare = Distribution(
        column="sex",
        type="object",
        role="feature",
        is_sensitive=False,
        rows=56,
        missing=0,
        frequent=(Frequency(value="f", rows=52), Frequency(value="unheard-of", rows=4)),
    )
    set_run = desk.tags["golden_paths.training_set_uri"].split("/")[1]
    evidence.datasheet(desk.tracking, set_run, SET, columns=(rare,), sensitive=())
    assert "| sex | f \\(50\\); 1 more, not named |" in desk.section("Training data").splitlines()
    assert "unheard-of" not in desk.files.html + desk.files.markdown


def test_a_spec_without_a_datasheet_has_a_card_that_says_so(tmp_path: Path) -> None:
    learnt = {name: value for name, value in evidence.SPEC["training_set"].items() if name != "datasheet"}
    desk = Desk(tmp_path, training_set=learnt)
    assert desk.section("Intended use and limits") == "Its owners have not answered: the spec has no training\\_set.datasheet."
    assert "| rows | 200, of which 50 held out |" in desk.section("Training data")


def test_the_answers_are_those_of_the_versions_own_spec(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    set_run = desk.tags["golden_paths.training_set_uri"].split("/")[1]
    evidence.datasheet(desk.tracking, set_run, SET, answers=dict.fromkeys(evidence.ANSWERS, "Said by another version."))
    assert "another version" not in desk.files.markdown


def test_every_gate_has_what_was_found_its_interval_what_was_asked_for_and_a_verdict(tmp_path: Path) -> None:
    gates = Desk(tmp_path).section("Gates").splitlines()
    assert "| contract | kept | what include/contract.yaml says | passed |" in gates
    assert "| roc\\_auc | 0.83 \\(0.78 to 0.88\\) | \\>= 0.75 | passed |" in gates
    wide = "| bias.equal\\_opportunity \\[sex\\] | 0.08 \\(0.02 to 0.19\\), within | \\<= 0.3 with its whole interval | passed |"
    assert wide in gates


def test_what_a_version_was_registered_with_counts_not_what_was_judged_again(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.models.tag_version(MODEL, "1", {history.GATES: json.dumps({"roc_auc": "0.9 (>= 0.75)"})})
    assert "| roc\\_auc | 0.9 | \\>= 0.75 | passed |" in desk.section("Gates")


def test_a_finding_nobody_foresaw_has_a_section_with_its_tables_plots_and_notes(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    other = Finding(
        title="Robustness",
        tables=(Table(title="Noise", head=("noise", "roc_auc"), rows=(("0.1", "0.8"),)),),
        plots={"By noise": "noise.png"},
        notes=("Of one seed.",),
    )
    desk.judged(findings=(*evidence.FINDINGS, other), champion="3", champion_metrics={"roc_auc": 0.8})
    digest = digests.of_bytes(evidence.PNG)
    assert desk.section("Robustness") == (
        "### Noise\n\n| noise | roc\\_auc |\n|---:|---:|\n| 0.1 | 0.8 |\n\n![By noise](plots/noise.png)\n\n"
        f"By noise: `noise.png`, SHA-256 `{digest}`\n\nNote: Of one seed."
    )
    assert "The champion then was version 3, on the same rows." in desk.section("Metrics")


def test_approval_and_history_are_said_as_they_are_known(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    assert desk.section("Approval") == "Not yet: nobody has decided, and it was not promoted."
    entry = desk.promoted()
    assert desk.section("Approval").startswith("Promoted by policy, without a person")
    told = desk.section("History of the model")
    assert f"| 1 | {entry.at:%Y-%m-%d %H:%M:%S} UTC | promoted | 1 |  | Ada |  | `run-1` | `{entry.hash}` |" in told
    assert "Wrong" not in told
    desk.models.set_alias(MODEL, "champion", desk.models.register(MODEL, uri="models:/m-2", run_id="2", tags=desk.tags))
    assert "> **Wrong:** The history does not fit: the champion is version 2" in desk.section("History of the model")


def test_who_approved_when_and_why_is_said_and_a_rejection_too(tmp_path: Path) -> None:
    recorded = collect(*_of(Desk(tmp_path)))
    known = {"number": 1, "model": MODEL, "instead_of": None, "run": "run-1", "gates": "", "before": ""}
    at = datetime(2026, 3, 1, 12, tzinfo=UTC)
    decided = [("approved", "1", "Ada", "fits"), ("rejected", "1", "Eve", ""), ("approved", "2", "Bob", "of another version")]
    entries = tuple(
        Decision.model_construct(what=what, version=version, digest=DIGEST, by=by, at=at, why=why, **known)
        for what, version, by, why in decided
    )
    said = next(one for one in content.of(replace(recorded, history=entries)).sections if one.title == "Approval").said
    assert said == (
        "Approved by Ada, 2026-03-01 12:00:00 UTC: fits",
        "Rejected by Eve, 2026-03-01 12:00:00 UTC; no reason was given.",
    )


class Decision(history.Entry):
    """An entry that is no change of the champion."""

    what: Any
    why: str = ""


def _of(desk: Desk) -> tuple[Any, Any, str, str]:
    return desk.tracking, desk.models, MODEL, desk.version


def test_the_same_evidence_gives_the_same_bytes_and_publishing_again_changes_nothing(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    uri = made.publish(*_of(desk))
    assert uri == f"runs:/{desk.run}/card/card.md"
    folder = desk.tracking.folder / desk.run / "card"
    first = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert set(first) == {"card.md", "card.html", "plots/roc.png"}
    noted = digests.of_bytes(first["card.md"])
    assert (desk.tags["golden_paths.card"], desk.tags["golden_paths.card_digest"]) == (uri, noted)
    made.publish(*_of(desk))
    assert {name: (folder / name).read_bytes() for name in first} == first
    desk.promoted()
    made.publish(*_of(desk))
    assert desk.tags["golden_paths.card_digest"] == digests.of_file(folder / "card.md") != noted
    assert "| promoted | 1 |" in (folder / "card.md").read_text()
