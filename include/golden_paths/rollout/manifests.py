"""Release -> the objects of its version, as plain JSON. Pure: `plan --manifests` prints what a rollout applies."""

from __future__ import annotations

import base64
from typing import Any

from golden_paths.cluster import restricted
from golden_paths.prediction_log.store import MLFLOW, folder_of
from golden_paths.rollout import labels
from golden_paths.rollout.release import Release

PORT = 8080
MODEL, FEATURES, STATE, GIVEN = "/model/model", "/model/features", "/model/feast", "/given"
PACKAGE = "features.tar.gz"
MAX_AGE = 5  # seconds: traffic follows a change of the Service within them
WITHDRAWN = 5  # seconds that a cluster may take to withdraw a pod from its endpoints
GRACE = 5  # seconds that a draining server keeps an idle connection
MLFLOW_SECRET, FEAST_SECRET = "golden-paths-mlflow", "golden-paths-feast"  # the platform team's, if there are any
LOG_SECRET = "golden-paths-predictions"  # the same: the key of hashes, and what the log's address asks for
Object = dict[str, Any]


def record(release: Release, package: bytes | None = None) -> Object:
    """What the version's objects follow from, and its features package: a ConfigMap."""
    made = _object("v1", "ConfigMap", release.name, release) | {"data": {"release.json": release.model_dump_json()}}
    return made | ({"binaryData": {PACKAGE: base64.b64encode(package).decode()}} if package else {})


def deployment(release: Release, *, is_warm: bool = True) -> Object:
    """The version's pods; none when it is not warm. With an autoscaler their number is not ours to say."""
    content = release.content
    withdrawn = {labels.WITHDRAWN: "true"} if release.withdrawn else {}
    pods = _labels(release) | labels.of_pods(content.version) | withdrawn
    template = {
        "metadata": {"labels": pods, "annotations": _told(release)},
        "spec": _pod(release),
    }
    spec: Object = {
        "revisionHistoryLimit": 1,
        "progressDeadlineSeconds": release.ready_seconds,
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
        "selector": {"matchLabels": selector(release)},
        "template": template,
    }
    if not is_warm or release.most_replicas is None:
        spec["replicas"] = release.replicas if is_warm else 0
    made = _object("apps/v1", "Deployment", release.name, release)
    made["metadata"]["annotations"] = _told(release)
    return made | {"spec": spec}


def selector(release: Release) -> dict[str, str]:
    """The labels that the version's pods are known by."""
    return {labels.MODEL: release.content.model, labels.VERSION: release.content.version}


def private_service(release: Release) -> Object:
    """The version's own address, for smoke tests: it never is that of users."""
    spec = {"selector": selector(release), "ports": [_port(PORT)]}
    return _object("v1", "Service", private_name(release), release) | {"spec": spec}


def private_name(release: Release) -> str:
    """Of the version's own Service. No model is called so: `values` refuses names that end like this."""
    return f"{release.name}-only"


def service(release: Release, annotations: dict[str, str]) -> Object:
    """The model's stable address, whose traffic this version takes."""
    content = release.content
    spec = {
        "selector": {labels.MODEL: content.model, labels.traffic(content.version): "true"},
        "ports": [_port(release.port)],
    }
    made = of_model("v1", "Service", release)
    made["metadata"]["annotations"] = annotations
    return made | {"spec": spec}


def account(release: Release) -> Object:
    """The model's service account, which may do nothing and gets no token."""
    return of_model("v1", "ServiceAccount", release) | {"automountServiceAccountToken": False}


def of_model(version: str, kind: str, release: Release) -> Object:
    """The head of an object that all versions of the model share."""
    content = release.content
    named = {"name": content.model, "labels": labels.of_model(content.model, owner=release.owner, path=release.path)}
    return {"apiVersion": version, "kind": kind, "metadata": named}


def of_version(version: str, kind: str, release: Release) -> Object:
    """The head of an object of the version's own."""
    return _object(version, kind, release.name, release)


def _object(version: str, kind: str, name: str, release: Release) -> Object:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "labels": _labels(release)}}


def _labels(release: Release) -> dict[str, str]:
    content = release.content
    return labels.of_version(
        content.model, content.version, content.digest, owner=release.owner, path=release.path
    )


def _told(release: Release) -> dict[str, str]:
    content = release.content
    told = {
        labels.DIGEST: content.digest,
        labels.RUN_ID: content.run_id,
        labels.TRAINING_SET: content.training_set,
        labels.URI: content.uri,
    }
    return told | ({labels.WITHDRAWN: release.withdrawn} if release.withdrawn else {})


def _port(number: int) -> Object:
    return {"name": "http", "port": number, "targetPort": "http", "protocol": "TCP"}


