"""Tells when the retired predecessor of the OpenLineage provider is installed beside it."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

RETIRED = "openlineage-airflow"
PROVIDER = "apache-airflow-providers-openlineage"


def retired_package() -> str | None:
    """What is wrong, or None."""
    try:
        found = version(RETIRED)
    except PackageNotFoundError:
        return None
    return (
        f"{RETIRED} {found} is installed beside {PROVIDER}: it is retired, emits nothing on Airflow 2.8 and later, "
        f"and drags the provider to an old version; remove it: pip uninstall {RETIRED}"
    )
