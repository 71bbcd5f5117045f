"""plan --manifests, as a process: every object of a rollout, whole, or an error with a remedy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from golden_paths.cluster.settings import ClusterSettings
from golden_paths.load import read_spec
from golden_paths.rollout import objects
from projects import SPEC, make_project

ROOT = Path(__file__).parents[2]
KINDS = ["Lease", "ServiceAccount", "NetworkPolicy", "ConfigMap", "Service", "Deployment", "Service"]
SET = {"MLFLOW_TRACKING_URI": "http://mlflow.shop:5000", "GOLDEN_PATHS_SERVE_IMAGE": "serve:1"}
RUN = "# - what only a run knows: version 1, its digests (zeros), its run and address in MLflow, its features package\n"


def plan(dags: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GOLDEN_PATHS_", "MLFLOW_"))}
    environment = kept | {"PYTHONPATH": str(ROOT / "include"), "COLUMNS": "200"} | variables
    command = [sys.executable, "-m", "golden_paths", "plan", "dags/churn.yaml", "--manifests", *arguments]
    return subprocess.run(command, cwd=dags.parent, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    folder = make_project(tmp_path)
    store = folder.parent / "include" / "feature_repos" / "churn" / "feature_store.yaml"
    store.write_text("project: churn\nprovider: local\nonline_store: {type: redis, connection_string: redis.shop:6379}\n")
    (folder / "churn.yaml").write_text(SPEC.replace("to: local", "to: kubernetes"))
    return folder


def test_every_object_is_printed_in_the_order_of_a_rollout_and_nothing_is_touched(dags: Path) -> None:
    before = sorted(dags.parent.rglob("*"))
    done = plan(dags, "-", **SET)
    assert (done.returncode, done.stderr) == (0, "")
    assert [one["kind"] for one in yaml.safe_load_all(done.stdout)] == KINDS
    assert done.stdout.startswith(f"# What a rollout of churn applies, in this order. Placeholders stand for\n{RUN}---\n")
    assert sorted(dags.parent.rglob("*")) == before


def test_what_is_printed_is_what_a_rollout_makes_of_the_same_release(dags: Path) -> None:
    settings = ClusterSettings(serve_image="serve:1")
    loaded = read_spec(dags / "churn.yaml")
    release, _ = objects.placeholder(loaded.spec, settings, SET["MLFLOW_TRACKING_URI"], loaded.project)
    printed = plan(dags, "-", **SET).stdout
    assert list(yaml.safe_load_all(printed)) == list(objects.of_rollout(release, objects.PACKAGE))
    assert "&id" not in printed, "a part that is used twice is written twice"


def test_it_is_written_to_a_file_and_the_next_command_named(dags: Path) -> None:
    done = plan(dags, "churn-objects.yaml", **SET)
    assert (done.returncode, done.stdout) == (
        0,
        "wrote churn-objects.yaml; have a cluster check it: "
        "kubectl apply --server-side --dry-run=server -f churn-objects.yaml\n",
    )
    assert len(list(yaml.safe_load_all((dags.parent / "churn-objects.yaml").read_text()))) == len(KINDS)


def test_what_the_platform_team_has_not_set_is_a_placeholder_that_is_said(dags: Path) -> None:
    lines = plan(dags, "-").stdout.splitlines(keepends=True)
    assert lines[1:4] == [
        RUN,
        "# - http://placeholder.invalid:5000: no MLflow is named that pods reach\n",
        "# - golden-paths-serve:placeholder: no image is named that can serve in a pod\n",
    ]


def test_the_image_is_the_one_that_a_run_would_take(dags: Path) -> None:
    (dags.parent / "include" / "platform.yaml").write_text("images: {serve: registry.shop/serve:7}\n")
    made = yaml.safe_load_all(plan(dags, "-").stdout)
    (deployment,) = [one for one in made if one["kind"] == "Deployment"]
    spec = deployment["spec"]["template"]["spec"]
    assert {one["image"] for one in [*spec["initContainers"], *spec["containers"]]} == {"registry.shop/serve:7"}


def test_a_local_endpoint_has_none(dags: Path) -> None:
    (dags / "churn.yaml").write_text(SPEC)
    done = plan(dags, "-")
    assert (done.returncode, done.stdout, done.stderr) == (
        1,
        "",
        "churn.yaml: deploy.to is local, which has no manifests; write to: kubernetes, or leave out --manifests\n",
    )


def test_a_file_that_cannot_be_written_is_an_error(dags: Path) -> None:
    done = plan(dags, "nowhere/x.yaml", **SET)
    assert (done.returncode, done.stderr) == (
        1,
        "nowhere/x.yaml cannot be written: No such file or directory; name another file\n",
    )
