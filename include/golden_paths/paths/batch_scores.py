"""From entities to a file of scores per interval, by the champion of another spec's model."""

from golden_paths.paths import Path

PATH = Path(
    name="batch-scores",
    version=1,
    promise="Every row of an interval scored once, by the version that was champion then, on features as they were known.",
    sections=("features", "score"),
    steps=("choose_champion", "score", "publish_scores"),
    by_interval=True,
)
