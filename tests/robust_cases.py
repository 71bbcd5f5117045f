"""Studies whose loss is known, and models with known faults, for the judge of robustness."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from golden_paths.contract.model import Contract
from golden_paths.gate_sections import RobustnessSection
from golden_paths.modelling import robust_child, robustness
from golden_paths.modelling.finding import Finding, Ruling
from golden_paths.modelling.metrics import Outcome
from golden_paths.modelling.outcomes import ask, classes_of, kind_of
from golden_paths.modelling.parts import Parts

METRIC = {"regression": "r2", "binary": "roc_auc", "multiclass": "f1_macro"}


def study(n: int, kind: str = "regression", *, seed: int = 0, text: bool = False) -> pd.DataFrame:
    """`n` held-out rows and 300 to train on. The signal is a + b, of variance 2, beside noise of variance 0.5; c is none.

    A model that takes a missing value as 0, its mean, loses of r2 the share of the signal's values that are missing.
    """
    random, rows = np.random.default_rng(seed), n + 300
    made = pd.DataFrame(random.normal(size=(rows, 3)), columns=["a", "b", "c"])
    signal = made["a"] + made["b"]
    if text:
        made["site"] = random.choice(["north", "south"], rows)
        signal = signal + np.where(made["site"] == "north", 1.0, -1.0)
    said = signal + random.normal(scale=np.sqrt(0.5), size=rows)
    words = np.array(["low", "middle", "high"])
    labels = {"regression": said, "binary": (said > 0).astype(int), "multiclass": words[np.digitize(said, [-1, 1])]}
    return made.assign(y=labels[kind], split=np.where(np.arange(rows) < 300, "train", "test"))


@dataclass
class Signal:
    """Knows the signal. A missing value is its mean, 0; `shape` is what is made of each value."""

    shape: Callable[[Any], Any] = field(default=lambda values: values)

    def predict(self, frame: pd.DataFrame) -> Any:
        return self.shape(frame[["a", "b"]].fillna(0.0).to_numpy()).sum(axis=1)


@dataclass
class Judged:
    """A model on a study."""

    finding: Finding
    outcome: Outcome

    def ruling(self, name: str) -> Ruling:
        (found,) = [one for one in self.finding.rulings if one.gate == f"robustness.{name}"]
        return found

    @property
    def passed(self) -> list[str]:
        return [one.gate.removeprefix("robustness.") for one in self.finding.rulings if one.passed]


def judged(
    model: Any, rows: pd.DataFrame, folder: Path, *, contract: Contract | None = None, metric: str = "", **section: Any
) -> Judged:
    """As the step does, but for the plot: the child's part, its file, the parent's part."""
    features = [name for name in rows.columns if name not in ("y", "split")]
    train, held_out = (rows[rows["split"] == part].reset_index(drop=True) for part in ("train", "test"))
    if hasattr(model, "fit"):
        model.fit(train[features], train["y"])
    kind = kind_of(model, held_out["y"])
    classes = None if kind == "regression" else classes_of(model, held_out["y"])
    outcome = ask(model, kind, held_out[features], held_out["y"], classes)
    asked = RobustnessSection.model_validate(section)
    data = Parts(train[features], train["y"], held_out[features], held_out["y"])
    robust_child.write(model, data, kind, classes, robust_child.rules(asked, folder / "asked.npz"))
    loaded = robust_child.load(folder / "asked.npz")
    found, _ = robustness.judge(
        asked, metric or METRIC[kind], outcome, asked=loaded, rows=rows, label="y", contract=contract
    )
    return Judged(found, outcome)
