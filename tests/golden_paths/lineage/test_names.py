"""The one table of names."""

from __future__ import annotations

from pathlib import Path

import pytest

from golden_paths.lineage import names

BASE = Path("/project/include/feature_repos/churn")
SOURCES = {
    "../../data/orders.parquet": ("file", "/project/include/data/orders.parquet"),
    "/data/orders.parquet": ("file", "/data/orders.parquet"),
    "file:///data/orders.parquet": ("file", "/data/orders.parquet"),
    "s3://bucket/a/b.parquet": ("s3://bucket", "a/b.parquet"),
    "s3://key:secret@bucket/a.parquet": ("s3://bucket", "a.parquet"),
    "gs://bucket/a.parquet": ("gs://bucket", "a.parquet"),
    "postgresql://user:secret@db.shop/shop/public/orders": ("postgres://db.shop:5432", "shop.public.orders"),
    "postgres://db.shop:6432/shop/public/orders": ("postgres://db.shop:6432", "shop.public.orders"),
}
STORES = {
    "http://mlflow.shop:5000": "mlflow://mlflow.shop:5000",
    "https://user:secret@mlflow.shop/path": "mlflow://mlflow.shop:443",
    "http://mlflow.shop": "mlflow://mlflow.shop:80",
    "sqlite:////state/mlflow.db": "mlflow://local",
    "postgresql://user:secret@db/mlflow": "mlflow://local",
}


@pytest.mark.parametrize("uri", SOURCES)
def test_a_source_is_called_as_the_standard_calls_it(uri: str) -> None:
    found = names.source(uri, BASE)
    assert (found.namespace, found.name) == SOURCES[uri]


@pytest.mark.parametrize("uri", STORES)
def test_mlflow_is_known_by_host_and_port_and_never_by_its_password(uri: str) -> None:
    assert names.mlflow(uri) == STORES[uri]


@pytest.mark.parametrize(
    ("server", "place"),
    [("https://10.0.0.1:6443", "k8s://10.0.0.1:6443/shop"), ("https://cluster.shop", "k8s://cluster.shop:443/shop")],
)
def test_a_cluster_is_known_by_its_api_server(server: str, place: str) -> None:
    assert names.on_cluster(server, "shop") == place
