"""Secrets that stand in a spec in plain text. A spec is in a repository, in MLflow's tags and on Airflow's pages."""

from __future__ import annotations

import re
from collections.abc import Iterator

KEY = re.compile(
    r"(?:^|_)(?:password|passwd|pwd|secret|token|api_?key|access_?key|private_?key|credentials?)$", re.IGNORECASE
)
LEAST = 6  # characters: shorter ones are words such as "auto", or nobody's secret
SHAPES = re.compile(
    r"AKIA[0-9A-Z]{16}"  # AWS
    r"|-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{20,}|glpat-[A-Za-z0-9_-]{20,}"
    r"|xox[abprs]-[A-Za-z0-9-]{10,}"  # Slack
    r"|sk-[A-Za-z0-9_-]{20,}|hf_[A-Za-z0-9]{30,}|AIza[0-9A-Za-z_-]{35}"
    r"|eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\."  # a JSON web token
    r"|[a-z][a-z0-9+.-]*://[^/\s:@]+:[^/\s@]+@"  # an address with a password
)
PROBLEM = "holds what looks like a secret"
REMEDY = "name it in the platform's secrets and read it from the environment: train.pod.secrets"
HIDDEN = "(hidden)"


def found(texts: dict[tuple[str | int, ...], str]) -> Iterator[tuple[str | int, ...]]:
    """The places of values that are secrets, by their shape or by the name of their key."""
    for place, text in texts.items():
        name = next((str(part) for part in reversed(place) if isinstance(part, str)), "")
        if SHAPES.search(text) or (len(text) >= LEAST and KEY.search(name) and _is_text(text)):
            yield place


def _is_text(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return text.lower() not in ("true", "false", "null")
    return False
