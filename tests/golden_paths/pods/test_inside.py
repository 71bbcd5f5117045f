"""Inside the pod: the step runs on what was sent, once its digest is right, and says what came of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from fakes.online import FIT, Online
from golden_paths import sandbox
from golden_paths.artifacts import Model
from golden_paths.pods import __main__ as inside
from golden_paths.pods import channel, delivery, package
from golden_paths.pods.package import Package
from golden_paths.pods.request import VARIABLE, Request, request_of
from golden_paths.steps import train

KILLED = "import os, signal\ndef fit(features, label): os.kill(os.getpid(), signal.SIGKILL)\n"


class Pod:
    """A pod of this process, beside a project that it knows nothing of."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, code: str = FIT) -> None:
        self.online, self.folder, self._patch = Online(folder), folder / "pod", monkeypatch
        self.folder.mkdir()
        self.online.write("fit.py", code)
        context = self.online.context()
        packed = package.pack(context.project.root, train.STEP.brings(context.spec, context.project))
        assert packed is not None
        self.package: Package = packed
        origin = {"mlflow.source.git.commit": "c0ffee", "golden_paths.package_digest": packed.digest}
        request = request_of("train", context, memory="1Gi", origin=origin)
        self.request = request.model_copy(update={"package": packed.digest})
        monkeypatch.setattr(inside, "MESSAGE", self.folder / "message")
        monkeypatch.setattr(inside, "ROOT", self.folder / "project")
        monkeypatch.setattr(inside, "ARCHIVE", self.folder / "archive")
        monkeypatch.setattr(inside, "LazyClients", lambda *_: self.online.clients)
        monkeypatch.setattr(inside.signal, "signal", lambda *_: None)
        monkeypatch.setenv("GOLDEN_PATHS_STATE", str(self.folder / "state"))

    def runs(self, request: Request, archive: bytes = b"") -> tuple[int, dict[str, Any]]:
        """(exit code, what it said)."""
        (self.folder / "archive").write_bytes(archive)
        self._patch.setenv(VARIABLE, request.encoded())
        code = inside.main()
        said = channel.decode((self.folder / "message").read_text(), lambda _: "")
        assert said
        return code, said


def test_a_model_is_trained_from_what_the_config_map_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pod = Pod(tmp_path, monkeypatch)
    code, said = pod.runs(pod.request, pod.package.archive)
    model = Model.model_validate(said["artifact"])
    runs = pod.online.clients.tracking.runs
    tags, here = runs[model.mlflow_run_id].tags, train.run(pod.online.context(run="in-a-worker"))
    assert (code, model.weights) == (0, here.weights)
    assert tags["golden_paths.code_digest"] == runs[here.mlflow_run_id].tags["golden_paths.code_digest"]
    assert (tags["golden_paths.package_digest"], tags["mlflow.source.git.commit"]) == (pod.package.digest, "c0ffee")
    assert VARIABLE not in os.environ


def test_a_larger_package_comes_from_mlflow_and_is_kept_there_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pod = Pod(tmp_path, monkeypatch)
    tracking, spec = pod.online.clients.tracking, pod.online.spec()
    uris = {delivery.into_mlflow(pod.package, spec, tracking) for _ in range(2)}
    code, said = pod.runs(pod.request.model_copy(update={"package_uri": uris.pop()}))
    assert (code, "artifact" in said, uris) == (0, True, set())


def test_code_that_was_changed_on_its_way_is_refused_before_it_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pod = Pod(tmp_path, monkeypatch)
    pod.online.write("fit.py", "raise SystemExit('it was imported')")
    changed = package.pack(pod.online.project.root, [pod.online.project.path("include/fit.py")])
    assert changed is not None
    code, said = pod.runs(pod.request, changed.archive)
    assert (code, said["error"]["retry"]) == (3, False)
    assert f"has digest {changed.digest}, registered is {pod.package.digest}" in said["error"]["problem"]
    assert not list((pod.folder / "project").iterdir())


KILLS = [(True, "train was OOMKilled: its code took more memory than the pod's limit of 1Gi"), (False, "ended with SIGKILL")]


@pytest.mark.parametrize(("was_short", "problem"), KILLS, ids=["memory", "something else"])
def test_a_child_that_was_killed_for_its_memory_is_named_with_the_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, was_short: bool, problem: str
) -> None:
    pod = Pod(tmp_path, monkeypatch, KILLED)
    monkeypatch.setattr(inside.memory, "was_short", lambda: was_short)
    code, said = pod.runs(pod.request, pod.package.archive)
    assert (code, said["error"]["retry"]) == (1, not was_short)
    assert problem in said["error"]["problem"]


def test_the_keys_of_the_specs_secrets_reach_the_scientists_code_and_no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOLDEN_PATHS_SECRET_WAREHOUSE_PASSWORD", "swordfish")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "not for fit")
    monkeypatch.setenv(sandbox.ALSO, "")
    inside.name_secrets()
    given = sandbox.environment(Path("home"))
    assert (given["WAREHOUSE_PASSWORD"], "MLFLOW_TRACKING_PASSWORD" in given) == ("swordfish", False)
    monkeypatch.delenv("WAREHOUSE_PASSWORD")
