"""Runs, artifacts and logged models in MLflow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden_paths.clients import TrackedRun
from golden_paths.clients.mlflow_client import answering, connect

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

KEY = "golden_paths.key"
SQLITE = "sqlite:///"
TAG_LENGTH = 8000  # MLflow's limit for a tag's value
PARAM_LENGTH = 6000


class MlflowTracking:
    """`golden_paths.clients.Tracking` on a tracking server or a database."""

    def __init__(self, tracking_uri: str) -> None:
        self.uri = tracking_uri

    @cached_property
    def _client(self) -> MlflowClient:
        return connect(self.uri)

    def run(self, experiment: str, key: str, *, name: str, tags: Mapping[str, str]) -> TrackedRun:
        """The one run with this key; a failed one is opened again."""
        with answering(self.uri):
            experiment_id = _experiment(self._client, self.uri, experiment)
            if not (found := self._runs(experiment_id, key)):
                self._client.create_run(experiment_id, run_name=name, tags={**_cut(tags), KEY: key})
                found = self._runs(experiment_id, key)
            oldest, *others = found
            for other in others:
                self._client.delete_run(other.info.run_id)
            if oldest.info.status in ("FAILED", "KILLED"):
                self._client.update_run(oldest.info.run_id, status="RUNNING")
            return TrackedRun(oldest.info.run_id, dict(oldest.data.tags))

    def _runs(self, experiment_id: str, key: str) -> list[Run]:
        found = self._client.search_runs([experiment_id], filter_string=f"tags.`{KEY}` = '{key}'")
        return sorted(found, key=lambda run: (run.info.start_time, run.info.run_id))

    def tag(self, run_id: str, tags: Mapping[str, str]) -> None:
        """Set tags on a run; what exceeds MLflow's length ends with '...'."""
        from mlflow.entities import RunTag

        with answering(self.uri):
            self._client.log_batch(run_id, tags=[RunTag(name, value) for name, value in _cut(tags).items()])

    def tags(self, run_id: str) -> dict[str, str]:
        """The tags of a run; none when there is no such run."""
        found = self._found(run_id)
        return dict(found.data.tags) if found else {}

    def files(self, run_id: str, folder: str = "") -> frozenset[str]:
        """The names of what is right in a folder of a run."""
        if self._found(run_id) is None:
            return frozenset()
        with answering(self.uri):
            listed = self._client.list_artifacts(run_id, folder or None)
            return frozenset(str(one.path).rpartition("/")[2] for one in listed)

    def _found(self, run_id: str) -> Run | None:
        from mlflow.exceptions import MlflowException

        with answering(self.uri):
            try:
                return self._client.get_run(run_id)
            except MlflowException as error:
                if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                    return None
                raise

    def params(self, run_id: str, params: Mapping[str, Any]) -> None:
        """Log params."""
        from mlflow.entities import Param

        with answering(self.uri):
            self._client.log_batch(
                run_id, params=[Param(name, str(value)[:PARAM_LENGTH]) for name, value in params.items()]
            )

    def metrics(self, run_id: str, metrics: Mapping[str, float]) -> None:
        """Log metrics at step 0."""
        from mlflow.entities import Metric

        with answering(self.uri):
            at = self._client.get_run(run_id).info.start_time  # not the clock: the same metric again is the same row
            self._client.log_batch(run_id, metrics=[Metric(name, value, at, 0) for name, value in metrics.items()])

    def finish(self, run_id: str, *, failed: bool = False) -> None:
        """End the run."""
        with answering(self.uri):
            self._client.set_terminated(run_id, status="FAILED" if failed else "FINISHED")

    def retire(self, experiment: str, *, tag: tuple[str, str], before: datetime, most: int) -> int:
        """Delete runs with this tag that ended before then."""
        wanted = f"attributes.end_time < {int(before.timestamp() * 1000)} and tags.`{tag[0]}` = '{tag[1]}'"
        with answering(self.uri):
            if (found := self._client.get_experiment_by_name(experiment)) is None:
                return 0
            runs = self._client.search_runs([found.experiment_id], filter_string=wanted, max_results=most)
            for run in runs:
                self._client.delete_run(run.info.run_id)
            return len(runs)

    def upload(self, run_id: str, path: Path, folder: str = "") -> str:
        """Upload a file, or a folder's content."""
        with answering(self.uri):
            if path.is_dir():
                self._client.log_artifacts(run_id, str(path), artifact_path=folder or None)
                return f"runs:/{run_id}/{folder}"
            self._client.log_artifact(run_id, str(path), artifact_path=folder or None)
            return f"runs:/{run_id}/{folder}/{path.name}" if folder else f"runs:/{run_id}/{path.name}"

    def download(self, uri: str, destination: Path) -> Path:
        """Fetch a file or a folder."""
        destination.mkdir(parents=True, exist_ok=True)
        with answering(self.uri):
            from mlflow.artifacts import download_artifacts

            return Path(
                download_artifacts(artifact_uri=self._located(uri), dst_path=str(destination), tracking_uri=self.uri)
            )

    def _located(self, uri: str) -> str:
        """A models:/ URI as the address of its files: MLflow itself would look it up on the process' global server."""
        if not uri.startswith("models:/"):
            return uri
        name, _, version = uri.removeprefix("models:/").partition("/")
        if version:
            return self._located(str(self._client.get_model_version(name, version).source))
        return str(self._client.get_logged_model(name).artifact_location)

    def log_dataset(self, run_id: str, *, name: str, digest: str, uri: str, frame: Path, label: str) -> None:
        """Attach a dataset input; MLflow's digest column holds 36 characters, the whole SHA-256 is the tag beside it."""
        from mlflow.entities import Dataset, DatasetInput, InputTag

        schema, profile = _described(frame, label)
        source = f'{{"uri": "{uri}"}}'
        dataset = Dataset(
            name=name, digest=digest[:36], source_type="uri", source=source, schema=schema, profile=profile
        )
        tags = [InputTag("mlflow.data.context", "training"), InputTag("golden_paths.sha256", digest)]
        with answering(self.uri):
            self._client.log_inputs(run_id, [DatasetInput(dataset=dataset, tags=tags)])

    def log_model(self, run_id: str, folder: Path) -> str:
        """Log a model folder byte for byte; MLflow's own log_model would write its ids into it."""
        from mlflow.entities import LoggedModelOutput

        with answering(self.uri):
            run = self._client.get_run(run_id)
            experiment = run.info.experiment_id
            for left in self._client.search_logged_models([experiment], filter_string=f"source_run_id = '{run_id}'"):
                self._client.delete_logged_model(left.model_id)
            model = self._client.create_logged_model(experiment, name="model", source_run_id=run_id)
            self._client.log_model_artifacts(model.model_id, str(folder))
            self._client.finalize_logged_model(model.model_id, "READY")
            self._client.log_outputs(run_id, [LoggedModelOutput(model.model_id, step=0)])
            return f"models:/{model.model_id}"