def _pod(release: Release) -> Object:
    content = release.content
    # What is larger than the pod's memory could not be loaded; and no pod fills its node's disk.
    volumes: list[Object] = [
        {"name": name, "emptyDir": {"sizeLimit": release.memory}} for name in ("model", "tmp")
    ]
    if content.features:
        volumes.append({"name": "given", "configMap": {"name": release.name}})
    if release.keeping and release.keeping.volume:
        volumes.append({"name": "predictions", "persistentVolumeClaim": {"claimName": release.keeping.volume}})
    made: Object = {
        "serviceAccountName": content.model,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": WITHDRAWN + 40,
        "securityContext": restricted.POD,
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "kubernetes.io/hostname",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": selector(release)},
            }
        ],
        "containers": [_serve(release)],
        "volumes": volumes,
    }
    return made if release.withdrawn else made | {"initContainers": [_fetch(release)]}  # it must work without MLflow too


def _container(release: Release, name: str, command: list[str]) -> Object:
    return {
        "name": name,
        "image": release.withdrawn_image or release.content.image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["python", "-m", *command],
        "securityContext": restricted.CONTAINER,
        "resources": {
            "requests": {"cpu": release.cpu, "memory": release.memory},
            "limits": {"memory": release.memory},
        },
        "volumeMounts": [{"name": "model", "mountPath": "/model"}, {"name": "tmp", "mountPath": "/tmp"}],
    }


def _fetch(release: Release) -> Object:
    """Fetches the model; it refuses a digest other than the approved one."""
    content = release.content
    command = ["golden_paths.serve.fetch", "--uri", content.uri, "--digest", content.digest, "--to", MODEL]
    if content.features:
        command += ["--features", f"{GIVEN}/{PACKAGE}", "--features-digest", content.features]
        command += ["--features-to", FEATURES, "--state", STATE]
    made = _container(release, "fetch", command)
    made["env"] = [{"name": "MLFLOW_TRACKING_URI", "value": release.tracking_uri}]
    made["envFrom"] = [{"secretRef": {"name": MLFLOW_SECRET, "optional": True}}]
    if content.features:
        made["volumeMounts"] = made["volumeMounts"] + [{"name": "given", "mountPath": GIVEN, "readOnly": True}]
    return made


def _serve(release: Release) -> Object:
    content = release.content
    # Kubernetes fills in $(NAME) from the container's environment, and that may hold secrets.
    what = [f"--withdrawn={release.withdrawn.replace('$', '$$')}"] if release.withdrawn else ["--model", MODEL]
    command = ["golden_paths.serve", "--host", "0.0.0.0", "--port", str(PORT), *what]
    command += ["--digest", content.digest, "--name", content.model, "--version", content.version]
    command += ["--run-id", content.run_id, "--training-set", content.training_set]
    command += ["--max-connection-age", str(MAX_AGE), "--grace", str(GRACE)]
    if content.features and content.repo and content.service:
        command += ["--feature-repo", f"{FEATURES}/{content.repo}", "--service", content.service]
    if keeping := release.keeping:
        # Doubled: $(NAME) would be that variable's value, and a column's name is the spec's to choose.
        command += ["--prediction-log", keeping.model_dump_json(exclude_defaults=True).replace("$", "$$")]
    ready = {"httpGet": {"path": "/health", "port": "http"}, "timeoutSeconds": 2}
    alive = {"httpGet": {"path": "/version", "port": "http"}, "timeoutSeconds": 5}
    made = _container(release, labels.SERVES, command)
    if keeping and keeping.volume:
        made["volumeMounts"] = made["volumeMounts"] + [{"name": "predictions", "mountPath": folder_of(keeping.address)}]
    return made | {
        "ports": [{"name": "http", "containerPort": PORT, "protocol": "TCP"}],
        "env": [{"name": "FEAST_STATE", "value": STATE}],
        "envFrom": [{"secretRef": {"name": name, "optional": True}} for name in _secrets(release)],
        "startupProbe": ready | {"periodSeconds": 1, "failureThreshold": release.ready_seconds},
        "readinessProbe": ready | {"periodSeconds": 2, "failureThreshold": 2},
        "livenessProbe": alive | {"periodSeconds": 10, "failureThreshold": 3},
        "lifecycle": {"preStop": {"sleep": {"seconds": WITHDRAWN}}},
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }


def _secrets(release: Release) -> list[str]:
    """Those whose keys the server has as variables; a later one wins, as an own sign-in to MLflow for the log."""
    if release.keeping is None:
        return [FEAST_SECRET]
    return [FEAST_SECRET, *([MLFLOW_SECRET] if release.keeping.address.startswith(MLFLOW) else []), LOG_SECRET]
