"""The images in pods of a namespace under the restricted Pod Security Standard: read-only root, no capabilities, no token."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cluster import UNPACK, Namespace, Pod, container, namespace
from examples import BROUGHT, ROOT
from serving import PATIENT, Saved, save

pytestmark = [pytest.mark.kubernetes, pytest.mark.timeout(600)]
LIMIT_MB = {"serve": 700, "train": 1500}
LOOK = """
import importlib.metadata, importlib.util, json, os, pathlib
def size():
    device, total = os.stat("/").st_dev, 0
    for folder, folders, files in os.walk("/"):
        folders[:] = [name for name in folders if os.lstat(os.path.join(folder, name)).st_dev == device]
        total += sum(found.st_size for name in files if (found := os.lstat(os.path.join(folder, name))).st_dev == device)
    return total / 1e6
def writable(path):
    try:
        pathlib.Path(path, "probe").write_text("x")
    except OSError as error:
        return error.strerror
    return True
print(json.dumps({
    "airflow": [one.name for one in importlib.metadata.distributions() if "airflow" in one.name.lower()],
    "importable": importlib.util.find_spec("airflow") is not None,
    "user": [os.getuid(), os.getgid()],
    "root": writable("/opt/golden-paths"), "tmp": writable("/tmp"),
    "token": os.path.exists("/var/run/secrets/kubernetes.io"),
    "pip": [str(one) for one in pathlib.Path("/run/secrets").glob("pip*") if one.stat().st_size],
    "capabilities": [line.split()[1] for line in open("/proc/self/status") if line.startswith("CapEff")],
    "size": size(),
}))
"""
SERVE = (
    "exec python -m golden_paths.serve --host 0.0.0.0 --port 8080 --name {name} --version 1 --run-id r --training-set t"
)
RUN = "cd /tmp/project && python -m golden_paths run dags/{spec}.yaml --json > /tmp/run.json && echo RESULT && cat /tmp/run.json"


@pytest.fixture(scope="module")
def place() -> Iterator[Namespace]:
    with namespace() as made:
        yield made


@pytest.fixture(scope="module")
def project(place: Namespace, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The examples, as a ConfigMap that becomes /tmp/project."""
    folder = tmp_path_factory.mktemp("project")
    for name in BROUGHT:
        shutil.copytree(ROOT / "include" / name, folder / "include" / name)
    shutil.copytree(ROOT / "dags", folder / "dags")
    place.give("project", {"project": folder})
    return "project"


