"""Features in Redis, packed on one machine and served on another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from feature_repo import SERVICE, Shop, day
from golden_paths import digests, features_package
from redis_server import redis_server
from serving import Saved, Start, save

pytestmark = pytest.mark.real
REDIS = "online_store: {type: redis, connection_string: ${FEAST_REDIS}}\n"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Saved:
    import pandas as pd
    from sklearn.linear_model import LinearRegression

    frame = pd.DataFrame({"spent": [1.0, 2.0, 3.0], "age": [20, 30, 50]})
    return save(tmp_path_factory.mktemp("model") / "model", LinearRegression().fit(frame, [1.0, 2.0, 3.0]), frame)


@pytest.fixture
def packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """features/ and feast/ of a pod; what they were packed from is gone."""
    shop = Shop(tmp_path / "worker")
    shop.rows("orders", (1, day(1), 10.0), (2, day(2), 20.0), (3, day(3), 30.0), (1, day(4), 40.0))
    config = shop.repo / "feature_store.yaml"
    config.write_text(re.sub("online_store: .*\n", REDIS, config.read_text()))
    shop.feast().materialize(SERVICE, start=None, end=day(5))
    state = shop.project.state / "feast"
    package = features_package.pack(shop.repo, state)
    assert features_package.pack(shop.repo, state) == package
    (tmp_path / "worker").rename(tmp_path / "gone")
    pod = tmp_path / "pod"
    features_package.unpack(package, digests.of_bytes(package), features=pod / "features", state=pod / "feast")
    monkeypatch.setenv("FEAST_STATE", str(pod / "feast"))
    return pod


def test_a_server_answers_from_redis_with_the_package_alone(
    model: Saved, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    with redis_server(tmp_path) as address:
        monkeypatch.setenv("FEAST_REDIS", address)
        pod = request.getfixturevalue("packed")
        before = digests.of_folder(pod)
        server = start(model, "--feature-repo", str(pod / "features" / "churn"), "--service", SERVICE)
        server.wait_for(lambda code, _: code == 200)
        status, answer = server.ask("POST", "/predict", {"entities": [{"customer": 1}, {"customer": 2}]})
        assert (status, [one["features"] for one in answer["predictions"]]) == (
            200,
            [{"spent": 40.0, "age": 31}, {"spent": 20.0, "age": 52}],
        )
        unknown, half = (server.ask("POST", "/predict", {"entity": {"customer": number}}) for number in (9, 3))
        assert (unknown[0], unknown[1]["error"]) == (404, "the online store does not know customer 9")
        assert (half[0], half[1]["problems"]) == (
            424,
            [{"field": "age", "row": 0, "problem": "has no value in the online store (NOT_FOUND)"}],
        )
        assert server.end() == 0
        assert digests.of_folder(pod) == before  # a server writes nothing: its package is the same for the next one


def test_a_server_without_the_address_of_its_store_says_which_name_is_missing(
    model: Saved, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    with redis_server(tmp_path) as address:
        monkeypatch.setenv("FEAST_REDIS", address)
        pod = request.getfixturevalue("packed")
    monkeypatch.delenv("FEAST_REDIS")
    server = start(model, "--feature-repo", str(pod / "features" / "churn"), "--service", SERVICE)
    _, stderr = server.process.communicate(timeout=60)
    assert (server.process.returncode, stderr.splitlines()[-1]) == (
        1,
        "'churn/feature_store.yaml' names FEAST_REDIS, which is not in the server's environment; "
        "set it there; pods have it from the platform team's Secret",
    )
