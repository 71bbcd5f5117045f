"""A pod's JSON as a cluster gives it (v1.34, shortened) -> what is wrong, what helps, and whether to wait or to try again."""

from __future__ import annotations

from typing import Any

import pytest

from golden_paths.cluster.trouble import Trouble, trouble_of

IMAGE = "golden-paths-train:0.1.0-5c13c1bb0c41"
NOT_THERE = (
    'failed to pull and unpack image "docker.io/library/nowhere:1": failed to resolve reference '
    '"docker.io/library/nowhere:1": docker.io/library/nowhere:1: not found'
)
NO_REGISTRY = 'failed to do request: Head "https://registry/v2/nowhere/manifests/1": dial tcp: lookup registry: no such host'
NO_ROOM = "0/1 nodes are available: 1 Insufficient memory. preemption: 0/1 nodes are available"
PRESSURE = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 90Mi. "
OWN_DISK = 'Usage of EmptyDir volume "tmp" exceeds the limit "10Mi". '


def pod(state: dict[str, Any] | None = None, *, phase: str = "Pending", init: bool = False, **more: Any) -> dict[str, Any]:
    """A pod with one container `step` in this state; `more` goes into the status, `last` into the container's."""
    status = {"name": "step", "ready": False, "restartCount": more.pop("restarts", 0), "state": state or {}}
    status |= {"lastState": more.pop("last", {}), "ready": more.pop("ready", False)}
    spec = {"name": "step", "image": IMAGE, "resources": {"limits": {"memory": "64Mi"}}}
    kind = "init" if init else ""
    return {
        "metadata": {"name": "train-x"} | more.pop("metadata", {}),
        "spec": {
            "restartPolicy": more.pop("policy", "Never"),
            "activeDeadlineSeconds": 60,
            "initContainers" if kind else "containers": [spec],
        },
        "status": {"phase": phase, "initContainerStatuses" if kind else "containerStatuses": [status]} | more,
    }


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"waiting": {"reason": reason, "message": message}}


def ended(code: int, reason: str = "Error", message: str = "") -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "reason": reason, "message": message}}


