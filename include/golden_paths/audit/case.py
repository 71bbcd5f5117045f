"""One audited version: what every system says of it, and the keys of the ids under which it says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from golden_paths.artifacts import Endpoint
from golden_paths.audit.asking import Answer, Asked
from golden_paths.audit.files import Fetched
from golden_paths.audit.found import Row
from golden_paths.audit.happened import Happened, History, facet_of
from golden_paths.audit.marquez import Marquez, path_of_dataset, path_of_run
from golden_paths.audit.proofs import Proofs
from golden_paths.audit.registry import LoggedRun, Registered
from golden_paths.audit.serving import Reign, shown
from golden_paths.rollout import labels
from golden_paths.rollout.release import Release
from golden_paths.rollout.state import State

Source = tuple[str, str | None]  # key of an id, and what is found there
STATES = {"START": "RUNNING", "COMPLETE": "COMPLETED", "FAIL": "FAILED"}  # an event's word, and Marquez's for the run
UNKNOWN = "not known"
TRAINING, SET = "training", "training set"  # of the two MLflow runs


@dataclass(frozen=True)
class OnCluster:
    """What a cluster was asked. `name` is the namespace."""

    name: str
    state: Answer[State]
    release: Answer[Release]
    images: Answer[tuple[str, ...]]


@dataclass
class Case:
    """`trail` has the run of each step that made the version, None where the log has none."""

    model: str
    version: str
    asked: str
    now: datetime
    reign: Reign | None
    reigns: tuple[Reign, ...]
    registered: Answer[Registered]
    champion: Answer[str]
    run: Answer[LoggedRun]
    set_run: Answer[LoggedRun]
    run_ids: Mapping[str, str]
    uris: Mapping[str, str]
    files: Mapping[str, Answer[Fetched]]
    history: History
    trail: Mapping[str, Happened | None]
    marquez: Marquez
    cluster: OnCluster | None = None
    endpoint: Answer[Endpoint] = field(default_factory=Answer)
    proofs: Proofs = field(default_factory=Proofs)
    _asked_marquez: Asked = field(default_factory=Asked)

    def tag(self, name: str) -> str | None:
        """A tag of the registered version."""
        return self.registered.value.tags.get(name) if self.registered.value else None

    def run_tag(self, name: str) -> str | None:
        """A tag of the run that trained it."""
        return self.run.value.tags.get(name) if self.run.value else None

    def by_version(self) -> str:
        """The registered version's key."""
        page = f"page #/models/{self.model}/versions/{self.version}"
        look_up = f"MlflowClient().get_model_version('{self.model}', '{self.version}'); {page}"
        found = f"found, made {shown(self.registered.value.created)}" if self.registered.value else ""
        name = f"{self.model} version {self.version}"
        return self.proofs.add("MLflow", "model version", name, look_up, why=self.registered.why, found=found)

    def by_champion(self) -> str:
        """The key of the alias that the version in service carries."""
        look_up = f"MlflowClient().get_model_version_by_alias('{self.model}', 'champion')"
        return self.proofs.add("MLflow", "alias", f"models:/{self.model}@champion", look_up, why=self.champion.why)

    def by_run(self, answer: Answer[LoggedRun], what: str) -> str:
        """An MLflow run's key."""
        run, named = answer.value, self.run_ids.get(what) or UNKNOWN
        page = f"; page #/experiments/{run.experiment}/runs/{run.id}" if run else ""
        look_up, found = f"mlflow runs describe --run-id {named}{page}", f"found, {run.status}" if run else ""
        return self.proofs.add("MLflow", f"run: {what}", named, look_up, why=answer.why, found=found)

    def by_training(self) -> str:
        """The key of the run that fitted and judged the model."""
        return self.by_run(self.run, TRAINING)

    def by_file(self, name: str) -> str:
        """An artifact's key: what it is was computed of the bytes that MLflow has now."""
        answer, uri = self.files[name], self.uris.get(name) or UNKNOWN
        found, look_up = "fetched, and its digest computed anew", f"mlflow artifacts download -u {uri}"
        return self.proofs.add("MLflow", f"artifact: {name}", uri, look_up, why=answer.why, found=found)

    def file_digest(self, name: str) -> str | None:
        """The digest of what MLflow has now."""
        answer = self.files[name]
        return answer.value.digest if answer.value else None

    def by_event(self, one: Happened | None, step: str) -> tuple[str, ...]:
        """The keys of a run in the event log, and in Marquez."""
        if one is None:
            job = self.model if step == "path" else f"{self.model}.{step}"
            why = f"the event log has no run of {job} that ended well and made this version"
            return (self.proofs.add("event log", f"run of {job}", UNKNOWN, "", why=why),)
        look_up = f"events.ndjson of this pack; in the log: {one.where}"
        found = f"{one.event.get('eventType')} at {shown(one.at)}"
        return self.proofs.add("event log", f"run of {one.job}", one.run_id, look_up, found=found), self._in_marquez(
            one
        )

    def _in_marquez(self, one: Happened) -> str:
        kind = f"run of {one.job}"
        if known := self.proofs.key("Marquez", kind, one.run_id):
            return known
        missing = "Marquez does not know this run"
        answer = self._asked_marquez.ask(lambda: self.marquez.run(one.run_id), missing=missing)
        key = self.proofs.add("Marquez", kind, one.run_id, f"GET {path_of_run(one.run_id)}", why=answer.why)
        if answer.value:
            state = STATES.get(str(one.event.get("eventType")), "")
            self.proofs.says(key, "its state", state, answer.value)
        return key

    def by_dataset(self, namespace: str, name: str) -> tuple[str, ...]:
        """The key of a dataset in Marquez, whose node ids are made of namespace and name."""
        node = f"dataset:{namespace}:{name}"
        if known := self.proofs.key("Marquez", "dataset", node):
            return (known,)
        missing = "Marquez does not know this dataset"
        answer = self._asked_marquez.ask(lambda: self.marquez.dataset(namespace, name), missing=missing)
        look_up, found = f"GET {path_of_dataset(namespace, name)}", f"found, last written {answer.value}"
        return (self.proofs.add("Marquez", "dataset", node, look_up, why=answer.why, found=found),)

    def by_object(self, kind: str, name: str, answer: Answer[Any]) -> str:
        """The key of an object on the cluster."""
        assert self.cluster
        which = f"{kind.lower()} {name}"
        if kind == "Pods":
            which = f"pods --selector {labels.MODEL}={self.model},{labels.VERSION}={self.version}"
        look_up = f"kubectl --namespace {self.cluster.name} get {which} -o yaml"
        return self.proofs.add("cluster", kind, f"{self.cluster.name}/{name}", look_up, why=answer.why)

    def fact(self, name: str, *sources: Source, also: tuple[str, ...] = ()) -> Row:
        """A row of a name and a value: the first that a source says, against which all are held. `also` says it is there."""
        said = next((found for _, found in sources if found), "")
        keys = [self.proofs.says(key, name, said, found) if said else key for key, found in sources]
        return Row(cells=(name, said or UNKNOWN), proofs=tuple(dict.fromkeys([*keys, *also])))

    def said_by(self, step: str, found: str | None) -> tuple[Source, ...]:
        """Sources of what a step's run says: the log, and Marquez, which is asked for the run alone."""
        log, *_ = self.by_event(self.trail.get(step), step)
        return ((log, found),)

    def in_marquez(self, *steps: str) -> tuple[str, ...]:
        """The keys of steps' runs in Marquez."""
        return tuple(key for step in steps for key in self.by_event(self.trail.get(step), step)[1:])

    def materialized(self) -> list[Happened]:
        """The runs that wrote the feature views' tables, or looked at them, in the run of the path that made the version."""
        return [one for one in self._of_the_path() if one.inputs and one.job.startswith(f"{self.model}.materialize.")]

    def pods(self) -> list[Happened]:
        """The pods that did the work of steps, in the same run of the path."""
        return [one for one in self._of_the_path() if one.job.endswith(".pod")]

    def _of_the_path(self) -> list[Happened]:
        register = self.trail.get("register")
        run = self.tag("run") or (register.path_run if register else "")
        return [one for one in self.history.events if one.is_complete and run and one.path_run == run]

    def judged(self) -> list[Happened]:
        """The runs that met gates: of evaluation, and of what was deployed; the last of each step."""
        found = {
            one.job: one
            for one in [self.trail.get("evaluate"), *self.deployed()]
            if one and one.facet("goldenPaths_gates")
        }
        return list(found.values())

    def deployed(self) -> list[Happened]:
        """What was done with the version once it was registered, by time."""
        return self.history.asked(self.version, self.digest)

    @property
    def digest(self) -> str:
        """Of the model's files, as far as it is known."""
        train = self.trail.get("train")
        told = facet_of(train.outputs[0], "goldenPaths_model").get("digest") if train and train.outputs else ""
        return self.tag("digest") or (self.reign.digest if self.reign else "") or str(told)
