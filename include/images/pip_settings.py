"""How this machine's pip reaches its index, for the time of a build: as secrets, of which no layer keeps anything."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

SETTINGS = (
    "index-url",
    "extra-index-url",
    "find-links",
    "trusted-host",
    "proxy",
    "timeout",
    "default-timeout",
    "retries",
    "cert",
)
CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
INSIDE = "/run/secrets/pip-cert"
LINE = re.compile(r"(?P<section>[^.]+|:env:)\.(?P<key>[\w-]+)=(?P<value>.*)")
PLACES = ("global", "install", ":env:")  # pip's order: what comes later wins


def secrets(workspace: Path) -> dict[str, Path]:
    """Secret name -> file. Nothing when pip has no settings of its own. `workspace` is private and soon removed."""
    found = effective(_listed())
    certificate = found.pop("cert", None) or next(
        (os.environ[name] for name in CERTIFICATES if os.environ.get(name)), None
    )
    if not found and not certificate:
        return {}
    made = {"pip-conf": workspace / "pip.conf"}
    if certificate:
        made["pip-cert"] = Path(certificate)
        found["cert"] = INSIDE
    made["pip-conf"].touch(mode=0o600)
    made["pip-conf"].write_text("".join(["[global]\n", *(f"{key} = {value}\n" for key, value in found.items())]))
    return made


def effective(listed: str) -> dict[str, str]:
    """The settings that say where packages come from, out of `pip config list`. Folders of this machine are left out."""
    values: dict[str, dict[str, str]] = {place: {} for place in PLACES}
    for line in listed.splitlines():
        if (read := LINE.fullmatch(line)) and read["section"] in values and read["key"] in SETTINGS:
            values[read["section"]][read["key"]] = str(ast.literal_eval(read["value"]))
    merged = {key: value for place in PLACES for key, value in values[place].items()}
    if links := merged.pop("find-links", None):
        merged |= (
            {"find-links": " ".join(reachable)} if (reachable := [one for one in links.split() if "://" in one]) else {}
        )
    return {key: " ".join(value.split()) for key, value in merged.items()}


def _listed() -> str:
    return subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True
    ).stdout
