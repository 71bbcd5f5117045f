"""A second clinic joins the study: its patients are heavier, with higher blood pressure, and progress more often for it.

They are the study's own patients, shifted: body mass index and blood pressure by a fixed amount, and the measure of progression
by what a linear model of the study says that such patients have more of. Timestamps lie between those of the first clinic.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden_paths import parquet

if TYPE_CHECKING:
    import pandas as pd

SHIFT = {"bmi": 6.0, "bp": 15.0}
FIRST = 1001  # its patients' numbers
BEFORE = timedelta(hours=10)  # half of the time between two patients of the first clinic


def join(folder: Path) -> int:
    """Add its rows to the files of `folder`, once; returns how many patients it has."""
    import pandas as pd

    files = {name: parquet.read(folder / f"{name}.parquet") for name in ("demographics", "measurements", "patients")}
    for name, own in _rows(files).items():
        both = pd.concat([files[name][files[name]["patient_id"] < FIRST], own], ignore_index=True)
        partial = folder / f".{name}.partial"
        both[files[name].columns].to_parquet(partial, index=False)
        partial.rename(folder / f"{name}.parquet")
    return len(files["patients"][files["patients"]["patient_id"] < FIRST])


def patients(folder: Path, until: datetime) -> tuple[list[int], list[int]]:
    """The numbers of both clinics' patients whose features were known before `until`."""
    rows = parquet.read(folder / "measurements.parquet", ["patient_id", "event_timestamp"])
    known = sorted(int(one) for one in rows[rows["event_timestamp"] < until]["patient_id"])
    return [one for one in known if one < FIRST], [one for one in known if one >= FIRST]


def features(folder: Path) -> list[dict[str, Any]]:
    """What is measured of its patients, as a client sends it before the platform has their rows."""
    files = {name: parquet.read(folder / f"{name}.parquet") for name in ("demographics", "measurements", "patients")}
    rows = _rows(files)
    both = rows["demographics"].merge(rows["measurements"].drop(columns="event_timestamp"), on="patient_id")
    return list(both.drop(columns=["patient_id", "event_timestamp"]).to_dict("records"))


def _rows(files: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    from sklearn.datasets import load_diabetes
    from sklearn.linear_model import LinearRegression

    study = load_diabetes(as_frame=True, scaled=False).frame
    slopes = LinearRegression().fit(study.drop(columns="target"), study["target"])
    more = sum(dict(zip(slopes.feature_names_in_, slopes.coef_, strict=True))[name] * by for name, by in SHIFT.items())
    own = {name: frame[frame["patient_id"] < FIRST].sort_values("patient_id") for name, frame in files.items()}
    moved = {
        name: frame.assign(patient_id=frame["patient_id"] + FIRST - 1, event_timestamp=frame["event_timestamp"] - BEFORE)
        for name, frame in own.items()
    }
    measured = moved["measurements"]
    moved["measurements"] = measured.assign(**{name: measured[name] + by for name, by in SHIFT.items()})
    progressed = (study["target"] + more > study["target"].median()).to_numpy().astype("int64")
    moved["patients"] = moved["patients"].assign(progressed=progressed)
    return moved
