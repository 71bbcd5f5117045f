"""What a rollout creates, and with which rights, on a real cluster: in a namespace that is restricted, by a deployer that is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from kubernetes import client, utils

from cluster import Namespace, namespace
from examples import ROOT
from golden_paths.cluster.api import KINDS, ClusterApi
from golden_paths.cluster.settings import from_kubeconfig
from golden_paths.errors import GateFailed
from golden_paths.rollout import labels, objects
from golden_paths.rollout.rollback import roll_back
from golden_paths.rollout.state import State
from golden_paths.rollout.versions import Versions
from rollouts import Place, mlflow_server

pytestmark = [pytest.mark.kubernetes, pytest.mark.real]
DEPLOYER = ROOT / "include" / "kubernetes" / "deployer.yaml"
ENFORCED = "pod-security.kubernetes.io/"
OWN = ["get", "create", "patch", "delete"]
MAY = {
    "apps/deployments": OWN,
    "networking.k8s.io/networkpolicies": OWN,
    "policy/poddisruptionbudgets": OWN,
    "autoscaling/horizontalpodautoscalers": OWN,
    "/serviceaccounts": OWN,
    "/configmaps": [*OWN, "list"],
    "/services": [*OWN, "list"],
    "/pods": [*OWN, "list"],
    "/pods/log": ["get"],
    "/pods/proxy": ["get", "create"],
    "/events": ["list"],
    "discovery.k8s.io/endpointslices": ["list"],
    "coordination.k8s.io/leases": ["get", "create", "update", "delete"],
}
VERBS = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"]
NEVER = [
    *(f"/secrets {verb}" for verb in VERBS),
    *(f"/pods/{sub} create" for sub in ("exec", "attach", "portforward", "eviction", "ephemeralcontainers")),
    "/pods/exec get",
    "/serviceaccounts/token create",
    "/serviceaccounts impersonate",
    "/resourcequotas patch",
    "/nodes list",
    "/nodes/proxy get",
    "/namespaces get",
    "/namespaces patch",
    "/persistentvolumes create",
    "apps/deployments/scale patch",
    "apps/daemonsets create",
    "batch/jobs create",
    "rbac.authorization.k8s.io/roles create",
    "rbac.authorization.k8s.io/roles escalate",
    "rbac.authorization.k8s.io/rolebindings create",
    "rbac.authorization.k8s.io/clusterroles get",
    "rbac.authorization.k8s.io/clusterrolebindings create",
    "admissionregistration.k8s.io/validatingwebhookconfigurations create",
]


@pytest.fixture(scope="module")
def restricted() -> Iterator[Namespace]:
    """Refuses pods, and warns of whatever would make them, that the restricted Pod Security Standard does not take."""
    with namespace() as made:
        warned = {f"{ENFORCED}{mode}": "restricted" for mode in ("enforce", "warn", "audit")}
        client.CoreV1Api(made.api).patch_namespace(made.name, {"metadata": {"labels": warned}})
        yield made


@pytest.fixture(scope="module")
def mlflow(restricted: Namespace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with mlflow_server(tmp_path_factory.mktemp("mlflow")) as uri:
        yield uri


@pytest.fixture(scope="module")
def deployer(restricted: Namespace) -> Any:
    """A maker of clients that have a token of the deployer's and nothing else."""
    for manifest in yaml.safe_load_all(DEPLOYER.read_text()):
        utils.create_from_dict(restricted.api, manifest, namespace=restricted.name)
    core = client.CoreV1Api(restricted.api)
    asked = {"spec": {"expirationSeconds": 3600}}
    token = core.create_namespaced_service_account_token("golden-paths-deployer", restricted.name, asked).status.token

    def connect() -> client.ApiClient:
        admin = from_kubeconfig().configuration
        made = client.Configuration(host=admin.host, api_key={"authorization": f"Bearer {token}"})
        made.ssl_ca_cert, made.verify_ssl = admin.ssl_ca_cert, admin.verify_ssl
        return client.ApiClient(made)

    return connect


def take(place: Namespace, manifest: dict[str, Any]) -> str | None:
    """Have the server check a manifest; returns its warning."""
    version, plural = KINDS[manifest["kind"]]
    top = "/api/v1" if version == "v1" else f"/apis/{version}"
    answer = place.api.call_api(
        f"{top}/namespaces/{place.name}/{plural}/{manifest['metadata']['name']}",
        "PATCH",
        query_params=[("fieldManager", "golden-paths"), ("force", "true"), ("dryRun", "All"), ("fieldValidation", "Strict")],
        header_params={"Content-Type": "application/apply-patch+yaml", "Accept": "application/json"},
        body=manifest,
        auth_settings=["BearerToken"],
        _preload_content=False,
    )
    assert answer.status in (200, 201)
    return answer.headers.get("Warning")  # type: ignore[no-any-return]


def planned(place: Place, **deploy: Any) -> list[dict[str, Any]]:
    release, _ = objects.placeholder(place.spec(**deploy), place.settings, place.uri, place.project)
    return list(objects.of_rollout(release, objects.PACKAGE))


def differs(wanted: Any, found: Any, at: str = "") -> list[str]:
    """Where a field of the plan is not in what is there."""
    if isinstance(wanted, dict) and isinstance(found, dict):
        return [place for key in wanted for place in differs(wanted[key], found.get(key), f"{at}.{key}")]
    if isinstance(wanted, list) and isinstance(found, list) and len(wanted) == len(found):
        return [place for number, one in enumerate(wanted) for place in differs(one, found[number], f"{at}[{number}]")]
    return [] if wanted == found else [f"{at}: {wanted!r}, found {found!r}"]


