"""The platform team's policy: one set of rules, held at `validate`, when Airflow parses, and when an object is sent."""

from golden_paths.policy import reading
from golden_paths.policy.holding import check, hold
from golden_paths.policy.model import FILE, Policy
from golden_paths.policy.reading import read

__all__ = ["FILE", "Policy", "check", "hold", "read", "reading"]
