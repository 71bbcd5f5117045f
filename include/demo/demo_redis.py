"""A Redis for Feast's online store, in memory, with a password of its own, where workers and pods reach it."""

from __future__ import annotations

import secrets
import shutil
import socket
from pathlib import Path

from demo_host import Reach
from processes import Service, free_ports

PORT = 6379
MISSING = (
    "demo: redis-server is not installed, and pods read features from Redis; apt-get install redis-server,"
    " or set FEAST_REDIS to host:port[,password=...] of one that this machine and pods reach"
)


class DemoRedis:
    """One server. Its settings are in a file, because command lines can be read by everyone."""

    def __init__(self, folder: Path, reach: Reach) -> None:
        self._folder, self._reach = folder, reach
        (self._port,) = free_ports(PORT, hosts=(reach.listen,))
        self._password = secrets.token_urlsafe(24)
        self._service: Service | None = None

    @staticmethod
    def check() -> None:
        """`SystemExit` that says how to install it."""
        if shutil.which("redis-server") is None:
            raise SystemExit(MISSING)

    @property
    def here(self) -> str:
        """Feast's connection string, for workers."""
        return f"{self._reach.here}:{self._port},password={self._password}"

    @property
    def in_pods(self) -> str:
        """Feast's connection string, for pods."""
        return f"{self._reach.pods}:{self._port},password={self._password}"

    def start(self) -> Service:
        """Start it."""
        self._folder.mkdir(parents=True, exist_ok=True)
        settings = {
            "bind": self._reach.listen,
            "port": self._port,
            "requirepass": self._password,
            "save": '""',
            "appendonly": "no",
            "dir": self._folder,
        }
        config = self._folder / "redis.conf"
        config.touch(mode=0o600)
        config.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
        command = ["redis-server", str(config)]
        return Service("Redis", command, environment={"PATH": "/usr/bin:/bin"}, log=self._folder / "redis.log")

    def answers(self) -> bool:
        """Whether it takes the password."""
        try:
            with socket.create_connection((self._reach.here, self._port), timeout=5) as connection:
                connection.sendall(f"AUTH {self._password}\r\n".encode())
                return connection.recv(16) == b"+OK\r\n"
        except OSError:
            return False
