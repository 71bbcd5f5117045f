"""Bounds on metrics, wherever a spec has them."""

from __future__ import annotations

from collections.abc import Mapping

from golden_paths.modelling.metrics import METRICS
from golden_paths.spec import PathSpec
from golden_paths.values import Bound
from golden_paths.yaml_source import Document, Key


def check(spec: PathSpec, document: Document) -> None:
    """Those of evaluation, and the champion's, which must be one of them."""
    from golden_paths.load import nearest

    if not (section := spec.evaluate):
        return
    bounds(section.metrics, ("evaluate", "metrics"), document)
    if section.champion and section.champion.metric not in section.metrics:
        remedy = nearest(section.champion.metric, tuple(section.metrics))
        document.complain_at(("evaluate", "champion", "metric"), "is not among evaluate.metrics", remedy)


def bounds(metrics: Mapping[str, Bound], place: Key, document: Document) -> None:
    """Every metric is known, and is bounded on its bad side."""
    from golden_paths.load import nearest

    for name, bound in metrics.items():
        key: Key = (*place, name)
        if name not in METRICS and not document.full:
            document.complain(document.lines[key], key, None, "is not a metric that is known", nearest(name, tuple(METRICS)))
        elif (bound.operator == ">=") is not METRICS[name].greater_is_better:
            better, sign = ("higher", ">=") if METRICS[name].greater_is_better else ("lower", "<=")
            problem = f"keeps good models out: {name} is better when {better}"
            document.complain_at(key, problem, f'write "{sign} {bound.value:g}"')
