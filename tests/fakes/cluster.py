"""A namespace in memory, as far as leases need one: test_lease.py holds it to a real cluster."""

from __future__ import annotations

import copy
import itertools
import threading
from typing import Any

from golden_paths.cluster.answers import Refused

Object = dict[str, Any]


class FakeCluster:
    """get, create, replace and delete, with resource versions."""

    namespace = "place"

    def __init__(self) -> None:
        self.said: list[str] = []
        self.log = self.said.append
        self.is_away = False
        self._objects: dict[tuple[str, str], Object] = {}
        self._versions = itertools.count(1)
        self._lock = threading.Lock()

    def get(self, kind: str, name: str) -> Object | None:
        if self.is_away:
            raise ConnectionError("away")
        with self._lock:
            return copy.deepcopy(self._objects.get((kind, name)))

    def create(self, manifest: Object) -> Object:
        with self._lock:
            key = self._key(manifest)
            if key in self._objects:
                raise Refused(409, "already exists")
            return self._keep(key, manifest)

    def replace(self, manifest: Object) -> Object:
        with self._lock:
            key = self._key(manifest)
            known = manifest["metadata"].get("resourceVersion")
            now = self._objects.get(key, {"metadata": {"resourceVersion": None}})["metadata"]["resourceVersion"]
            if known not in (None, now):
                raise Refused(409, "the object has been modified")
            return self._keep(key, manifest)

    def delete(self, kind: str, name: str) -> bool:
        with self._lock:
            return self._objects.pop((kind, name), None) is not None

    def _keep(self, key: tuple[str, str], manifest: Object) -> Object:
        version = {"resourceVersion": str(next(self._versions))}
        self._objects[key] = copy.deepcopy(manifest | {"metadata": manifest["metadata"] | version})
        return copy.deepcopy(self._objects[key])

    @staticmethod
    def _key(manifest: Object) -> tuple[str, str]:
        return manifest["kind"], manifest["metadata"]["name"]
