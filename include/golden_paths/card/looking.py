"""Looks for pieces of evidence in MLflow, and notes those that are not there instead of stopping at the first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from golden_paths.card.incomplete import Missing
from golden_paths.clients import Tracking

AGAIN = "run the path again from {}"


@dataclass
class Looking:
    """For the evidence of one version, whose `tags` these are. Files are fetched into `folder`."""

    tracking: Tracking
    tags: Mapping[str, str]
    folder: Path
    missing: list[Missing] = field(default_factory=list)
    listed: dict[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    def note(self, what: str, where: str, step: str) -> None:
        """Note a piece that is missing or does not fit; the step makes it anew."""
        self.missing.append(Missing(what, where, AGAIN.format(step)))

    def tag(self, name: str) -> str:
        """A tag of the version, without the prefix; empty when it was noted as missing."""
        value = self.tags.get(f"golden_paths.{name}", "")
        if not value:
            self.note(f"the version has no tag golden_paths.{name}", "the tags of the version", "register")
        return value

    def file(self, run_id: str, folder: str, name: str, step: str) -> Path | None:
        """A file of a run; None when it was noted as missing. What MLflow has and cannot give is an error of its own."""
        place = f"{folder}/{name}" if folder else name
        uri = f"runs:/{run_id}/{place}"
        if (run_id, folder) not in self.listed:
            self.listed[run_id, folder] = self.tracking.files(run_id, folder)
        if name not in self.listed[run_id, folder]:
            self.note(f"there is no {name}", uri, step)
            return None
        return self.tracking.download(uri, self.folder / run_id / (folder or "root"))
