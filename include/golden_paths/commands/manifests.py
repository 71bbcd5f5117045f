"""plan --manifests: what a rollout would apply, for whoever reviews it before it runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from golden_paths import built_images
from golden_paths.commands.output import console
from golden_paths.connect import Settings
from golden_paths.errors import GoldenPathsError
from golden_paths.load import LoadedSpec
from golden_paths.spec import DeploySection

if TYPE_CHECKING:
    from golden_paths.rollout.release import Release


def write(loaded: LoadedSpec, to: str) -> None:
    """Write them to a file, or print them when `to` is '-'. Raises `GoldenPathsError` for what is not for a cluster."""
    from golden_paths.rollout import objects

    if (target := loaded.spec.need(DeploySection).to) != "kubernetes":
        raise GoldenPathsError(
            f"{loaded.file.name}: deploy.to is {target}, which has no manifests; write to: kubernetes, or leave out --manifests"
        )
    settings = Settings.from_environment()
    cluster = built_images.completed(settings.cluster, loaded.project)
    release, missing = objects.placeholder(loaded.spec, cluster, settings.tracking_uri, loaded.project)
    text = _text(release, missing)
    if to == "-":
        typer.echo(text, nl=False)
        return
    try:
        Path(to).write_text(text)
    except OSError as error:
        raise GoldenPathsError(f"{to} cannot be written: {error.strerror}; name another file") from error
    console.print(f"wrote {to}; have a cluster check it: kubectl apply --server-side --dry-run=server -f {to}")


def _text(release: Release, missing: tuple[str, ...]) -> str:
    import yaml

    from golden_paths.rollout import objects

    class Plain(yaml.SafeDumper):
        """Without anchors: objects that share a part each show it."""

        def ignore_aliases(self, data: object) -> bool:
            return True

    head = f"# What a rollout of {release.content.model} applies, in this order. Placeholders stand for\n"
    lines = "".join(f"# - {line}\n" for line in missing)
    made = objects.of_rollout(release, objects.PACKAGE)
    return head + lines + yaml.dump_all(made, Dumper=Plain, sort_keys=False, explicit_start=True, width=120)
