"""docker or buildah: which of them can build here, and how each is told."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")  # docker's predefined build arguments: no image records them


@dataclass(frozen=True)
class Docker:
    """Docker with BuildKit, which passes secrets to a build."""

    name: str = "docker"

    def is_missing(self) -> str | None:
        """Why it cannot build, or None."""
        if shutil.which("docker") is None:
            return "docker is not installed"
        if not _succeeds("docker", "version", "--format", "{{.Server.Version}}"):
            return "docker is installed, but its engine does not answer"
        return (
            None
            if _succeeds("docker", "buildx", "version")
            else "docker has no buildx plugin, which builds with secrets"
        )

    def build(self, tag: str, dockerfile: Path, context: Path, *, base: str, secrets: Mapping[str, Path]) -> None:
        """Build and tag."""
        proxies = [part for name in PROXIES if name in os.environ for part in ("--build-arg", name)]
        _run(["docker", "buildx", "build", "--load", *_common(tag, dockerfile, base, secrets), *proxies, str(context)])

    def size(self, tag: str) -> str:
        """Unpacked, as docker says."""
        return f"{int(_output('docker', 'image', 'inspect', '--format', '{{.Size}}', tag)) / 1e6:.0f} MB"

    def save(self, tag: str, archive: Path) -> None:
        """Write an archive that clusters' tools load."""
        _run(["docker", "save", "--output", str(archive), tag])


@dataclass(frozen=True)
class Buildah:
    """buildah, without a daemon."""

    name: str = "buildah"

    def is_missing(self) -> str | None:
        """Why it cannot build, or None."""
        return None if shutil.which("buildah") else "buildah is not installed"

    def build(self, tag: str, dockerfile: Path, context: Path, *, base: str, secrets: Mapping[str, Path]) -> None:
        """Build and tag."""
        common = _common(_qualified(tag), dockerfile, base, secrets)
        _run(["buildah", "build", "--layers", "--pull=missing", *common, str(context)])

    def size(self, tag: str) -> str:
        """Unpacked, as buildah says."""
        return _output("buildah", "images", "--format", "{{.Size}}", _qualified(tag)).splitlines()[0]

    def save(self, tag: str, archive: Path) -> None:
        """Write an archive that clusters' tools load."""
        _run(["buildah", "push", "--quiet", _qualified(tag), f"docker-archive:{archive}:{_qualified(tag)}"])


Builder = Docker | Buildah


def choose(builders: Sequence[Builder] = (Docker(), Buildah())) -> tuple[Builder, list[str]]:
    """The first that can build, and why those before it cannot. Ends with the reasons when none can."""
    reasons: list[str] = []
    for builder in builders:
        if (reason := builder.is_missing()) is None:
            return builder, reasons
        reasons.append(reason)
    raise SystemExit(
        f"images: {'; '.join(reasons)}; install one: apt-get install buildah, or docker with its buildx plugin"
    )


def _qualified(tag: str) -> str:
    """As a kubelet spells it; buildah would say localhost/."""
    first, slash, _ = tag.partition("/")
    return (
        tag
        if slash and ("." in first or ":" in first or first == "localhost")
        else (f"docker.io/{tag}" if slash else f"docker.io/library/{tag}")
    )


def _common(tag: str, dockerfile: Path, base: str, secrets: Mapping[str, Path]) -> list[str]:
    passed = [part for name, file in secrets.items() for part in ("--secret", f"id={name},src={file}")]
    return ["--tag", tag, "--file", str(dockerfile), "--build-arg", f"BASE={base}", *passed]


def _run(command: list[str]) -> None:
    if code := subprocess.run(command, check=False).returncode:
        raise SystemExit(f"images: {' '.join(command[:3])} failed (exit code {code}); its message is above")


def _output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _succeeds(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, check=False, timeout=20).returncode == 0
    except subprocess.TimeoutExpired:
        return False
