"""What an endpoint was made of: runs and datasets, walked upwards through the event log from where a version serves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from golden_paths.audit.found import Graph, Node
from golden_paths.audit.happened import Happened, History, Json, facet_of, version_of

DIGITS = 64  # of a SHA-256
KINDS = {
    "training_sets": "training set",
    "fitted_models": "fitted model",
    "evaluations": "evaluation",
    "models": "model version",
}
Prover = Callable[[Happened], tuple[str, ...]]
Datasets = Callable[[str, str], tuple[str, ...]]


@dataclass
class Walk:
    """`runs` are the events met, by run; `datasets` the versions, by key; `edges` in the direction in which data flows."""

    history: History
    version: str
    runs: dict[str, Happened] = field(default_factory=dict)
    datasets: dict[str, Json] = field(default_factory=dict)
    edges: dict[tuple[str, str], None] = field(default_factory=dict)

    def up(self, one: Happened) -> None:
        """This run, what it read, and the runs that wrote that; and what it wrote."""
        if one.run_id in self.runs:
            return
        self.runs[one.run_id] = one
        for dataset in one.inputs:
            key = self._met(dataset)
            self.edges[(key, one.run_id)] = None
            if self._is_rival(dataset):
                continue
            digest = str(facet_of(dataset, "goldenPaths_model").get("digest") or "")
            if made := self.history.made(str(dataset["name"]), version_of(dataset), before=one.at, digest=digest):
                self.up(made)
        for dataset in one.outputs:
            self.edges[(one.run_id, self._met(dataset))] = None

    def _met(self, dataset: Json) -> str:
        key = f"{dataset['namespace']}/{dataset['name']}@{version_of(dataset)}"
        self.datasets.setdefault(key, dataset)
        return key

    def _is_rival(self, dataset: Json) -> bool:
        """The version that was compared with: how that came to be is another audit."""
        return dataset["name"] == f"models/{self.history.model}" and version_of(dataset) != self.version


def walked(history: History, version: str, begin: Iterable[Happened]) -> Walk:
    """Upwards from these runs."""
    walk = Walk(history, version)
    for one in begin:
        walk.up(one)
    return walk


def graph(walk: Walk, of_run: Prover, of_dataset: Datasets) -> Graph:
    """The walk as nodes and edges, each with the ids under which it is looked up."""
    runs = [
        Node(key=key, kind="run", label=_short(one, walk.history.model), detail=key[:8], proofs=of_run(one))
        for key, one in walk.runs.items()
    ]
    datasets = [
        Node(
            key=key,
            kind="dataset",
            label=_words(one, walk.history.model),
            detail=_detail(one),
            proofs=(*_spoken_of(walk, key, of_run), *of_dataset(str(one["namespace"]), str(one["name"]))),
        )
        for key, one in walk.datasets.items()
    ]
    return Graph(nodes=(*runs, *datasets), edges=tuple(walk.edges))


def _short(one: Happened, model: str) -> str:
    return one.job.removeprefix(model + ".")


def _spoken_of(walk: Walk, key: str, of_run: Prover) -> tuple[str, ...]:
    """The key in the event log of the run that wrote a dataset, or read it."""
    runs = [start for start, end in walk.edges if end == key] or [end for start, end in walk.edges if start == key]
    return of_run(walk.runs[runs[0]])[:1]


def _words(dataset: Json, model: str) -> str:
    """What a dataset is, to somebody who does not know the names."""
    name, version, namespace = str(dataset["name"]), version_of(dataset), str(dataset["namespace"])
    kind, _, rest = name.partition("/")
    if rest == model and kind in KINDS:
        return f"model version {version}" if kind == "models" else KINDS[kind]
    if name in (model, f"{model}.candidate"):
        return f"{'endpoint' if name == model else 'candidate'}, version {version}"
    if namespace.startswith("feast://"):
        table = name.removeprefix("online_store.")
        return f"feature view {name}" if table == name else f"online table {table}"
    return name.rpartition("/")[2]


def _detail(dataset: Json) -> str:
    version = version_of(dataset)
    return f"SHA-256 {version[:12]}" if len(version) == DIGITS else str(dataset["namespace"])


def read(one: Happened | None, name: str) -> str:
    """The version in which a run read a dataset; empty when it did not."""
    return next((version_of(data) for data in (one.inputs if one else ()) if data["name"] == name), "")
