"""make images: builds golden-paths-train, -serve and -airflow, says what it does, how long it took and how large they are."""

from __future__ import annotations

import argparse
import shlex
import subprocess
import tempfile
import time
from pathlib import Path

import image_builders
import image_names
import pip_settings

from golden_paths import built_images
from golden_paths.project import Project


def main() -> None:
    """Build the images; with --load, hand each to a cluster."""
    parser = argparse.ArgumentParser(prog="make images", description=__doc__)
    parser.add_argument("images", nargs="*", default=image_names.IN_PODS, help="train, serve (both, when absent), airflow")
    parser.add_argument("--names", action="store_true", help="print the names and build nothing")
    parser.add_argument("--load", help="command that takes {archive} (and {name}) to where a cluster's nodes find it")
    options = parser.parse_args()
    if options.names:
        print("\n".join(map(image_names.name, options.images)))
        return
    builder, reasons = image_builders.choose()
    say("; ".join([*reasons, f"building with {builder.name}"]))
    with tempfile.TemporaryDirectory(prefix="golden-paths-images-") as folder:
        secrets = pip_settings.secrets(Path(folder))
        if secrets:
            say("pip's settings of this machine are passed as build secrets, and are in no layer")
        for image in options.images:
            build(builder, image, secrets)
            if options.load:
                load(builder, image, options.load, Path(folder) / f"{image}.tar")
            built_images.write(Project.at(image_names.ROOT), {image: image_names.name(image)})


def build(builder: image_builders.Builder, image: str, secrets: dict[str, Path]) -> None:
    """Build one image."""
    name, begin = image_names.name(image), time.monotonic()
    say(f"{name} from {image_names.base(image)} ...")
    dockerfile = image_names.folder(image) / "Dockerfile"
    builder.build(name, dockerfile, image_names.ROOT, base=image_names.base(image), secrets=secrets)
    say(f"{name}: {builder.size(name)} unpacked, {time.monotonic() - begin:.0f} s")


def load(builder: image_builders.Builder, image: str, command: str, archive: Path) -> None:
    """Write an archive, call the command on it, remove it."""
    name = image_names.name(image)
    builder.save(name, archive)
    filled = [part.format(archive=archive, name=name) for part in shlex.split(command)]
    say(f"{name}: {filled[0]} ...")
    try:
        if code := subprocess.run(filled, check=False).returncode:
            raise SystemExit(f"images: {filled[0]} failed (exit code {code}); its message is above")
    finally:
        archive.unlink()


def say(what: str) -> None:
    """One line."""
    print(f"images: {what}", flush=True)


if __name__ == "__main__":
    main()
