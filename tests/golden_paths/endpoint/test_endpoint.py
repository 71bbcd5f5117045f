"""Endpoints on this machine, with real supervisors and real model servers: nothing is lost, and kills converge."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import httpx
import pytest

from golden_paths.clients.local_target import LocalTarget
from golden_paths.endpoint import state as states
from golden_paths.errors import DigestMismatch
from local_endpoints import NAME, eventually, load, serve, start, version_at
from serving import Saved

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]


def test_versions_change_under_load_and_no_request_is_lost(target: LocalTarget, saved: Saved) -> None:
    url = serve(target, saved, "1").url
    with load(url) as (answered, failures):
        second = serve(target, saved, "2")
        third = target.shift(start(target, saved, "3"))
        target.restore(third)
        assert eventually(lambda: version_at(url) == "2")
    assert (second.previous, second.url, failures) == ("1", url, [])
    assert len(answered) > 10


def test_starting_a_version_twice_starts_one_process_and_it_is_listed_as_running(
    target: LocalTarget, saved: Saved
) -> None:
    assert start(target, saved, "1") == start(target, saved, "1")
    assert (target.running(), target.serving(NAME)) == ((NAME,), None)


def test_a_wrong_digest_is_refused_and_what_serves_goes_on(target: LocalTarget, saved: Saved) -> None:
    url = serve(target, saved, "1").url
    with pytest.raises(DigestMismatch):
        start(target, saved, "2", digest="0" * 64)
    assert version_at(url) == "1"
    assert (found := target.serving(NAME)) and (found.version, found.url) == ("1", url)


def test_a_killed_server_comes_back_on_the_same_port(target: LocalTarget, saved: Saved) -> None:
    url = serve(target, saved, "1").url
    os.kill(httpx.get(f"{url}/health").json()["pid"], signal.SIGKILL)
    assert eventually(lambda: version_at(url) == "1")


def test_a_killed_supervisor_takes_its_servers_with_it_and_the_next_start_brings_back_what_served(
    target: LocalTarget, saved: Saved, tmp_path: Path
) -> None:
    url = serve(target, saved, "1").url
    state = states.read(tmp_path / "state" / "endpoints" / NAME)
    assert state
    os.kill(state.pid, signal.SIGKILL)
    assert eventually(lambda: version_at(url) is None)
    start(target, saved, "2")
    assert eventually(lambda: version_at(url) == "1")
