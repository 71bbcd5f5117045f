"""A card as Markdown and as a page: foreign text stays text, and the page needs nothing else."""

from __future__ import annotations

import base64
import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from card_desk import MODEL, SET, Desk, Page
from fakes import evidence
from golden_paths import history
from golden_paths.card import page, rendered
from golden_paths.card.parts import Card, Code, Grid, Plot, Section
from golden_paths.modelling.distributions import Distribution, Frequency
from golden_paths.modelling.finding import Finding, Table

HOSTILE = "<script>alert(1)</script> | `x` [here](javascript:alert(1)) ![i](http://evil/x.png) $x^2$ &lt;b&gt; **bold**"


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


def test_html_in_the_markdown_is_shown_and_not_obeyed() -> None:
    found = Page(page.page("t", "<script>alert(1)</script>\n\nsome <b>text</b>\n", {}))
    assert {"script", "b"} & set(found.tags) == set()
    assert "some <b>text</b>" in found.text
