"""python -m golden_paths.serve.fetch: the init container. Fetches a model, and lays out a features package.

Refuses other digests than those given. Run again after a kill it ends as if it had not been killed.
Exit codes: 0 all is there, 1 MLflow does not answer or refuses, or a file is no package, 2 wrong arguments, 3 wrong digest,
143 told to end (SIGTERM). Reasons go to stderr and to the pod's status.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from golden_paths import digests, features_package
from golden_paths.errors import DigestMismatch, GoldenPathsError, StepFailed
from golden_paths.serve import ending

if TYPE_CHECKING:
    from tenacity import RetryCallState

FAILED, WRONG_DIGEST, TOLD_TO_END = 1, 3, 143
PATIENCE = 40.0  # seconds within which another attempt begins; with the last one's own bounds a minute at most
# An attempt is short, the next one soon: MLflow is most often away because it is being restarted.
BOUNDS = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "10", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0"}


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m golden_paths.serve.fetch",
        description="Fetch a model from MLFLOW_TRACKING_URI, and lay out a features package.",
    )
    parser.add_argument("--uri", required=True, help="models:/m-... of the version")
    parser.add_argument("--digest", required=True, help="SHA-256 of its folder, as registered")
    parser.add_argument("--to", type=Path, required=True, help="where the folder goes")
    parser.add_argument("--features", type=Path, help="features package (.tar.gz)")
    parser.add_argument("--features-digest", help="its SHA-256")
    parser.add_argument("--features-to", type=Path, help="where its feature repository goes")
    parser.add_argument("--state", type=Path, help="where its registry goes: the server's FEAST_STATE")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Fetch everything; returns the exit code."""
    ending.at_once_on_sigterm(TOLD_TO_END)
    parser = arguments()
    options = parser.parse_args(argv)
    given = [options.features, options.features_digest, options.features_to, options.state]
    if any(given) and not all(given):
        parser.error("--features, --features-digest, --features-to and --state go together")
    if not (server := os.environ.get("MLFLOW_TRACKING_URI")):
        parser.error("MLFLOW_TRACKING_URI is not set; set it to the tracking server's address")
    try:
        if options.features:
            unpack(options.features, options.features_digest, features=options.features_to, state=options.state)
        fetch(server, options.uri, options.digest, options.to)
    except DigestMismatch as error:
        ending.say_why(str(error))
        return WRONG_DIGEST
    except (GoldenPathsError, OSError) as error:
        ending.say_why(str(error))
        return FAILED
    return 0


def fetch(server: str, uri: str, digest: str, folder: Path) -> None:
    """The model folder of `uri` as `folder`, whole or not at all. Raises `DigestMismatch` or `StepFailed`."""
    if folder.is_dir() and digests.of_folder(folder) == digest:
        return
    shutil.rmtree(folder, ignore_errors=True)
    partial = folder.with_name(folder.name + ".partial")
    found = _downloaded(server, uri, partial)
    if (is_found := digests.of_folder(found)) != digest:
        raise DigestMismatch(f"{uri} at {server}", expected=digest, found=is_found)
    found.rename(folder)
    shutil.rmtree(partial, ignore_errors=True)


def _downloaded(server: str, uri: str, partial: Path) -> Path:
    """Where it was downloaded to, from an MLflow that may be away for a while."""
    from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

    for name, value in BOUNDS.items():
        os.environ.setdefault(name, value)
    from golden_paths.clients.mlflow_tracking import MlflowTracking

    def attempt() -> Path:
        shutil.rmtree(partial, ignore_errors=True)
        return MlflowTracking(server).download(uri, partial)

    return Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, StepFailed) and error.retry),
        stop=stop_after_delay(PATIENCE),
        wait=wait_random_exponential(multiplier=0.5, max=5),
        before_sleep=_say_so,
        reraise=True,
    )(attempt)


def _say_so(state: RetryCallState) -> None:
    if state.outcome:
        sys.stderr.write(f"{state.outcome.exception()}; trying again\n")


def unpack(package: Path, digest: str, *, features: Path, state: Path) -> None:
    """Lay out a features package. Raises `DigestMismatch` or `StepFailed`."""
    try:
        with package.open("rb") as stream:
            packed = stream.read(features_package.MAX_BYTES + 1)
    except OSError as error:
        raise StepFailed(f"{package} cannot be read: {error.strerror}", remedy="mount the ConfigMap there") from error
    features_package.unpack(packed, digest, features=features, state=state)


if __name__ == "__main__":
    ending.now(main())
