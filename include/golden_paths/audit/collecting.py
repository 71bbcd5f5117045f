"""Collects an audit: chooses the version, asks every system about it once, and writes down what each says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from golden_paths.artifacts import Endpoint
from golden_paths.audit import files, serving, subgraph
from golden_paths.audit.asking import Answer, Asked
from golden_paths.audit.case import SET, TRAINING, UNKNOWN, Case, OnCluster
from golden_paths.audit.choosing import Choice, Known, chosen
from golden_paths.audit.cluster import Cluster
from golden_paths.audit.happened import Happened, History
from golden_paths.audit.marquez import Marquez
from golden_paths.audit.of_data import facet
from golden_paths.audit.registry import LoggedRun, Registered, Registry
from golden_paths.errors import GoldenPathsError
from golden_paths.rollout.release import named
from golden_paths.rollout.state import State


@dataclass(frozen=True)
class Sources:
    """Whom an audit asks. `endpoint` says what answers on this machine."""

    registry: Registry
    log: Path
    marquez: Marquez
    cluster: Cluster
    endpoint: Callable[[str], Endpoint | None]


def collect(model: str, sources: Sources, now: datetime, *, version: str | None = None, at: str | None = None) -> Case:
    """Everything about the version. Raises `GoldenPathsError` when there is no such model, or it never served then."""
    mlflow, cluster, registry = Asked(), Asked(), sources.registry
    history = History(sources.log, model)
    versions = mlflow.ask(lambda: registry.versions(model) or None, missing=f"MLflow has no model {model}")
    if not versions.value and not history.events:
        raise _unknown(model, sources, mlflow)
    state = _state(model, sources, cluster, versions.value or (), history)
    reigns = serving.reigns(history.takeovers(), state.value if state else None)
    champion = mlflow.ask(lambda: registry.champion(model), missing=f"no version of {model} is the champion in MLflow")
    choice = chosen(Known(model, versions.value or (), champion.value, reigns), now, version=version, at=at)
    registered = _registered(versions, choice, model)
    tags = registered.value.tags if registered.value else {}
    trail = _trail(history, choice, tags.get("digest", "") or (choice.reign.digest if choice.reign else ""))
    run_ids = _run_ids(registered.value, trail)
    uris = files.uris(tags, run_ids[TRAINING])
    return Case(
        model=model,
        version=choice.version,
        asked=choice.asked,
        now=now,
        reign=choice.reign,
        reigns=reigns,
        registered=registered,
        champion=champion,
        run=_run(registry, mlflow, run_ids[TRAINING]),
        set_run=_run(registry, mlflow, run_ids[SET]),
        run_ids=run_ids,
        uris=uris,
        files=files.fetched(registry, mlflow, uris),
        history=history,
        trail=trail,
        marquez=sources.marquez,
        cluster=_on_cluster(sources.cluster, cluster, state, model, choice.version) if state else None,
        endpoint=Asked().ask(lambda: sources.endpoint(model), missing="no endpoint of this machine serves it now"),
    )


def _state(
    model: str, sources: Sources, cluster: Asked, versions: tuple[Registered, ...], history: History
) -> Answer[State] | None:
    """What the cluster says of the model; None when the model never was to be on one."""
    is_there = any('"to":"kubernetes"' in one.tags.get("spec", "") for one in versions)
    if is_there or any(str(data["namespace"]).startswith("k8s://") for _, data in history.takeovers()):
        return cluster.ask(lambda: sources.cluster.state(model), missing=f"the cluster has no Service of {model}")
    return None


def _run_ids(registered: Registered | None, trail: Mapping[str, Happened | None]) -> dict[str, str]:
    """The two MLflow runs: as the version's tags say, or as the log does when there is no such version any more."""
    of_set = registered.tags.get("training_set_uri", "").removeprefix("runs:/").partition("/")[0] if registered else ""
    trained = facet(trail["train"], "goldenPaths_model").get("mlflowRunId", "")
    return {
        TRAINING: registered.run_id if registered else str(trained),
        SET: of_set or str(facet(trail["build_training_set"], "goldenPaths_trainingSet").get("mlflowRunId", "")),
    }


def _run(registry: Registry, mlflow: Asked, run_id: str) -> Answer[LoggedRun]:
    if not run_id:
        return Answer(why="neither MLflow nor the event log says which run it was")
    return mlflow.ask(lambda: registry.run(run_id), missing="MLflow has no such run any more")


def _unknown(model: str, sources: Sources, mlflow: Asked) -> GoldenPathsError:
    known = mlflow.ask(sources.registry.models, missing="")
    told = f"known are {', '.join(known.value) or 'none'}" if known.value is not None else known.why
    return GoldenPathsError(f"no model '{model}' in MLflow or in the event log at {sources.log}; {told}")


def _registered(versions: Answer[tuple[Registered, ...]], choice: Choice, model: str) -> Answer[Registered]:
    """The version in MLflow. Another model may have its number, when one was deleted and MLflow counted anew."""
    if versions.value is None:
        return Answer(why=versions.why)
    one = next((one for one in versions.value if one.version == choice.version), None)
    if one is None:
        return Answer(why=f"MLflow has no version {choice.version} of {model} any more")
    return Answer(one)


def _trail(history: History, choice: Choice, digest: str) -> dict[str, Happened | None]:
    """The run of each step that made this version: from its registration upwards."""
    model, by = history.model, choice.reign.by if choice.reign else None
    register = history.made(f"models/{model}", choice.version, before=by.at if by else None, digest=digest)
    end = register.at if register else None
    train = history.made(f"fitted_models/{model}", digest, before=end) if digest else None
    evaluate = history.made(f"evaluations/{model}", digest, before=end) if digest else None
    learnt = subgraph.read(train, f"training_sets/{model}")
    built = history.made(f"training_sets/{model}", learnt, before=train.at) if train and learnt else None
    made = {"build_training_set": built, "train": train, "evaluate": evaluate, "register": register}
    return made | {"promote": by, "path": history.path_of(register or by)}


def _on_cluster(cluster: Cluster, asked: Asked, state: Answer[State], model: str, version: str) -> OnCluster:
    namespace, name = asked.ask(lambda: cluster.namespace, missing=""), named(model, version)
    release = asked.ask(lambda: cluster.release(model, version), missing=f"the cluster has no ConfigMap {name}")
    images = asked.ask(lambda: cluster.images(model, version) or None, missing="no pod of this version runs any more")
    return OnCluster(namespace.value or UNKNOWN, state, release, images)
