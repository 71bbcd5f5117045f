"""The example as a scientist would write it for Kubernetes: a copy of the project, and what differs in it."""

from __future__ import annotations

import difflib
import re
import shutil
from pathlib import Path

import yaml

BROUGHT = ("contracts", "data", "feature_repos", "models", "notebooks")
DEPLOY = """\
deploy:
  to: kubernetes
  replicas: 2
  rollout: {judge_for: 10s}
"""
REDIS = """\
online_store:
  type: redis
  connection_string: ${FEAST_REDIS}
"""
LOCAL = re.compile(r"^deploy:\n  to: local\n", re.MULTILINE)
TRAIN = re.compile(r"^train:\n", re.MULTILINE)
SQLITE = re.compile(r"^online_store:\n  type: sqlite\n  path: .*\n", re.MULTILINE)


def lay_out(root: Path, folder: Path, dag: str) -> list[str]:
    """Copy the project in `root` to `folder`, with this one spec, for Kubernetes; returns the lines that differ.

    Specs of the user's own in the copy's dags/ stay.
    """
    for name in BROUGHT:
        shutil.copytree(root / "include" / name, folder / "include" / name, dirs_exist_ok=True)
    shutil.copy(root / "include" / "policy.yaml", folder / "include")
    (folder / "dags").mkdir(exist_ok=True)
    shutil.copy(root / "dags" / "load_golden_paths.py", folder / "dags")
    spec = Path("dags") / f"{dag}.yaml"
    text = (root / spec).read_text()
    store = Path(yaml.safe_load(text)["features"]["repo"]) / "feature_store.yaml"
    changed = {
        spec: _replaced(_replaced(text, TRAIN, "train:\n  run_in: pod\n"), LOCAL, DEPLOY),
        store: _replaced((root / store).read_text(), SQLITE, REDIS),
    }
    for name, content in changed.items():
        (folder / name).write_text(content)
    return [line for name, content in changed.items() for line in _differing(name, (root / name).read_text(), content)]


def _replaced(text: str, what: re.Pattern[str], by: str) -> str:
    made, count = what.subn(lambda _: by, text)
    if count != 1:
        raise SystemExit(f"demo: the example has changed: {what.pattern!r} is {count} times in it")
    return made


def _differing(name: Path, before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    return [str(name), *(f"  {line}" for line in lines if not line.startswith(("---", "+++", "@@")))]
