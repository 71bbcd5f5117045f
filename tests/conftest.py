"""Where a cluster is promised, a test that skips for the want of one fails."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest

os.environ.setdefault("DEMO_PORT_SHIFT", os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw") + "00")
os.environ["COLUMNS"] = "200"  # how wide what commands print is, wherever tests run

REQUIRED = "GOLDEN_PATHS_REQUIRE_CLUSTER"
SPEC = "GOLDEN_PATHS_OPENLINEAGE_SPEC"


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("openlineage_spec") and not os.environ.get(SPEC):
        pytest.skip(f"{SPEC} names no folder with the standard's JSON Schemas")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.skipped and os.environ.get(REQUIRED) and item.get_closest_marker("kubernetes"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, and {REQUIRED} is set: {report.longrepr}"
    return report
