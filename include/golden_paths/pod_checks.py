"""What a spec says of pods, held to the platform's file: pools and secrets that are there, and steps that a pod can run."""

from __future__ import annotations

from pathlib import Path

from golden_paths import feast_config, platform, regular_file
from golden_paths.placement import placed, runs_in_pod
from golden_paths.platform import Platform
from golden_paths.project import Project
from golden_paths.registry import PATHS, STEPS
from golden_paths.spec import PathSpec
from golden_paths.yaml_source import Document, Key

MAX_CONFIG = 64 * 1024
WORKER = "write run_in: worker"


def check(spec: PathSpec, document: Document, project: Project) -> None:
    """Add what is wrong. Raises `InvalidSpec` when the platform's file is: no spec can be held to it then."""
    found = platform.read(project)
    for name in PATHS[spec.golden_path].steps if spec.golden_path in PATHS else ():
        key: Key = (name,) if name in ("train", "score") else ("steps", name)
        _named(name, key, spec, document, found)
        if runs_in_pod(STEPS[name], spec, found):
            _runnable(name, key, spec, document, project)
        elif (said := placed(name, spec)) and said.pod:
            problem = f"says what a pod of {name} is given, and {name} runs in a worker"
            document.complain_at((*key, "pod"), problem, "write run_in: pod beside it, or remove it")


def _named(name: str, key: Key, spec: PathSpec, document: Document, found: Platform) -> None:
    said = placed(name, spec)
    if not said or not said.pod:
        return
    if said.pod.pool and said.pod.pool not in found.pools:
        _unknown(document, (*key, "pod", "pool"), "pool", tuple(found.pools))
    for at, secret in enumerate(said.pod.secrets):
        if secret not in found.secrets:
            _unknown(document, (*key, "pod", "secrets", at), "secret", tuple(found.secrets))


def _unknown(document: Document, key: Key, what: str, known: tuple[str, ...]) -> None:
    remedy = f"known are {', '.join(sorted(known))}" if known else "it has none: ask the platform team"
    document.complain_at(key, f"is no {what} of {platform.FILE}", remedy)


def _runnable(name: str, key: Key, spec: PathSpec, document: Document, project: Project) -> None:
    """A pod has none of this machine's files beside those that are sent to it."""
    if name == "smoke" and spec.deploy and spec.deploy.to == "local":
        document.complain_at((*key, "run_in"), "is asked of a pod, and no pod reaches a local endpoint", WORKER)
    if name not in ("check_features", "materialize", "build_training_set", "score") or not spec.features:
        return
    files = _file_stores(project.path(spec.features.repo))
    if files:
        problem = f"is asked of a pod, and {spec.features.repo}/feature_store.yaml keeps {' and '.join(files)} in a file"
        document.complain_at((*key, "run_in"), problem, f"{WORKER}, or name stores that pods reach")


def _file_stores(repo: Path) -> list[str]:
    """What of a repository's state is a file of this machine; nothing when its configuration cannot be read: others say so.

    An online store too, for steps that never ask it: Feast's registry has its path, and opens it.
    """
    try:
        config = feast_config.parsed(regular_file.read(repo / "feature_store.yaml", MAX_CONFIG).decode(errors="replace"))
    except (OSError, ValueError):
        return []
    registry, store = config.get("registry", ""), config.get("online_store", "sqlite")
    options = registry if isinstance(registry, dict) else {"path": registry}
    kind = store.get("type", "sqlite") if isinstance(store, dict) else store
    is_file = options.get("registry_type", "file") == "file" and "://" not in str(options.get("path", ""))
    return [*(["its registry"] if is_file else []), *(["its online store"] if kind == "sqlite" else [])]
