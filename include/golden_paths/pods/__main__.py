"""Inside the pod: python -m golden_paths.pods. The very same step code as in a worker, with the real clients.

What the project brings is checked before anything of it is imported. The outcome is the container's termination message.
Exit codes: 0 done, 1 failed, 3 the package's digest is another.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any, NoReturn

from golden_paths import sandbox
from golden_paths.artifacts import Artifact
from golden_paths.connect import LazyClients, Settings
from golden_paths.errors import CodeFailed, DigestMismatch, StepFailed
from golden_paths.pods import channel, memory, package
from golden_paths.pods.request import VARIABLE, Request, kinds
from golden_paths.pods.template import ARCHIVE, ROOT, SECRET_PREFIX
from golden_paths.project import Project
from golden_paths.record import Record
from golden_paths.registry import STEPS
from golden_paths.step import StepContext

MESSAGE = Path("/dev/termination-log")
FAILED, DIGEST = 1, 3
NO_SOURCE = "cannot be read"  # as feast_sources says it
ELSEWHERE = "name a source that it reaches, or write run_in: worker"


def main() -> int:
    """Run the step; returns the exit code."""
    signal.signal(signal.SIGTERM, _end)  # the first process of a container has no default for it
    request = Request.decoded(os.environ.pop(VARIABLE))
    name_secrets()
    record = Record()
    try:
        outcome, code = channel.of_artifact(run(request, record), record), 0
    except StepFailed as error:
        _log(f"{request.step} failed: {error}")
        outcome = channel.of_error(_explained(error, request), record)
        code = DIGEST if isinstance(error, DigestMismatch) else FAILED
    except Exception as error:
        traceback.print_exc()
        failed = StepFailed(f"{type(error).__name__}: {error}", remedy="the traceback is in its log", retry=True)
        outcome, code = channel.of_error(failed, record), FAILED
    MESSAGE.write_text(channel.encode(outcome, _log))
    return code


def run(request: Request, record: Record) -> Artifact:
    """Lay out what the project brings, and run the step on it; what it notes goes into `record`."""
    project = Project.at(ROOT)
    project.root.mkdir(parents=True, exist_ok=True)
    clients = LazyClients(project, Settings.from_environment(), _log)
    if request.package:
        package.unpack(_archive(request, clients), request.package, project.root)
        _log(f"the project's files have the digest {request.package}")
    known = kinds(request.step)
    artifacts = {name: known[name].model_validate(made) for name, made in request.artifacts.items()}
    context = StepContext(
        request.checked_spec(),
        request.spec_digest,
        project,
        request.run(),
        clients,
        _log,
        artifacts,
        request.origin,
        record,
    )
    return STEPS[request.step].run(context)


def name_secrets() -> None:
    """Give the keys of the spec's Secrets their own names, and let the scientist's code have them."""
    names = [name for name in os.environ if name.startswith(SECRET_PREFIX)]
    for name in names:
        os.environ[name.removeprefix(SECRET_PREFIX)] = os.environ.pop(name)
    os.environ[sandbox.ALSO] = " ".join(name.removeprefix(SECRET_PREFIX) for name in names)


def _archive(request: Request, clients: LazyClients) -> bytes:
    if request.package_uri is None:
        return ARCHIVE.read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        return clients.tracking.download(request.package_uri, Path(folder)).read_bytes()


def _explained(error: StepFailed, request: Request) -> StepFailed:
    """A child that was killed, with the limit that it met; a source that is a file, with why it is not here."""
    if isinstance(error, CodeFailed) and NO_SOURCE in error.problem:
        return StepFailed(error.problem, remedy=f"{error.remedy}; a pod has none of the project's data: {ELSEWHERE}")
    if not isinstance(error, CodeFailed) or not memory.was_short():
        return error
    section = request.step if request.step in ("train", "score") else f"steps.{request.step}"
    return StepFailed(
        f"{request.step} was OOMKilled: its code took more memory than the pod's limit of {request.memory} ({error.problem})",
        remedy=f"raise {section}.pod.memory, or make it take less",
    )


def _end(*_: Any) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)


def _log(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - a container's log is what it prints


if __name__ == "__main__":
    sys.exit(main())
