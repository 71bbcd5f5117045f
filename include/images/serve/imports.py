"""Imports what a server and its init container import, once, while the image is built: Python keeps their bytecode.

The root filesystem is read-only later. Without bytecode these imports take 8.5 s of CPU at each start, with it 3; the
bytecode of everything installed would be another 80 MB.
"""

import argparse
import gzip
import tarfile

import feast.infra.online_stores.redis
import feast.infra.online_stores.sqlite
import feast.infra.passthrough_provider
import mlflow.artifacts
import mlflow.store.artifact.http_artifact_repo
import mlflow.store.artifact.mlflow_artifacts_repo
import mlflow.tracking
import orjson
import pandas
import prometheus_client
import pyarrow.parquet
import pydantic
import s3fs
import sklearn.compose
import sklearn.ensemble
import sklearn.impute
import sklearn.linear_model
import sklearn.pipeline
import sklearn.preprocessing
import skops.io
import tenacity
import uvicorn.loops.uvloop
import uvicorn.protocols.http.httptools_impl
import yaml
from fastapi import FastAPI
from starlette.routing import Route
