"""The digest of the weights repeats, and only when the model is the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

INCLUDE = Path(__file__).parents[3] / "include"
CASES = [f"{name},0,0,1.0" for name in ("logistic", "forest", "pipeline")]
OTHERS = [
    "logistic,1,0,1.0",
    "logistic,0,0,0.5",
    "forest,1,0,1.0",
    "forest,0,1,1.0",
    "pipeline,1,0,1.0",
    "pipeline,0,0,0.5",
]


def digests(cases: list[str], hash_seed: str) -> list[str]:
    command = [sys.executable, str(Path(__file__).with_name("fitting.py")), *cases]
    environment = os.environ | {"PYTHONPATH": str(INCLUDE), "PYTHONHASHSEED": hash_seed}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.split()


def test_two_processes_agree_and_other_data_params_or_seed_do_not() -> None:
    first, second = digests(CASES + OTHERS, "1"), digests(list(reversed(CASES)), "2")
    assert first[:3] == list(reversed(second))
    assert len(set(first)) == len(CASES + OTHERS)
