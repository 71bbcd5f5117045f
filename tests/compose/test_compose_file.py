"""docker-compose.yaml and .env.example, read as data: what a team may rely on without an engine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from examples import ROOT
from golden_paths import __version__, feast_config, online_stores

TEXT = (ROOT / "docker-compose.yaml").read_text()
COMPOSE = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ONE_SHOT = {"airflow-init", "cluster"}
EXAMPLE = dict(re.findall(r"^([A-Z0-9_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))
USED = re.compile(r"(?<!\$)\$\{([A-Z0-9_]+)([^}]*)\}")
SECRET = re.compile(r"PASSWORD|SECRET|TOKEN|FERNET_KEY")
SIZES = {"m": 1, "g": 1024}
REPOSITORIES = ("diabetes", "wine")


def mebibytes(written: str) -> int:
    number, unit = re.fullmatch(r"(?:\$\{\w+:-)?(\d+)([mg])\}?", written).groups()  # type: ignore[union-attr]
    return int(number) * SIZES[unit]


def environments() -> Iterator[tuple[str, str, str]]:
    for service, one in SERVICES.items():
        for name, value in one.get("environment", {}).items():
            yield service, name, str(value)


def test_every_image_has_a_tag_of_a_version() -> None:
    images = {USED.sub(lambda found: found[2].removeprefix(":-"), one["image"]) for one in SERVICES.values()}
    assert [image for image in images if not re.search(r":v?\d+\.\d+", image)] == []
    assert f"golden-paths-airflow:{__version__}" in images


def test_every_service_has_a_healthcheck_or_ends_by_itself() -> None:
    without = {name for name, one in SERVICES.items() if "test" not in one.get("healthcheck", {})}
    assert without == ONE_SHOT
    assert {SERVICES[name]["restart"] for name in ONE_SHOT} == {"no"}
    assert {SERVICES[name]["restart"] for name in SERVICES.keys() - ONE_SHOT} == {"unless-stopped"}


def test_k3s_alone_is_privileged_and_the_first_process_of_its_container() -> None:
    assert {name for name, one in SERVICES.items() if one.get("privileged")} == {"k3s"}
    assert {name for name, one in SERVICES.items() if not one["init"]} == {"k3s"}
    ours = {name: one for name, one in SERVICES.items() if "AIRFLOW_IMAGE" in one["image"]}
    assert len(ours) == 8
    assert {tuple(one["cap_drop"]) + tuple(one["security_opt"]) for one in ours.values()} == {("ALL", "no-new-privileges:true")}


def test_only_loopback_is_published() -> None:
    ports = [port for one in SERVICES.values() for port in one.get("ports", ())]
    assert len(ports) == 6
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_memory_is_bounded_and_is_about_six_gigabytes_in_all() -> None:
    limits = {name: mebibytes(one["mem_limit"]) for name, one in SERVICES.items()}
    running = sum(limit for name, limit in limits.items() if name not in ONE_SHOT)
    assert 5_000 < running * 1.048576 < 6_300


def test_services_wait_for_what_they_need_to_be_healthy_or_done() -> None:
    needs = {name: one.get("depends_on", {}) for name, one in SERVICES.items()}
    for name, wanted in needs.items():
        for other, how in wanted.items():
            done = "service_completed_successfully" if other in ONE_SHOT else "service_healthy"
            assert how == {"condition": done}, (name, other)
            assert not SERVICES[other].get("profiles") or SERVICES[name].get("profiles"), "one without a profile would start it"
    assert {name for name, wanted in needs.items() if not wanted} == {"postgres", "redis", "k3s"}


def test_what_is_kept_is_in_named_volumes_and_what_is_mounted_from_here_is_read_only() -> None:
    mounts = [mount.split(":") for one in SERVICES.values() for mount in one.get("volumes", ())]
    assert [mount for mount in mounts if mount[0].startswith(".") and mount[2:] != ["ro"]] == []
    assert {mount[0] for mount in mounts if not mount[0].startswith(".")} == set(COMPOSE["volumes"])
    assert [mount[0] for mount in mounts if mount[0].startswith(".") and not (ROOT / mount[0]).exists()] == []


def test_no_secret_is_written_down_and_each_is_asked_for() -> None:
    for service, name, value in environments():
        if SECRET.search(name) and not name.endswith("_FILE"):
            assert USED.search(value) or name == "K3S_KUBECONFIG_MODE", (service, name)
    demanded = {name for name, rest in USED.findall(TEXT) if rest.startswith(":?")}
    assert demanded == {name for name, value in EXAMPLE.items() if SECRET.search(name)}
    assert {EXAMPLE[name] for name in demanded} == {""}
    assert [found for found in re.findall(r"://\w+:([^@/\s]+)@", TEXT) if not found.startswith("${")] == []


def test_the_example_names_what_is_used_with_the_same_defaults() -> None:
    used = dict(USED.findall(TEXT))
    assert EXAMPLE.keys() - {"COMPOSE_PROFILES"} == used.keys()
    profiles = {profile for one in SERVICES.values() for profile in one.get("profiles", ())}
    assert set(EXAMPLE["COMPOSE_PROFILES"].split(",")) == profiles
    defaults = {name: rest.lstrip(":-") for name, rest in used.items() if not rest.startswith(":?")}
    assert {name: EXAMPLE[name] for name in defaults} == defaults


def test_each_service_has_the_password_of_its_own_database_alone() -> None:
    def names(service: str) -> set[str]:
        return {name for of, _, value in environments() if of == service for name in re.findall(r"\w+_DB_PASSWORD", value)}

    assert {service: names(service) for service in ("mlflow", "endpoints", "marquez")} == {
        "mlflow": {"MLFLOW_DB_PASSWORD"},
        "endpoints": {"FEAST_DB_PASSWORD"},
        "marquez": {"MARQUEZ_DB_PASSWORD"},
    }
    assert names("airflow-scheduler") == {"AIRFLOW_DB_PASSWORD", "FEAST_DB_PASSWORD"}


@pytest.mark.parametrize("name", REPOSITORIES)
def test_a_feature_store_of_the_platform_differs_from_the_examples_in_its_stores_alone(name: str) -> None:
    ours = (ROOT / "include" / "compose" / "feature_stores" / f"{name}.yaml").read_text()
    example = (ROOT / "include" / "feature_repos" / name / "feature_store.yaml").read_text()
    changed, was = feast_config.parsed(ours), feast_config.parsed(example)
    assert {key for key in changed.keys() | was.keys() if changed.get(key) != was.get(key)} == {"registry", "online_store"}
    assert (changed["registry"]["registry_type"], changed["registry"]["path"]) == ("sql", "$FEAST_REGISTRY")
    assert online_stores.fault(ours) is None


def test_every_examples_feature_store_has_one() -> None:
    repositories = {path.parent.name for path in (ROOT / "include" / "feature_repos").glob("*/feature_store.yaml")}
    overlays = {Path(found).stem for found in re.findall(r"compose/feature_stores/(\w+\.yaml):", TEXT)}
    assert (repositories, overlays) == (set(REPOSITORIES), set(REPOSITORIES))
