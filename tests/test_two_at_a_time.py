"""Tests that share a cluster, or this machine's servers, never run at the same time, and those of a file stay in order."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

FILES = {
    "test_pods.py": "@pytest.mark.kubernetes\n",
    "policy/test_admission.py": "@pytest.mark.kubernetes\n",
    "end_to_end/test_rollouts.py": "@pytest.mark.kubernetes\n",
    "end_to_end/test_demo.py": "",
    "end_to_end/test_gates.py": "",
}


def test_groups_stay_together_and_in_order(tmp_path: Path) -> None:
    tests = tmp_path / "tests"
    for file, mark in FILES.items():
        (tests / file).parent.mkdir(parents=True, exist_ok=True)
        (tests / file).write_text("import pytest\n" + "".join(f"{mark}def test_{i}(): pass\n" for i in range(6)))
    for name in ("conftest.py", "two_at_a_time.py"):
        shutil.copy(Path(__file__).with_name(name), tests)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = kubernetes: one\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-n", "2", "--dist", "loadscope", "-p", "no:cacheprovider", "tests"],
        env={name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "30 passed in" in done.stdout, done.stdout
    ran = re.findall(r"\[(gw\d)\].*PASSED tests/(\S+)::test_(\d)", done.stdout)
    workers = {mark: {worker for worker, file, _ in ran if FILES[file] == mark} for mark in set(FILES.values())}
    assert sorted(map(len, workers.values())) == [1, 1]
    for one in FILES:
        assert [number for _, file, number in ran if file == one] == [str(i) for i in range(6)]
