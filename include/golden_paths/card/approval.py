"""Who let a version through, and the history of its model."""

from __future__ import annotations

from golden_paths.card.parts import Code, Grid, Section
from golden_paths.card.recorded import Recorded
from golden_paths.history import Entry

DECISIONS = ("approved", "rejected", "recertified", "withdrawn")
BY_POLICY = (
    "Promoted by policy, without a person: nobody is asked at this risk, or in a trial on one machine."
)
TIME = "%Y-%m-%d %H:%M:%S UTC"
HEAD = ("", "when", "what", "version", "instead of", "by", "why", "run", "SHA-256 of the entry")


def approval(recorded: Recorded) -> Section:
    """What was decided of this version, in order: by whom, when, why."""
    own = [one for one in recorded.history if (one.version, one.digest) == (recorded.version, recorded.tag("digest"))]
    decided = [_decided(one) for one in own if str(one.what) in DECISIONS]
    if not decided and any(one.what == "promoted" for one in own):
        decided = [BY_POLICY]
    return Section("Approval", said=tuple(decided) or ("Not yet: nobody has decided, and it was not promoted.",))


def changes(recorded: Recorded) -> Section:
    """Every change that was noted of the model, of all its versions."""
    wrong = tuple(f"The history does not fit: {fault}." for fault in recorded.faults)
    if not recorded.history:
        return Section("History of the model", said=("No version of this model was decided on or promoted yet.",), wrong=wrong)
    rows = tuple(
        (
            str(one.number),
            f"{one.at:{TIME}}",
            one.what,
            one.version,
            one.instead_of or "",
            one.by,
            _why(one),
            Code(one.run),
            Code(one.hash),
        )
        for one in recorded.history
    )
    said = "Each entry holds the hash of the one before: python -m golden_paths history says when one was altered."
    return Section("History of the model", said=(said,), wrong=wrong, grids=(Grid(HEAD, rows),))


def _decided(one: Entry) -> str:
    who = f"by {one.by}" if one.by else "by policy, without a person"
    why = _why(one)
    return f"{str(one.what).capitalize()} {who}, {one.at:{TIME}}{f': {why}' if why else '; no reason was given.'}"


def _why(one: Entry) -> str:
    return str(getattr(one, "why", ""))
