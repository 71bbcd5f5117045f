"""Sets up .venv from requirements.lock, with the standard library alone, saying what it does. Repeats only on change."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "prepared"
SUPPORTED = ((3, 11), (3, 13))
NEEDED_GIB = 3.0  # 1.2 GiB installed, as much again in uv's cache, and room to run
UV = "uv==0.13.9"


def main() -> None:
    """Bring .venv up to the lock, or say what is in the way."""
    if not SUPPORTED[0] <= sys.version_info[:2] <= SUPPORTED[1]:
        found = ".".join(map(str, sys.version_info[:2]))
        fail(f"Python {found} is not supported; install Python 3.11, 3.12 or 3.13 and call: make PYTHON=python3.12 ...")
    wanted = hashlib.sha256(
        (ROOT / "requirements.lock").read_bytes() + (ROOT / "pyproject.toml").read_bytes()
    ).hexdigest()
    if STAMP.is_file() and STAMP.read_text() == wanted:
        return
    free = shutil.disk_usage(ROOT).free / 2**30
    if free < NEEDED_GIB:
        fail(f"{free:.1f} GiB are free here, {NEEDED_GIB:g} GiB are needed; make room, or clone to another disk")
    STAMP.unlink(missing_ok=True)
    if not PYTHON.exists():
        step("creating .venv", lambda: venv.create(VENV, with_pip=True))
    step("installing uv", lambda: run("-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV))
    lock = str(ROOT / "requirements.lock")
    step(
        "installing the locked packages (hashes checked), and compiling them",
        lambda: uv("pip", "sync", "--require-hashes", "--compile-bytecode", lock),
    )
    step("installing golden-paths, editable", lambda: uv("pip", "install", "--no-deps", "--editable", str(ROOT)))
    STAMP.write_text(wanted)


def uv(*arguments: str) -> None:
    """Call the venv's uv on the venv."""
    run("-m", "uv", *arguments, "--quiet", "--python", str(PYTHON))


def run(*arguments: str) -> None:
    """Call the venv's Python."""
    subprocess.run([PYTHON, *arguments], check=True, cwd=ROOT)


def step(what: str, act) -> None:  # type: ignore[no-untyped-def]
    """Say what is done, do it, say how long it took."""
    begin = time.monotonic()
    print(f"prepare: {what} ...", flush=True)
    try:
        act()
    except subprocess.CalledProcessError as error:
        fail(f"{what} failed (exit code {error.returncode}); its message is above; call it again when mended")
    print(f"prepare: {what}: {time.monotonic() - begin:.0f} s", flush=True)


def fail(message: str) -> None:
    """End with a message."""
    raise SystemExit(f"prepare: {message}")


if __name__ == "__main__":
    main()
