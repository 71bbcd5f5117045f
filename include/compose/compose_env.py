""".env, written once: .env.example with a generated secret wherever it leaves a value empty."""

from __future__ import annotations

import base64
import os
import re
import secrets
from pathlib import Path

LINE = re.compile(r"^([A-Z0-9_]+)=(.*)$", re.MULTILINE)
TYPED, FERNET = ("AIRFLOW_ADMIN_PASSWORD", "AIRFLOW_REVIEWER_PASSWORD"), "AIRFLOW_FERNET_KEY"


def write(folder: Path) -> bool:
    """Write folder/.env for its owner alone; False when there is one, which stays as it is."""
    text = LINE.sub(_filled, (folder / ".env.example").read_text())
    try:
        # Whole or not at all, and never over another: a link fails when the name is taken.
        partial = folder / f".env.{os.getpid()}.partial"
        descriptor = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        os.link(partial, folder / ".env")
    except FileExistsError:
        return False
    finally:
        partial.unlink(missing_ok=True)
    return True


def read(folder: Path) -> dict[str, str]:
    """What folder/.env says."""
    return dict(LINE.findall((folder / ".env").read_text()))


def lacking(folder: Path) -> list[str]:
    """Names of .env.example that .env has not, or has empty where a secret belongs: it was written by an older version."""
    wanted, found = dict(LINE.findall((folder / ".env.example").read_text())), read(folder)
    return [name for name, value in wanted.items() if name not in found or not (value or found[name])]


def _filled(line: re.Match[str]) -> str:
    name, value = line.groups()
    return f"{name}={value or _secret(name)}"


def _secret(name: str) -> str:
    """Of characters that a URL and a shell take as they are; shorter where somebody types it. Fernet's key is padded base64."""
    if name == FERNET:
        return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    return secrets.token_hex(12 if name in TYPED else 32)
