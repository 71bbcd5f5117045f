"""Feast, imported fast, and with a file registry that is never seen half written."""

from __future__ import annotations

import logging
import os
import warnings
from types import ModuleType
from typing import Any


def load() -> ModuleType:
    """Import feast with typeguard's decorator switched off: 2.1 s instead of 6.6 s of CPU (feast 0.67, two cores).

    Feast decorates its classes with it, which rewrites their source at import and checks every call.
    """
    import typeguard

    def unchecked(target: Any = None, **_: Any) -> Any:
        return target if target is not None else unchecked

    checked, typeguard.typechecked = typeguard.typechecked, unchecked
    try:
        import feast
    finally:
        typeguard.typechecked = checked
    # It says that serve_features_while_materializing does nothing with a file registry; without it, readers are refused.
    logging.getLogger("feast.repo_config").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", category=DeprecationWarning, module="ibis")
    _write_registries_whole()
    module: ModuleType = feast
    return module


def _write_registries_whole() -> None:
    """Feast truncates the registry and then writes it: a reader sees half of it, and a kill leaves it so for good."""
    from feast.infra.registry.file import FileRegistryStore

    write = FileRegistryStore._write_registry
    if write.__name__ == "whole":
        return

    def whole(store: Any, registry_proto: Any) -> None:
        target = store._filepath
        store._filepath = target.with_name(f"{target.name}.{os.getpid()}.partial")
        try:
            write(store, registry_proto)
            store._filepath.replace(target)
        finally:
            store._filepath.unlink(missing_ok=True)
            store._filepath = target

    FileRegistryStore._write_registry = whole
