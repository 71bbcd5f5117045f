"""A version of which everything is recorded, and what its card looks like."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from fakes import evidence
from fakes.models import FakeModelRegistry
from fakes.tracking import FakeTracking
from golden_paths import history
from golden_paths.card import made
from golden_paths.card.recorded import collect

MODEL, DIGEST, SET = "churn", "d" * 64, "7" * 64


class Desk:
    """A version in the fake MLflow, of which everything is recorded."""

    def __init__(self, root: Path, **changes: Any) -> None:
        self.tracking, self.models = FakeTracking(root / "mlflow"), FakeModelRegistry()
        self.run = self.tracking.run(MODEL, "train", name="train", tags={}).id
        spec = evidence.SPEC | changes
        tags = evidence.keep(self.tracking, self.run, digest=DIGEST, training_set=SET, spec=spec)
        self.version = self.models.register(MODEL, uri="models:/m-1", run_id=self.run, tags=tags)

    @property
    def tags(self) -> dict[str, str]:
        return self.models.version_tags(MODEL, self.version)

    def judged(self, **changes: Any) -> None:
        """Another record of the evaluation, with which the version was registered."""
        digest = evidence.evaluated(self.tracking, self.run, evidence.record(DIGEST, SET, **changes))
        self.models.tag_version(MODEL, self.version, {"golden_paths.evidence_digest": digest})

    def promoted(self) -> history.Entry:
        self.models.set_alias(MODEL, "champion", self.version)
        return history.add(self.models, MODEL, history.Change("promoted", self.version, DIGEST, "run-1", "Ada"))

    @property
    def files(self) -> made.Files:
        return made.files(collect(self.tracking, self.models, MODEL, self.version))

    def section(self, title: str) -> str:
        """Of the Markdown, without its heading."""
        return next(part for name, part in sections(self.files.markdown) if name == title)


def sections(text: str) -> Iterator[tuple[str, str]]:
    for part in text.split("\n## ")[1:]:
        name, _, body = part.partition("\n")
        yield name, body.strip()


class Page(HTMLParser):
    """The elements and attributes of a page, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data: str) -> None:
        self.text += data
