"""A shop whose model churn was made, deployed and rolled back: its MLflow, its event log and its cluster, in a folder."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from openlineage.client.event_v2 import RunEvent
from openlineage.client.serde import Serde

from fakes.registry import FakeRegistry
from golden_paths import digests
from golden_paths.artifacts import Artifact, Candidate, Endpoint, Evidence
from golden_paths.audit.case import Case
from golden_paths.audit.collecting import Sources, collect
from golden_paths.audit.marquez import Marquez
from golden_paths.audit.registry import LoggedRun, Registered
from golden_paths.errors import StepFailed
from golden_paths.lineage import by_hand, facets, of_endpoint
from golden_paths.lineage.events import Parent, Ref, event, of_parts
from golden_paths.lineage.log import Writer
from golden_paths.lineage.touched import Part, Touched
from golden_paths.project import Project
from golden_paths.record import Check
from golden_paths.registry import PATHS, STEPS
from golden_paths.rollout.release import Release
from golden_paths.rollout.state import State
from golden_paths.step import Run, StepContext
from lineage_runs import MADE, NEW, PLACES, spec

MONDAY = datetime(2026, 3, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)
GATE = Check(name="roc_auc", passed=True, subject="model", expected=">= 0.7", found="0.8", is_gate=True)
SMOKE = Check(
    name="golden records", passed=True, subject="candidate", expected="every answer", found="all equal", is_gate=True
)
ROWS = Check(name="row_count", passed=True, subject="training_set", expected="20 rows", found="20 rows")
FRESH = Check(name="freshness", passed=True, subject="view:orders", expected="a row from today", found="today")
CHECKS = {"materialize": FRESH, "build_training_set": ROWS, "evaluate": GATE, "smoke": SMOKE}
IMAGE, IMAGE_DIGEST = "shop/serve:1", f"sha256:{'1' * 64}"


@dataclass
class FakeCluster:
    """`namespace` is there, unless it `is_away`."""

    namespace: str = "shop"
    states: dict[str, State] = field(default_factory=dict)
    releases: dict[str, Release] = field(default_factory=dict)
    running: tuple[str, ...] = ()
    is_away: bool = False

    def state(self, model: str) -> State | None:
        if self.is_away:
            raise StepFailed("the cluster's API server did not answer: refused", remedy="look at it", retry=True)
        return self.states.get(model)

    def release(self, _: str, version: str) -> Release | None:
        return self.releases.get(version)

    def images(self, _: str, __: str) -> tuple[str, ...]:
        return self.running


class Shop:
    """`ran` is what a path's run leaves behind."""

    def __init__(self, folder: Path, *, on_cluster: bool = False) -> None:
        self.folder, self.on_cluster = folder, on_cluster
        self.log, self.registry = folder / "lineage", FakeRegistry(folder / "mlflow")
        self.cluster, self.serving = FakeCluster(), dict[str, Endpoint]()
        self._writer = Writer(self.log)
        self._places = NEW if on_cluster else PLACES

    @property
    def sources(self) -> Sources:
        return Sources(self.registry, self.log, Marquez(None), self.cluster, self.serving.get)

    def case(self, *, now: datetime = MONDAY + 30 * DAY, **asked: str) -> Case:
        return collect("churn", self.sources, now, **asked)

    def ran(self, version: str, at: datetime, *, before: str | None = None, promoted: bool = True) -> None:
        """A run of the path: every event, the version and its artifacts in MLflow."""
        made = self._made(version, before)
        self._logged(version, made, at, promoted=promoted)
        road = PATHS[spec().golden_path].steps
        steps = [name for name in road if name not in ("retire", "canary") and (promoted or name not in ("promote",))]
        for number, step in enumerate(steps):
            self._happened(step, version, made, at + timedelta(seconds=number))
        self._wrote(
            event("COMPLETE", self._root(f"path-{version}"), None, Touched()), at + timedelta(seconds=len(steps))
        )
        if promoted:
            self.registry.champions["churn"] = version
            endpoint = made["promote"]
            assert isinstance(endpoint, Endpoint)
            self.serving["churn"] = endpoint

    def rolled_back(self, version: str, at: datetime) -> None:
        """By the DAG's rollback task."""
        endpoint = self._made(version, None)["promote"]
        context = self._context("promote", f"back-{version}", {})
        assert isinstance(endpoint, Endpoint)
        self._write("rollback", context, of_endpoint.rollback(context, self._places, endpoint), at)
        self.registry.champions["churn"], self.serving["churn"] = version, endpoint

    def stopped(self, at: datetime) -> None:
        """By command."""

        def emit(one: RunEvent) -> None:
            self._wrote(one, at)

        by_hand.stopped("churn", self._places, emit, print)
        self.serving.clear()

    def withdrawn(self, version: str, at: datetime) -> None:
        """By command: no version is the champion any more."""

        def emit(one: RunEvent) -> None:
            self._wrote(one, at)

        by_hand.withdrawn("churn", "it lied", self._places, emit, print)
        self.tagged(version, status="withdrawn", reason="it lied")
        self.registry.champions.clear()
        self.serving.clear()

    def _made(self, version: str, before: str | None) -> dict[str, Artifact]:
        """The artifacts of a run, with the digests of what lies in the fake MLflow."""
        run, model, here = f"run-{version}", f"m-{version}", self.registry.files
        _write(here / model / "MLmodel", f"model {version}")
        _write(here / "run-set" / "training_set.parquet", "rows that nobody may see")
        _write(here / run / "golden_records.json", f"golden {version}")
        _write(here / run / "code" / "churn.py", "def fit(): ...")
        _write(here / run / "evaluation" / "report.html", f"report {version}")
        _write(here / run / "environment.txt", "pandas==2\n")
        _write(here / run / "spec.yaml", yaml.safe_dump(json.loads(self.spec_text)))
        digest = digests.of_folder(here / model)
        learnt = digests.of_file(here / "run-set" / "training_set.parquet")
        told: dict[str, Any] = {
            "version": version,
            "digest": digest,
            "mlflow_run_id": run,
            "uri": f"models:/{model}",
            "model_digest": digest,
            "training_set": learnt,
            "golden_records": f"runs:/{run}/golden_records.json",
            "golden_digest": digests.of_file(here / run / "golden_records.json"),
            "previous": before,
            "champion_version": before,
            "report": f"runs:/{run}/evaluation/report.html",
        }
        made = {step: _with(one, told) for step, one in MADE.items()}
        of_set = {"digest": learnt, "mlflow_run_id": "run-set", "uri": "runs:/run-set/training_set.parquet"}
        made["build_training_set"] = MADE["build_training_set"].model_copy(update=of_set)
        candidate = made["deploy"]
        if self.on_cluster and isinstance(candidate, Candidate):
            made["deploy"] = candidate.model_copy(update={"image": IMAGE, "image_digest": IMAGE_DIGEST})
        return made

    @property
    def spec_text(self) -> str:
        return self.spec.model_dump_json(exclude_none=True)

    @property
    def spec(self) -> Any:
        return spec(deploy={"to": "kubernetes"}) if self.on_cluster else spec()

    def _logged(self, version: str, made: dict[str, Artifact], at: datetime, *, promoted: bool) -> None:
        one: Any = made["register"]
        evidence = made["evaluate"]
        assert isinstance(evidence, Evidence)
        tags = {
            name: getattr(one, name)
            for name in ("digest", "weights", "training_set", "uri", "golden_records", "golden_digest")
        }
        tags |= {"spec": self.spec_text, "spec_digest": "e" * 64, "path": "online-model@1", "owner": "growth"}
        tags |= {"run": f"path-{version}", "mlflow_run_id": one.mlflow_run_id, "description": "Who leaves."}
        tags |= {"training_set_uri": "runs:/run-set/training_set.parquet", "report": evidence.report}
        tags |= {"status": "champion"} if promoted else {"status": "rejected", "reason": "it was slow"}
        self.registry.known.setdefault("churn", []).append(Registered("churn", version, one.mlflow_run_id, at, tags))
        run = {f"golden_paths.{name}": tags[name] for name in ("spec_digest", "path", "owner", "run")}
        run |= {
            "golden_paths.verdict": "passed",
            "golden_paths.python": "3.11.7",
            "golden_paths.code": "include/models/churn.py:fit",
        }
        run |= {
            "golden_paths.estimator": "sklearn.Thing",
            "golden_paths.champion_version": evidence.champion_version or "",
        }
        run |= {"golden_paths.code_digest": digests.of_bytes(b"def fit(): ...")}
        of_set = {"golden_paths.digest": tags["training_set"]}
        self.registry.runs |= {
            one.mlflow_run_id: LoggedRun(one.mlflow_run_id, "1", "FINISHED", at, run, {"C": "0.5"}, evidence.metrics),
            "run-set": LoggedRun("run-set", "1", "FINISHED", at, of_set, {}, {"rows": 20.0, "test_rows": 5.0}),
        }

    def tagged(self, version: str, **tags: str) -> None:
        """Change what MLflow says of a version."""
        known = self.registry.known["churn"]
        known[:] = [replace(one, tags={**one.tags, **tags}) if one.version == version else one for one in known]

    def _happened(self, step: str, version: str, made: dict[str, Artifact], at: datetime) -> None:
        names = list(made)
        context = self._context(
            step, f"path-{version}", {made[name].name: made[name] for name in names[: names.index(step)]}
        )
        context.record.made = made[step]
        if check := CHECKS.get(step):
            context.check(check)
        self._write(step, context, STEPS[step].touched(context, self._places, made[step]), at)

    def _context(self, step: str, run: str, before: dict[str, Artifact]) -> StepContext:
        project = Project(Path("/project"), Path("/project/.golden_paths"))
        return StepContext(self.spec, "e" * 64, project, Run(run, MONDAY), None, print, before)  # type: ignore[arg-type]

    def _write(self, step: str, context: StepContext, touched: Touched, at: datetime) -> None:
        number = f"{int(at.timestamp()):012x}"
        ref = Ref(f"00000000-0000-4000-8000-{number}", f"churn.{step}", "golden-paths", "TASK", "growth", step)
        root, of_run = self._root(context.run.id), facets.run_facets(context)
        if self.on_cluster and step == "train":
            touched = replace(touched, parts=(Part("pod", "Pod churn-train-1 in namespace shop."),))
        told = [*of_parts(touched, ref, root, of_run)]
        told += [event(state, ref, Parent(root, root), touched, run_facets=of_run) for state in ("START", "COMPLETE")]
        for one in told:
            self._wrote(one, at)

    def _wrote(self, one: RunEvent, at: datetime) -> None:
        self._writer.append(json.dumps(json.loads(Serde.to_json(one)) | {"eventTime": at.isoformat()}))

    @staticmethod
    def _root(run: str) -> Ref:
        return Ref(str(uuid.uuid5(uuid.NAMESPACE_URL, run)), "churn", "golden-paths", "DAG", "growth", "")


def _with(one: Artifact, told: dict[str, Any]) -> Artifact:
    return one.model_copy(update={name: value for name, value in told.items() if name in type(one).model_fields})


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
