"""One event to Marquez, or to what else speaks its API. One that is away is left alone for a while by every process."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from golden_paths.lineage.bounded import Bounded

CONNECT, ANSWER = 0.5, 1.0  # seconds; an answer takes 0.03 to 0.08. Both together are all that an event may take
PAUSE = 30.0  # seconds in which nobody asks again
MARK = "away"  # in the log's folder, when one was found away
ENDPOINT = "api/v1/lineage"


class Away(Exception):
    """It did not answer, or said that it cannot now."""


class Failed(Away):
    """It failed over this event: 500. Whether over this one alone, the next event tells."""


class Refused(Exception):
    """It has read this event and has no use for it, now or later."""


UNWANTED = (400, 413, 422)  # other answers are of the server or its address: another day it takes this event


@dataclass(frozen=True)
class Backend:
    """Where events go. `key` is sent as a bearer token, and never shown."""

    url: str = field(repr=False)
    key: str = field(default="", repr=False)
    endpoint: str = ENDPOINT
    _bounded: Bounded = field(default_factory=Bounded, repr=False, compare=False)

    @classmethod
    def from_environment(cls) -> Backend | None:
        """OPENLINEAGE_URL, _API_KEY and _ENDPOINT, as everywhere with OpenLineage; None: the log is all."""
        url = (os.environ.get("OPENLINEAGE_URL") or "").strip()
        if not url:
            return None
        return cls(
            url.rstrip("/"),
            (os.environ.get("OPENLINEAGE_API_KEY") or "").strip(),  # from a file it comes with the line's end
            (os.environ.get("OPENLINEAGE_ENDPOINT") or ENDPOINT).strip().lstrip("/"),
        )

    @property
    def shown(self) -> str:
        """Its address without login, password and query."""
        try:
            parts = urlsplit(self.url)
        except ValueError:
            parts = urlsplit("")
        if not parts.netloc:  # it is no address, for want of http:// or for a bracket too many
            return self.url.rpartition("@")[2].partition("?")[0]
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"

    def post(self, event: bytes, *, connect: float = CONNECT, answer: float = ANSWER) -> None:
        """Send one event. Raises `Away`, or `Refused` for what a repetition does not mend; takes no longer than both times."""
        if not self.url.lower().startswith(("http://", "https://")):
            raise Away(f"OPENLINEAGE_URL is {self.shown}, which is no address; it starts with http:// or https://")
        import requests  # before the clock starts: on a machine that is busy this takes longer than an answer may

        try:
            self._bounded.call(lambda: self._post(requests.post, event, (connect, answer)), connect + answer)
        except (Away, Refused):
            raise
        except Exception as error:  # what others say of it may quote the key or a password
            raise Away(f"{self.shown} does not answer: {type(error).__name__}") from None

    def _post(self, post: Callable[..., Any], event: bytes, timeout: tuple[float, float]) -> None:
        headers = {"Content-Type": "application/json"}
        # As a header the key would give way to the URL's login, or to a netrc file.
        auth = self.signed if self.key else None
        url = f"{self.url}/{self.endpoint}"
        # A redirection followed is a GET: what answers that has not been given the event.
        with post(url, event, headers=headers, auth=auth, timeout=timeout, stream=True, allow_redirects=False) as answer:
            if 200 <= answer.status_code < 300:
                return
            if answer.status_code in UNWANTED:
                said = next(answer.iter_content(500), b"").decode(errors="replace")
                raise Refused(f"{self.shown} refuses it: {answer.status_code} {said}".strip())
            kind = Failed if answer.status_code == 500 else Away
            raise kind(f"{self.shown} answers {answer.status_code}")

    def signed(self, request: Any) -> Any:
        """The request with the key, for requests and httpx alike."""
        request.headers["Authorization"] = f"Bearer {self.key}"
        return request


def is_away(folder: Path) -> bool:
    """Whether somebody found it away a moment ago."""
    try:
        age = time.time() - (folder / MARK).stat().st_mtime
    except OSError:
        return False
    return 0 <= age < PAUSE


def say_away(folder: Path, away: bool) -> None:
    """Tell the others. A folder that cannot be written tells nobody."""
    try:
        if away:
            (folder / MARK).touch()
            os.utime(folder / MARK)
        else:
            (folder / MARK).unlink(missing_ok=True)
    except OSError:
        pass
