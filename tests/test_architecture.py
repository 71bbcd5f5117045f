"""The arrows of the architecture, read from the imports of every module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOMAIN, AIRFLOW_SIDE = ROOT / "include" / "golden_paths", ROOT / "operators" / "golden_paths_airflow"
DOMAIN_FILES = sorted(DOMAIN.rglob("*.py"))
ALL_FILES = [*DOMAIN_FILES, *sorted(AIRFLOW_SIDE.rglob("*.py"))]
# What no DAG file may pay for: measured at 1.4 to 6.8 s of CPU each.
HEAVY = {"duckdb", "feast", "kubernetes", "matplotlib", "mlflow", "numpy", "pandas", "pandera", "pyarrow", "sklearn", "skops"}
# part of golden_paths -> parts of it that it may import; parts not named may import any.
ALLOWED = {
    "paths": {"paths"},
    "steps": {
        "approval",
        "artifacts",
        "card",
        "clients",
        "data_sections",
        "digests",
        "errors",
        "gate_sections",
        "history",
        "lineage",
        "modelling",
        "monitoring",
        "parquet",
        "project",
        "record",
        "refresh_artifacts",
        "sandbox",
        "spec",
        "step",
        "steps",
    }
    | {"data_artifacts", "data_sections", "expiry", "monitor_artifacts", "monitor_sections", "monitoring", "scoring"}
    | {"refresh_artifacts", "values", "endpoint", "parquet", "policy", "prediction_log", "rollout", "serve"},
    "scoring": {"answers", "artifacts", "clients", "data_sections", "digests", "errors", "history", "project"}
    | {"scoring", "serve", "spec"},
    "addresses": set(),
    "approval": {"artifacts", "clients", "errors", "history", "policy", "project", "spec", "step"},
    "expiry": {"approval", "artifacts", "clients", "errors", "history", "policy", "project", "spec", "values", "withdrawal"},
    "withdrawal": {"errors"},
    "history": {"clients", "errors"},
    "card": {"card", "clients", "digests", "errors", "gate_sections", "history", "markdown", "modelling"},
    "rollout": {"artifacts", "cluster", "clients", "digests", "errors", "expiry", "history", "rollout", "spec", "withdrawal"}
    | {"prediction_log", "project", "serve"},
    "prediction_log": {"addresses", "errors", "platform", "policy", "prediction_log", "project", "spec"},
    "cluster": {"addresses", "cluster", "errors"},
    "contract": {"contract", "errors", "quantities", "section", "spec_text", "values", "yaml_source"},
    "quantities": set(),
    "plan": {"artifacts", "markdown", "paths", "registry", "spec", "step"},
    "markdown": set(),
    "artifacts": set(),
    "refresh_artifacts": {"artifacts"},
    "data_artifacts": {"artifacts"},
    "errors": set(),
    "values": set(),
    "section": set(),
    "pod_sections": {"quantities", "section", "values"},
    "data_sections": {"pod_sections", "section", "values"},
    "monitor_sections": {"gate_sections", "quantities", "section", "values"},
    "gate_sections": {"quantities", "section", "values"},
    "spec": {"data_sections", "gate_sections", "monitor_sections", "pod_sections", "quantities", "section", "values"},
}


def imports(file: Path) -> Iterator[tuple[str, bool]]:
    """(module, at module level) of every import that runs; those for type checkers alone do not."""
    tree = ast.parse(file.read_text())
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    lazy = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) not in lazy
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{file}: relative imports hide the arrows"
            yield from ((f"{node.module}.{alias.name}", id(node) not in lazy) for alias in node.names)


def name_of(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("file", DOMAIN_FILES, ids=name_of)
def test_the_domain_does_not_know_airflow(file: Path) -> None:
    assert [module for module, _ in imports(file) if module.split(".")[0] in ("airflow", "golden_paths_airflow")] == []


@pytest.mark.parametrize("file", ALL_FILES, ids=name_of)
def test_heavy_packages_are_imported_in_the_function_that_uses_them(file: Path) -> None:
    assert [module for module, at_top in imports(file) if at_top and module.split(".")[0] in HEAVY] == []


@pytest.mark.parametrize("file", ALL_FILES, ids=name_of)
def test_nobody_imports_tests_dags_or_plugins(file: Path) -> None:
    assert [module for module, _ in imports(file) if module.split(".")[0] in ("tests", "dags", "plugins")] == []


@pytest.mark.parametrize("part", ALLOWED)
def test_arrows_inside_the_domain_point_inward(part: str) -> None:
    files = [file for file in DOMAIN_FILES if file.relative_to(DOMAIN).parts[0].removesuffix(".py") == part]
    assert files, f"{part} is gone: mend this table"
    found = {
        module.split(".")[1] for file in files for module, _ in imports(file) if module.startswith("golden_paths.")
    }
    assert found - ALLOWED[part] == set()


@pytest.mark.parametrize("file", ALL_FILES, ids=name_of)
def test_modules_and_functions_stay_small(file: Path) -> None:
    text = file.read_text()
    too_long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno
        and node.end_lineno - node.lineno >= 40
    ]
    assert (text.count("\n") <= 250, too_long) == (True, [])
