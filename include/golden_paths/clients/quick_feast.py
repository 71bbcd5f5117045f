"""Feast, imported fast."""

from __future__ import annotations

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
    module: ModuleType = feast
    return module
