"""audit NAME and audit verify FILE, as they are called."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from audits import DAY, MONDAY, Shop
from golden_paths.commands import app, audit
from golden_paths.errors import GoldenPathsError


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    made = Shop(tmp_path / "shop")
    made.ran("1", MONDAY)
    made.ran("2", MONDAY + DAY, before="1")
    for name in ("dags", "include"):
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("socket.gethostname", lambda: "vm")
    monkeypatch.setattr(audit, "_sources", lambda _: made.sources)
    return made


def call(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["audit", *arguments], catch_exceptions=True)
    if isinstance(done.exception, GoldenPathsError):
        return 1, str(done.exception)
    return done.exit_code, done.output


@pytest.mark.parametrize(
    "arguments",
    [
        ("churn", "--version", "1", "-o", "a.zip"),
        ("-o", "a.zip", "--version", "1", "churn"),
        ("pack", "churn", "--version", "1", "-o", "a.zip"),
    ],
    ids=" ".join,
)
def test_a_pack_is_made_and_is_unchanged(shop: Shop, arguments: tuple[str, ...]) -> None:
    code, said = call(*arguments)
    assert (code, "Version 1 of churn served from 2026-03-02" in said) == (0, True)
    (digest,) = re.findall(r"nobody can change it: ([0-9a-f]{64})", said)
    assert call("verify", "a.zip") == (
        0,
        f"unchanged a.zip: every byte follows from its files and their manifest; its SHA-256 is {digest}\n",
    )
    held = "every byte follows from its files and their manifest; and is the one with the digest that was noted"
    assert call("verify", "a.zip", "--digest", digest) == (0, f"unchanged a.zip: {held}\n")


def test_a_changed_pack_is_red(shop: Shop) -> None:
    call("churn", "-o", "a.zip")
    file = Path("a.zip")
    file.write_bytes(file.read_bytes().replace(b"Version 2 of churn", b"Version 1 of churn"))
    code, said = call("verify", "a.zip")
    assert code == 1
    assert said.startswith("changed audit.json: was changed (Bad CRC-32 for file 'audit.json')")


def test_the_page_is_written_beside_the_pack(shop: Shop) -> None:
    assert call("churn", "-o", "a.zip", "--page", "a.html")[0] == 0
    assert Path("a.html").read_text().startswith("<!doctype html>")


@pytest.mark.parametrize("there", ["a.zip", "a.html"])
def test_nothing_is_overwritten_and_nothing_is_asked_before(shop: Shop, there: str) -> None:
    Path(there).write_text("mine")
    assert call("churn", "-o", "a.zip", "--page", "a.html") == (
        1,
        f"{there} is there already, and nothing is overwritten; name another file",
    )
    assert (Path(there).read_text(), shop.registry.asked) == ("mine", 0)


def test_a_model_that_is_called_verify_can_be_audited(shop: Shop) -> None:
    code, said = call("pack", "verify", "-o", "a.zip")
    assert (code, said.startswith("no model 'verify' in MLflow")) == (1, True)


def test_a_pack_that_is_not_there_is_named(shop: Shop) -> None:
    assert call("verify", "b.zip") == (1, "b.zip cannot be read: No such file or directory; name a pack")
