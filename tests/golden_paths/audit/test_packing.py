"""A pack goes red on any byte that is not as it was, and says what is."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from golden_paths.audit import packing
from golden_paths.digests import of_bytes
from golden_paths.errors import GoldenPathsError

FILES = {"audit.json": b'{"model": "churn"}\n', "index.html": b"<h1>churn</h1>\n", "spec.yaml": b"name: churn\n"}
PACK = packing.packed(FILES)
# What a pack of FILES is, for good: a Python whose zipfile writes other bytes would call every older pack changed.
SHA_256 = "c1a43cb7274baafa297338f8694c73d1743c5bd13247705fec8dcc22e5e40e62"


def rezipped(change: Callable[[zipfile.ZipFile], None]) -> bytes:
    stream = io.BytesIO(PACK)
    with zipfile.ZipFile(stream, "a") as archive:
        change(archive)
    return stream.getvalue()


def zipped(files: list[tuple[str, bytes]], how: int = zipfile.ZIP_STORED) -> bytes:
    stream = io.BytesIO()
    with (
        warnings.catch_warnings(action="ignore"),
        zipfile.ZipFile(stream, "w", how) as archive,
    ):  # a name is there twice
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name, packing.TIME), content, how)
    return stream.getvalue()


def manifest(files: dict[str, bytes]) -> bytes:
    with zipfile.ZipFile(io.BytesIO(packing.packed(files))) as archive:
        return archive.read(packing.MANIFEST)


def test_a_pack_is_as_it_was_made() -> None:
    assert packing.problems(PACK) == []
    assert packing.problems(PACK, of_bytes(PACK)) == []


def test_the_same_files_give_the_same_bytes_whatever_their_order_on_any_python() -> None:
    assert packing.packed(dict(reversed(FILES.items()))) == PACK
    assert of_bytes(PACK) == SHA_256


@pytest.mark.parametrize("bit", [1, 0x10, 0x80])
def test_every_byte_that_is_changed_is_seen(bit: int) -> None:
    unseen = [
        at for at in range(len(PACK)) if not packing.problems(PACK[:at] + bytes([PACK[at] ^ bit]) + PACK[at + 1 :])
    ]
    assert unseen == []


def test_every_byte_that_is_left_out_or_put_in_is_seen() -> None:
    without = [at for at in range(len(PACK)) if not packing.problems(PACK[:at] + PACK[at + 1 :])]
    with_more = [at for at in range(len(PACK) + 1) if not packing.problems(PACK[:at] + b"\0" + PACK[at:])]
    assert (without, with_more) == ([], [])


CHANGED = {**FILES, "spec.yaml": b"name: other\n"}
NAMED = [(packing.MANIFEST, manifest(FILES))]
CASES = {
    "another content under the old manifest": (zipped([*NAMED, *CHANGED.items()]), ["spec.yaml: SHA-256 is"]),
    "a file that was added": (rezipped(lambda one: one.writestr("more.txt", "more")), ["more.txt: was added"]),
    "a file that is missing": (zipped([*NAMED, *list(FILES.items())[:2]]), ["spec.yaml: is missing"]),
    "a file that is there twice": (
        zipped([*NAMED, *FILES.items(), ("spec.yaml", b"name: churn\n")]),
        ["spec.yaml: is there twice"],
    ),
    "no manifest": (zipped(list(FILES.items())), ["manifest.json: is not there, or no manifest (KeyError)"]),
    "a manifest that is none": (
        zipped([(packing.MANIFEST, b"[]"), *FILES.items()]),
        ["manifest.json: is not there, or no manifest"],
    ),
    "the same files in another order": (
        zipped([*FILES.items(), *NAMED]),
        ["the zip itself: its files are as they were"],
    ),
    "the same files, compressed": (
        zipped([*NAMED, *FILES.items()], zipfile.ZIP_DEFLATED),
        ["the zip itself: its files are as"],
    ),
    "a comment on the zip": (PACK[:-2] + b"\x04\0" + b"note", ["the zip itself: its files are as they were packed"]),
    "bytes after its end": (PACK + b"more", ["the zip itself"]),
    "bytes before its beginning": (b"more" + PACK, ["the zip itself"]),
    "half of it": (PACK[: len(PACK) // 2], ["the zip itself: it cannot be read any more (BadZipFile"]),
    "nothing": (b"", ["the zip itself: it cannot be read any more (BadZipFile"]),
    "another file": (b"<html>", ["the zip itself: it cannot be read any more (BadZipFile"]),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_what_differs_is_named(case: str) -> None:
    archive, expected = CASES[case]
    found = packing.problems(archive)
    assert len(found) == len(expected), found
    assert [one for one, start in zip(found, expected, strict=True) if not one.startswith(start)] == []


def test_a_pack_that_was_made_anew_is_seen_by_the_digest_that_was_noted() -> None:
    forged = packing.packed(CHANGED)
    assert packing.problems(forged) == []
    assert packing.problems(forged, of_bytes(PACK)) == [
        f"the pack: SHA-256 is {of_bytes(forged)}, not {of_bytes(PACK)}"
    ]


def test_a_file_that_is_there_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "pack.zip"
    packing.write(file, PACK)
    for again in (lambda: packing.write(file, b"other"), lambda: packing.refuse_existing(file)):
        with pytest.raises(GoldenPathsError) as refused:
            again()
        assert str(refused.value) == f"{file} is there already, and nothing is overwritten; name another file"
    assert file.read_bytes() == PACK


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        GoldenPathsError, match=r"a/pack.zip cannot be written: No such file or directory; name another file"
    ):
        packing.write(tmp_path / "a" / "pack.zip", PACK)
