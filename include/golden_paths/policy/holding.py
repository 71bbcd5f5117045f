"""A spec held to the policy: when it is read, and again when something is about to be done with it."""

from __future__ import annotations

from golden_paths.policy.model import FILE
from golden_paths.policy.objects import Forbidden
from golden_paths.policy.reading import read
from golden_paths.policy.rules import faults
from golden_paths.project import Project
from golden_paths.spec import PathSpec
from golden_paths.yaml_source import Document, dotted


def check(spec: PathSpec, document: Document, project: Project) -> None:
    """Add every rule that the spec does not keep. Raises `InvalidSpec` when the platform's file is wrong itself."""
    for fault in faults(spec, read(project)):
        document.complain_at(fault.key, fault.problem, fault.remedy)


def hold(spec: PathSpec, project: Project) -> None:
    """Raises `Forbidden` with every rule that the spec does not keep today."""
    if found := [f"{dotted(one.key)} {one.problem}" for one in faults(spec, read(project))]:
        raise Forbidden(
            f"{spec.name} may not be deployed: {'; '.join(found)}",
            remedy=f"change the spec, or ask the platform team, who keep {FILE}",
        )
