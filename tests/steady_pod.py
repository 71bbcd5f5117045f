"""Two clients in a pod that never stop asking a Service, and the version in service that they ask."""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import steady_client
from cluster import Namespace, container
from golden_paths.artifacts import ModelVersion
from golden_paths.cluster.settings import IMAGES
from golden_paths.rollout import manifests
from rollouts import Place, until
from serving import PATIENT

SOURCE = Path(steady_client.__file__).read_text()
FOLLOWS = 2.0 * manifests.MAX_AGE  # seconds until a connection that is kept comes back to the Service, and some more
MORE = 30  # answers that each client waits for before what it saw is judged


class Steady:
    """One client keeps its connection, one makes a new one for each request; both by the Service's DNS name."""

    def __init__(self, namespace: Namespace, service: str) -> None:
        command = ["python", "-c", SOURCE, f"{service}.{namespace.name}", "80", json.dumps({"inputs": [PATIENT]})]
        image = {"image": os.environ[IMAGES["serve"]]} if IMAGES["serve"] in os.environ else {}
        self.pod = namespace.run("steady", container("steady", "serve", command) | image)
        self._told: Counter[str] = Counter()

    def reports(self) -> dict[str, Any]:
        """By client, `kept` and `new`."""
        status, body = self.pod.ask("/")
        assert status == 200, body
        return dict(body)

    def begun(self) -> None:
        """Wait until both are answered: they look for the Service from the beginning."""
        self.pod.running()
        until(lambda: self.pod.ask("/")[0] == 200, "the steady clients' pod answers")
        self.more()

    def more(self) -> None:
        """Wait until each has some more answers."""
        before = self._answered()
        until(lambda: all(now - before[name] >= MORE for name, now in self._answered().items()), "both go on asking")

    def failures(self) -> list[str]:
        """Requests that failed since this was last asked, up to now and a little longer."""
        self.more()
        found = []
        for name, report in self.reports().items():
            found += [f"{name} {error}" for error in report["errors"][self._told[name] :]]
            self._told[name] = len(report["errors"])
        return found

    def versions(self) -> Counter[str]:
        """How often each version answered, from the beginning."""
        total = Counter[str]()
        for report in self.reports().values():
            total.update(report["answers"])
        del total["/invocations"]
        return total

    def answering(self) -> set[str]:
        """The versions that answer from now on."""
        self.more()  # what was asked before has its answer then
        before = self.versions()
        self.more()
        return set(self.versions() - before)

    def _answered(self) -> dict[str, int]:
        return {name: report["answers"].get("/invocations", 0) for name, report in self.reports().items()}


@dataclass
class Champion:
    """A version in service, and the clients that ask it."""

    place: Place
    version: ModelVersion
    steady: Steady

    def assert_serves(self) -> None:
        """Traffic and alias are with this version, and no other answers."""
        number, serving = self.version.version, self.place.serving()
        assert (serving and serving.version, self.place.champion()) == (number, number)
        until(lambda: self.steady.answering() == {number}, f"version {number} alone answers", FOLLOWS)

    def assert_rejected(self, version: ModelVersion, error: BaseException) -> None:
        """A candidate is gone, its version says why, and what served goes on serving."""
        assert self.place.tags(version) == {"status": "rejected", "reason": str(error)[:500]}
        assert self.place.objects(version) == []
        until(lambda: all(map(_is_ending, self.place.pods(version))), f"the pods of version {version.version} end")
        self.assert_serves()


def _is_ending(pod: dict[str, Any]) -> bool:
    return "deletionTimestamp" in pod["metadata"]
