"""Marquez, asked whether it knows a run or a dataset. Its address is OpenLineage's own setting."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from golden_paths.errors import StepFailed
from golden_paths.lineage.delivery import Backend

VARIABLE = "OPENLINEAGE_URL"
SECONDS = 10.0


@dataclass(frozen=True)
class Marquez:
    """`url` without a path; None: none is named."""

    url: str | None
    key: str = ""

    @classmethod
    def from_environment(cls) -> Marquez:
        """As everywhere with OpenLineage."""
        backend = Backend.from_environment()
        return cls(backend.url, backend.key) if backend else cls(None)

    def run(self, run_id: str) -> str | None:
        """The state of a run: COMPLETED, FAILED, RUNNING; None when Marquez does not know it."""
        found = self._get(path_of_run(run_id))
        return None if found is None else str(found.get("state"))

    def dataset(self, namespace: str, name: str) -> str | None:
        """When a dataset was last written; None when Marquez does not know it."""
        found = self._get(path_of_dataset(namespace, name))
        return None if found is None else str(found.get("updatedAt") or found.get("createdAt") or "")

    def _get(self, path: str) -> dict[str, object] | None:
        import httpx

        if not self.url:
            raise StepFailed(f"no Marquez is named: {VARIABLE} is not set", remedy=f"set {VARIABLE}", retry=True)
        backend = Backend(self.url.rstrip("/"), self.key)
        try:
            answer = httpx.get(backend.url + path, auth=backend.signed if self.key else None, timeout=SECONDS)
        except httpx.HTTPError as error:
            problem = f"Marquez did not answer: {type(error).__name__}: {error}"
            raise StepFailed(problem, remedy=f"start it, or set {VARIABLE} to where it is", retry=True) from error
        if answer.status_code == 404:
            return None
        if answer.status_code != 200:
            raise StepFailed(
                f"Marquez answered {answer.status_code}", remedy="see its log", retry=answer.status_code >= 500
            )
        found: dict[str, object] = answer.json()
        return found


def path_of_run(run_id: str) -> str:
    """Where Marquez's API has a run."""
    return f"/api/v1/jobs/runs/{run_id}"


def path_of_dataset(namespace: str, name: str) -> str:
    """Where Marquez's API has a dataset."""
    return f"/api/v1/namespaces/{quote(namespace, safe='')}/datasets/{quote(name, safe='')}"
