"""Lays out the examples' data: scikit-learn's bundled studies, with timestamps laid over them.

The studies hold real measurements and no dates. To have something to join point in time, each row is given one: every
20 hours up to the present hour, in a fixed random order, so that the latest rows are a fair sample. Whenever a scheduled
interval ends, there is a row of its last day, as the examples' freshness asks. Files younger than twelve hours are left
alone, so that digests repeat.
"""

from __future__ import annotations

import argparse
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.datasets import load_diabetes, load_wine

from golden_paths import parquet

HERE = Path(__file__).resolve().parent
EVERY = timedelta(hours=20)
STILL_FRESH = timedelta(hours=12)
BLOOD = {
    "s1": "total_cholesterol",
    "s2": "ldl",
    "s3": "hdl",
    "s4": "cholesterol_ratio",
    "s5": "log_triglycerides",
    "s6": "blood_sugar",
}


def timestamps(rows: int, newest: datetime) -> pd.Series:
    """One time a row, evenly, in a fixed random order."""
    order = np.random.default_rng(442).permutation(rows)
    hours = order * round(EVERY.total_seconds() / 3600)
    oldest = pd.Timestamp(newest) - EVERY * (rows - 1)
    return pd.Series(oldest + pd.to_timedelta(hours, unit="h")).astype("datetime64[us, UTC]")


def diabetes(newest: datetime) -> dict[str, pd.DataFrame]:
    """442 patients: who they are, what was measured, and whether the disease progressed more than the median."""
    study = load_diabetes(as_frame=True, scaled=False).frame
    when = timestamps(len(study), newest)
    patient = pd.Series(range(1, len(study) + 1), name="patient_id")
    # Known an hour before the label, as a measurement is known before its outcome.
    base = pd.DataFrame({"patient_id": patient, "event_timestamp": when - timedelta(hours=1)})
    return {
        "demographics": base.assign(age=study["age"].astype(int), sex=study["sex"].astype(int)),
        "measurements": pd.concat([base, study[["bmi", "bp", *BLOOD]].rename(columns=BLOOD)], axis=1),
        "patients": pd.DataFrame(
            {
                "patient_id": patient,
                "event_timestamp": when,
                "progressed": (study["target"] > study["target"].median()).astype(int),
            }
        ),
    }


def wine(newest: datetime) -> dict[str, pd.DataFrame]:
    """178 wines of three cultivars, and their chemical analysis."""
    study = load_wine(as_frame=True).frame
    when = timestamps(len(study), newest)
    bottle = pd.Series(range(1, len(study) + 1), name="wine_id")
    analysis = study.drop(columns="target").rename(columns={"od280/od315_of_diluted_wines": "od280_od315"})
    base = pd.DataFrame({"wine_id": bottle, "event_timestamp": when - timedelta(hours=1)})
    return {
        "analysis": pd.concat([base, analysis], axis=1),
        "wines": pd.DataFrame({"wine_id": bottle, "event_timestamp": when, "cultivar": study["target"].astype(int)}),
    }


def is_fresh(folder: Path, tables: dict[str, pd.DataFrame], newest: datetime) -> bool:
    """Whether all files are there, the oldest of their newest rows less than twelve hours back."""
    files = [folder / f"{name}.parquet" for name in tables]
    if not all(file.is_file() for file in files):
        return False
    seen = min(parquet.read(file, ["event_timestamp"])["event_timestamp"].max() for file in files)
    return bool(seen > pd.Timestamp(newest) - STILL_FRESH)


def main() -> None:
    """Write what is missing or old."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--newest", help="ISO time of the newest row; absent: the present hour", default=None)
    given = parser.parse_args().newest
    newest = (pd.Timestamp(given) if given else pd.Timestamp.now("UTC").floor("h")).to_pydatetime()
    for name, make in (("diabetes", diabetes), ("wine", wine)):
        folder, tables = HERE / name, make(newest)
        if given is None and is_fresh(folder, tables, newest):
            continue
        folder.mkdir(exist_ok=True)
        for table, frame in tables.items():
            partial = folder / f".{table}.partial"
            frame.to_parquet(partial, index=False)
            partial.rename(folder / f"{table}.parquet")
        print(f"data: wrote {', '.join(f'{name}/{table}.parquet' for table in tables)}")


if __name__ == "__main__":
    main()
