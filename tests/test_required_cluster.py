"""GOLDEN_PATHS_REQUIRE_CLUSTER: a run that promises a cluster does not pass by skipping."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SKIPS = """
import pytest
@pytest.fixture
def nothing():
    pytest.skip("no cluster")
@pytest.mark.kubernetes
def test_inside(): pytest.skip("no cluster")
@pytest.mark.kubernetes
def test_in_a_fixture(nothing): pass
def test_of_something_else(): pytest.skip("no Windows")
"""


@pytest.mark.parametrize(
    ("required", "outcome"),
    [("", "3 skipped in"), ("1", "1 failed, 1 skipped, 1 error in")],
    ids=["allowed", "required"],
)
def test_tests_that_need_the_cluster_may_not_skip_where_it_is_required(
    tmp_path: Path, required: str, outcome: str
) -> None:
    for name in ("conftest.py", "two_at_a_time.py"):
        shutil.copy(Path(__file__).with_name(name), tmp_path)
    (tmp_path / "test_skips.py").write_text(SKIPS)
    (tmp_path / "pytest.ini").write_text("[pytest]\nmarkers = kubernetes: one\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(tmp_path)],
        env=os.environ | {"GOLDEN_PATHS_REQUIRE_CLUSTER": required},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome in done.stdout, done.stdout
