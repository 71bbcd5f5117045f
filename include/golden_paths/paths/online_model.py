"""From features to an endpoint that answers one request at a time."""

from golden_paths.paths import Path

PATH = Path(
    name="online-model",
    version=1,
    promise="A model that answers over HTTP, trained on point-in-time features, better than the one before or not deployed.",
    sections=("features", "training_set", "train", "evaluate", "deploy"),
    steps=(
        "materialize",
        "build_training_set",
        "train",
        "evaluate",
        "register",
        "approve",
        "deploy",
        "smoke",
        "canary",
        "promote",
        "retire",
    ),
    may_have=("monitor",),
)
