"""A log behind MLflow's tracking server, by its artifact proxy: whoever reaches MLflow needs no other place, and no other key.

Plain HTTP, without MLflow: a server process that imported it would be 170 MiB larger.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, unquote, urlsplit

from golden_paths.addresses import without_sign_in
from golden_paths.prediction_log.sign_in import MLFLOW_NAMES

FOLDER = "golden-paths-predictions"
SECONDS = 10.0  # without a byte


class MlflowStore:
    """Files below `golden-paths-predictions/` of the server's artifacts. Signs in as MLflow's own client does."""

    def __init__(self, server: str) -> None:
        self._artifacts = f"{without_sign_in(server).rstrip('/')}/api/2.0/mlflow-artifacts/artifacts"
        self._headers = _sign_in(server)
        trusted = os.environ.get("REQUESTS_CA_BUNDLE") or None
        self._tls = ssl.create_default_context(cafile=trusted) if server.startswith("https:") else None

    def list(self, folder: str) -> list[str]:
        """Names right in a folder."""
        found = json.loads(self._ask("GET", f"?path={quote(f'{FOLDER}/{folder}'.rstrip('/'))}") or b"{}")
        names = [one["path"].rpartition("/")[2] + "/" * bool(one.get("is_dir")) for one in found.get("files", [])]
        return sorted(name for name in names if not name.startswith("."))

    def read(self, name: str) -> bytes:
        """A file. Raises `FileNotFoundError`."""
        return self._ask("GET", _path(name))

    def write(self, name: str, content: bytes) -> None:
        """A file. MLflow puts it in place when it has all of it."""
        self._ask("PUT", _path(name), content)

    def delete(self, name: str) -> None:
        """A file, or a folder."""
        try:
            self._ask("DELETE", _path(name))
        except FileNotFoundError:
            return

    def _ask(self, method: str, rest: str, content: bytes | None = None) -> bytes:
        request = urllib.request.Request(self._artifacts + rest, content, self._headers, method=method)
        if content is not None:
            request.add_header("Content-Type", "application/octet-stream")
        with (
            _as_os_errors(method, request.full_url.partition("?")[0]),
            urllib.request.urlopen(request, timeout=SECONDS, context=self._tls) as answer,
        ):
            return bytes(answer.read())


@contextmanager
def _as_os_errors(method: str, url: str) -> Iterator[None]:
    try:
        yield
    except urllib.error.HTTPError as error:
        with error:
            said = error.read(300).decode(errors="replace")
        if error.code == 404:
            raise FileNotFoundError(f"{url} is not there") from None
        raise OSError(f"MLflow answers {method} {url} with {error.code}: {said}") from None
    except urllib.error.URLError as error:
        raise OSError(f"MLflow does not answer at {url}: {error.reason}") from error
    except http.client.HTTPException as error:
        raise OSError(f"MLflow's answer to {method} {url} is broken: {type(error).__name__}: {error}") from error


def _path(name: str) -> str:
    return f"/{FOLDER}/{quote(name)}"


def _sign_in(server: str) -> dict[str, str]:
    parts = urlsplit(server)
    named, password, token = (os.environ.get(name, "") for name in MLFLOW_NAMES)
    if parts.username:
        named, password = unquote(parts.username), unquote(parts.password or "")
    if named:
        return {"Authorization": "Basic " + base64.b64encode(f"{named}:{password}".encode()).decode()}
    return {"Authorization": f"Bearer {token}"} if token else {}
