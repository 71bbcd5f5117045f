"""Where a cluster is promised, a test that skips for the want of one fails."""

from __future__ import annotations

import os
from collections.abc import Generator
from pathlib import Path

import pytest

if worker := os.environ.get("PYTEST_XDIST_WORKER"):  # not in the process that starts them: they would inherit it
    os.environ["DEMO_PORT_SHIFT"] = worker.removeprefix("gw") + "00"
os.environ["COLUMNS"] = "200"  # how wide what commands print is, wherever tests run

END_TO_END = Path(__file__).parent / "end_to_end"
REQUIRED = "GOLDEN_PATHS_REQUIRE_CLUSTER"
SPEC = "GOLDEN_PATHS_OPENLINEAGE_SPEC"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests run two at a time: those of a cluster after each other (policies are the whole cluster's), those that start
    all servers of this machine too, and others by file.
    """
    for item in items:
        group = "machine" if item.path.is_relative_to(END_TO_END) else str(item.path)
        item.add_marker(pytest.mark.xdist_group("cluster" if item.get_closest_marker("kubernetes") else group))


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
