"""healthy.py URL [PART] | unix:SOCKET: exit code 0 when it answers, and says that its PART is healthy. A tenth of a second."""

from __future__ import annotations

import json
import socket
import sys
import urllib.request

TIMEOUT = 8


def main() -> None:
    """Raise, and so end with 1, when it is not."""
    place, *part = sys.argv[1:]
    if place.startswith("unix:"):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(TIMEOUT)
            client.connect(place.removeprefix("unix:"))
            client.sendall(b'{"do": "ping"}\n')
            assert json.loads(client.makefile().readline()) == {"ok": True}
        return
    with urllib.request.urlopen(place, timeout=TIMEOUT) as answer:
        said = answer.read()
    if part and json.loads(said)[part[0]]["status"] != "healthy":
        raise SystemExit(f"{part[0]} is not healthy: {said.decode()}")


if __name__ == "__main__":
    main()