def _experiment(client: MlflowClient, uri: str, name: str) -> str:
    """The id of the experiment, made when it is not there."""
    from mlflow.exceptions import MlflowException

    if found := client.get_experiment_by_name(name):
        if found.lifecycle_stage == "deleted":
            client.restore_experiment(found.experiment_id)
        return str(found.experiment_id)
    try:
        return str(client.create_experiment(name, artifact_location=_artifacts(uri, name)))
    except MlflowException:  # somebody was faster
        if found := client.get_experiment_by_name(name):
            return str(found.experiment_id)
        raise


def _artifacts(uri: str, experiment: str) -> str | None:
    """Where artifacts go. A database has no place for them, and MLflow's default is the working directory."""
    if not uri.startswith(SQLITE):
        return None
    return (Path(uri.removeprefix(SQLITE)).resolve().parent / "mlartifacts" / experiment).as_uri()


def _cut(tags: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value if len(value) <= TAG_LENGTH else value[: TAG_LENGTH - 3] + "..." for name, value in tags.items()
    }


def _described(frame: Path, label: str) -> tuple[str, str]:
    """MLflow's schema and profile of a parquet file, from its footer alone."""
    import json

    from pyarrow import parquet

    footer = parquet.ParquetFile(frame)
    columns = [
        {"type": _kind(str(field.type)), "name": field.name, "required": field.name == label}
        for field in footer.schema_arrow
    ]
    profile = {"num_rows": footer.metadata.num_rows, "num_elements": footer.metadata.num_rows * len(columns)}
    return json.dumps({"mlflow_colspec": columns}), json.dumps(profile)


def _kind(arrow: str) -> str:
    """MLflow's name of an Arrow type."""
    for prefix, kind in (
        ("timestamp", "datetime"),
        ("int64", "long"),
        ("int", "integer"),
        ("bool", "boolean"),
        ("float", "float"),
    ):
        if arrow.startswith(prefix):
            return kind
    return "double" if arrow == "double" else "string"
