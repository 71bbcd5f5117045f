"""prepare_cluster.py ADMIN_KUBECONFIG SERVER NAMESPACE KUBECONFIG: a namespace for models, and a KUBECONFIG to deploy there.

Applies the namespace (restricted), include/kubernetes/deployer.yaml and the Secret of FEAST_* that pods need, then writes a
KUBECONFIG with the deployer's token, for SERVER. Repeating it converges.
"""

from __future__ import annotations

import base64
import os
import sys
import time
from pathlib import Path
from typing import Any

import yaml

DEPLOYER = Path(__file__).parents[1] / "kubernetes" / "deployer.yaml"
ACCOUNT = "golden-paths-deployer"
RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
TOKEN_SECONDS = 60
Object = dict[str, Any]


def main() -> None:
    """Apply, wait for the token, write."""
    from kubernetes import config
    from kubernetes.dynamic import DynamicClient

    admin, server, namespace, target = sys.argv[1:]
    client = DynamicClient(config.new_client_from_config(admin))
    for one in objects(namespace):
        resource = client.resources.get(api_version=one["apiVersion"], kind=one["kind"])
        client.server_side_apply(
            resource, one, namespace=one["metadata"].get("namespace"), field_manager="golden-paths", force_conflicts=True
        )
    write(Path(target), kubeconfig(server, namespace, token(client, namespace)))


def objects(namespace: str) -> list[Object]:
    """In the order in which they are applied."""
    deployer = list(yaml.safe_load_all(DEPLOYER.read_text()))
    annotations = {"kubernetes.io/service-account.name": ACCOUNT}
    feast = {name: value for name, value in os.environ.items() if name.startswith("FEAST_") and name != "FEAST_USAGE"}
    secrets = [
        secret("golden-paths-feast", type="Opaque", stringData=feast),
        secret(ACCOUNT, type="kubernetes.io/service-account-token", annotations=annotations),
    ]
    for one in (*deployer, *secrets):
        one["metadata"]["namespace"] = namespace
    made = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace, "labels": RESTRICTED}}
    return [made, *deployer, *secrets]


def secret(name: str, *, annotations: dict[str, str] | None = None, **content: Any) -> Object:
    """A Secret without its namespace."""
    metadata = {"name": name, "annotations": annotations or {}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, **content}


def token(client: Any, namespace: str) -> dict[str, str]:
    """Token and certificate authority of the deployer's account, once the cluster has filled them in."""
    secrets = client.resources.get(api_version="v1", kind="Secret")
    for _ in range(TOKEN_SECONDS):
        data = secrets.get(name=ACCOUNT, namespace=namespace).to_dict().get("data") or {}
        if data.get("token") and data.get("ca.crt"):
            return data
        time.sleep(1)
    raise SystemExit(f"the cluster gave {ACCOUNT} no token within {TOKEN_SECONDS} s")


def kubeconfig(server: str, namespace: str, data: dict[str, str]) -> Object:
    """One cluster, one user, one namespace."""
    name = "golden-paths"
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": {"server": server, "certificate-authority-data": data["ca.crt"]}}],
        "users": [{"name": name, "user": {"token": base64.b64decode(data["token"]).decode()}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": namespace}}],
        "current-context": name,
    }


def write(target: Path, content: Object) -> None:
    """For its owner alone; whole or not at all."""
    partial = target.with_name(f".{target.name}.partial")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600)
    partial.write_text(yaml.safe_dump(content))
    partial.rename(target)


if __name__ == "__main__":
    main()
