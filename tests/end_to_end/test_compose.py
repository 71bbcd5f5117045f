"""docker-compose.yaml on a real engine: the example to a served model, restarts in mid-run, what is kept over down and up."""

from __future__ import annotations

import time
from collections.abc import Iterator
from functools import partial

import httpx
import pytest

from compose_platform import Platform, platform, until

pytestmark = [pytest.mark.real, pytest.mark.docker, pytest.mark.timeout(900)]
DAG, URL = "diabetes-progression", "http://127.0.0.1:18080"
BODY = {"entities": [{"patient_id": 7}]}
AWAY = 12  # seconds that a store is away: longer than the step takes to ask it
# The service that is restarted while this step runs. Two runs: a restart takes 10 to 40 s, and so do retries.
RESTARTS = (
    {"materialize": "redis", "train": "mlflow", "deploy": "endpoints", "smoke": "airflow-triggerer"},
    {"materialize": "postgres", "train": "airflow-scheduler", "evaluate": "airflow-api-server", "smoke": "airflow-dag-processor"},
)


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with platform(tmp_path_factory.mktemp("compose")) as made:
        yield made


def version_at(url: str) -> str | None:
    """Of the model that answers for a patient by features of the online store; None when none does."""
    try:
        answer = httpx.post(f"{url}/predict", json=BODY, timeout=5)
        return str(httpx.get(f"{url}/version", timeout=5).json()["version"]) if answer.status_code == 200 else None
    except httpx.HTTPError:
        return None


def test_the_example_becomes_a_model_that_answers_on_loopback_with_features_from_redis(team: Platform) -> None:
    url = team.run(DAG)["url"]
    assert (url, version_at(url)) == (URL, "1")
    keys = team.compose("exec", "-T", "redis", "sh", "-c", 'REDISCLI_AUTH="$REDIS_PASSWORD" redis-cli dbsize')
    views = team.compose("exec", "-T", "postgres", "psql", "-U", "postgres", "-At", "feast", "-c", VIEWS)
    assert int(keys) > 400  # patients; the newest ones lie behind the interval of the first run
    assert views.split() == ["demographics", "measurements"]


VIEWS = "select feature_view_name from feature_views where project_id = 'diabetes' order by 1"


def test_without_a_password_nothing_answers_but_what_is_meant_to(team: Platform) -> None:
    assert httpx.get(f"{team.airflow.url}/api/v2/dags").status_code == 401
    ping = team.compose("exec", "-T", "redis", "redis-cli", "ping")
    assert ping.strip() == "NOAUTH Authentication required."
    assert httpx.get(team.mlflow).status_code == 200
    assert httpx.get(team.mlflow, headers={"Host": "evil.example"}).status_code == 403  # DNS rebinding


def run_with(team: Platform, restarts: dict[str, str]) -> tuple[int, int]:
    """(version that served before, version that serves now) of a run in which services are restarted."""

    def restarting(service: str) -> None:
        if service in ("redis", "postgres"):
            team.compose("stop", service)
            time.sleep(AWAY)
            team.compose("start", service)
            return
        team.compose("restart", "--timeout", "20", service)
        assert version_at(URL) or service == "endpoints", "what serves is no child of Airflow"

    before = version_at(URL)
    made = team.run(DAG, {step: partial(restarting, service) for step, service in restarts.items()})
    until(lambda: version_at(URL) == made["version"], f"version {made['version']} answers at {URL}")
    return int(before or 0), int(made["version"])


def test_a_run_survives_the_restart_of_what_it_uses(team: Platform) -> None:
    assert run_with(team, RESTARTS[0]) == (1, 2)


def test_everything_is_there_again_after_down_and_up(team: Platform) -> None:
    runs = [one["dag_run_id"] for one in team.runs(DAG)]
    team.compose("down")
    assert version_at(URL) is None
    team.up()
    until(lambda: version_at(URL) == "2", "version 2 answers again")
    assert [one["dag_run_id"] for one in team.runs(DAG)] == runs
    assert len(runs) == 2


def test_a_run_then_makes_the_next_version_and_survives_the_restart_of_the_other_services(team: Platform) -> None:
    assert run_with(team, RESTARTS[1]) == (2, 3)
    restarted = {service for row in RESTARTS for service in row.values()}
    assert restarted == set(team.compose("ps", "--services").split())
