"""Where the code of a job is: in which git repository, which file, which commit. Nothing of it is in an event."""

from __future__ import annotations

from typing import Any

from golden_paths.addresses import without_sign_in
from golden_paths.lineage.touched import Touched
from golden_paths.modelling import provenance
from golden_paths.project import Project


def facets(touched: Touched, project: Project) -> dict[str, Any]:
    """The job facet sourceCodeLocation, when the step runs code of the project's and that is in a git repository."""
    if touched.code is None:
        return {}
    commit = provenance.git(project.root).get("mlflow.source.git.commit")
    if commit is None:
        return {}
    from golden_paths.lineage.facets import source_code

    remote = provenance.remote(project.root)
    return {"sourceCodeLocation": source_code(_clean(remote) or project.root.as_uri(), touched.code.path, commit)}


def _clean(remote: str) -> str:
    """A remote's address without login and password; of what is no URL (user@host:path), the same as one."""
    if "://" not in remote:
        host, _, path = remote.rpartition("@")[2].partition(":")
        return f"ssh://{host}/{path.lstrip('/')}" if path else ""
    return without_sign_in(remote)
