"""What every object of a version is, whatever the release: restricted, named validly, and told apart."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest

from golden_paths.prediction_log.keeping import Keeping
from golden_paths.rollout import labels, manifests, objects
from golden_paths.rollout.release import Release
from releases import DIGEST, FEATURES, release

RELEASES = {
    "plain": release(),
    "features": release(**FEATURES),
    "replicas": release(replicas=3, port=8080),
    "autoscaled": release(most_replicas=4, autoscale_cpu=70),
    "the longest names": release(model="m" * 50, version="999999", owner="x" * 100, **FEATURES),
    "a log": release(keeping=Keeping(address="mlflow+http://mlflow.shop:5000", hashed=("sex",)), **FEATURES),
    "an odd owner": release(owner="Ärzte & <Söhne>, \U0001f600"),
    "an owner of signs": release(owner="!!!"),
}
LABEL = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?")
DNS_LABEL = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")


def made(found: Release) -> list[dict[str, Any]]:
    return list(objects.of_rollout(found, b"package" if found.content.features else None))


def pod(found: Release) -> Any:
    return manifests.deployment(found)["spec"]["template"]


@pytest.mark.parametrize("case", RELEASES)
def test_every_name_and_label_is_one_that_kubernetes_takes(case: str) -> None:
    found = made(RELEASES[case])
    metadata = [one["metadata"] for one in found] + [pod(RELEASES[case])["metadata"] | {"name": "x"}]
    assert [one["name"] for one in metadata if len(one["name"]) > 63 or not DNS_LABEL.fullmatch(one["name"])] == []
    pairs = [pair for one in metadata for pair in one["labels"].items()]
    assert [value for _, value in pairs if len(value) > 63 or not LABEL.fullmatch(value)] == []
    assert [name for name, _ in pairs if len(name.rpartition("/")[2]) > 63] == []
    assert [one for one in metadata if not all(isinstance(told, str) for told in one.get("annotations", {}).values())] == []


@pytest.mark.parametrize("case", RELEASES)
def test_every_container_may_do_nothing_but_compute(case: str) -> None:
    spec = pod(RELEASES[case])["spec"]
    assert spec["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 10001,
        "runAsGroup": 10001,
        "fsGroup": 10001,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    for one in [*spec["initContainers"], *spec["containers"]]:
        assert one["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert one["resources"] == {"requests": {"cpu": "100m", "memory": "512Mi"}, "limits": {"memory": "512Mi"}}
        assert one["imagePullPolicy"] == "IfNotPresent"
    assert not {"hostNetwork", "hostPID", "hostIPC", "nodeName", "priorityClassName"} & spec.keys()
    assert {kind for volume in spec["volumes"] for kind in volume} == (
        {"name", "emptyDir", "configMap"} if RELEASES[case].content.features else {"name", "emptyDir"}
    )
    assert [volume["emptyDir"] for volume in spec["volumes"] if "emptyDir" in volume] == [{"sizeLimit": "512Mi"}] * 2


def test_a_pod_has_no_token_and_an_account_of_its_model() -> None:
    spec = pod(release())["spec"]
    assert (spec["automountServiceAccountToken"], spec["enableServiceLinks"]) == (False, False)
    account = manifests.account(release())
    assert spec["serviceAccountName"] == account["metadata"]["name"] == "churn"
    assert account["automountServiceAccountToken"] is False


def test_objects_are_applied_in_an_order_in_which_none_waits_for_another() -> None:
    found = made(release(replicas=2, most_replicas=4, autoscale_cpu=70, **FEATURES))
    assert [f"{one['kind']} {one['metadata']['name']}" for one in found] == [
        "Lease churn",
        "ServiceAccount churn",
        "NetworkPolicy churn",
        "ConfigMap churn-v7",
        "Service churn-v7-only",
        "PodDisruptionBudget churn-v7",
        "HorizontalPodAutoscaler churn-v7",
        "Deployment churn-v7",
        "Service churn",
    ]


def test_every_object_says_whose_it_is_and_those_of_a_version_what_they_hold() -> None:
    lease, *found = made(release())
    assert lease["metadata"]["labels"] == {"app.kubernetes.io/managed-by": "golden-paths", "golden-paths.dev/model": "churn"}
    whose = {
        "app.kubernetes.io/managed-by": "golden-paths",
        "app.kubernetes.io/name": "churn",
        "golden-paths.dev/model": "churn",
        "golden-paths.dev/owner": "growth",
        "golden-paths.dev/path": "online-model-1",
    }
    what = {
        "app.kubernetes.io/version": "7",
        "golden-paths.dev/version": "7",
        "golden-paths.dev/digest": DIGEST[:16],
    }
    for one in found:
        is_of_version = one["metadata"]["name"] != "churn"
        assert one["metadata"]["labels"] == (whose | what if is_of_version else whose), one["kind"]
    told = {
        "golden-paths.dev/digest": DIGEST,
        "golden-paths.dev/mlflow-run-id": "r1",
        "golden-paths.dev/training-set": "f" * 64,
        "golden-paths.dev/model-uri": "models:/m-1",
    }
    assert pod(release())["metadata"]["annotations"] == told
    assert manifests.deployment(release())["metadata"]["annotations"] == told


def test_pods_take_the_traffic_of_their_version_by_their_template_alone() -> None:
    selector = manifests.service(release(), {})["spec"]["selector"]
    assert selector == {"golden-paths.dev/model": "churn", "traffic.golden-paths.dev/v7": "true"}
    assert selector.items() <= pod(release())["metadata"]["labels"].items()
    assert not selector.items() <= pod(release(version="8"))["metadata"]["labels"].items()
    private = manifests.private_service(release())["spec"]["selector"]
    assert private == manifests.deployment(release())["spec"]["selector"]["matchLabels"]
    assert private == {"golden-paths.dev/model": "churn", "golden-paths.dev/version": "7"}


@pytest.mark.parametrize(
    ("found", "is_warm", "replicas"),
    [
        (release(replicas=3), True, 3),
        (release(replicas=3), False, 0),
        (release(most_replicas=4, autoscale_cpu=70), True, None),
        (release(most_replicas=4, autoscale_cpu=70), False, 0),
    ],
)
def test_how_many_pods_there_are_is_the_autoscalers_when_there_is_one(
    found: Release, is_warm: bool, replicas: int | None
) -> None:
    assert manifests.deployment(found, is_warm=is_warm)["spec"].get("replicas") == replicas


def test_the_init_container_is_given_what_it_must_find() -> None:
    (fetch,) = pod(release(**FEATURES))["spec"]["initContainers"]
    assert fetch["command"] == [
        *("python", "-m", "golden_paths.serve.fetch", "--uri", "models:/m-1", "--digest", DIGEST, "--to", "/model/model"),
        *("--features", "/given/features.tar.gz", "--features-digest", "e" * 64),
        *("--features-to", "/model/features", "--state", "/model/feast"),
    ]
    assert fetch["env"] == [{"name": "MLFLOW_TRACKING_URI", "value": "http://mlflow.shop:5000"}]
    assert [one["mountPath"] for one in fetch["volumeMounts"]] == ["/model", "/tmp", "/given"]


def test_secrets_go_where_they_are_used_and_are_there_or_not() -> None:
    spec = pod(release(**FEATURES))["spec"]
    assert [one["envFrom"] for one in [*spec["initContainers"], *spec["containers"]]] == [
        [{"secretRef": {"name": "golden-paths-mlflow", "optional": True}}],
        [{"secretRef": {"name": "golden-paths-feast", "optional": True}}],
    ]


def serving(found: Release) -> Any:
    (container,) = pod(found)["spec"]["containers"]
    return container


def logged(found: Release) -> Keeping:
    """As the server reads it, after Kubernetes has read it."""
    command = serving(found)["command"]
    return Keeping.model_validate_json(command[command.index("--prediction-log") + 1].replace("$$", "$"))


LOGS = {
    "mlflow": (
        Keeping(address="mlflow+http://mlflow.shop:5000", hashed=("sex",), left_out=("race",)),
        ["golden-paths-feast", "golden-paths-mlflow", "golden-paths-predictions"],
    ),
    "a bucket": (Keeping(address="s3://bucket/log", reach="443"), ["golden-paths-feast", "golden-paths-predictions"]),
    "a volume": (Keeping(address="/predictions", volume="claim"), ["golden-paths-feast", "golden-paths-predictions"]),
}


@pytest.mark.parametrize("case", LOGS)
def test_a_server_is_told_how_to_keep_its_log_and_given_what_it_takes(case: str) -> None:
    keeping, secrets = LOGS[case]
    found = release(keeping=keeping)
    assert logged(found) == keeping
    assert [one["secretRef"] for one in serving(found)["envFrom"]] == [{"name": name, "optional": True} for name in secrets]


def test_a_version_without_a_log_is_told_nothing_of_one() -> None:
    assert "--prediction-log" not in serving(release())["command"]


def test_a_claim_is_mounted_where_the_log_is_written() -> None:
    found = release(keeping=Keeping(address="/predictions", volume="claim"))
    claim = {"name": "predictions", "persistentVolumeClaim": {"claimName": "claim"}}
    assert claim in pod(found)["spec"]["volumes"]
    assert {"name": "predictions", "mountPath": "/predictions"} in serving(found)["volumeMounts"]
    assert "predictions" not in [one["name"] for one in pod(found)["spec"]["initContainers"][0]["volumeMounts"]]


def test_a_columns_name_is_never_a_variable_of_the_pod() -> None:
    found = release(keeping=Keeping(address="/predictions", volume="claim", hashed=("$(GOLDEN_PATHS_HASH_KEY)", "$$")))
    text = serving(found)["command"][-1]
    assert re.findall(r"(?<!\$)(?:\$\$)*\$\(", text) == []
    assert logged(found).hashed == ("$(GOLDEN_PATHS_HASH_KEY)", "$$")


def test_a_version_of_before_there_was_a_log_is_read_and_has_none() -> None:
    record = json.loads(manifests.record(release(**FEATURES))["data"]["release.json"])
    del record["keeping"]
    assert Release.model_validate_json(json.dumps(record)) == release(**FEATURES)


def test_a_pod_that_goes_has_time_to_be_withdrawn_to_answer_and_to_end() -> None:
    spec = pod(release())["spec"]
    (serve,) = spec["containers"]
    sleep = serve["lifecycle"]["preStop"]["sleep"]["seconds"]
    grace = float(serve["command"][serve["command"].index("--grace") + 1])
    assert spec["terminationGracePeriodSeconds"] >= sleep + grace + 30  # a request may take 30 s
    assert float(serve["command"][serve["command"].index("--max-connection-age") + 1]) <= sleep


def test_the_record_is_the_release_whole_and_its_package() -> None:
    found = release(**FEATURES)
    record = manifests.record(found, b"package")
    assert Release.model_validate_json(record["data"]["release.json"]) == found
    assert base64.b64decode(record["binaryData"]["features.tar.gz"]) == b"package"
    assert "binaryData" not in manifests.record(release())


def test_the_same_release_gives_the_same_objects() -> None:
    assert json.dumps(made(RELEASES["features"])) == json.dumps(made(RELEASES["features"].model_copy()))


def test_no_objects_of_two_models_share_a_name_unless_one_is_called_like_a_private_address() -> None:
    """Those names are refused in specs: see test_bad_deploys.py."""

    def names(model: str) -> set[str]:
        return {f"{one['kind']} {one['metadata']['name']}" for one in made(release(model=model, version="1", replicas=2))}

    assert names("churn") & names("churn-v1") == set()
    assert names("churn") & names("churn-v1-only") == {"Service churn-v1-only"}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("growth", "growth"),
        ("clinical analytics", "clinical-analytics"),
        ("online-model@1", "online-model-1"),
        ("team@example.org", "team-example.org"),
        ("(a)", "a"),
        ("_a._", "a"),
        ("Müller\n", "M-ller"),
        ("\u5f20\u4e09", ""),
        ("x" * 70, "x" * 63),
        ("x" * 62 + "-" + "y" * 9, "x" * 62),
    ],
)
def test_any_text_becomes_a_labels_value(text: str, value: str) -> None:
    assert labels.value(text) == value


REASON = "it cost $(REDIS_PASSWORD) and $5; é"


def test_a_withdrawn_version_s_pods_say_so_and_fetch_nothing() -> None:
    before, gone = pod(release(**FEATURES)), pod(release(withdrawn=REASON, **FEATURES))
    (container,) = gone["spec"]["containers"]
    assert "initContainers" not in gone["spec"]
    assert "--model" not in container["command"]
    assert container["command"][:2] == ["python", "-m"]
    # Kubernetes would fill in what the container's environment holds.
    assert "--withdrawn=it cost $$(REDIS_PASSWORD) and $$5; é" in container["command"]
    assert gone["metadata"]["labels"] == before["metadata"]["labels"] | {labels.WITHDRAWN: "true"}
    assert gone["metadata"]["annotations"][labels.WITHDRAWN] == REASON
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container[probe] == before["spec"]["containers"][0][probe]


def test_an_image_that_is_older_than_withdrawals_does_not_have_to_say_so() -> None:
    (container,) = pod(release(withdrawn=REASON, withdrawn_image="golden-paths-serve:2"))["spec"]["containers"]
    assert container["image"] == "golden-paths-serve:2"


def test_its_address_and_its_selector_are_as_they_were() -> None:
    before, gone = release(), release(withdrawn=REASON)
    assert manifests.service(gone, {}) == manifests.service(before, {})
    assert manifests.deployment(gone)["spec"]["selector"] == manifests.deployment(before)["spec"]["selector"]
    assert manifests.deployment(gone)["spec"]["strategy"] == manifests.deployment(before)["spec"]["strategy"]


def test_a_record_that_was_kept_before_there_were_withdrawals_is_read() -> None:
    kept = json.loads(release().model_dump_json())
    del kept["withdrawn"], kept["withdrawn_image"]
    assert Release.model_validate(kept) == release()
