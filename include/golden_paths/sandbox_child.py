"""The child's side of `golden_paths.sandbox`: python -m golden_paths.sandbox_child MODULE:FUNCTION FOLDER PARENT."""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

from golden_paths.errors import StepFailed

PR_SET_PDEATHSIG = 1
# Of a database or a Redis that is away or restarts, by name: the child has imported what it uses.
AWAY = {
    "sqlalchemy.exc.OperationalError",
    "psycopg.OperationalError",
    "redis.exceptions.ConnectionError",
    "redis.exceptions.TimeoutError",
}


def end_with_parent(parent: int) -> None:
    """Ask Linux for SIGKILL when the parent dies, so that a killed worker leaves nothing running."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)


def outcome(function: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Call the function; what it raised becomes data."""
    module, _, name = function.partition(":")
    try:
        return {"returned": getattr(importlib.import_module(module), name)(payload)}
    except StepFailed as error:
        return {"error": {"problem": error.problem, "remedy": error.remedy, "retry": error.retry}}
    except BaseException as error:  # SystemExit too: a scientist's sys.exit() is a failure with a reason
        traceback.print_exc()
        problem, remedy = f"{type(error).__name__}: {error}", "the traceback is in the log above"
        return {"error": {"problem": problem, "remedy": remedy, "retry": says_away(error)}}


def says_away(error: BaseException) -> bool:
    """Whether it, or what it came from, is a server that could not be reached: running it again may help."""
    names = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__}
    if isinstance(error, ConnectionError | TimeoutError) or names & AWAY:
        return True
    return error.__cause__ is not None and says_away(error.__cause__)


def main() -> None:
    """Run one function; its result is written whole or not at all."""
    function, folder, parent = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    end_with_parent(parent)
    text = json.dumps(outcome(function, json.loads((folder / "payload.json").read_text())))
    (folder / "result.partial").write_text(text)
    (folder / "result.partial").rename(folder / "result.json")
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # libraries' threads and exit handlers have nothing left to do, and some abort the process


if __name__ == "__main__":
    main()
