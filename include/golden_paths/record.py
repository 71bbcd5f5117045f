"""What a step notes while it runs: every check with its outcome, and what it has made by then, should it fail."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict

from golden_paths.artifacts import Artifact


class Check(BaseModel):
    """One check that ran. `subject` is what was looked at: `view:NAME`, or the name of an artifact.

    A gate is a check of the platform's: it stands between a model and its users.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str
    passed: bool
    subject: str
    expected: str
    found: str
    column: str | None = None
    is_gate: bool = False


@dataclass
class Record:
    """Filled as the step goes on; a retry starts a new one."""

    checks: list[Check] = field(default_factory=list)
    made: Artifact | None = None

    def check(self, check: Check) -> bool:
        """Note a check; returns whether it was passed."""
        self.checks.append(check)
        return check.passed

    def passed_gates(self) -> dict[str, str]:
        """Those that said yes, each with what was found: for who asks later what let a model through."""
        return {
            f"{one.name}{f' [{one.column}]' if one.column else ''}": f"{one.found} ({one.expected})"
            for one in self.gates
            if one.passed
        }

    @property
    def gates(self) -> list[Check]:
        """The checks that are gates."""
        return [check for check in self.checks if check.is_gate]
