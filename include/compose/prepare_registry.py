"""The tables of Feast's registry in FEAST_REGISTRY. Feast makes them itself, but not when two repositories come at once."""

from __future__ import annotations

import os


def main() -> None:
    """Repeating it changes nothing."""
    import sqlalchemy
    from feast.infra.registry import sql

    sql.metadata.create_all(sqlalchemy.create_engine(os.environ["FEAST_REGISTRY"]))


if __name__ == "__main__":
    main()
