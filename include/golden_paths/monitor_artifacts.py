"""What travels between the steps of a watch: what was seen, and what follows from it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from golden_paths.artifacts import Artifact


class Verdict(BaseModel):
    """What a watch says of one thing, in one line. `is_alarm`: it should be acted upon; `cause` is what the spec calls it."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    cause: str
    is_alarm: bool
    words: str


class Watched(Artifact):
    """One look at a model that serves: rows of [start, end) that this version answered, and what they say."""

    name: ClassVar[str] = "watched"
    model: str
    version: str  # empty: no version serves
    digest: str
    start: datetime
    end: datetime
    rows: int
    verdicts: tuple[Verdict, ...]
    calm: tuple[str, ...] = ()  # causes that could be judged, and are no alarm
    news: tuple[str, ...] = ()  # causes that alarm, and did not at the look before
    report: str = ""  # MLflow URI
    mlflow_run_id: str = ""

    @property
    def alarms(self) -> tuple[Verdict, ...]:
        """Those to be acted upon."""
        return tuple(verdict for verdict in self.verdicts if verdict.is_alarm)


class Renewal(Artifact):
    """What follows from a look. `reason` is one line; `run` names the run that is asked for, the same at every try."""

    name: ClassVar[str] = "renewal"
    model: str
    version: str
    action: Literal["nothing", "wait", "retrain", "escalate", "recertify", "withdraw"]
    causes: tuple[str, ...] = ()
    reason: str = ""
    run: str = ""
    is_news: bool = False  # an escalation is said at every look, and is news once
