"""A real PostgreSQL, Feast's registry that pods can read, for tests of a cluster."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from fakes.mlflow_server import free_port

USER, PASSWORD = "feast", "not-a-secret"


@contextmanager
def postgres_server(host: str) -> Iterator[str]:
    """Start it on a free port of all addresses; yields its URL at `host`. Skips with a hint where it is not installed."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        pytest.skip("PostgreSQL is not installed: apt-get install postgresql")
    port, folder = free_port(), Path(tempfile.mkdtemp(prefix="golden-paths-postgres-"))
    password, data = folder / "password", folder / "data"
    password.write_text(PASSWORD)
    as_user: dict[str, str] = {}
    if os.getuid() == 0:  # it does not run as root
        as_user = {"user": "postgres"}
        for path in (folder, password):
            shutil.chown(path, "postgres")
    options = f"-p {port} -c listen_addresses=* -c unix_socket_directories={folder}"

    def run(*command: str) -> None:
        with (folder / "log").open("ab") as log:
            subprocess.run([str(programs[-1] / command[0]), *command[1:]], stdout=log, stderr=log, check=True, **as_user)  # type: ignore[call-overload]

    try:
        run("initdb", "-D", str(data), "-U", USER, "--pwfile", str(password), "-A", "scram-sha-256")
        with (data / "pg_hba.conf").open("a") as rules:
            rules.write("host all all all scram-sha-256\n")
        run("pg_ctl", "-D", str(data), "-o", options, "-w", "start")
        yield f"postgresql+psycopg://{USER}:{PASSWORD}@{host}:{port}/postgres"
    finally:
        if (data / "postmaster.pid").exists():
            run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(folder)
