"""Links to Marquez: there when the platform has a web UI, and to the names that events have."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

UI = "http://marquez.shop:3000/"


@pytest.fixture(autouse=True)
def _machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "vm")


def operator(**more: Any) -> Any:
    return SimpleNamespace(dag_id="churn", task_id="promote", **more)


def test_a_task_leads_to_its_job_and_the_endpoint_to_its_dataset(monkeypatch: pytest.MonkeyPatch) -> None:
    from golden_paths_airflow import links
    from lineage_runs import spec

    seen = SimpleNamespace(spec=spec(), clients=SimpleNamespace(tracking_uri="http://mlflow.shop:5000"))
    monkeypatch.setattr(links, "result_of", lambda _: {"endpoint": "churn"})
    found = {}
    for ui in (UI, ""):
        monkeypatch.setenv(links.MARQUEZ_VARIABLE, ui)
        task = operator(seen=seen)
        found[ui] = [link.get_link(task, ti_key=None) for link in (links.LineageLink(), links.EndpointLineageLink())]
    assert found == {
        UI: [
            "http://marquez.shop:3000/lineage/job/golden-paths/churn.promote",
            "http://marquez.shop:3000/lineage/dataset/local%3A%2F%2Fvm/churn",
        ],
        "": ["", ""],
    }


def test_a_rollback_that_was_not_asked_for_has_no_endpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    from golden_paths_airflow import links

    monkeypatch.setenv(links.MARQUEZ_VARIABLE, UI)
    monkeypatch.setattr(links, "result_of", lambda _: {})
    assert links.EndpointLineageLink().get_link(operator(), ti_key=None) == ""


def test_a_dag_and_a_run_lead_to_the_paths_job(monkeypatch: pytest.MonkeyPatch) -> None:
    from golden_paths_airflow import links

    monkeypatch.setenv(links.MARQUEZ_VARIABLE, UI)
    href = "http://marquez.shop:3000/lineage/job/golden-paths/{DAG_ID}"
    views = links.run_views()
    assert [(view["destination"], view["href"]) for view in views] == [("dag", href), ("dag_run", href)]
    assert len({view["url_route"] for view in views}) == 2  # without one Airflow shows no tab, with the same for both one alone
    monkeypatch.delenv(links.MARQUEZ_VARIABLE)
    assert links.run_views() == []


def test_every_step_has_its_link_to_the_graph() -> None:
    from golden_paths_airflow.links import LineageLink
    from golden_paths_airflow.pod_operators import POD_OPERATORS
    from golden_paths_airflow.step_operators import OPERATORS

    for operator in (*OPERATORS.values(), *POD_OPERATORS.values()):
        assert any(isinstance(link, LineageLink) for link in operator.operator_extra_links), operator