NO_NODE = [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": NO_ROOM}]
DRAINED = [{"type": "DisruptionTarget", "status": "True", "reason": "EvictionByEvictionAPI", "message": "Eviction API: evicting"}]
EVENTS = [
    {"reason": "Failed", "message": f"Failed to pull image: {NOT_THERE}", "lastTimestamp": "2026-11-25T06:53:53Z"},
    {"reason": "Failed", "message": "Error: ImagePullBackOff", "lastTimestamp": "2026-11-25T06:53:54Z"},
]
MOUNT = [{"reason": "FailedMount", "message": 'MountVolume.SetUp failed for volume "code": configmap "c" not found'}]
WELL: dict[str, tuple[dict[str, Any], list[dict[str, str]]]] = {
    "a pod that nobody has looked at": ({"metadata": {"name": "new"}}, []),
    "a container that is made": (pod(waiting("ContainerCreating")), []),
    "a pod that runs": (pod({"running": {}}, phase="Running", ready=True), []),
    "a pod that ended well": (pod(ended(0, "Completed"), phase="Succeeded"), []),
    "a container that crashed once and is ready": (
        pod({"running": {}}, phase="Running", ready=True, last=ended(1), policy="Always"),
        [],
    ),
    "a pod that a scheduler has not seen": (pod(conditions=[{"type": "PodScheduled", "status": "True"}]), []),
}
# name -> (pod, events, reason, words of the text, retry, final)
BAD: dict[str, tuple[dict[str, Any], list[dict[str, str]], str, list[str], bool, bool]] = {
    "too much memory": (
        pod(ended(137, "OOMKilled"), phase="Failed"), [],
        "OOMKilled", ["pod train-x: container step", "its memory limit of 64Mi", "exit code 137"], False, True,
    ),
    "too much memory, started again": (
        pod({"running": {}}, phase="Running", last=ended(137, "OOMKilled"), policy="Always", restarts=1), [],
        "OOMKilled", ["its memory limit of 64Mi"], False, True,
    ),
    "a node that is low on memory": (
        pod(phase="Failed", reason="Evicted", message=PRESSURE), [],
        "Evicted", ["pod train-x was evicted: The node was low on resource: memory"], True, True,
    ),
    "more on disk than it may": (
        pod(phase="Failed", reason="Evicted", message=OWN_DISK), [],
        "Evicted", ['volume "tmp" exceeds the limit "10Mi"'], False, True,
    ),
    "a node that is drained": (
        pod(ended(143), phase="Failed", conditions=DRAINED), [],
        "Evicted", ["was taken off its node: Eviction API: evicting"], True, True,
    ),
    "an image that the registry does not have": (
        pod(waiting("ErrImagePull", NOT_THERE)), [],
        "ErrImagePull", [f"image {IMAGE} of container step could not be pulled", "not found"], False, True,
    ),
    "an image, while the kubelet backs off": (
        pod(waiting("ImagePullBackOff", f'Back-off pulling image "nowhere:1": ErrImagePull: {NOT_THERE}')), [],
        "ErrImagePull", ["not found"], False, True,
    ),
    "an image, by an older kubelet": (
        pod(waiting("ImagePullBackOff", 'Back-off pulling image "nowhere:1"')), EVENTS,
        "ErrImagePull", ["Failed to pull image", "not found"], False, True,
    ),
    "a registry that does not answer": (
        pod(waiting("ErrImagePull", NO_REGISTRY)), [], "ErrImagePull", ["no such host"], True, False,
    ),
    "a registry that has not answered for a while": (
        pod(waiting("ImagePullBackOff", f"Back-off: ErrImagePull: failed: {NO_REGISTRY}")), [],
        "ErrImagePull", ["no such host"], True, True,
    ),
    "an image that may not be pulled": (
        pod(waiting("ErrImageNeverPull", "Container image is not present with pull policy of Never")), [],
        "ErrImageNeverPull", ["pull policy of Never"], False, True,
    ),
    "a name that is no image": (
        pod(waiting("InvalidImageName", "couldn't parse image name: invalid reference format")), [],
        "InvalidImageName", ["invalid reference format"], False, True,
    ),
    "a Secret that is not there": (
        pod(waiting("CreateContainerConfigError", 'secret "nope" not found')), [],
        "CreateContainerConfigError", ['secret "nope" not found'], False, True,
    ),
    "a Secret that comes late": (
        pod(waiting("CreateContainerConfigError", "failed to sync secret cache: timed out")), [],
        "CreateContainerConfigError", ["failed to sync secret cache"], True, False,
    ),
    "no node with room": (
        pod(conditions=NO_NODE), [], "Unschedulable", ["pod train-x finds no node", "Insufficient memory"], True, False,
    ),
    "its deadline": (
        pod(ended(137), phase="Failed", reason="DeadlineExceeded", message="Pod was active longer"), [],
        "DeadlineExceeded", ["did not end within its active deadline of 60 s"], False, True,
    ),
    "a failure with a message": (
        pod(ended(1, message="no such model\n"), phase="Failed"), [],
        "Error", ["container step ended with exit code 1: no such model"], False, True,
    ),
    "a signal": (pod(ended(139), phase="Failed"), [], "Error", ["exit code 139 (SIGSEGV)"], True, True),
    "an init container that refuses a digest": (
        pod(waiting("CrashLoopBackOff"), init=True, last=ended(3, message="digest a, registered is b"), policy="Always"), [],
        "DigestMismatch", ["init container step refused", "exit code 3", "registered is b"], False, True,
    ),
    "an init container that fails": (
        pod(ended(1, message="MLflow did not answer"), init=True, policy="Always"), [],
        "Error", ["init container step ended with exit code 1: MLflow did not answer"], False, True,
    ),
    "a server that crashes": (
        pod(waiting("CrashLoopBackOff"), phase="Running", last=ended(1), policy="Always", restarts=4), [],
        "CrashLoopBackOff", ["ended with exit code 1, 4 times started again"], False, True,
    ),
    "a server that crashed once": (
        pod({"running": {}}, phase="Running", last=ended(1), policy="Always", restarts=1), [],
        "Error", ["ended with exit code 1"], False, False,
    ),
    "somebody who deletes it": (
        pod({"running": {}}, phase="Running", metadata={"deletionTimestamp": "2026-11-25T06:53:53Z"}), [],
        "Deleted", ["pod train-x is being deleted"], True, True,
    ),
    "a node that is gone": (
        pod(phase="Failed", reason="NodeLost", message="Node is gone"), [], "NodeLost", ["Node is gone"], True, True,
    ),
    "a volume that is not there": (
        pod(waiting("ContainerCreating")), MOUNT, "FailedMount", ['configmap "c" not found'], True, False,
    ),
}  # fmt: skip


@pytest.mark.parametrize(("found", "events"), WELL.values(), ids=WELL)
def test_a_pod_that_is_well_has_no_trouble(found: dict[str, Any], events: list[dict[str, str]]) -> None:
    assert trouble_of(found, events) is None


@pytest.mark.parametrize(("found", "events", "reason", "words", "retry", "final"), BAD.values(), ids=BAD)
def test_a_trouble_is_named_with_its_limit_or_the_clusters_words(
    found: dict[str, Any], events: list[dict[str, str]], reason: str, words: list[str], retry: bool, final: bool
) -> None:
    trouble = trouble_of(found, events)
    assert isinstance(trouble, Trouble)
    assert (trouble.reason, trouble.retry, trouble.final) == (reason, retry, final)
    assert [word for word in words if word not in trouble.text] == []
    assert trouble.remedy and "\n" not in trouble.text and not trouble.text.endswith(".")


def test_what_a_container_says_is_cut_to_a_sentence() -> None:
    trouble = trouble_of(pod(ended(1, message="x" * 4096), phase="Failed"))
    assert trouble and len(trouble.text) < 600
