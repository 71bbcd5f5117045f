"""The second example: another kind of model, trained from a notebook."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import httpx
import pytest

from examples import ROOT, golden_paths

pytestmark = pytest.mark.real
SPEC = "dags/wine-cultivar.yaml"


def test_a_notebook_becomes_an_endpoint(project: Path) -> None:
    shutil.copy(ROOT / SPEC, project / SPEC)
    done = golden_paths(project, "run", SPEC, "--json")
    assert done.returncode == 0, done.stderr
    made = {one["step"]: one["artifact"] for one in json.loads(done.stdout)}
    assert httpx.get(f"{made['promote']['url']}/health").json()["status"] == "ready"
