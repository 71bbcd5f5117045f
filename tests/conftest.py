"""Where a cluster is promised, a test that skips for the want of one fails."""

from __future__ import annotations

import os
from collections.abc import Generator

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from two_at_a_time import ByServers

if worker := os.environ.get("PYTEST_XDIST_WORKER"):  # not in the process that starts them: they would inherit it
    os.environ["DEMO_PORT_SHIFT"] = worker.removeprefix("gw") + "00"
os.environ["COLUMNS"] = "200"  # how wide what commands print is, wherever tests run

REQUIRED = "GOLDEN_PATHS_REQUIRE_CLUSTER"
SPEC = "GOLDEN_PATHS_OPENLINEAGE_SPEC"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    return ByServers(config, log)


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
