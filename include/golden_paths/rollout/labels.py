"""Labels and annotations: who an object belongs to, and which traffic its pods take."""

from __future__ import annotations

import re

DOMAIN = "golden-paths.dev"
MODEL, VERSION = f"{DOMAIN}/model", f"{DOMAIN}/version"
OWNER, PATH, DIGEST = f"{DOMAIN}/owner", f"{DOMAIN}/path", f"{DOMAIN}/digest"
RUN_ID, TRAINING_SET, URI = f"{DOMAIN}/mlflow-run-id", f"{DOMAIN}/training-set", f"{DOMAIN}/model-uri"
ROLLOUT = f"{DOMAIN}/rollout"  # of a Service: see state.py
WITHDRAWN = f"{DOMAIN}/withdrawn"  # of pods that say so; the annotation has the reason
SERVES, COMPONENT = "serve", "app.kubernetes.io/component"
MANAGED = {"app.kubernetes.io/managed-by": "golden-paths"}


def traffic(version: str) -> str:
    """The label of pods that take the traffic which is addressed to a version.

    Its Deployment's template has it, so pods that replace others take part without anybody's doing. A canary's pods are
    given that of the version in service, one by one.
    """
    return f"traffic.{DOMAIN}/v{version}"


def of_pods(version: str) -> dict[str, str]:
    """What pods that serve a version have beside its own labels."""
    return {COMPONENT: SERVES, traffic(version): "true"}


def value(text: str) -> str:
    """Any text as a label's value: at most 63 letters, digits, '-', '_' and '.', a letter or digit at both ends."""
    return re.sub(r"^[^A-Za-z0-9]+|[^A-Za-z0-9]+$", "", re.sub(r"[^A-Za-z0-9._-]+", "-", text)[:63])


def of_model(model: str, *, owner: str, path: str) -> dict[str, str]:
    """Of every object."""
    return MANAGED | {"app.kubernetes.io/name": model, MODEL: model, OWNER: value(owner), PATH: value(path)}


def of_version(model: str, version: str, digest: str, *, owner: str, path: str) -> dict[str, str]:
    """Of every object of a version. A label has no room for all 64 digits of a digest: an annotation has them."""
    labels = of_model(model, owner=owner, path=path)
    return labels | {VERSION: version, DIGEST: digest[:16], "app.kubernetes.io/version": version}
