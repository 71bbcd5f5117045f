"""A card as files: beside the model in MLflow, or in a folder."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from golden_paths import digests
from golden_paths.card import content, page, rendered
from golden_paths.card.recorded import Recorded, collect
from golden_paths.clients import ModelRegistry, Tracking

FOLDER, MARKDOWN, HTML = "card", "card.md", "card.html"
URI, DIGEST = "golden_paths.card", "golden_paths.card_digest"  # tags of the version


@dataclass(frozen=True)
class Files:
    """What a card consists of. The Markdown names the SHA-256 of each plot, so its own covers them."""

    markdown: str
    html: str
    plots: Mapping[str, bytes]

    @property
    def digest(self) -> str:
        """SHA-256 of card.md."""
        return digests.of_bytes(self.markdown.encode())

    def write(self, folder: Path) -> tuple[Path, ...]:
        """Write card.md with its plots, and card.html; returns both pages."""
        places = (folder / MARKDOWN, folder / HTML)
        folder.mkdir(parents=True, exist_ok=True)
        if self.plots:
            (folder / rendered.PLOTS).mkdir(exist_ok=True)
        for name, plot in self.plots.items():
            (folder / rendered.PLOTS / name).write_bytes(plot)
        for place, text in zip(places, (self.markdown, self.html), strict=True):
            place.write_bytes(text.encode())
        return places


def files(recorded: Recorded) -> Files:
    """The same evidence gives the same bytes."""
    card = content.of(recorded)
    text = rendered.markdown(card)
    return Files(text, page.page(f"Model card: {card.title}", text, recorded.plots), recorded.plots)


def publish(tracking: Tracking, models: ModelRegistry, model: str, version: str) -> str:
    """Make the card of a version, keep it in the MLflow run of its model, and tag the version; returns card.md's URI.

    Raises `CardIncomplete`, and keeps nothing, when evidence is missing or is that of another model.
    """
    recorded = collect(tracking, models, model, version)
    made, run_id = files(recorded), recorded.tag("mlflow_run_id")
    with tempfile.TemporaryDirectory(prefix="golden-paths-card-") as folder:
        made.write(Path(folder))
        tracking.upload(run_id, Path(folder), FOLDER)
    uri = f"runs:/{run_id}/{FOLDER}/{MARKDOWN}"
    models.tag_version(model, version, {URI: uri, DIGEST: made.digest})
    return uri
