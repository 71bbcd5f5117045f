"""Where an image comes from, and whether that is allowed."""

from __future__ import annotations

import re

from golden_paths.policy.model import FILE, Images

PINNED = re.compile(r"@sha256:[0-9a-f]{64}$")
HUB = "docker.io"


def canonical(image: str) -> str:
    """As a container runtime reads it: `train:1` is docker.io/library/train:1."""
    host, slash, _ = image.partition("/")
    if not slash:
        return f"{HUB}/library/{image}"
    if "." in host or ":" in host or host == "localhost":
        return image
    return f"{HUB}/{image}"


def fault_of(image: str, rule: Images) -> tuple[str, str] | None:
    """Problem and remedy; None when the image may be run."""
    if rule.registries is not None and not any(canonical(image).startswith(f"{one}/") for one in rule.registries):
        return (
            f"comes from {canonical(image).rpartition('/')[0]}, and images may come from {', '.join(rule.registries)} alone",
            f"push it there, or ask the platform team, who keep {FILE}",
        )
    if rule.digests and not PINNED.search(image):
        return (
            "is not pinned by its digest, and may be another one tomorrow",
            "write it as in registry.example/train@sha256:...",
        )
    return None
