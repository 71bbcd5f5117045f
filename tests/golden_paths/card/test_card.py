"""What a card says, that nothing of others' text becomes markup, and that it is the same when it is made again."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from fakes import evidence
from fakes.models import FakeModelRegistry
from fakes.tracking import FakeTracking
from golden_paths import digests, history
from golden_paths.card import content, made, page, rendered
from golden_paths.card.parts import Card, Code, Grid, Plot, Section
from golden_paths.card.recorded import collect
from golden_paths.modelling.distributions import Distribution, Frequency
from golden_paths.modelling.finding import Finding, Table

MODEL, DIGEST, SET = "churn", "d" * 64, "7" * 64
HOSTILE = "<script>alert(1)</script> | `x` [here](javascript:alert(1)) ![i](http://evil/x.png) $x^2$ &lt;b&gt; **bold**"


class Desk:
    """A version in the fake MLflow, of which everything is recorded."""

    def __init__(self, root: Path, **changes: Any) -> None:
        self.tracking, self.models = FakeTracking(root / "mlflow"), FakeModelRegistry()
        self.run = self.tracking.run(MODEL, "train", name="train", tags={}).id
        spec = evidence.SPEC | changes
        tags = evidence.keep(self.tracking, self.run, digest=DIGEST, training_set=SET, spec=spec)
        self.version = self.models.register(MODEL, uri="models:/m-1", run_id=self.run, tags=tags)

    @property
    def tags(self) -> dict[str, str]:
        return self.models.version_tags(MODEL, self.version)

    def judged(self, **changes: Any) -> None:
        """Another record of the evaluation, with which the version was registered."""
        digest = evidence.evaluated(self.tracking, self.run, evidence.record(DIGEST, SET, **changes))
        self.models.tag_version(MODEL, self.version, {"golden_paths.evidence_digest": digest})

    def promoted(self) -> history.Entry:
        self.models.set_alias(MODEL, "champion", self.version)
        return history.add(self.models, MODEL, history.Change("promoted", self.version, DIGEST, "run-1", "Ada"))

    @property
    def files(self) -> made.Files:
        return made.files(collect(self.tracking, self.models, MODEL, self.version))

    def section(self, title: str) -> str:
        """Of the Markdown, without its heading."""
        return next(part for name, part in sections(self.files.markdown) if name == title)


def sections(text: str) -> Iterator[tuple[str, str]]:
    for part in text.split("\n## ")[1:]:
        name, _, body = part.partition("\n")
        yield name, body.strip()


class Page(HTMLParser):
    """The elements and attributes of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data


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


def hostile(value: Any) -> Any:
    """The same spec with every text of its owners' hostile."""
    if isinstance(value, dict):
        return {name: hostile(inner) for name, inner in value.items()}
    return HOSTILE if isinstance(value, str) else value


def test_hostile_text_stays_text_in_both_forms(tmp_path: Path) -> None:
    spec = hostile(deepcopy(evidence.SPEC)) | {"name": MODEL}
    spec["evaluate"] = {"metrics": {"roc_auc": HOSTILE}}
    spec["train"]["params"] = {HOSTILE: HOSTILE}
    desk = Desk(tmp_path, **spec)
    ruling = evidence.FINDINGS[0].rulings[0].model_copy(update={"gate": HOSTILE, "words": HOSTILE, "expected": HOSTILE})
    table = Table(title=HOSTILE, head=(HOSTILE, "n"), rows=((HOSTILE, "1"),))
    finding = Finding(title=HOSTILE, rulings=(ruling,), tables=(table,), plots={HOSTILE: "x.png"}, notes=(HOSTILE,))
    desk.judged(findings=(finding,))
    column = Distribution(
        column=HOSTILE, type="object", role="feature", is_sensitive=False, rows=9, missing=0,
        frequent=(Frequency(value=HOSTILE, rows=9),),
    )  # fmt: skip
    set_run = desk.tags["golden_paths.training_set_uri"].split("/")[1]
    evidence.datasheet(desk.tracking, set_run, SET, columns=(column,), label=HOSTILE, owner=HOSTILE, keys=(HOSTILE,))
    desk.models.tag_version(MODEL, "1", {history.GATES: json.dumps({HOSTILE: HOSTILE}), "golden_paths.run": HOSTILE})
    files = desk.files
    found = Page(files.html)
    assert {"script", "a", "iframe", "strong", "em"} & set(found.tags) <= {"strong"}
    assert found.tags.count("img") == 1
    whole, begun = found.text.count(HOSTILE), found.text.count("<script>")
    assert (begun - whole, whole >= 25) == (1, True), (whole, begun)  # the value of a column is cut
    told = [(name, value or "") for name, value in found.attributes if name != "alt"]
    assert [name for name, value in told if name.startswith("on") or "javascript" in value] == []


def test_the_page_needs_nothing_else_and_has_every_plot_in_it(tmp_path: Path) -> None:
    html = Desk(tmp_path).files.html
    found = Page(html)
    assert {"script", "link", "iframe", "a", "base"} & set(found.tags) == set()
    sources = [value or "" for name, value in found.attributes if name in ("src", "href", "action", "srcset")]
    assert sources == [f"data:image/png;base64,{base64.b64encode(evidence.PNG).decode()}"]
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'; img-src data:") in found.attributes
    assert "url(" not in html
    assert "@import" not in html


@pytest.mark.parametrize(
    "text",
    ["- no list", "1. no list", "1.", "---", "===", "-0.5", "# no", "> no", "+ no"],
)
def test_text_at_the_start_of_a_line_begins_nothing(text: str) -> None:
    card = Card("t", "d", (Section("s", said=("before", text)),))
    found = Page(page.page("t", rendered.markdown(card), {}))
    assert {"ul", "ol", "li", "hr", "h3", "blockquote"} & set(found.tags) == set()
    assert found.tags.count("h1") == 1
    assert text in found.text.splitlines()


def test_code_that_could_end_its_span_is_told_as_text() -> None:
    card = Card("t", "d", (Section("s", grids=(Grid(("", ""), (("run", Code("a`|<b>")), ("ok", Code("runs:/1/a")))),)),))
    text = rendered.markdown(card)
    assert "| run | a\\`\\|\\<b\\> |" in text
    assert "| ok | `runs:/1/a` |" in text


def test_figures_stand_to_the_right_and_names_to_the_left() -> None:
    rows = (("roc_auc", "0.83", "<5", Code("12")), ("brier", "", "-1", Code("13")))
    card = Card("t", "d", (Section("s", grids=(Grid(("a", "b", "c", "d"), rows),), plots=(Plot("p", "p.png", "0"),)),))
    assert "|---|---:|---:|---|" in rendered.markdown(card).splitlines()


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


def test_html_in_the_markdown_is_shown_and_not_obeyed() -> None:
    found = Page(page.page("t", "<script>alert(1)</script>\n\nsome <b>text</b>\n", {}))
    assert {"script", "b"} & set(found.tags) == set()
    assert "some <b>text</b>" in found.text
