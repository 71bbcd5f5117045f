"""smoke: the golden records are answered exactly, or the candidate ends and the version is rejected."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from fakes.models import FakeModelRegistry
from fakes.target import FakeTarget
from fakes.tracking import FakeTracking
from golden_paths import digests
from golden_paths.artifacts import Candidate, ModelVersion
from golden_paths.errors import DigestMismatch, GateFailed, StepFailed
from golden_paths.project import Project
from golden_paths.rollout import load
from golden_paths.runner import run_step
from golden_paths.spec import PathSpec
from golden_paths.step import Run, StepContext
from golden_paths.steps import smoke

SPEC = PathSpec.model_validate(
    {
        "golden_path": "online-model@1",
        "name": "churn",
        "owner": "growth",
        "description": "Chance that a customer leaves.",
        "features": {"repo": "include/feature_repos/churn", "service": "churn_v1"},
        "deploy": {"to": "local"},
    }
)
INPUTS = {"columns": ["age"], "data": [[41.0], [67.0]]}
CLASSES = {"predictions": [0, 1], "probabilities": [[0.75, 0.25], [0.1, 0.9]], "classes": [0, 1]}
NUMBERS = {"predictions": [1.5, 2.5], "probabilities": None, "classes": None}
DIFFERENT = {
    "a prediction": (CLASSES, {"predictions": [0, 0]}, "golden record 1: predictions expected 1, found 0"),
    "another type": (CLASSES, {"predictions": [0, True]}, "golden record 1: predictions expected 1, found true"),
    "the last bit of a probability": (
        CLASSES,
        {"probabilities": [[0.75, 0.25], [0.10000000000000002, 0.9]]},
        "golden record 1: probabilities expected [0.1, 0.9], found [0.10000000000000002, 0.9]",
    ),
    "the order of the classes": (CLASSES, {"classes": [1, 0]}, "expected classes [0, 1], found [1, 0]"),
    "a row less": (CLASSES, {"predictions": [0]}, "expected 2 predictions, found 1"),
    "no probabilities": (CLASSES, {"probabilities": None}, "expected 2 probabilities, found 0"),
    "a number": (NUMBERS, {"predictions": [1.5, 2.25]}, "golden record 1: predictions expected 2.5, found 2.25"),
    "a refusal": (NUMBERS, 422, 'the candidate refuses the golden records: 422 {"error": "age is missing"}'),
}


class Server(ThreadingHTTPServer):
    """Answers every request as it is told, and keeps what was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.status, self.answer, self.asked = 200, {}, []  # type: ignore[var-annotated]
        self.askers: set[str | None] = set()  # by the header that says who asks

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        self.server.asked.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
        self.server.askers.add(self.headers["X-Golden-Paths"])
        self.send_response(self.server.status)
        self.end_headers()
        self.wfile.write(json.dumps(self.server.answer).encode())

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Smoke:
    """A candidate at `url`, with golden records in the fake MLflow."""

    def __init__(self, root: Path, golden: dict[str, Any], url: str) -> None:
        self.tracking, self.models, self.served = FakeTracking(root / "mlflow"), FakeModelRegistry(), FakeTarget(url)
        self.project = Project(root, root / "state")
        (root / "golden_records.json").write_text(json.dumps({"inputs": INPUTS, **golden}))
        (root / "model").mkdir()
        (root / "model" / "MLmodel").write_text("flavors: {}")
        run = self.tracking.run("churn", "train:1", name="train", tags={}).id
        uri, digest = self.tracking.log_model(run, root / "model"), digests.of_folder(root / "model")
        self.version = ModelVersion(
            model="churn",
            version=self.models.register("churn", uri=uri, run_id=run, tags={}),
            mlflow_run_id=run,
            uri=uri,
            digest=digest,
            weights="w",
            training_set="t",
            golden_records=self.tracking.upload(run, root / "golden_records.json"),
            golden_digest=digests.of_file(root / "golden_records.json"),
        )

    def target(self, _: PathSpec) -> FakeTarget:
        return self.served

    def context(self) -> StepContext:
        candidate = Candidate(endpoint="churn", version="1", digest=self.version.digest, url="http://127.0.0.1:2")
        made = {artifact.name: artifact for artifact in (self.version, candidate)}
        return StepContext(SPEC, "d", self.project, Run("r", datetime(2026, 1, 1, tzinfo=UTC)), self, print, made)  # type: ignore[arg-type]

    @property
    def tags(self) -> dict[str, str]:
        return self.models.models["churn"].versions["1"].tags


@pytest.mark.parametrize(
    ("golden", "answer", "path"),
    [
        (CLASSES, CLASSES, "/invocations?return=probabilities"),
        (NUMBERS, {"predictions": [1.5, 2.5]}, "/invocations"),
    ],
    ids=["classification", "regression"],
)
def test_exact_answers_pass_and_leave_no_trace(
    tmp_path: Path, server: Server, golden: dict[str, Any], answer: dict[str, Any], path: str
) -> None:
    case = Smoke(tmp_path, golden, server.url)
    server.answer = answer
    report = smoke.run(case.context())
    assert (report.version, report.digest, report.records) == ("1", case.version.digest, 2)
    assert server.asked == [(path, {"dataframe_split": INPUTS})]
    assert (case.tags, case.served.asked) == ({}, ["start 1"])


@pytest.mark.parametrize("what", DIFFERENT)
def test_another_answer_ends_the_candidate_and_rejects_the_version(tmp_path: Path, server: Server, what: str) -> None:
    golden, answer, reason = DIFFERENT[what]
    case = Smoke(tmp_path, golden, server.url)
    server.status, server.answer = (200, golden | answer) if isinstance(answer, dict) else (answer, {"error": "age is missing"})
    with pytest.raises(GateFailed) as caught:
        run_step(smoke.STEP, case.context())
    message = f"smoke: {reason}; the served model is not the fitted one: look at its environment; what serves goes on serving"
    assert str(caught.value) == message
    assert case.tags == {"golden_paths.status": "rejected", "golden_paths.reason": message}
    assert case.served.asked == ["start 1", "discard 1"]


def test_golden_records_that_were_changed_are_not_asked(tmp_path: Path, server: Server) -> None:
    case = Smoke(tmp_path, CLASSES, server.url)
    file = case.tracking.folder / case.version.mlflow_run_id / "golden_records.json"
    file.write_text(file.read_text().replace("67.0", "68.0"))
    with pytest.raises(DigestMismatch) as caught:
        smoke.run(case.context())
    assert str(caught.value) == (
        f"the golden records of version 1 of churn has digest {digests.of_file(file)}, "
        f"registered is {case.version.golden_digest}; "
        "it was changed after it was registered: run the path again to make a new version"
    )
    assert (server.asked, case.served.asked) == ([], [])


def test_a_candidate_that_does_not_answer_may_be_tried_again(tmp_path: Path) -> None:
    case = Smoke(tmp_path, CLASSES, "http://127.0.0.1:1")
    with pytest.raises(StepFailed) as caught:
        smoke.run(case.context())
    assert str(caught.value) == "the candidate does not answer: [Errno 111] Connection refused; see its log"
    assert (caught.value.retry, case.tags) == (True, {})


def test_every_request_says_that_no_user_asks_it(tmp_path: Path, server: Server) -> None:
    server.answer = CLASSES
    run_step(smoke.STEP, Smoke(tmp_path, CLASSES, server.url).context())
    load.under_load(server.url, [b"{}"], requests=3)
    assert (server.askers, len(server.asked)) == ({"synthetic"}, 4)
