"""Model folders, and real server processes to ask."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from golden_paths import digests, typical

IMPORTS = Path(__file__).parents[1] / "include"
PATIENT = [59.0, 2.0, 32.1, 101.0, 157.0, 93.2, 38.0, 4.0, 4.8598, 87.0]


@dataclass(frozen=True)
class Saved:
    """A model folder and what the fitted estimator said about its input example."""

    folder: Path
    digest: str
    estimator: Any
    frame: Any


def save(folder: Path, estimator: Any, frame: Any, *, code: Path | None = None) -> Saved:
    import mlflow.sklearn
    import skops.io
    from mlflow.models import infer_signature

    mlflow.sklearn.save_model(
        estimator,
        str(folder),
        serialization_format="skops",
        skops_trusted_types=skops.io.get_untrusted_types(data=skops.io.dumps(estimator)),
        pip_requirements=["scikit-learn"],
        signature=infer_signature(frame, estimator.predict(frame)),
        input_example=frame.head(3),
        code_paths=[str(code)] if code else None,
    )
    typical.write(frame, folder)
    return Saved(folder, digests.of_folder(folder), estimator, frame)


@dataclass
class Running:
    """A server process and its private port."""

    process: subprocess.Popen[str]
    port: int

    def ask(self, method: str, path: str, body: Any = None, kind: str = "application/json") -> tuple[int, Any]:
        text = body if isinstance(body, bytes | str | None) else json.dumps(body)
        answer, content = self.exchange(method, path, text, {"Content-Type": kind})
        return answer.status, json.loads(content) if "json" in answer.getheader(
            "content-type", ""
        ) else content.decode()

    def exchange(
        self, method: str, path: str, body: bytes | str | None, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """The answer with its headers, and its content."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, body, headers | {"Connection": "close"})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer, content

    def metric(self, name: str) -> float:
        """A sample of /metrics, by its whole name with labels."""
        lines = (line.rsplit(" ", 1) for line in self.ask("GET", "/metrics")[1].splitlines() if not line.startswith("#"))
        return next(float(value) for found, value in lines if found == name)

    def wait_for(self, condition: Callable[[int, Any], bool], *, seconds: float = 60) -> Any:
        """The first /health that fulfils the condition."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert self.process.poll() is None, self.process.communicate()[1]
            code, body = self.ask("GET", "/health")
            if condition(code, body):
                return body
            time.sleep(0.02)
        raise AssertionError(f"/health never got there: {code} {body}")

    def accepting(self, wanted: bool) -> None:
        """Tell it to accept on the shared socket or not, and wait until it says so."""
        self.process.send_signal(signal.SIGUSR1 if wanted else signal.SIGUSR2)
        self.wait_for(lambda _, body: body["accepting"] is wanted)

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)


Start = Callable[..., Running]


def started(
    saved: Saved, *options: str, stable: socket.socket | None = None, version: str = "1", digest: str = ""
) -> Running:
    with socket.create_server(("127.0.0.1", 0)) as private:
        fds = [private.fileno()] + ([stable.fileno()] if stable else [])
        command = [sys.executable, "-P", "-m", "golden_paths.serve", "--model", str(saved.folder)]
        command += ["--digest", digest or saved.digest, "--name", "diabetes", "--version", version, "--run-id", "run-1"]
        command += ["--training-set", "abc", "--listen-fd", str(fds[0]), *options]
        command += ["--stable-fd", str(fds[1])] if stable else []
        environment = os.environ | {"PYTHONPATH": str(IMPORTS)}
        process = subprocess.Popen(command, pass_fds=fds, env=environment, stderr=subprocess.PIPE, text=True)
        return Running(process, int(private.getsockname()[1]))
