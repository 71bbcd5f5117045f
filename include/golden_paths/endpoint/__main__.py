"""python -m golden_paths.endpoint NAME FOLDER FEAST_STATE [PORT]: the supervisor of one endpoint. The target starts it."""

from __future__ import annotations

import sys
from pathlib import Path

from golden_paths.endpoint import control
from golden_paths.endpoint.supervisor import Supervisor


def main() -> None:
    """Run the supervisor, unless one holds the endpoint's lock."""
    name, folder, feast_state = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    port = int(sys.argv[4]) if len(sys.argv) > 4 else 0
    if control.take_lock(folder):
        Supervisor(name, folder, port=port, feast_state=feast_state).run()


if __name__ == "__main__":
    main()
