"""One arm of bench_monitor_drift.py in a process of its own: python drift_arms.py ARM FOLDER. A first use is not counted."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import drift_data
import numpy as np
import pandas as pd
from gates_measure import measured

from golden_paths.monitor_sections import DriftSection
from golden_paths.monitoring import drift, drift_report, profile
from golden_paths.monitoring.profile import Profile

WARM_ROWS = 2_000
SECTION = DriftSection()


def judged(reference: pd.DataFrame, window: pd.DataFrame, folder: Path) -> Callable[[], object]:
    """As a watch does it: the profile is read from its file."""
    file = profile.build(reference, features=list(reference)).write(folder)
    return lambda: drift.judge(Profile.read(file), window, SECTION)


def built(reference: pd.DataFrame, window: pd.DataFrame, folder: Path) -> Callable[[], object]:
    """With the reference profiled anew each time, as evidently does it."""
    return lambda: drift.judge(profile.build(reference, features=list(reference)), window, SECTION)


def reported(reference: pd.DataFrame, window: pd.DataFrame, folder: Path) -> Callable[[], object]:
    """With rulings, table and plots."""
    judge = judged(reference, window, folder)
    return lambda: drift_report.finding(judge(), SECTION, folder)  # type: ignore[arg-type]


def plain(reference: pd.DataFrame, window: pd.DataFrame, folder: Path) -> Callable[[], object]:
    """The same distances over arrays in memory, without p-values: both samples are sorted, and categories counted."""
    numbers = [(reference[name].to_numpy(), window[name].to_numpy()) for name in reference if name.startswith("number")]
    texts = [
        (reference[name].dropna().to_numpy().astype(str), window[name].dropna().to_numpy().astype(str))
        for name in reference
        if name.startswith("text")
    ]

    def act() -> object:
        found = []
        for pair in numbers:
            ref, live = (np.sort(values[~np.isnan(values)]) for values in pair)
            both = np.concatenate([ref, live])
            upto = [np.searchsorted(one, both, side="right") / len(one) for one in (ref, live)]
            found.append(abs(upto[0] - upto[1]).max())
        for pair in texts:
            counted = [
                dict(zip(*(one.tolist() for one in np.unique(values, return_counts=True)), strict=True))
                for values in pair
            ]
            shares = [{key: count / sum(one.values()) for key, count in one.items()} for one in counted]
            found.append(
                sum(abs(shares[0].get(key, 0) - shares[1].get(key, 0)) for key in {*shares[0], *shares[1]}) / 2
            )
        return found

    return act


ARMS = {"numpy": plain, "judge": judged, "build and judge": built, "judge, report with plots": reported}


def main() -> None:
    arm, folder = ARMS[sys.argv[1]], Path(sys.argv[2])
    reference, window = (pd.read_parquet(folder / name) for name in (drift_data.REFERENCE, drift_data.WINDOW))
    with tempfile.TemporaryDirectory() as temporary:
        assert arm(reference.head(WARM_ROWS), window.head(WARM_ROWS), Path(temporary))()
        measured(arm(reference, window, Path(temporary)))


if __name__ == "__main__":
    main()
