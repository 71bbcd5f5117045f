"""What is wrong with real pods: started all at once in a restricted namespace, each is told from its own JSON and events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cluster import Namespace, container, namespace
from golden_paths.cluster.api import ClusterApi
from golden_paths.cluster.settings import ClusterSettings
from golden_paths.cluster.trouble import Trouble, trouble_of
from rollouts import until

pytestmark = [pytest.mark.kubernetes, pytest.mark.timeout(300)]
SMALL = {"requests": {"cpu": "10m", "memory": "64Mi"}, "limits": {"memory": "64Mi"}}


def shell(command: str) -> list[str]:
    return ["sh", "-c", command]


def step(name: str, command: str, **more: Any) -> dict[str, Any]:
    return container(name, "train", shell(command)) | {"resources": SMALL} | more


# name -> (containers, more of the pod's spec, reason, words, retry, final)
Case = tuple[list[dict[str, Any]], dict[str, Any], str, list[str], bool, bool]
CASES: dict[str, Case] = {
    "memory": (
        [step("step", 'exec python -c "x = bytearray(400 * 2**20)"')], {},
        "OOMKilled", ["container step", "memory limit of 64Mi"], False, True,
    ),
    "image": (
        [step("step", "true", image="golden-paths-nowhere:1")], {},
        "ErrImagePull", ["image golden-paths-nowhere:1 of container step"], True, True,
    ),
    "never": (
        [step("step", "true", image="golden-paths-nowhere:1", imagePullPolicy="Never")], {},
        "ErrImageNeverPull", ["golden-paths-nowhere:1"], False, True,
    ),
    "room": (
        [step("step", "true", resources={"requests": {"memory": "900Gi"}, "limits": {"memory": "900Gi"}})], {},
        "Unschedulable", ["finds no node", "Insufficient memory"], True, False,
    ),
    "deadline": ([step("step", "exec sleep 60")], {"activeDeadlineSeconds": 2}, "DeadlineExceeded", ["of 2 s"], False, True),
    "secret": (
        [step("step", "true", envFrom=[{"secretRef": {"name": "nowhere"}}])], {},
        "CreateContainerConfigError", ['secret "nowhere" not found'], False, True,
    ),
    "digest": (
        [step("fetch", "echo digest a, registered is b >/dev/termination-log; exit 3"), step("step", "true")], {},
        "DigestMismatch", ["init container fetch", "registered is b"], False, True,
    ),
    "crash": (
        [step("step", "echo no such model >/dev/termination-log; exit 1")], {},
        "Error", ["container step ended with exit code 1: no such model"], False, True,
    ),
    "disk": (
        [step("step", "head -c 9000000 /dev/zero >/tmp/x; exec sleep 120")],
        {"volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "1Mi"}}, {"name": "given", "emptyDir": {}}]},
        "Evicted", ['"tmp" exceeds the limit "1Mi"'], False, True,
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def place() -> Iterator[Namespace]:
    with namespace() as made:
        yield made


def test_what_is_wrong_with_a_pod_is_told_from_its_json_and_events(place: Namespace) -> None:
    api = ClusterApi(ClusterSettings(namespace=place.name), print)
    for name, (containers, more, *_) in CASES.items():
        place.run(name, *containers, more=more)

    def troubles() -> dict[str, Trouble | None]:
        pods = {pod["metadata"]["name"]: pod for pod in api.list("Pod")}
        return {name: trouble_of(pods[name], api.list("Event", fields=f"involvedObject.name={name}")) for name in CASES}

    def are_told() -> bool:
        found = troubles()
        return all((told := found[name]) and (told.reason, told.final) == (case[2], case[5]) for name, case in CASES.items())

    try:
        until(are_told, "every trouble is told", 150)
    except AssertionError as late:
        raise AssertionError("\n".join(f"{name}: {found}" for name, found in troubles().items())) from late
    found = troubles()
    for name, (_, _, _, words, retry, _) in CASES.items():
        told = found[name]
        assert told and [word for word in words if word not in told.text] == [], told
        assert told.retry == retry, told