@pytest.fixture(scope="module")
def diabetes(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    from sklearn.datasets import load_diabetes
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    frame, target = load_diabetes(return_X_y=True, as_frame=True, scaled=False)
    estimator = make_pipeline(StandardScaler(), LogisticRegression()).fit(frame, target > target.median())
    return save(tmp_path_factory.mktemp("diabetes") / "model", estimator, frame)


@pytest.fixture(scope="module")
def road(place: Namespace, project: str) -> Pod:
    """The train image walks the whole path, with MLflow's database and Feast's stores in /tmp; the serve image serves."""
    state = "/tmp/golden-paths"
    serve = SERVE.format(name="diabetes-progression")
    serve += f" --model {state}/models/$digest --digest $digest"
    serve += " --feature-repo /tmp/project/include/feature_repos/diabetes --service progression_v1"
    return place.run(
        "road",
        container("unpack", "train", ["python", "-c", UNPACK, "/tmp"]),
        container("run", "train", ["sh", "-ec", RUN.format(spec="diabetes-progression")]),
        container(
            "serve",
            "serve",
            ["sh", "-ec", f"digest=$(ls {state}/models) && {serve}"],
            env=[{"name": "FEAST_STATE", "value": f"{state}/feast"}],
        ),
        given=project,
    )


def artifacts(log: str) -> dict[str, Any]:
    """What each step made, from the log of RUN."""
    return {one["step"]: one["artifact"] for one in json.loads(log.partition("RESULT\n")[2])}


@pytest.mark.parametrize("image", LIMIT_MB)
def test_an_image_is_small_runs_as_nobody_and_holds_no_airflow(place: Namespace, image: str) -> None:
    seen: dict[str, Any] = json.loads(
        place.run(f"look-{image}", container("look", image, ["python", "-c", LOOK])).ended()
    )
    size = seen.pop("size")
    print(f"{image}: {size:.0f} MB")
    assert size <= LIMIT_MB[image]
    assert seen == {
        "airflow": [],
        "importable": False,
        "user": [10001, 10001],
        "root": "Read-only file system",
        "tmp": True,
        "token": False,
        "pip": [],
        "capabilities": ["0000000000000000"],
    }


def test_the_serve_image_serves_a_model_folder(place: Namespace, diabetes: Saved) -> None:
    place.give("model", {"model": diabetes.folder})
    command = SERVE.format(name="diabetes") + f" --model /tmp/model --digest {diabetes.digest}"
    pod = place.run(
        "model",
        container("unpack", "serve", ["python", "-c", UNPACK, "/tmp"]),
        container("serve", "serve", ["sh", "-ec", command]),
    )
    pod.running()
    assert pod.healthy() | {"pid": 1} == {
        "status": "ready",
        "name": "diabetes",
        "version": "1",
        "digest": diabetes.digest,
        "accepting": False,
        "pid": 1,
    }
    wanted = [bool(diabetes.estimator.predict(diabetes.frame.iloc[:1].set_axis(diabetes.frame.columns, axis=1))[0])]
    row = [float(value) for value in diabetes.frame.iloc[0]]
    assert pod.ask("/invocations", {"instances": [row]}) == (200, {"predictions": wanted})
    assert pod.ask("/invocations", {"instances": [PATIENT]}) == (200, {"predictions": [True]})


def test_the_serve_image_reads_every_online_store_it_is_meant_for_and_fetches_from_mlflow(place: Namespace) -> None:
    code = (
        "import feast.infra.online_stores.redis, feast.infra.online_stores.sqlite, mlflow.artifacts;"
        "from golden_paths.clients.mlflow_tracking import MlflowTracking;"
        "from golden_paths.errors import StepFailed;from pathlib import Path\n"
        "try: MlflowTracking('http://127.0.0.1:9').download('models:/m-1', Path('/tmp/model'))\n"
        "except StepFailed as error: print(error.problem)"
    )
    env = [{"name": "MLFLOW_HTTP_REQUEST_MAX_RETRIES", "value": "0"}]
    said = place.run("imports", container("imports", "serve", ["python", "-c", code], env=env)).ended()
    assert said.startswith("MLflow at http://127.0.0.1:9 did not answer")


def test_the_train_image_walks_the_whole_path_and_the_serve_image_serves_what_it_made(road: Pod) -> None:
    road.running(seconds=400)
    made = artifacts(road.log("run"))
    assert made["promote"]["version"] == "1"
    assert road.healthy()["digest"] == made["train"]["digest"]
    status, answer = road.ask("/predict", {"entities": [{"patient_id": 7}]})
    assert (status, answer["predictions"][0]["entity"]) == (200, {"patient_id": 7})
    assert road.ask("/predict", {"entities": [{"patient_id": 100000}]})[0] == 404


def test_the_train_image_fits_a_notebook(place: Namespace, project: str) -> None:
    pod = place.run(
        "notebook",
        container("unpack", "train", ["python", "-c", UNPACK, "/tmp"]),
        container("run", "train", ["sh", "-ec", RUN.format(spec="wine-cultivar")]),
        given=project,
    )
    assert artifacts(pod.ended(seconds=400))["promote"]["version"] == "1"


def test_examples_fit_into_a_config_map() -> None:
    """1 MiB is what a ConfigMap takes; the tests above say little when the examples outgrow it."""
    size = sum(
        file.stat().st_size for name in BROUGHT for file in Path(ROOT / "include" / name).rglob("*") if file.is_file()
    )
    assert size < 1_000_000
