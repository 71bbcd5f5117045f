"""The fitted model, verified and ready to answer.

It is loaded from MLflow's folder without MLflow: importing that costs 4 s of CPU and 170 MiB in every server process,
and what it adds to the answer is pyfunc's type enforcement, which is 2 ms of a row's 3.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import math
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden_paths import answers, digests, typical
from golden_paths.errors import DigestMismatch, StepFailed
from golden_paths.serve import columns as signature_columns
from golden_paths.serve import plain
from golden_paths.serve.columns import Column
from golden_paths.serve.forms import Columns
from golden_paths.serve.problems import Refused, problem, wrong

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd


class ServedModel:
    """A scikit-learn estimator with the columns of its signature; `classes` are those of its probabilities, if it has any.

    `typical` is the one row that others are compared with, None when none was kept with the model.
    """

    def __init__(self, estimator: Any, columns: Sequence[Column], classes: list[Any] | None = None) -> None:
        import pandas as pd

        self.estimator, self.columns, self.classes = estimator, tuple(columns), classes
        self._names = frozenset(column.name for column in columns)
        self._index = pd.Index([column.name for column in columns])
        dtypes = {column.dtype for column in columns}
        self._one_dtype = dtypes.pop() if len(dtypes) == 1 else None
        self._arrays = False
        self.seconds = math.inf  # for one row, as far as is known
        self.typical: Columns | None = None

    @classmethod
    def verified(cls, folder: Path, digest: str) -> ServedModel:
        """Load the folder, when its digest is the registered one, and try the model out. Raises `DigestMismatch` before that."""
        model = cls.loaded(folder, digest)
        if example := example_of(folder):
            model = model._tried_out(example)
        model.typical = model._typical(folder)
        return model

    @classmethod
    def loaded(cls, folder: Path, digest: str) -> ServedModel:
        """The same, not tried out: no column is known to do without a value. Trying costs a prediction for each column."""
        if not folder.is_dir():
            raise StepFailed(f"{folder} is no folder", remedy="name the folder that holds MLmodel")
        if (found := digests.of_folder(folder)) != digest:
            raise DigestMismatch(str(folder), expected=digest, found=found)
        estimator = _estimator(folder)
        return cls(estimator, _columns(folder), _classes(estimator, folder))

    def _typical(self, folder: Path) -> Columns | None:
        """The typical row kept with the model, if there is one that the signature takes."""
        row = typical.read(folder)
        with contextlib.suppress(Refused):
            if row is not None and self.cast(values := {name: [value] for name, value in row.items()}):
                return values
        return None

    def _tried_out(self, example: dict[str, Any]) -> ServedModel:
        """Find out by the input example which columns may be missing, whether arrays do, and how long a row takes."""
        rows = example["data"]
        first = first_of(example)
        model = ServedModel(self.estimator, [self.tried(column, first) for column in self.columns], self.classes)
        if model._one_dtype == "float64":
            with contextlib.suppress(Refused):  # an example with a value missing that the model needs
                columns = map(list, zip(*rows, strict=True))
                model._arrays = plain.unname(
                    self.estimator, model.table(dict(zip(example["columns"], columns, strict=True)))
                )
        with contextlib.suppress(Exception):
            model.seconds = min(model._timed(first) for _ in range(3))
        return model

    def _timed(self, row: Columns) -> float:
        began = time.perf_counter()
        self.answer(row, probabilities=True)
        return time.perf_counter() - began

    def tried(self, column: Column, first: Columns) -> Column:
        """The column as it is: whether the model answers the row `first` without a value of it."""
        willing = dataclasses.replace(column, missing=True)
        if column.dtype in ("int64", "int32", "bool"):  # numpy has no missing value in these
            return column
        trial = ServedModel(self.estimator, [willing if each is column else each for each in self.columns])
        with contextlib.suppress(Exception):  # a refusal, of whatever kind the estimator raises
            trial.estimator.predict(trial.table(first | {column.name: [None if column.kind == "string" else math.nan]}))
            return willing
        return column

    def table(self, values: Columns) -> pd.DataFrame | np.ndarray[Any, Any]:
        """What the estimator takes. Raises `Refused` 422."""
        return self.laid_out(self.cast(values))

    def cast(self, values: Columns) -> list[np.ndarray[Any, Any]]:
        """Each column of the signature, shape (rows,), in its dtype. Raises `Refused` 422."""
        if values.keys() != self._names:
            raise wrong(
                [problem(name, "is missing, the model needs it") for name in self._index if name not in values]
                + [problem(str(name), "is no column of the model") for name in values if name not in self._names]
            )
        problems: list[dict[str, Any]] = []
        arrays = [array for column in self.columns if (array := column.cast(values[column.name], problems)) is not None]
        if problems:
            raise wrong(problems)
        return arrays

    def laid_out(self, arrays: list[np.ndarray[Any, Any]]) -> pd.DataFrame | np.ndarray[Any, Any]:
        """Cast columns as the estimator takes them: a DataFrame or an array of shape (rows, columns of the signature)."""
        import pandas as pd

        if self._arrays:
            return plain.block(arrays)
        if self._one_dtype is not None:  # one block: 20 us instead of 150
            return pd.DataFrame(plain.block(arrays), columns=self._index, copy=False)
        return pd.DataFrame({column.name: array for column, array in zip(self.columns, arrays, strict=True)})

    def answer(self, values: Columns, *, probabilities: bool = False) -> dict[str, Any]:
        """`predictions`, one a row; on request also `probabilities` by class and `classes`, both null without any."""
        table = self.table(values)
        with answering():
            rows = len(table)
            answer: dict[str, Any] = {
                "predictions": answers.listed(answers.of_predict(self.estimator.predict(table), rows))
            }
            if probabilities:
                answer["probabilities"], answer["classes"] = None, self.classes
            if probabilities and self.classes is not None:
                chances = answers.of_predict_proba(self.estimator.predict_proba(table), rows, len(self.classes))
                answer["probabilities"] = answers.listed(chances)
        return answer


@contextlib.contextmanager
def answering() -> Iterator[None]:
    """While the estimator is asked: what it refuses is `Refused` 422."""
    try:
        yield
    except ValueError as error:  # an unknown category, a value out of range: the estimator's own checks
        raise Refused(422, f"the model refuses these rows: {error}") from error


def example_of(folder: Path) -> dict[str, Any] | None:
    """The rows that were kept with the model: `columns` and `data`."""
    file = folder / "input_example.json"
    return json.loads(file.read_text()) if file.exists() else None


def first_of(example: dict[str, Any]) -> Columns:
    """Its first row."""
    return dict(zip(example["columns"], ([value] for value in example["data"][0]), strict=True))


def _description(folder: Path) -> dict[str, Any]:
    import yaml

    described: dict[str, Any] = yaml.safe_load((folder / "MLmodel").read_text())
    return described


def _columns(folder: Path) -> tuple[Column, ...]:
    signature = _description(folder).get("signature") or {}
    if not signature.get("inputs"):
        raise StepFailed(f"{folder} has no signature", remedy="save the model with a signature")
    return signature_columns.of_signature(json.loads(signature["inputs"]), str(folder))


def _classes(estimator: Any, folder: Path) -> list[Any] | None:
    """What the columns of predict_proba stand for: as kept with the model or, for one saved by others, the estimator's."""
    import numpy as np

    if not hasattr(estimator, "predict_proba"):
        return None
    found: list[Any] | None = (_description(folder).get("metadata") or {}).get(answers.CLASSES)
    if found is None and (own := getattr(estimator, "classes_", None)) is not None:
        return answers.listed(answers.natural(np.asarray(own)))
    return found


def _estimator(folder: Path) -> Any:
    import skops.io
    from sklearn import set_config

    flavor = _description(folder)["flavors"].get("sklearn", {})
    if flavor.get("serialization_format") != "skops":
        raise StepFailed(f"{folder} is not in skops format", remedy="save it with serialization_format='skops'")
    if flavor.get("code"):
        sys.path.insert(0, str(folder / flavor["code"]))
    set_config(skip_parameter_validation=True)  # parameters were checked when it was fitted
    return skops.io.load(folder / flavor["pickled_model"], trusted=flavor.get("skops_trusted_types"))
