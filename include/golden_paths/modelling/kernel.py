"""What the injected cells of a notebook call, inside its kernel. Child of the child."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from golden_paths import sandbox_child
from golden_paths.errors import CodeFailed
from golden_paths.modelling import fitted, parts
from golden_paths.modelling.fit_code import fix_seeds

PAYLOAD = (
    "GOLDEN_PATHS_PAYLOAD"  # an environment variable, so that the executed notebook shows no folder of this machine
)
RESULT = "result.json"


def given() -> tuple[Any, Any]:
    """`features` and `label` of the part to fit, with seeds fixed. The kernel ends when its parent does."""
    sandbox_child.end_with_parent(os.getppid())
    payload = _payload()
    data = parts.read(payload)
    fix_seeds(payload["seed"])
    return data.features, data.label


def keep(names: dict[str, Any]) -> None:
    """Keep the notebook's variable `model`; what is wrong with it goes to the result file too."""
    payload = _payload()
    try:
        if "model" not in names:
            raise CodeFailed(
                f"{payload['place']} ends without a variable named model", remedy="assign the fitted estimator to model"
            )
        result = fitted.keep(names["model"], parts.read(payload), payload)
    except CodeFailed as error:
        result = {"error": {"problem": error.problem, "remedy": error.remedy}}
    (Path(payload["out"]) / RESULT).write_text(json.dumps(result))


def _payload() -> dict[str, Any]:
    payload: dict[str, Any] = json.loads(Path(os.environ[PAYLOAD]).read_text())
    return payload
