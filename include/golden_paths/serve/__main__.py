"""python -m golden_paths.serve: one process, one model version.

Signals: SIGUSR1 starts and SIGUSR2 stops accepting on the shared socket (--stable-fd); SIGTERM and SIGINT drain, and
SIGTERM ends it at once while it does not serve yet.
Exit codes: 0 drained, 1 the model or the features cannot be loaded, 2 wrong arguments or address, 3 wrong digest.
"""

from __future__ import annotations

import argparse
import math
import os
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden_paths.serve import ending
from golden_paths.serve.status import Identity, Status

if TYPE_CHECKING:
    from golden_paths.prediction_log.keeping import Keeping
    from golden_paths.serve.server import Server

DIGEST_EXIT, LOAD_EXIT, ADDRESS_EXIT = 3, 1, 2
GRACE = 5.0
LOG_ENDS = 10.0  # seconds that the prediction log may take to be written, once nothing is answered any more
# One row needs no second thread, and several servers share the machine. Read when numpy and OpenMP are first loaded.
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m golden_paths.serve", description="Serve one model version over HTTP."
    )
    parser.add_argument("--model", type=Path, help="folder written by mlflow.sklearn.save_model")
    parser.add_argument("--withdrawn", default="", metavar="REASON", help="load no model; answer 503 with this reason")
    parser.add_argument("--digest", required=True, help="SHA-256 of that folder, as registered")
    parser.add_argument("--name", required=True, help="registered model")
    parser.add_argument("--version", required=True, help="its version")
    parser.add_argument("--run-id", required=True, help="MLflow run that made it")
    parser.add_argument("--training-set", required=True, help="digest of the training set")
    parser.add_argument("--host", default="127.0.0.1", help="address to bind with --port")
    address = parser.add_mutually_exclusive_group(required=True)
    address.add_argument("--port", type=int, help="private port")
    address.add_argument("--listen-fd", type=int, help="inherited private socket, bound or listening")
    parser.add_argument("--stable-fd", type=int, help="inherited listening socket that the endpoint's processes share")
    parser.add_argument("--feature-repo", type=Path, help="Feast feature repository, for /predict")
    parser.add_argument("--service", help="feature service in it")
    parser.add_argument("--grace", type=float, default=GRACE, help="seconds an idle connection is kept while draining")
    parser.add_argument(
        "--max-connection-age",
        type=seconds,
        default=math.inf,
        help="seconds after which an answer closes its connection, 20 %% more or less; absent: no limit",
    )
    parser.add_argument(
        "--prediction-log", type=_keeping, help="how what is answered is kept, as JSON; absent: it is not"
    )
    return parser


def seconds(text: str) -> float:
    """A number above 0. Raises `ValueError`."""
    if not (number := float(text)) > 0:
        raise ValueError
    return number


def _keeping(text: str) -> Keeping:
    from golden_paths.prediction_log.keeping import Keeping

    return Keeping.model_validate_json(text)


def main() -> int:
    """Serve until a signal; returns the exit code."""
    ending.at_once_on_sigterm(0)
    parser = arguments()
    options = parser.parse_args()
    if (options.feature_repo is None) != (options.service is None):
        parser.error("--feature-repo and --service go together")
    if options.model is None and not options.withdrawn:
        parser.error("name the folder of the --model, or say why it is --withdrawn")
    try:
        private, stable = _private(options), _inherited(options.stable_fd)
    except (OSError, OverflowError) as error:
        ending.say_why(f"cannot listen: {error}; free the address, or name another")
        return ADDRESS_EXIT
    for name in THREADS:
        os.environ[name] = "1"
    sys.dont_write_bytecode = True  # a model's own code lies in the folder that the digest covers

    identity = Identity(options.name, options.version, options.digest, options.run_id, options.training_set)
    return (_refuse if options.withdrawn else _serve)(options, Status(identity), private, stable)


def _serve(options: argparse.Namespace, status: Status, private: socket.socket, stable: socket.socket | None) -> int:
    from golden_paths.serve.app import build
    from golden_paths.serve.loading import Loader
    from golden_paths.serve.logged import PredictionLog
    from golden_paths.serve.metrics import Metrics

    metrics = Metrics(status.identity)
    kept = PredictionLog(options.prediction_log, status.identity) if options.prediction_log else None
    loader = Loader(status, model=options.model, feature_repo=options.feature_repo, service=options.service)
    app = build(status, loader, metrics, kept.queue if kept else None)
    server = _server(app, options, status, private, stable, draining=kept.soon if kept else lambda: None)
    if kept:
        kept.begin(loader, metrics.registry)
    loader.start(server)
    server.run()
    if kept:
        ending.at_once_on_sigterm(loader.exit_code)  # the loop took signals until now
        kept.end(within=1.0 if server.force_exit else LOG_ENDS)
    return loader.exit_code


def _refuse(options: argparse.Namespace, status: Status, private: socket.socket, stable: socket.socket | None) -> int:
    from golden_paths.serve.withdrawn import build

    _server(build(status, options.withdrawn), options, status, private, stable).run()
    return 0


def _server(
    app: Any,
    options: argparse.Namespace,
    status: Status,
    private: socket.socket,
    stable: socket.socket | None,
    draining: Callable[[], None] = lambda: None,
) -> Server:
    from golden_paths.serve.server import Server

    return Server(
        app,
        private=private,
        stable=stable,
        status=status,
        grace=options.grace,
        max_age=options.max_connection_age,
        draining=draining,
    )


def _private(options: argparse.Namespace) -> socket.socket:
    if options.listen_fd is None:
        return socket.create_server((options.host, options.port))
    inherited = socket.socket(fileno=options.listen_fd)
    inherited.listen()
    return inherited


def _inherited(number: int | None) -> socket.socket | None:
    return None if number is None else socket.socket(fileno=number)


if __name__ == "__main__":
    ending.now(main())
