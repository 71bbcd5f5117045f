"""What the platform team sets, and what no pod could use of it."""

from __future__ import annotations

import pytest

from golden_paths.cluster.settings import ClusterSettings, places
from golden_paths.errors import StepFailed

PLACES = {
    "6379": (("", 6379),),
    "redis.shop:6379": (("redis.shop", 6379),),
    "10.0.0.7:6379": (("10.0.0.7", 6379),),
    "[fd00::7]:6380": (("fd00::7", 6380),),
    "r1:6379, r2:6380,5432": (("r1", 6379), ("r2", 6380), ("", 5432)),
}
NONE = ["", "redis", "redis:", ":6379", "redis:0", "redis:65536", "fd00::7", "r:1,password=geheim", "redis://r:6379", "u:p@r:1"]


@pytest.mark.parametrize("text", PLACES)
def test_an_online_store_is_where_it_is_said(text: str) -> None:
    assert places(text) == PLACES[text]


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_address_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(StepFailed) as failed:
        ClusterSettings(online_store=text).pod_online_store()
    assert str(failed.value) == (
        "GOLDEN_PATHS_ONLINE_STORE is no list of addresses; write host:port, or a port alone, with commas between several; "
        "passwords belong into the Secret golden-paths-feast"
    )


HERE = {
    "sqlite:////x/mlflow.db": "sqlite://(a file)",
    "http://localhost:5000": "http://localhost",
    "http://mlflow.localhost:5000": "http://mlflow.localhost",
    "http://127.0.0.1:5000": "http://127.0.0.1",
    "http://127.8.0.1:5000": "http://127.8.0.1",
    "http://[::1]:5000": "http://::1",
    "http://0.0.0.0:5000": "http://0.0.0.0",
    "http://user:geheim@localhost:5000": "http://localhost",
    "http://:5000": "http://(a file)",
}


@pytest.mark.parametrize("uri", HERE)
def test_an_mlflow_of_this_machine_alone_is_refused(uri: str) -> None:
    with pytest.raises(StepFailed) as failed:
        ClusterSettings().pod_tracking_uri(uri)
    assert str(failed.value) == (
        f"no pod reaches MLflow at {HERE[uri]}; run MLflow's server where the cluster reaches it, "
        "and set GOLDEN_PATHS_POD_MLFLOW_URI to that address"
    )


def test_a_port_that_is_none_is_refused() -> None:
    with pytest.raises(StepFailed, match="^MLflow's address is none: .*; set GOLDEN_PATHS_POD_MLFLOW_URI to it$"):
        ClusterSettings().pod_tracking_uri("http://mlflow:fivethousand")


@pytest.mark.parametrize(
    ("uri", "reached"),
    [
        ("http://10.0.0.5:5000", "http://10.0.0.5:5000"),
        ("https://mlflow.shop/base", "https://mlflow.shop/base"),
        ("http://[fd00::5]:5000", "http://[fd00::5]:5000"),
        ("http://user:geheim@mlflow:5000", "http://mlflow:5000"),
    ],
)
def test_no_password_goes_into_an_object(uri: str, reached: str) -> None:
    assert ClusterSettings().pod_tracking_uri(uri) == reached


def test_the_address_for_pods_comes_before_that_of_workers() -> None:
    settings = ClusterSettings(tracking_uri="http://mlflow.shop:5000")
    assert settings.pod_tracking_uri("sqlite:///x.db") == "http://mlflow.shop:5000"


def test_an_image_that_is_not_named_is_an_error_with_the_variable() -> None:
    with pytest.raises(StepFailed) as failed:
        ClusterSettings().image("serve")
    assert str(failed.value) == (
        "no image is named that can serve in a pod; build it with `make images`, put it where the cluster finds it, "
        "and set GOLDEN_PATHS_SERVE_IMAGE to its name"
    )
