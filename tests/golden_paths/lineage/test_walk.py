"""Asking the graph: up, down, by a column, and what a source feeds."""

from __future__ import annotations

import pytest

from golden_paths.errors import GoldenPathsError
from golden_paths.lineage import graph, walk
from golden_paths.lineage.graph import Graph, Node
from golden_paths.lineage.walk import Branch
from lineage_events import event

MODEL, OTHER = "mlflow://m:1|models/churn", "mlflow://m:1|models/fraud"
ENDPOINT, CANDIDATE = "local://vm|churn", "local://vm|churn.candidate"


def fields(**made_of: tuple[str, str]) -> dict[str, dict]:  # type: ignore[type-arg]
    found = {
        column: {"inputFields": [{"namespace": "file", "name": name, "field": field}]}
        for column, (name, field) in made_of.items()
    }
    return {"columnLineage": {"fields": found}}


EVENTS = [
    event(
        "view",
        "COMPLETE",
        1,
        ["/data/orders.parquet"],
        ["view"],
        facets={"view": fields(spent=("/data/orders.parquet", "raw"))},
    ),
    event(
        "churn.build",
        "COMPLETE",
        2,
        ["view", "/data/labels.parquet"],
        ["set"],
        facets={"set": fields(spent=("view", "spent"))},
    ),
    event("churn.train", "COMPLETE", 3, ["set"], ["fitted"]),
    event("churn.evaluate", "COMPLETE", 4, ["set", "fitted", MODEL], ["report"]),  # the champion: a circle
    event("churn.register", "COMPLETE", 5, ["fitted", "report"], [MODEL]),
    event("churn.deploy", "COMPLETE", 6, [MODEL], [CANDIDATE]),
    event("churn.promote", "COMPLETE", 7, [MODEL, CANDIDATE], [ENDPOINT]),
    event("fraud.train", "COMPLETE", 8, ["view"], [OTHER]),
]


@pytest.fixture(scope="module")
def found() -> Graph:
    return graph.of_events(EVENTS)


def node(found: Graph, text: str) -> Node:
    return walk.resolve(text, found.nodes)


def drawn(branch: Branch) -> list[object]:
    name = branch.node.name.name + (" again" if branch.is_repeated else "")
    return [name, *map(drawn, branch.branches)]


def test_upwards_it_ends_at_the_sources_and_shows_what_two_roads_lead_to_once(found: Graph) -> None:
    view = ["view", ["view", ["/data/orders.parquet"]]]
    built = ["set", ["churn.build", ["/data/labels.parquet"], view]]
    assert drawn(walk.tree(found, node(found, "fitted"), upwards=True, depth=100)) == ["fitted", ["churn.train", built]]
    whole = str(drawn(walk.tree(found, node(found, "local://vm/churn"), upwards=True, depth=100)))
    assert (whole.count("'/data/orders.parquet'"), whole.count("'set again'")) == (1, 1)


def test_a_circle_ends_where_it_began(found: Graph) -> None:
    up = str(drawn(walk.tree(found, node(found, "models/churn"), upwards=True, depth=100)))
    assert "'models/churn again'" in up


def test_depth_bounds_the_steps(found: Graph) -> None:
    assert drawn(walk.tree(found, node(found, "fitted"), upwards=True, depth=2)) == ["fitted", ["churn.train", ["set"]]]


def test_a_shorter_road_shows_what_a_longer_one_had_no_depth_left_for() -> None:
    events = [
        event("long", "COMPLETE", 1, ["a"], ["b"]),
        event("longer", "COMPLETE", 2, ["b"], ["shared"]),
        event("short", "COMPLETE", 3, ["a"], ["shared"]),
        event("last", "COMPLETE", 4, ["shared"], ["end"]),
    ]
    both = graph.of_events(events)
    assert drawn(walk.tree(both, node(both, "a"), upwards=False, depth=4)) == [
        "a",
        ["long", ["b", ["longer", ["shared"]]]],
        ["short", ["shared", ["last", ["end"]]]],
    ]


def test_a_column_is_followed_both_ways(found: Graph) -> None:
    up = walk.column_tree(found, (node(found, "set"), "spent"), upwards=True, depth=100)
    assert drawn(up) == ["set#spent", ["view#spent", ["/data/orders.parquet#raw"]]]
    down = walk.column_tree(found, (node(found, "orders.parquet"), "raw"), upwards=False, depth=100)
    assert drawn(down) == ["/data/orders.parquet#raw", ["view#spent", ["set#spent"]]]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (
            "orders.parquet",
            "no run has said what column 'rae' of file/data/orders.parquet is made of, or goes into; known are raw",
        ),
        (
            "churn.train",
            "no run has said what column 'rae' of golden-paths/churn.train is made of, or goes into; "
            "it has no column of which that is known",
        ),
    ],
)
def test_an_unknown_column_is_refused_with_those_that_are_known(found: Graph, name: str, said: str) -> None:
    with pytest.raises(GoldenPathsError) as caught:
        walk.column_of(found, node(found, name), "rae")
    assert str(caught.value) == said
    assert walk.column_of(found, node(found, "orders.parquet"), "raw")[1] == "raw"


@pytest.mark.parametrize(
    ("source", "models", "endpoints"),
    [
        ("orders.parquet", ["models/churn", "models/fraud"], ["churn"]),
        ("labels.parquet", ["models/churn"], ["churn"]),
        ("local://vm/churn", [], []),
    ],
)
def test_what_a_source_feeds_are_models_and_endpoints(
    found: Graph, source: str, models: list[str], endpoints: list[str]
) -> None:
    """A candidate is no endpoint: nobody's requests depend on it."""
    one, other = walk.impact(found, node(found, source))
    assert ([model.name.name for model in one], [endpoint.name.name for endpoint in other]) == (models, endpoints)


NAMES = {
    "dataset:local://vm:churn": "dataset:local://vm:churn",
    "local://vm/churn": "dataset:local://vm:churn",
    "churn": "dataset:local://vm:churn",
    "orders.parquet": "dataset:file:/data/orders.parquet",
    "data/orders.parquet": "dataset:file:/data/orders.parquet",
    "file/data/orders.parquet": "dataset:file:/data/orders.parquet",
    "models/churn": "dataset:mlflow://m:1:models/churn",
    "churn.train": "job:golden-paths:churn.train",
    "view": "dataset:file:view",  # a job is called that, too
    "job:golden-paths:view": "job:golden-paths:view",
}


@pytest.mark.parametrize("text", NAMES)
def test_a_node_is_found_by_as_much_of_its_name_as_is_its_own(found: Graph, text: str) -> None:
    assert node(found, text).id == NAMES[text]


def test_a_name_of_several_is_refused_with_all_of_them(found: Graph) -> None:
    both = graph.of_events([*EVENTS, event("churn.again", "COMPLETE", 9, [], ["k8s://c:1/shop|churn"])])
    with pytest.raises(GoldenPathsError) as caught:
        node(both, "churn")
    assert str(caught.value) == (
        "'churn' is the name of 2 nodes; write one of them in full: k8s://c:1/shop/churn, local://vm/churn"
    )


def test_an_unknown_name_is_refused_with_what_comes_close(found: Graph) -> None:
    with pytest.raises(
        GoldenPathsError, match=r"^nothing in the graph is called 'order\.parquet'; did you mean .*orders\.parquet"
    ):
        node(found, "order.parquet")
    with pytest.raises(GoldenPathsError, match="it has not been read or written by any run yet$"):
        node(found, "0123456789")
