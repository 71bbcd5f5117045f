"""Why there is no card: every piece that is missing, or does not belong to the version, at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from golden_paths.errors import StepFailed


@dataclass(frozen=True)
class Missing:
    """A piece of evidence: `what` is wrong with it, `where` it should be, and what brings it."""

    what: str
    where: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.what} ({self.where})"


class CardIncomplete(StepFailed):
    """The evidence for a card is missing in part, or is that of another model. Nothing was written."""

    def __init__(self, model: str, version: str, missing: Sequence[Missing]) -> None:
        self.missing = tuple(missing)
        super().__init__(
            f"{model} version {version} cannot have a model card: {'; '.join(map(str, self.missing))}",
            remedy="; ".join(dict.fromkeys(one.remedy for one in self.missing)),
        )
