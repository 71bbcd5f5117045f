"""Online stores that pods can and cannot read, from the text of feature_store.yaml."""

from __future__ import annotations

import pytest

from examples import ROOT
from golden_paths import online_stores

FILE = "keeps its online store in a file of this machine (sqlite), which no pod can read"
HERE = "has its online store (redis) at {}, which in a pod is the pod itself"
FAULTS = {
    "sqlite": ("online_store: {type: sqlite, path: online.db}", FILE),
    "none named": ("provider: local", FILE),
    "no type": ("online_store: {path: online.db}", FILE),
    "its class": ("online_store:\n  type: feast.infra.online_stores.sqlite.SqliteOnlineStore", FILE),
    "a word": ("online_store: sqlite", FILE),
    "braces in a flow mapping": ("online_store: {type: sqlite, path: ${FEAST_STATE}/online.db}", FILE),
    "null": ("online_store: null", "has no online store, and an endpoint reads its features there"),
    "redis as Feast has it by default": ("online_store: {type: redis}", HERE.format("localhost:6379")),
    "redis here": (
        "online_store: {type: redis, connection_string: '127.0.0.1:6379,db=1'}",
        HERE.format("127.0.0.1:6379"),
    ),
    "postgres here": (
        "online_store: {type: postgres, host: localhost, port: 5432}",
        "has its online store (postgres) at localhost, which in a pod is the pod itself",
    ),
}
FINE = {
    "redis by the environment": 'online_store: {type: redis, connection_string: "${FEAST_REDIS}"}',
    "the same without quotes": "online_store:\n  type: redis\n  connection_string: ${FEAST_REDIS}",
    "in a flow mapping": "online_store: {type: redis, connection_string: ${FEAST_REDIS}}",
    "redis somewhere": "online_store: {type: redis, connection_string: 'redis.shop:6379,password=x'}",
    "another": "online_store: {type: postgres, host: db.shop}",
    "one that is not known here": "online_store: {type: shop.stores.Ours}",
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_store_of_one_machine_is_a_fault_with_a_remedy(case: str) -> None:
    text, problem = FAULTS[case]
    assert online_stores.fault("project: shop\n" + text) == (
        problem,
        'write online_store: {type: redis, connection_string: "${FEAST_REDIS}"} in its feature_store.yaml, '
        "and give workers and pods FEAST_REDIS",
    )


@pytest.mark.parametrize("case", FINE)
def test_a_store_that_pods_may_reach_is_none(case: str) -> None:
    assert online_stores.fault("project: shop\n" + FINE[case]) is None


BROKEN = {
    "no YAML": ("project: [shop", "is not YAML: did not find expected ',' or ']' at line 2"),
    "a list": ("- shop", "is not a mapping of keys to values"),
    "nothing": ("", "is not a mapping of keys to values"),
    "deep": ("a: " + "[" * 60_000, "is larger or nested deeper than any feature_store.yaml"),
    "a bomb": (
        "a: &a [x,x]\n" + "".join(f"{n}: &{n} [*{p}, *{p}]\n" for p, n in zip("abcdefgh", "bcdefghi", strict=True)),
        None,
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_text_that_is_none_of_feasts_does_no_harm(case: str) -> None:
    text, problem = BROKEN[case]
    found = online_stores.fault(text)
    assert found == (
        (f"has a feature_store.yaml that {problem}", "mend it") if problem else (FILE, online_stores.REMEDY)
    )


@pytest.mark.parametrize("repo", ["diabetes", "wine"])
def test_the_examples_keep_theirs_in_a_file(repo: str) -> None:
    text = (ROOT / "include" / "feature_repos" / repo / "feature_store.yaml").read_text()
    assert online_stores.fault(text) == (FILE, online_stores.REMEDY)
