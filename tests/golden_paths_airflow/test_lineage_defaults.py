"""Where lineage goes when nobody has settled it, and that what the platform team has settled stays."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from projects import make_project

ROOT = Path(__file__).parents[2]
OURS = "golden_paths.lineage.transport.LogFirstTransport"
LOOK = """
import json, os, sys
sys.argv[1:] = [{component!r}]
from airflow.listeners.listener import get_listener_manager as of_airflow
from airflow.sdk.listener import get_listener_manager as of_tasks
found = [type(one).__name__ for of in (of_airflow, of_tasks) for one in of().pm.get_plugins()]
from airflow import plugins_manager
print(json.dumps({{
    "listeners": found.count("OpenLineageListener"),
    "transport": os.environ.get("AIRFLOW__OPENLINEAGE__TRANSPORT"),
    "namespace": os.environ.get("AIRFLOW__OPENLINEAGE__NAMESPACE"),
    "client": "openlineage.client" in sys.modules,
    "links": any(plugin.name == "golden_paths" for plugin in plugins_manager._get_plugins()[0]),
}}))
"""


def looked(dags: Path, component: str = "scheduler", **environment: str) -> dict[str, Any]:
    """What a process of Airflow's has after its plugins are loaded."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AIRFLOW__OPENLINEAGE", "OPENLINEAGE"))
    }
    mine = kept | {
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(ROOT / "plugins"),
        "GOLDEN_PATHS_PROJECT": str(dags.parent),
        **environment,
    }
    command = [sys.executable, "-c", LOOK.format(component=component)]
    done = subprocess.run(command, env=mine, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    return make_project(tmp_path)


@pytest.mark.parametrize("component", ["scheduler", "api-server", "triggerer", "worker"])
def test_with_nothing_settled_events_go_to_the_projects_log(dags: Path, component: str) -> None:
    found = looked(dags, component)
    state = dags.parent.resolve() / ".golden_paths"
    assert json.loads(found["transport"]) == {"type": OURS, "folder": str(state / "lineage")}
    assert (found["listeners"], found["namespace"], found["links"]) == (2, "golden-paths", True)


def test_the_logs_folder_and_the_namespace_can_be_named(dags: Path) -> None:
    found = looked(dags, GOLDEN_PATHS_LINEAGE_LOG="/var/log/lineage", AIRFLOW__OPENLINEAGE__NAMESPACE="shop")
    assert (json.loads(found["transport"])["folder"], found["namespace"]) == ("/var/log/lineage", "shop")


SETTLED = {
    "a transport": ({"AIRFLOW__OPENLINEAGE__TRANSPORT": '{"type": "console"}'}, 2),
    "a file": ({"AIRFLOW__OPENLINEAGE__CONFIG_PATH": "/etc/openlineage.yml"}, 2),
    "off": ({"AIRFLOW__OPENLINEAGE__DISABLED": "True"}, 0),
    "off, as it used to be said": ({"OPENLINEAGE_DISABLED": "true"}, 0),
}


@pytest.mark.parametrize("case", SETTLED)
def test_what_the_platform_team_has_settled_stays(dags: Path, case: str) -> None:
    environment, listeners = SETTLED[case]
    found = looked(dags, **environment)
    named = environment.get("AIRFLOW__OPENLINEAGE__TRANSPORT")
    assert (found["transport"], found["listeners"], found["links"]) == (named, listeners, True)


def test_a_dag_processor_pays_for_none_of_it(dags: Path) -> None:
    found = looked(dags, "dag-processor")
    assert (found["transport"], found["client"], found["links"]) == (None, False, True)


def test_what_fails_in_it_takes_nothing_else_away(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    from golden_paths_airflow import lineage_defaults, plugin

    def fail() -> bool:
        raise RuntimeError("no such option")

    monkeypatch.setattr(lineage_defaults, "set_defaults", fail)
    plugin.GoldenPathsPlugin.on_load()
    said = capsys.readouterr().out + caplog.text  # Airflow may have set logging up in this process, or not yet
    assert "lineage is not recorded: no such option" in said
