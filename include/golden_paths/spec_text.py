"""The text of a spec's file: bounded, UTF-8, and all of it to be seen."""

from __future__ import annotations

import re
from pathlib import Path

from golden_paths import regular_file
from golden_paths.errors import InvalidSpec, SpecProblem

MAX_BYTES = 256 * 1024
# Control characters, line breaks that editors do not count, marks that turn the reading direction, halves of a pair.
INVISIBLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def read_text(path: Path, file: str) -> str:
    """The text of a spec file. Raises `InvalidSpec` when it is too large, not UTF-8, not to be seen or not there."""

    def refuse(problem: str, remedy: str, line: int = 0) -> InvalidSpec:
        return InvalidSpec([SpecProblem(file, line, "", None, problem, remedy)])

    try:
        file.encode()
    except UnicodeEncodeError as error:
        raise refuse("has a name that is not UTF-8", "rename the file") from error
    try:
        with regular_file.opened(path) as stream:
            content = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise refuse(f"cannot be read ({error.strerror})", "check its place and permissions") from error
    if len(content) > MAX_BYTES:
        raise refuse(
            f"is larger than {MAX_BYTES // 1024} KiB", "a spec is a page of text: data belongs in files that it names"
        )
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in content[:4]:
        raise refuse("is not UTF-8 text (it looks like UTF-16)", "save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise refuse("is not UTF-8 text", "save it as UTF-8", line) from error
    if found := invisible(text):
        raise refuse(*found, text.count("\n", 0, INVISIBLE.search(text).start()) + 1)  # type: ignore[union-attr]
    return text


def invisible(text: str) -> tuple[str, str] | None:
    """(problem, remedy) when the text holds what cannot be seen, or None."""
    found = INVISIBLE.search(text)
    return (f"holds the invisible character U+{ord(found[0]):04X}", "remove it") if found else None
