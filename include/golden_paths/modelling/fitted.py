"""Keeps a fitted model: the MLflow folder, golden records, metrics and digests. Child side."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golden_paths import answers, digests, typical
from golden_paths.errors import CodeFailed
from golden_paths.modelling import golden, metrics, own_code, weights
from golden_paths.modelling.outcomes import ask, classes_of, kind_of

if TYPE_CHECKING:
    import pandas as pd

    from golden_paths.modelling.parts import Parts

SERVED_WITH = frozenset({"mlflow", "numpy", "pandas", "scipy", "skops", "sklearn"})


def keep(model: Any, parts: Parts, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Write `model/`, golden_records.json and weights into the folder `out`; return digests, kind and metrics."""
    place, out = payload["place"], Path(payload["out"])
    if not callable(getattr(model, "predict", None)):
        raise CodeFailed(
            f"{place} gave {_named(model)}, which has no predict",
            remedy="end with a fitted estimator, as in model.fit(...)",
        )
    kind = kind_of(model, parts.label)
    classes = None if kind == metrics.REGRESSION else classes_of(model, parts.label)
    if classes is not None and len(classes) < 2:
        raise CodeFailed(
            f"{place}: the label '{payload['label']}' has one class, {classes.tolist()}, in the part to fit",
            remedy="take more rows, or another split",
        )
    try:
        outcome = ask(model, kind, parts.features, parts.label, classes)
        records = golden.records(model, kind, parts, classes)
    except answers.WrongAnswer as error:
        raise CodeFailed(
            f"{place}: the fitted model's {error}",
            remedy="return an estimator whose answers are numbers, text or truth values, one for each row",
        ) from error
    except Exception as error:
        raise CodeFailed(
            f"{place}: the fitted model cannot predict: {type(error).__name__}: {error}",
            remedy="return an estimator that is fitted",
        ) from error
    (out / "golden_records.json").write_text(records)
    save(model, parts.features, outcome, payload)
    return {
        "kind": kind,
        "estimator": _named(model),
        "weights": (out / "weights").read_text(),
        "digest": digests.of_folder(out / "model"),
        "golden_digest": digests.of_file(out / "golden_records.json"),
        "metrics": {f"train_{name}": value for name, value in metrics.compute(outcome).items()},
    }


def save(model: Any, features: pd.DataFrame, outcome: metrics.Outcome, payload: Mapping[str, Any]) -> None:
    """Write the MLflow folder `out`/model in skops format, with exact requirements, signature, input example and typical row.

    The classes go into its metadata: an estimator of the scientist's own may have no `classes_`.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    import mlflow.sklearn
    import skops.io
    from mlflow.models import infer_signature

    out, place = Path(payload["out"]), payload["place"]
    try:
        dumped = skops.io.dumps(model)
    except Exception as error:
        raise CodeFailed(
            f"{place}: {_named(model)} cannot be saved: {type(error).__name__}: {error}",
            remedy="keep lambdas, open files and classes made inside functions out of the model",
        ) from error
    own = own_code.modules_below(Path(payload["source"]).parent)
    types = own_code.trusted(skops.io.get_untrusted_types(data=dumped), own, place)
    roots = {name.partition(".")[0] for name in weights.modules(dumped)}
    packed = sorted(own.values()) if roots & own.keys() else []
    (out / "weights").write_text(weights.digest(dumped))
    mlflow.sklearn.save_model(
        model,
        str(out / "model"),
        serialization_format="skops",
        skops_trusted_types=types,
        pip_requirements=own_code.requirements(roots | SERVED_WITH | own_code.imports(packed)),
        signature=infer_signature(_widened(features), outcome.predictions),
        input_example=features.head(3),
        code_paths=[str(path) for path in packed] or None,
        metadata=None if outcome.classes is None else {answers.CLASSES: answers.listed(outcome.classes)},
    )
    typical.write(features, out / "model")


def _widened(features: pd.DataFrame) -> pd.DataFrame:
    """Whole numbers as float64: a request in which one is missing carries NaN, and MLflow would refuse it as no integer."""
    from pandas.api.types import is_bool_dtype, is_integer_dtype

    return features.astype(
        {
            name: "float64"
            for name in features.columns
            if is_integer_dtype(features[name]) and not is_bool_dtype(features[name])
        }
    )


def _named(model: Any) -> str:
    return f"{type(model).__module__}.{type(model).__qualname__}".removeprefix("builtins.")