@pytest.mark.parametrize("deploy", [{}, {"replicas": 3}, {"autoscale": {"max_replicas": 4}, "port": 8080}])
def test_a_restricted_namespace_takes_the_plan_and_warns_of_nothing(
    restricted: Namespace, tmp_path: Path, deploy: dict[str, Any]
) -> None:
    place = Place(restricted, "http://mlflow.example:5000", tmp_path)
    assert [(one["kind"], take(restricted, one)) for one in planned(place, **deploy)] == [
        (one["kind"], None) for one in planned(place, **deploy)
    ]


def test_the_check_would_say_so(restricted: Namespace, tmp_path: Path) -> None:
    made = planned(Place(restricted, "http://mlflow.example:5000", tmp_path))
    deployment = json.loads(json.dumps(next(one for one in made if one["kind"] == "Deployment")))
    deployment["spec"]["template"]["spec"]["containers"][0]["securityContext"] = {}
    warning = take(restricted, deployment)
    assert warning is not None
    assert "allowPrivilegeEscalation" in warning


def test_the_objects_of_a_rollout_are_those_of_the_plan_field_by_field(
    restricted: Namespace, mlflow: str, tmp_path: Path
) -> None:
    place = Place(restricted, mlflow, tmp_path, name="agrees")
    sized = {"ready_within": "90s", "replicas": 2, "cpu": "50m"}
    endpoint = place.target(**sized).shift(place.start(place.version(), **sized))
    place.target(**sized).settle(endpoint)
    api = ClusterApi(place.settings, place.log.append)
    release = Versions(api, "agrees").release("1")
    assert release
    made = list(objects.of_rollout(release, None))
    assert sorted(place.objects()) == sorted(f"{one['kind']} {one['metadata']['name']}" for one in made)
    assert [(one["kind"], one["metadata"]["name"]) for one in made] == [
        (one["kind"], one["metadata"]["name"].replace("diabetes", "agrees"))
        for one in planned(Place(restricted, mlflow, tmp_path), **sized)
    ]
    for manifest in made:
        live = api.get(manifest["kind"], manifest["metadata"]["name"])
        assert live
        if labels.ROLLOUT in (told := manifest["metadata"].get("annotations", {})):
            state = State.model_validate_json(live["metadata"]["annotations"][labels.ROLLOUT])
            assert (state.serving, state.digest, state.is_settled) == ("1", release.content.digest, True)
            del told[labels.ROLLOUT]  # it has the time
        assert differs(manifest, live) == []
    (pod, *_) = Versions(api, "agrees").pods("1")
    mounted = [mount["mountPath"] for one in pod["spec"]["containers"] for mount in one["volumeMounts"]]
    assert mounted == ["/model", "/tmp"], "no token"
    assert place.target().stop("agrees")
    assert place.objects() == []


def test_a_deployer_may_do_what_it_does_and_nothing_else(restricted: Namespace, deployer: Any) -> None:
    review = client.AuthorizationV1Api(deployer())

    def may(what: str, verb: str, where: str = restricted.name) -> bool:
        group, resource, *sub = what.split("/")
        asked = {"namespace": where, "group": group, "resource": resource, "verb": verb, "subresource": "/".join(sub)}
        body = {"spec": {"resourceAttributes": asked}}
        return bool(review.create_self_subject_access_review(body).status.allowed)

    assert {what: [verb for verb in VERBS if may(what, verb)] for what in MAY} == {
        what: sorted(verbs, key=VERBS.index) for what, verbs in MAY.items()
    }
    assert [row for row in NEVER if may(*row.split())] == []
    assert [(what, where) for what in MAY for where in ("default", "kube-system", "") if may(what, MAY[what][0], where)] == []


def test_a_deployer_of_these_rights_rolls_out_judges_rolls_back_retires_and_removes(
    restricted: Namespace, mlflow: str, deployer: Any, tmp_path: Path
) -> None:
    place = Place(restricted, mlflow, tmp_path, name="rights")
    place.settings = place.clients.settings = replace(place.settings, connect=deployer)
    quick = {"ready_within": "90s", "keep_previous": "1s", "keep_versions": 1, "autoscale": {"max_replicas": 3}, "cpu": "50m"}
    target = place.target(**quick)
    columns = ["age", "sex", "bmi", "bp", *(f"s{number}" for number in range(1, 7))]
    patient = {"columns": columns, "data": [[59, 2, 32.1, 101, 157, 93.2, 38, 4, 4.86, 87]]}
    requests = [json.dumps({"dataframe_split": patient}).encode()]

    first = target.shift(place.start(place.version(), **quick))
    target.settle(first)
    second = place.start(place.version(), **quick)
    (stage,) = target.canary(second, requests)
    assert (stage.errors, stage.requests >= 40, stage.synthetic > 0) == (0, True, True)
    target.settle(target.shift(second))
    place.clients.models.set_alias("rights", "champion", "2")

    third = place.start(place.version("fail", after=15), **quick)
    with pytest.raises(GateFailed, match="answers were 5xx"):
        target.canary(third, requests)
    target.discard(third)

    roll_back(ClusterApi(place.settings, place.log.append), place.clients.models, "rights", None, place.log.append)
    assert ((serving := place.serving()) and serving.version, place.champion()) == ("1", "1")
    target.retire("rights")
    assert target.stop("rights")
    admin = ClusterApi(replace(place.settings, connect=from_kubeconfig), place.log.append)
    left = [kind for kind in KINDS if kind not in ("Pod", "ReplicaSet", "Event", "EndpointSlice")]
    assert [one for kind in left for one in admin.list(kind, {labels.MODEL: "rights"})] == []
