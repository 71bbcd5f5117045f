"""Features brought up to date for everybody who uses them: checked by who owns them, written once."""

from __future__ import annotations

from golden_paths.paths import Path

PATH = Path(
    name="feature-refresh",
    version=1,
    promise="A feature service online, fresh, of rows that keep their contract; models that rely on it start when it is.",
    sections=("features", "refresh"),
    steps=("check_features", "materialize"),
    refreshes=True,
)
