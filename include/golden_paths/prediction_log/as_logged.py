"""How the log tells sensitive values, for whoever is to be compared with it later: the reference profile of a version."""

from __future__ import annotations

import os
from collections.abc import Callable

from golden_paths import policy
from golden_paths.prediction_log import hashing
from golden_paths.project import Project
from golden_paths.spec import PathSpec


def sensitive(spec: PathSpec, project: Project, *, is_sent: bool) -> tuple[tuple[str, ...], Callable[[object], str] | None]:
    """The columns that the log does not tell as they are, and how it does; None: not at all.

    `is_sent`: this runs in a pod, which has neither the platform's policy nor this machine's key. A key that is made there would
    be another than that of the servers, so only a given one counts.
    """
    named = spec.training_set.sensitive if spec.training_set else ()
    rule = policy.read(project).predictions.sensitive
    if rule == "keep" and not is_sent:
        return (), None
    is_local = spec.deploy is not None and spec.deploy.to == "local"
    if rule == "leave_out" or not named:
        return named, None
    key = hashing.key_of(project) if is_local and not is_sent else os.environ.get(hashing.HASH_KEY)
    return named, (lambda value: hashing.hashed(value, key) or "") if key else None
