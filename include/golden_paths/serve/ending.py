"""How a process in a pod ends: at once when it is told to before it serves, and with its reason where Kubernetes shows it.

The first process of a container ignores SIGTERM unless it has a handler: without one, a pod that is deleted while it
imports hangs until it is killed.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

TERMINATION_LOG = Path("/dev/termination-log")  # Kubernetes' terminationMessagePath; shown in the pod's status
MAX_MESSAGE = 4096  # bytes that Kubernetes reads of it


def at_once_on_sigterm(code: int) -> None:
    """End with `code` on SIGTERM, whatever is being imported or fetched, until somebody else takes the signal."""
    signal.signal(signal.SIGTERM, lambda *_: os._exit(code))


def say_why(message: str) -> None:
    """Write to stderr and, in a pod, to the termination log."""
    sys.stderr.write(message + "\n")
    try:  # never made: outside of a pod there is none
        log = os.open(TERMINATION_LOG, os.O_WRONLY | os.O_TRUNC)
    except OSError:
        return
    with open(log, "wb") as stream:
        stream.write(message.encode(errors="replace")[:MAX_MESSAGE])


def now(code: int) -> NoReturn:
    """End without waiting for threads: one may be loading a model, or wait for an online store that is away."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
