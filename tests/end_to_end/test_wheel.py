"""The wheel, in a clean venv beside Airflow, with nothing but the loader and a spec in dags/."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from examples import BROUGHT, ROOT, environment

pytestmark = [pytest.mark.real, pytest.mark.timeout(900)]


def call(*command: str, cwd: Path, env: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def test_the_wheel_works_beside_airflow(tmp_path: Path) -> None:
    env = environment(tmp_path)
    del env["PYTHONPATH"]
    env |= {"AIRFLOW__CORE__LOAD_EXAMPLES": "False", "AIRFLOW__OPENLINEAGE__DISABLED": "True"}
    call(
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(tmp_path / "dist"),
        cwd=ROOT,
        env=env,
    )
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    call(sys.executable, "-m", "venv", "--without-pip", "clean", cwd=tmp_path, env=env)
    python = str(tmp_path / "clean" / "bin" / "python")
    uv = (sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python)
    call(*uv, "--require-hashes", "-r", str(ROOT / "requirements.lock"), cwd=tmp_path, env=env)
    call(*uv, "--no-deps", str(wheel), cwd=tmp_path, env=env)
    dags = tmp_path / "airflow" / "dags"
    dags.mkdir(parents=True)
    for file in ("load_golden_paths.py", "diabetes-progression.yaml"):
        shutil.copy(ROOT / "dags" / file, dags / file)
    for name in BROUGHT:
        shutil.copytree(ROOT / "include" / name, tmp_path / "airflow" / "include" / name)
    env["PATH"] = f"{tmp_path / 'clean' / 'bin'}:{env['PATH']}"
    airflow = str(tmp_path / "clean" / "bin" / "airflow")
    call(airflow, "db", "migrate", cwd=tmp_path, env=env)
    try:
        call(airflow, "dags", "test", "diabetes-progression", cwd=tmp_path, env=env)
        listed = call(python, "-m", "golden_paths", "endpoints", "--project", "airflow", cwd=tmp_path, env=env)
        assert "diabetes-progression" in listed
    finally:
        call(python, "-m", "golden_paths", "stop", "--all", "--project", "airflow", cwd=tmp_path, env=env)
