"""One event to a backend: taken, refused, or another time. No key and no password is shown by any of it."""

from __future__ import annotations

import logging
import os
import signal
from pathlib import Path

import pytest

from bad_marquez import black_hole, closed_port, marquez
from golden_paths.lineage import log, sent
from golden_paths.lineage.delivery import Away, Backend, Failed, Refused
from golden_paths.lineage.replay import missing
from golden_paths.lineage.sender import Sender

EVENT = b'{"eventType": "COMPLETE"}'
ANSWERS = {
    **dict.fromkeys((200, 201, 202, 204), None),
    **dict.fromkeys((400, 413, 422), Refused),
    # of its address, its key, its day
    **dict.fromkeys((301, 302, 307, 308, 401, 403, 404, 405, 408, 429, 502, 503, 504), Away),
    500: Failed,
}


@pytest.mark.parametrize("status", ANSWERS)
def test_only_what_has_read_an_event_may_refuse_it_and_only_what_has_taken_it_counts(status: int) -> None:
    with marquez(status) as server:
        if (kind := ANSWERS[status]) is None:
            Backend(server.url).post(EVENT)
        else:
            with pytest.raises(kind) as caught:
                Backend(server.url).post(EVENT)
            assert type(caught.value) is kind
            assert str(status) in str(caught.value)
        assert server.pages == []  # a redirection followed is a GET: whatever answers that would count as taken


@pytest.mark.parametrize("kind", ["drips", "never answers", "black hole"])
def test_it_takes_no_longer_than_it_may(kind: str) -> None:
    with marquez() as server, black_hole() as hole:
        server.drips = kind == "drips"
        if kind == "never answers":
            server.answers.clear()
        backend = Backend(hole if kind == "black hole" else server.url)
        with pytest.raises(Away, match="does not answer"):
            backend.post(EVENT, connect=0.1, answer=0.2)
        if kind == "drips":  # the call that was given up is still there: none piles up on it
            with pytest.raises(Away, match="TimeoutError"):
                backend.post(EVENT, connect=5, answer=60)


SHOWN = {
    "http://marquez:5000": "http://marquez:5000",
    "http://user:hidden-word@marquez:5000/base": "http://marquez:5000/base",
    "https://marquez/?token=hidden-word": "https://marquez/",
    "user:hidden-word@marquez:5000": "marquez:5000",
    "http://user:hidden-word@[::1/": "[::1/",
}


@pytest.mark.parametrize("url", SHOWN)
def test_an_address_is_shown_without_what_opens_it(url: str) -> None:
    backend = Backend(url, key="hidden-key")
    assert backend.shown == SHOWN[url]
    assert "hidden" not in repr(backend)


def test_what_is_no_address_is_said() -> None:
    with pytest.raises(Away) as caught:
        Backend("user:hidden-word@marquez:5000").post(EVENT)
    assert str(caught.value) == "OPENLINEAGE_URL is marquez:5000, which is no address; it starts with http:// or https://"


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("{up}", "hidden-key\nX-Other: hidden-key"),
        ("{up}", "hidden-kéy-\u20ac"),
        ("user:hidden-word@nowhere", "hidden-key"),
        ("http://user:hidden-word@[::bad/", "hidden-key"),
        ("{down}", "hidden-key"),
    ],
)
def test_what_goes_wrong_with_a_key_or_an_address_does_not_quote_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, url: str, key: str
) -> None:
    with marquez() as server, caplog.at_level(logging.DEBUG):
        place = url.format(up=server.url, down=closed_port().replace("//", "//user:hidden-word@"))
        Sender(tmp_path, Backend(place, key)).emit('{"eventType": "COMPLETE"}', patience=10)
    assert "what is not sent stays in the log" in caplog.text
    assert len(missing(tmp_path)) == 1
    assert [word for word in ("hidden-k", "hidden-word") if word in caplog.text] == []


def test_the_key_is_sent_without_the_end_of_the_line_that_a_file_gives_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with marquez() as server:
        monkeypatch.setenv("OPENLINEAGE_URL", server.url.replace("http://", "http://user:word@") + "/\n")
        monkeypatch.setenv("OPENLINEAGE_API_KEY", "a-key\n")
        backend = Backend.from_environment()
        assert backend is not None
        backend.post(EVENT)
        assert server.headers[0]["Authorization"] == "Bearer a-key"


def test_a_child_that_was_forked_while_a_file_was_sent_does_not_keep_it(tmp_path: Path) -> None:
    file = log.Writer(tmp_path).append("{}").file
    with sent.held(file):
        if not (child := os.fork()):
            signal.pause()
            os._exit(0)
    try:
        with sent.held(file) as mark:
            assert mark.offset == 0
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def test_a_file_that_another_holds_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    file = log.Writer(tmp_path).append("{}").file
    with sent.held(file), pytest.raises(sent.Busy), sent.held(file, within=0.05):
        pass
