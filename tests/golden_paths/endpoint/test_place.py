"""Which ports an endpoint may have, and how workers reach it."""

from __future__ import annotations

from pathlib import Path

import pytest

from golden_paths.endpoint import state as states
from golden_paths.endpoint.place import HOST, PORTS, Place
from golden_paths.endpoint.state import EndpointState

KEPT = Place("endpoints", range(18080, 18083))


def held(folder: Path, name: str, port: int) -> Path:
    (folder / name).mkdir()
    states.write(folder / name, EndpointState(name=name, port=port))
    return folder / name


def test_without_settings_it_is_loopback_and_any_port(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in (HOST, PORTS):
        monkeypatch.delenv(name, raising=False)
    place = Place.from_environment()
    assert (place.listen, place.url(1234), place.environment()) == ("127.0.0.1", "http://127.0.0.1:1234", {})
    assert (place.candidates(tmp_path / "a", 0), place.candidates(tmp_path / "a", 9000)) == ([0], [9000])


def test_settings_name_a_container_and_the_ports_that_it_publishes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HOST, "endpoints")
    monkeypatch.setenv(PORTS, "18080-18082")
    place = Place.from_environment()
    assert place == KEPT
    assert (place.listen, place.url(1234)) == ("0.0.0.0", "http://endpoints:1234")
    assert place.environment() == {HOST: "endpoints", PORTS: "18080-18082"}


def test_a_new_endpoint_gets_a_port_that_no_other_holds_though_that_is_down(tmp_path: Path) -> None:
    held(tmp_path, "a", 18080)
    assert KEPT.candidates(tmp_path / "b", 0) == [18081, 18082]
    assert KEPT.candidates(held(tmp_path, "c", 18082), 18082) == [18082]


def test_no_port_is_left_or_one_is_not_published(tmp_path: Path) -> None:
    for number, port in enumerate(KEPT.ports):
        held(tmp_path, f"e{number}", port)
    with pytest.raises(SystemExit) as full:
        KEPT.candidates(tmp_path / "new", 0)
    with pytest.raises(SystemExit) as other:
        KEPT.candidates(tmp_path / "new", 9000)
    assert [str(full.value), str(other.value)] == [
        "each of the ports 18080-18082 (GOLDEN_PATHS_ENDPOINTS_PORTS) has an endpoint; remove one",
        "port 9000 is not published; GOLDEN_PATHS_ENDPOINTS_PORTS are 18080-18082",
    ]


def test_ports_that_are_no_range_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PORTS, "18080")
    with pytest.raises(ValueError, match="GOLDEN_PATHS_ENDPOINTS_PORTS is '18080': write a range, as in 18080-18089"):
        Place.from_environment()
