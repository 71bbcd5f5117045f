"""Where a model comes from: git, spec, data and packages, as tags and files of its MLflow run. Parent side."""

from __future__ import annotations

import platform
import subprocess
from importlib.metadata import distributions
from pathlib import Path

from golden_paths.artifacts import TrainingSet
from golden_paths.modelling.source import Source
from golden_paths.spec import TrainSection
from golden_paths.step import StepContext


def tags(context: StepContext, training_set: TrainingSet, source: Source) -> dict[str, str]:
    """The tags that a training run starts with."""
    spec, train = context.spec, context.spec.need(TrainSection)
    code = train.code or train.notebook or ""
    return {
        "golden_paths.step": "train",
        "golden_paths.run": context.run.id,
        "golden_paths.path": spec.golden_path,
        "golden_paths.owner": spec.owner,
        "golden_paths.spec_digest": context.spec_digest,
        "golden_paths.training_set": training_set.digest,
        "golden_paths.code": code,
        "golden_paths.code_digest": source.digest,
        "golden_paths.python": platform.python_version(),
        "mlflow.note.content": spec.description,
        "mlflow.source.name": code,
        "mlflow.source.type": "LOCAL",
        "mlflow.user": spec.owner,
        **(context.origin or git(context.project.root)),
    }


def git(root: Path) -> dict[str, str]:
    """The commit and whether files differ from it; nothing when the project is in no git repository."""
    try:
        commit = _output(root, "rev-parse", "HEAD")
        dirty = _output(root, "status", "--porcelain", "--", ".")
    except (OSError, subprocess.SubprocessError):
        return {}
    return {"mlflow.source.git.commit": commit, "golden_paths.git_dirty": str(bool(dirty)).lower()}


def remote(root: Path) -> str:
    """The address of the repository that the project was cloned from, as git has it; nothing when there is none."""
    try:
        return _output(root, "config", "--get", "remote.origin.url")
    except (OSError, subprocess.SubprocessError):
        return ""


def _output(root: Path, *arguments: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, text=True, check=True, timeout=10)
    return done.stdout.strip()


def spec_file(context: StepContext, folder: Path) -> Path:
    """The spec as it was checked, as YAML."""
    import yaml

    path = folder / "spec.yaml"
    path.write_text(
        yaml.safe_dump(context.spec.model_dump(mode="json", exclude_none=True), sort_keys=False, allow_unicode=True)
    )
    return path


def environment_file(folder: Path) -> Path:
    """Python, platform and every installed distribution with its version, one per line."""
    packages = sorted({f"{found.name}=={found.version}" for found in distributions()}, key=str.lower)
    path = folder / "environment.txt"
    path.write_text(
        "\n".join([f"# Python {platform.python_version()} on {platform.system()} {platform.machine()}", *packages])
        + "\n"
    )
    return path
