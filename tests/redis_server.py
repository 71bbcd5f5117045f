"""A real Redis, Feast's online store that pods can read, for tests marked `real`."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fakes.mlflow_server import free_port


@contextmanager
def redis_server(folder: Path, *, host: str = "127.0.0.1") -> Iterator[str]:
    """Start it on a free port, in memory; yields host:port. Skips with a hint where it is not installed."""
    if not (program := shutil.which("redis-server")):
        pytest.skip("redis-server is not installed: apt-get install redis-server")
    port = free_port()
    settings = {"bind": host, "port": str(port), "save": "", "appendonly": "no", "protected-mode": "no"}
    command = [program, *(part for name, value in settings.items() for part in (f"--{name}", value))]
    with (folder / "redis.log").open("wb") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        end = time.monotonic() + 30
        while not answers(host, port):
            assert server.poll() is None and time.monotonic() < end, (folder / "redis.log").read_text()
            time.sleep(0.05)
        yield f"{host}:{port}"
    finally:
        server.kill()
        server.wait()


def answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=5) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16) == b"+PONG\r\n"
    except OSError:
        return False
