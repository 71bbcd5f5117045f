"""Runs what a spec brings (feature repository, fit function, notebook, fitted model) in a Python process of its own.

The child sees neither Airflow's nor MLflow's environment, connections or file descriptors, has its own session, ends
with its parent, and hands back one small JSON document. That keeps a scientist's crash, memory and mistakes out of the
worker, and secrets out of the scientist's code. It is no wall against a malicious author with the worker's user id: a
pod is.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from golden_paths.errors import CodeFailed
from golden_paths.project import Project

# Everything else of the worker's environment stays behind. FEAST_ is the platform team's prefix for what
# feature_store.yaml names as ${FEAST_...}: an online store's address and password.
PASSED_ON = frozenset({"PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "OMP_NUM_THREADS"})
PASSED_ON_PREFIX = "FEAST_"
ALSO = "GOLDEN_PATHS_PASSED_ON"  # names, with blanks between them: in a pod, the keys of the Secrets that the spec names


def environment(home: Path) -> dict[str, str]:
    """The child's whole environment. Hash and thread settings are fixed, so that fitting repeats."""
    named = PASSED_ON.union(os.environ.get(ALSO, "").split())
    kept = {key: value for key, value in os.environ.items() if key in named or key.startswith(PASSED_ON_PREFIX)}
    imports = str(Path(__file__).parents[1])
    return kept | {
        "HOME": str(home),
        "PYTHONPATH": imports,
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": str(home),
        "FEAST_USAGE": "False",
    }


def call(
    function: str,
    payload: Mapping[str, Any],
    *,
    project: Project,
    log: Callable[[str], None],
    timeout: float = 3600,
) -> dict[str, Any]:
    """Call `module:function(payload)` of this package in a child process and return the dict it returns.

    What the child prints goes to `log` line by line. Raises `CodeFailed` with the child's own error, signal or timeout
    (seconds).
    """
    with tempfile.TemporaryDirectory(prefix="golden-paths-") as folder:
        home = Path(folder)
        (home / "payload.json").write_text(json.dumps(payload))
        (home / "tmp").mkdir()  # goes with it: the child ends without its libraries' exit handlers, and may be killed
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "golden_paths.sandbox_child", function, str(home), str(os.getpid())],
            cwd=project.root,
            env=environment(home) | {"TMPDIR": str(home / "tmp")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        timer = threading.Timer(timeout, _end, (child,))
        timer.start()
        try:
            for line in child.stdout or ():
                log(line.rstrip("\n"))
            code = child.wait()
        finally:
            timed_out = not timer.is_alive()
            timer.cancel()
            _end(child)
        return _outcome(home / "result.json", function, code, timeout if timed_out else None)


def _end(child: subprocess.Popen[str]) -> None:
    """Kill the child's whole session: notebooks and joblib have children of their own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _outcome(result: Path, function: str, code: int, timed_out: float | None) -> dict[str, Any]:
    if timed_out is not None:
        raise CodeFailed(
            f"{function} did not end within {timed_out:g} s", remedy="make it faster, or raise the section's timeout"
        )
    if not result.exists():
        reason = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        hint = "the machine or the worker ran out of memory" if code == -signal.SIGKILL else "see the log above"
        raise CodeFailed(f"{function} ended with {reason} and no result", remedy=hint, retry=code < 0)
    outcome: dict[str, Any] = json.loads(result.read_text())
    if error := outcome.get("error"):
        raise CodeFailed(error["problem"], remedy=error["remedy"], retry=error["retry"])
    returned: dict[str, Any] = outcome["returned"]
    return returned
