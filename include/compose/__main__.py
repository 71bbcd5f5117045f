"""make up, make down: docker-compose.yaml with its secrets, its image, and the images that k3s needs."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import compose_env

from golden_paths import __version__

ROOT = Path(__file__).resolve().parents[2]
IMAGES = ROOT / "include" / "images"
OURS = f"golden-paths-airflow:{__version__}"  # the name in docker-compose.yaml, whatever the content
WAIT = "600"  # seconds: a start takes one minute, on a busy machine three
NAMES = ".golden_paths/images.json"  # what make images writes
TO_K3S = "sh -c 'docker compose exec -T k3s ctr images import - < {archive}'"


def main() -> None:
    """Start or stop the platform."""
    parser = argparse.ArgumentParser(prog="make", description=__doc__)
    parser.add_argument("verb", choices=("up", "down"))
    parser.add_argument("services", nargs="*", help="absent: all of the profiles in .env")
    options = parser.parse_args()
    os.chdir(ROOT)
    if shutil.which("docker") is None:
        raise SystemExit(f"{options.verb}: docker is not installed, and its compose plugin is what runs docker-compose.yaml")
    if options.verb == "down":
        docker("compose", "down", "--remove-orphans")
        say("stopped; what it kept is in its volumes, for the next make up")
        return
    up(options.services)


def up(services: Sequence[str]) -> None:
    """Everything, healthy; where it is, and how to sign in."""
    if compose_env.write(ROOT):
        say("wrote .env with new secrets; it is yours alone (0600) and is not overwritten")
    if names := compose_env.lacking(ROOT):
        raise SystemExit(f"up: .env lacks {', '.join(names)}: add them, as .env.example says")
    settings = compose_env.read(ROOT) | os.environ
    provide_image(settings)
    docker("compose", "up", "--detach", "--no-build", "--wait", "--wait-timeout", WAIT, *services)
    if "kubernetes" in settings["COMPOSE_PROFILES"].split(",") and (not services or "k3s" in services):
        provide_pods_images()
    show(settings)


def provide_image(settings: Mapping[str, str]) -> None:
    """Our image under the compose file's name; built when its content changed. Another's is pulled by compose."""
    if settings["GOLDEN_PATHS_AIRFLOW_IMAGE"] != OURS:
        return
    name = output(sys.executable, str(IMAGES), "airflow", "--names")
    if subprocess.run(["docker", "image", "inspect", name], capture_output=True, check=False).returncode:
        run(sys.executable, str(IMAGES), "airflow", "--load", "docker load --quiet --input {archive}")
    docker("image", "tag", name, OURS)


def provide_pods_images() -> None:
    """Build what pods run, hand it to k3s, and tell Airflow its names."""
    held = output("docker", "compose", "exec", "-T", "k3s", "ctr", "images", "list", "--quiet")
    names = output(sys.executable, str(IMAGES), "--names").splitlines()
    if not (Path(NAMES).exists() and all(name in held for name in names)):
        run(sys.executable, str(IMAGES), "--load", TO_K3S)
    docker("compose", "cp", NAMES, f"airflow-scheduler:/opt/project/{NAMES}")


def show(settings: Mapping[str, str]) -> None:
    """Addresses, and the password."""
    profiles = settings["COMPOSE_PROFILES"].split(",")
    say(f"Airflow    http://localhost:{settings['AIRFLOW_PORT']}   admin / {settings['AIRFLOW_ADMIN_PASSWORD']}")
    say(f"           to approve models of high risk: reviewer / {settings['AIRFLOW_REVIEWER_PASSWORD']}")
    say(f"MLflow     http://localhost:{settings['MLFLOW_PORT']}")
    if "lineage" in profiles:
        say(f"Marquez    http://localhost:{settings['MARQUEZ_PORT']}")
    say("endpoints  http://localhost:18080 to 18089, one for each model")


def docker(*arguments: str) -> None:
    """Call docker; its message is enough when it fails."""
    run("docker", *arguments)


def run(*command: str) -> None:
    """Call a program whose output is shown."""
    if code := subprocess.run(command, check=False).returncode:
        raise SystemExit(f"up: {' '.join(command[:3])} failed (exit code {code}); its message is above")


def output(*command: str) -> str:
    """What a program prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def say(what: str) -> None:
    """One line."""
    print(f"up: {what}", flush=True)


if __name__ == "__main__":
    main()
