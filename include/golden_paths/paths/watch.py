"""Beside a model that serves: looks at it, and has it renewed. Every spec with `monitor` has this road too."""

from golden_paths.paths import Path

PATH = Path(
    name="watch",
    version=1,
    promise="A model whose inputs, answers and age are looked at, and which is renewed or withdrawn, never silently.",
    sections=("monitor",),
    steps=("watch", "renew"),
)
