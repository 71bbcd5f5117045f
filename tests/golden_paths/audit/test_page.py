"""The page: whole in itself, every link leads somewhere, and every id of the audit is in it."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from audits import Shop
from golden_paths.audit import contents
from golden_paths.audit.found import Audit, Graph, Node
from golden_paths.audit.layout import HEIGHT, WIDTH, laid_out
from golden_paths.audit.page import page


class Read(HTMLParser):
    """Tags, anchors, links and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open += [] if tag in ("meta", "br") else [tag]
        for name, value in attrs:
            self.ids += [str(value)] if name == "id" else []
            self.links += [str(value)] if name == "href" else []
            self.fetched += [str(value)] if name in ("src", "srcset", "data", "action") else []

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.open.pop()

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture
def made(shop: Shop) -> tuple[Audit, Read, str]:
    audit, files = contents.of(shop.case(version="2"))
    text = files[contents.PAGE].decode()
    return audit, Read(text), text


def test_the_page_runs_nothing_and_fetches_nothing(made: tuple[Audit, Read, str]) -> None:
    _, read, text = made
    assert set(read.tags) & {"script", "link", "iframe", "img", "object", "form"} == set()
    assert read.fetched == []
    assert "url(" not in text.replace("url(#tip)", "")
    assert "Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\"" in text
    assert read.open == []


def test_every_link_leads_to_a_place_on_the_page(made: tuple[Audit, Read, str]) -> None:
    _, read, _ = made
    assert {link for link in read.links if not link.startswith("#")} == set()
    assert {link[1:] for link in read.links} - set(read.ids) == set()
    assert len(read.ids) == len(set(read.ids))


def test_every_id_stands_on_it_with_where_to_look_it_up(made: tuple[Audit, Read, str]) -> None:
    audit, read, _ = made
    assert [one for one in audit.proofs.values() if one.id not in read.text or one.look_up not in read.text] == []
    assert [one for one in audit.doubts if one not in read.text] == []
    assert audit.summary in read.text


def test_what_others_wrote_is_text_and_no_markup(shop: Shop) -> None:
    shop.tagged("2", description="<script>alert(1)</script>")
    _, files = contents.of(shop.case(version="2"))
    assert "<script" not in files[contents.PAGE].decode()


def test_every_node_of_the_graph_is_drawn(made: tuple[Audit, Read, str]) -> None:
    audit, read, text = made
    assert text.count("<rect") == len(audit.graph.nodes)
    assert len(re.findall(r'<path d="M[^"]*" marker-end', text)) == len(audit.graph.edges)
    assert "endpoint, version 2" in read.text


def test_an_audit_without_a_log_has_a_page_without_a_graph(shop: Shop) -> None:
    audit = contents.of(shop.case(version="2"))[0].model_copy(update={"graph": Graph()})
    assert "<svg" not in page(audit, {})


def test_no_node_lies_on_another_and_every_edge_goes_down(made: tuple[Audit, Read, str]) -> None:
    graph = made[0].graph
    drawn = laid_out(graph)
    places = list(drawn.places.values())
    over = [
        (one, other)
        for at, one in enumerate(places)
        for other in places[at + 1 :]
        if abs(one[0] - other[0]) < WIDTH and abs(one[1] - other[1]) < HEIGHT
    ]
    assert over == []
    assert [edge for edge, way in drawn.ways.items() if way[0][1] >= way[-1][1]] == []
    assert all(WIDTH / 2 <= x <= drawn.width - WIDTH / 2 and 0 < y < drawn.height for x, y in places)


GRAPHS = {
    "nothing": ("", ""),
    "one": ("a", ""),
    "a circle": ("abc", "ab bc ca"),
    "itself": ("a", "aa"),
    "apart": ("abcd", "ab cd"),
    "long": ("abcdef", "ab bc cd de ef af bf"),
}


@pytest.mark.parametrize("case", GRAPHS)
def test_any_graph_is_laid_out(case: str) -> None:
    keys, edges = GRAPHS[case]
    nodes = tuple(Node(key=key, kind="run", label=key) for key in keys)
    drawn = laid_out(Graph(nodes=nodes, edges=tuple((one[0], one[1]) for one in edges.split())))
    assert set(drawn.places) == set(keys)
    assert len(set(drawn.places.values())) == len(keys)
