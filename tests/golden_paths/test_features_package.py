"""Packing a feature repository for a pod, and laying it out there."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest

from golden_paths import digests, features_package
from golden_paths.errors import DigestMismatch, StepFailed

BELOW_STATE = "project: shop\nregistry: ${FEAST_STATE}/shop/registry.db\n"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    made = tmp_path / "repos" / "shop"
    made.mkdir(parents=True)
    (made / "features.py").write_text("raise SystemExit('never run')")
    (made / "feature_store.yaml").write_text(BELOW_STATE)
    registry = tmp_path / "state" / "shop" / "registry.db"
    registry.parent.mkdir(parents=True)
    registry.write_bytes(b"bytes of a registry")
    return made


def files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def laid_out(packed: bytes, place: Path) -> dict[str, bytes]:
    features_package.unpack(packed, digests.of_bytes(packed), features=place / "features", state=place / "feast")
    return files(place)


def test_it_holds_the_configuration_and_the_registry_below_feast_state_and_no_code(repo: Path, tmp_path: Path) -> None:
    packed = features_package.pack(repo, tmp_path / "state")
    assert laid_out(packed, tmp_path / "pod") == {
        "features/shop/feature_store.yaml": BELOW_STATE.encode(),
        "feast/shop/registry.db": b"bytes of a registry",
    }


@pytest.mark.parametrize("text", ["project: shop", "registry: data/registry.db", "registry: {path: data/registry.db}"])
def test_a_registry_inside_of_the_repository_stays_inside(repo: Path, tmp_path: Path, text: str) -> None:
    (repo / "feature_store.yaml").write_text(text)
    (repo / "data").mkdir()
    (repo / "data" / "registry.db").write_bytes(b"bytes")
    assert laid_out(features_package.pack(repo, tmp_path / "state"), tmp_path / "pod") == {
        "features/shop/feature_store.yaml": text.encode(),
        "features/shop/data/registry.db": b"bytes",
    }


@pytest.mark.parametrize(
    "text",
    [
        "registry: s3://bucket/registry.db",
        "registry: {registry_type: sql, path: postgresql+psycopg://db.shop/feast}",
        "registry: {registry_type: remote, path: registry.shop:6570}",
        "registry: ${FEAST_REGISTRY}",
    ],
)
def test_a_registry_that_pods_reach_is_not_packed(
    repo: Path, tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEAST_REGISTRY", "gs://bucket/registry.db")
    (repo / "feature_store.yaml").write_text(text)
    packed = features_package.pack(repo, tmp_path / "state")
    assert list(laid_out(packed, tmp_path / "pod")) == ["features/shop/feature_store.yaml"]


def test_the_same_content_is_the_same_bytes_whatever_its_times_and_owners(repo: Path, tmp_path: Path) -> None:
    packed = features_package.pack(repo, tmp_path / "state")
    for file in (repo / "feature_store.yaml", tmp_path / "state" / "shop" / "registry.db"):
        os.utime(file, (1, 1))
        file.chmod(0o600)
    (repo / "features.py").write_text("# other code is another registry, once it is applied")
    assert features_package.pack(repo, tmp_path / "state") == packed
    (tmp_path / "state" / "shop" / "registry.db").write_bytes(b"applied again")
    assert features_package.pack(repo, tmp_path / "state") != packed


REFUSED = {
    "no registry yet": (
        "registry: ${FEAST_STATE}/other/registry.db",
        "feature repository 'shop': there is no {state}/other/registry.db; "
        "materialize its features before the model is deployed",
    ),
    "a place of this machine": (
        "registry: /srv/registry.db",
        "feature repository 'shop' keeps its registry at /srv/registry.db, where no pod finds it; "
        "write registry: ${{FEAST_STATE}}/shop/registry.db in its feature_store.yaml",
    ),
    "a database of this machine": (
        "registry: {registry_type: sql, path: 'sqlite:///registry.db'}",
        "feature repository 'shop' keeps its registry at sqlite:///registry.db, where no pod finds it; "
        "write registry: ${{FEAST_STATE}}/shop/registry.db in its feature_store.yaml",
    ),
    "a place beside the repository": (
        "registry: ../registry.db",
        "feature repository 'shop' keeps its registry at ../registry.db, where no pod finds it; "
        "write registry: ${{FEAST_STATE}}/shop/registry.db in its feature_store.yaml",
    ),
    "a place beside the state": (
        "registry: ${FEAST_STATE}/../registry.db",
        "feature repository 'shop' keeps its registry at ../registry.db, where no pod finds it; "
        "write registry: ${{FEAST_STATE}}/shop/registry.db in its feature_store.yaml",
    ),
    "no YAML": (
        "registry: [",
        "'shop/feature_store.yaml' is not YAML: did not find expected node content at line 2; mend it",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_registry_that_no_pod_would_find_is_refused(repo: Path, tmp_path: Path, case: str) -> None:
    text, message = REFUSED[case]
    (repo / "feature_store.yaml").write_text(text)
    with pytest.raises(StepFailed) as raised:
        features_package.pack(repo, tmp_path / "state")
    assert str(raised.value) == message.format(state=tmp_path / "state")


def test_a_registry_that_no_config_map_takes_is_refused_with_its_size(repo: Path, tmp_path: Path) -> None:
    (tmp_path / "state" / "shop" / "registry.db").write_bytes(os.urandom(2**20))
    with pytest.raises(StepFailed) as raised:
        features_package.pack(repo, tmp_path / "state")
    assert str(raised.value) == (
        "feature repository 'shop': its registry is 1024 KiB, packed, and a ConfigMap takes 960; "
        "remove definitions that nobody uses, or keep the registry in a database (registry_type: sql)"
    )


def test_another_digest_is_refused_and_nothing_is_laid_out(repo: Path, tmp_path: Path) -> None:
    packed = features_package.pack(repo, tmp_path / "state")
    with pytest.raises(DigestMismatch):
        features_package.unpack(packed, "0" * 64, features=tmp_path / "features", state=tmp_path / "feast")
    assert not (tmp_path / "features").exists()


def archive(*members: tarfile.TarInfo, rest: bytes = b"") -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as made:
        for member in members:
            made.addfile(member, io.BytesIO(b"x" * member.size))
    return gzip.compress(stream.getvalue() + rest)


def member(name: str, **fields: object) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    for field, value in fields.items():
        setattr(made, field, value)
    return made


HOSTILE = {
    "a way out": (archive(member("features/../../out", size=1)), "'../../out' would be extracted to"),
    "an absolute way": (archive(member("features//out/x", size=1)), None),
    "a link": (
        archive(member("features/a", type=tarfile.SYMTYPE, linkname="/etc")),
        "features/a is not expected in it",
    ),
    "a device": (archive(member("state/a", type=tarfile.CHRTYPE)), "state/a is not expected in it"),
    "another folder": (archive(member("etc/passwd", size=1)), "etc/passwd is not expected in it"),
    "a bomb": (archive(rest=bytes(65 * 2**20)), "it is cut off, or larger than 64 MiB"),
    "half of one": (archive(member("features/a", size=1))[:-9], "it is cut off, or larger than 64 MiB"),
    "no gzip": (b"PK", "Error -3 while decompressing data: incorrect header check"),
    "no archive": (gzip.compress(b"text"), "truncated header"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_an_archive_that_is_none_of_ours_writes_nothing_outside(tmp_path: Path, case: str) -> None:
    packed, reason = HOSTILE[case]
    place = tmp_path / "pod"
    if reason is None:
        assert list(laid_out(packed, place)) == ["features/out/x"]
        return
    with pytest.raises(StepFailed) as raised:
        laid_out(packed, place)
    assert str(raised.value).startswith(f"the features package cannot be unpacked: {reason}")
    assert str(raised.value).endswith("; run the path again")
    assert files(tmp_path) == {}


def test_laying_it_out_again_over_half_of_it_gives_the_whole(repo: Path, tmp_path: Path) -> None:
    packed = features_package.pack(repo, tmp_path / "state")
    whole = laid_out(packed, tmp_path / "pod")
    (tmp_path / "pod" / "feast" / "shop" / "registry.db").write_bytes(b"half")
    (tmp_path / "pod" / "features" / "shop" / "feature_store.yaml").unlink()
    assert laid_out(packed, tmp_path / "pod") == whole
