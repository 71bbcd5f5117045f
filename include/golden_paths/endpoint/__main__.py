"""python -m golden_paths.endpoint NAME FOLDER FEAST_STATE [PORT]: the supervisor of one endpoint. The target starts it."""

from __future__ import annotations

import fcntl
import os
import sys
from pathlib import Path

from golden_paths.endpoint.supervisor import Supervisor


def main() -> None:
    """Run the supervisor, unless one holds the endpoint's lock."""
    name, folder, feast_state = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    port = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        try:
            supervisor = Supervisor(name, folder, port=port, feast_state=feast_state)
        except OSError as error:
            raise SystemExit(f"port {port or 'kept for this endpoint'} cannot be bound: {error.strerror}") from error
        supervisor.run(os.getpid())


if __name__ == "__main__":
    main()
