"""A worker that is killed: it rolls out one version, and stops for good where it is told to.

python rollout_worker.py JSON, see `Worker`. Writes HELD when it is there, and never goes on; DONE when it ended well.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cluster import Namespace, connected
from golden_paths.artifacts import ModelVersion
from golden_paths.clients.kubernetes_target import KubernetesTarget
from golden_paths.clients.mlflow_models import MlflowModels
from golden_paths.rollout.canary import Canary
from golden_paths.rollout.traffic import Traffic
from golden_paths.rollout.versions import Versions
from rollouts import Place

# Where a worker stops: before it calls this.
PHASES: dict[str, tuple[type, str]] = {
    "its pods start": (Versions, "wait_ready"),
    "its canary takes traffic": (Canary, "_judged"),
    "the Service is about to turn to it": (Traffic, "give"),
    "the Service has turned to it and the alias has not": (MlflowModels, "set_alias"),
    "the alias has moved": (MlflowModels, "tag_version"),
    "the rollout is about to be settled": (KubernetesTarget, "settle"),
}


@contextmanager
def worker(place: Place, version: ModelVersion, phase: str, **deploy: Any) -> Iterator[subprocess.Popen[str]]:
    """A worker process that has come to this phase, and ends there by SIGKILL at the end of the block."""
    told = {
        "namespace": place.namespace.name,
        "uri": place.uri,
        "folder": str(place.folder),
        "name": place.name,
        "version": version.model_dump(),
        "phase": phase,
        "deploy": deploy,
    }
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, __file__, json.dumps(told)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            assert process.stdout.readline() == "HELD\n"
            yield process
        finally:
            process.kill()


def main(told: dict[str, Any]) -> None:
    kind, verb = PHASES[told["phase"]]

    def held(*_: Any, **__: Any) -> None:
        print("HELD", flush=True)
        time.sleep(3600)

    setattr(kind, verb, held)
    place = Place(Namespace(connected(), told["namespace"]), told["uri"], Path(told["folder"]), name=told["name"])
    place.roll_out(ModelVersion.model_validate(told["version"]), **told["deploy"])


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
