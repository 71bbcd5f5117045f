"""What an estimator answers, brought to one shape and to JSON: the same when it is fitted, judged and served.

Estimators answer with arrays of shape (rows,) or (rows, 1), lists, Series, frames, and numpy's numbers in object arrays.
An answer that is not a number (NaN, infinity, NA) is none: it is null in JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

CLASSES = "golden_paths.classes"  # where the MLmodel file's metadata name a classifier's classes, in its own order
KINDS = "biufUO"  # numpy's letters for truth values, numbers, text, and objects that are one of these


class WrongAnswer(Exception):
    """An estimator answered with what is no prediction: another shape or type."""


def of_predict(answer: Any, rows: int) -> np.ndarray[Any, Any]:
    """Predictions, shape (rows,), in the dtype that holds them best. Raises `WrongAnswer`."""
    array = _array(answer, "predict")
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.shape != (rows,):
        raise WrongAnswer(f"predict answers {rows} rows with shape {array.shape}, not with one value a row")
    return array


def of_predict_proba(answer: Any, rows: int, classes: int) -> np.ndarray[Any, Any]:
    """Probabilities, shape (rows, classes). Raises `WrongAnswer`."""
    array = _array(answer, "predict_proba")
    if array.shape != (rows, classes):
        raise WrongAnswer(
            f"predict_proba answers {rows} rows with shape {array.shape}, not with a column for each of {classes} classes"
        )
    return array


def listed(array: np.ndarray[Any, Any]) -> list[Any]:
    """As JSON has it: numbers, text, true and false, and null for no answer."""
    import numpy as np

    if array.dtype.kind == "f" and not np.isfinite(array).all():
        numbers, array = np.isfinite(array), array.astype(object)
        array[~numbers] = None
    values: list[Any] = array.tolist()
    return values


def natural(array: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """An object array as truth values or numbers when it holds nothing else; NA becomes None. Raises `WrongAnswer`."""
    if array.dtype != object or set(map(type, array.flat)) <= {str}:  # text: 1 us a row, the rest takes 130
        return array
    from decimal import Decimal

    import pandas as pd

    values = [value.item() if hasattr(value, "item") else value for value in array.ravel().tolist()]
    values = [float(value) if isinstance(value, Decimal) else value for value in values]
    values = [None if value is pd.NA or value is pd.NaT or value != value else value for value in values]
    kinds = {type(value) for value in values}
    if others := sorted(kind.__name__ for kind in kinds - {bool, int, float, str, type(None)}):
        raise WrongAnswer(f"{', '.join(others)} is neither a number nor text nor a truth value")
    found: np.ndarray[Any, Any] = pd.Series(values, dtype=object).infer_objects().to_numpy().reshape(array.shape)
    return found


def _array(answer: Any, verb: str) -> np.ndarray[Any, Any]:
    import numpy as np

    try:
        array = answer.to_numpy() if hasattr(answer, "to_numpy") else np.asarray(answer)
    except ValueError as error:  # rows of different lengths
        raise WrongAnswer(f"{verb} answers with no array: {error}") from error
    if array.dtype.kind not in KINDS:
        raise WrongAnswer(f"{verb} answers with {array.dtype}, which is neither a number nor text nor a truth value")
    return natural(array)
