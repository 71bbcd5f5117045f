"""The variables with which a log's address is signed in to. Who starts a server hands it those of its own log's; the server opens
that, and takes the secrets among them out of its environment before the model's code is there.
"""

from __future__ import annotations

import os

from golden_paths.prediction_log.store import MLFLOW

MLFLOW_NAMES = ("MLFLOW_TRACKING_USERNAME", "MLFLOW_TRACKING_PASSWORD", "MLFLOW_TRACKING_TOKEN")
S3_KEYS = {"key": "AWS_ACCESS_KEY_ID", "secret": "AWS_SECRET_ACCESS_KEY", "token": "AWS_SESSION_TOKEN"}
S3_PREFIX = "AWS_"
SECRETS = (*MLFLOW_NAMES, *S3_KEYS.values())


def is_s3(address: str) -> bool:
    """Whether an address is a bucket that speaks S3."""
    return address.startswith(("s3://", "s3a://"))


def needed(address: str) -> dict[str, str]:
    """What a server that logs to `address` needs of our environment."""
    if address.startswith(MLFLOW):
        return {name: os.environ[name] for name in MLFLOW_NAMES if name in os.environ}
    return {name: value for name, value in os.environ.items() if is_s3(address) and name.startswith(S3_PREFIX)}


def any_needed() -> dict[str, str]:
    """The same for any address: whoever starts servers later on does not know theirs yet."""
    return needed(MLFLOW) | needed("s3://")


def s3_options() -> dict[str, str]:
    """The keys, as s3fs takes them: it would look for them in the environment when they are not there any more."""
    return {option: os.environ[name] for option, name in S3_KEYS.items() if name in os.environ}


def forget() -> None:
    """Take the secrets out of this process's environment."""
    for name in SECRETS:
        os.environ.pop(name, None)
