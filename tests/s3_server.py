"""An S3 for tests: buckets at an address of this machine, for whoever has the keys' variables."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
import pytest
from moto.server import ThreadedMotoServer
from s3fs import S3FileSystem

BUCKET = "golden-paths"
KEYS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests", "AWS_DEFAULT_REGION": "us-east-1"}


@contextmanager
def bucket(host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """The address of a server that has `BUCKET`, and nothing in it."""
    server = ThreadedMotoServer(host, port=port, verbose=False)
    server.start()
    try:
        place, port = server.get_host_and_port()
        url = f"http://{place}:{port}"
        keys = {"aws_access_key_id": "tests", "aws_secret_access_key": "tests", "region_name": "us-east-1"}
        boto3.client("s3", endpoint_url=url, **keys).create_bucket(Bucket=BUCKET)
        yield url
    finally:
        server.stop()


def reached(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process, and those that it starts, find the bucket as anybody finds theirs: by variables."""
    S3FileSystem.clear_instance_cache()  # it remembers by its arguments, and the variables are none
    for name, value in (KEYS | {"AWS_ENDPOINT_URL": url}).items():
        monkeypatch.setitem(os.environ, name, value)
