"""Which features of a profile the log can be held against: how the policy has sensitive ones told may have changed since."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from golden_paths.monitoring.look import Look
from golden_paths.prediction_log.hashing import LENGTH

if TYPE_CHECKING:
    from golden_paths.monitoring.profile import Profile

HASH = re.compile(rf"[0-9a-f]{{{LENGTH}}}")


def profile_for(look: Look, profile: Profile) -> Profile:
    """The profile without sensitive features that the log has not, or tells otherwise than when the version was trained.

    Of any other feature that the log has not, every value is missing: that is an alarm.
    """
    left_out = {name: why for name in look.sensitive if name in profile.features and (why := _why(look, profile, name))}
    if not left_out:
        return profile
    kept = {name: column for name, column in profile.features.items() if name not in left_out}
    return profile.model_copy(update={"features": kept, "left_out": profile.left_out | left_out})


def _why(look: Look, profile: Profile, name: str) -> str:
    """Empty when it can be compared."""
    features = look.features
    if name not in features.columns:
        return "" if look.rows.empty else "the prediction log leaves it out"
    values = features[name].dropna()
    if values.empty:
        return ""
    is_hashed = isinstance(values.iloc[0], str) and bool(HASH.fullmatch(values.iloc[0]))
    was_hashed = bool(getattr(profile.features[name], "is_sensitive", False))
    return "" if is_hashed == was_hashed else "the policy on sensitive columns is another than when this version was trained"
