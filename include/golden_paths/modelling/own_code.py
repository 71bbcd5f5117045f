"""The scientist's own modules: imported by path, and packed with the model when it needs them."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from golden_paths.errors import CodeFailed
from golden_paths.modelling import source

# Packages whose types may be rebuilt when a model is loaded. skops asks because rebuilding runs their code.
WELL_KNOWN = frozenset(
    {
        "sklearn",
        "numpy",
        "scipy",
        "pandas",
        "lightgbm",
        "xgboost",
        "catboost",
        "imblearn",
        "category_encoders",
        "builtins",
        "collections",
        "functools",  # partial, as boosting holds it for categories; skops names the function inside on its own
    }
)
PYTHONS = frozenset({"builtins", "collections", "functools"})


def load(path: Path, place: str) -> ModuleType:
    """Import a file as the module of its stem, with its folder importable. Raises `CodeFailed` naming `place`."""
    sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None, path
    assert spec.loader is not None, path
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise CodeFailed(
            f"{place} cannot be imported: {type(error).__name__}: {error}",
            remedy="mend it; the traceback is in the log above",
        ) from error
    return module


def modules_below(folder: Path) -> dict[str, Path]:
    """Top-level modules that were imported from `folder`: name -> the file, or the folder of a package."""
    found = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) or next(iter(getattr(module, "__path__", ())), None)
        if file and "." not in name and name != "__main__":
            path = Path(file).resolve()
            home = path.parent if path.name == "__init__.py" else path
            if home.parent == folder.resolve():
                found[name] = home
    return found


def trusted(untrusted: list[str], own: dict[str, Path], place: str) -> list[str]:
    """All of skops' untrusted types, when each is of a well-known package or of the scientist's own modules."""
    for name in untrusted:
        root = name.partition(".")[0]
        if root == "__main__":
            raise CodeFailed(
                f"{place}: the model holds {name.removeprefix('__main__.')}, which is defined in the notebook",
                remedy="move it to a .py file beside the notebook and import it, so that it can be served",
            )
        if root not in WELL_KNOWN and root not in own:
            raise CodeFailed(
                f"{place}: the model holds {name}, of a package that is not trusted to load",
                remedy=f"use types of {', '.join(sorted(WELL_KNOWN - PYTHONS))}, or of your own file",
            )
    return untrusted


def requirements(roots: set[str]) -> list[str]:
    """`name==version` of the distributions that provide these top-level modules, sorted."""
    from importlib.metadata import packages_distributions, version

    provided = packages_distributions()
    # Several distributions may share a root (mlflow, mlflow-skinny): the one of that name is the whole
    names = {root if root in provided[root] else provided[root][0] for root in roots if root in provided}
    return sorted(f"{name}=={version(name)}" for name in names)


def imports(files: list[Path]) -> set[str]:
    """Top-level modules that these files import; a folder counts with every .py below it."""
    sources = (path for file in files for path in (file.rglob("*.py") if file.is_dir() else [file]))
    return {root for path in sources for root in source.imported(path)}
