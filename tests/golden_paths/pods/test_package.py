"""What a step brings: the same files, the same bytes; nothing is written before its digest is the one that was sent."""

from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest

from golden_paths import digests
from golden_paths.errors import DigestMismatch, StepFailed
from golden_paths.load import validate
from golden_paths.plan import make_plan
from golden_paths.pods import delivery, package
from golden_paths.pods.package import Package
from golden_paths.project import Project
from golden_paths.registry import STEPS
from golden_paths.yaml_source import parse
from projects import make_project
from refreshes import REFRESH
from spec_cases import spec_of


def project(root: Path) -> list[Path]:
    files = {"models/fit.py": "import own\n", "models/own.py": "x = 1\n"}
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return [root / name for name in files]


def packed(root: Path) -> Package:
    made = package.pack(root, project(root))
    assert made is not None
    return made


def archive(*members: tuple[str, bytes, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as opened:
        for name, content, kind in members:
            member = tarfile.TarInfo(name)
            member.type, member.size, member.linkname = kind, len(content), "/etc/passwd"
            opened.addfile(member, io.BytesIO(content))
    return gzip.compress(stream.getvalue())


def test_the_same_files_give_the_same_bytes_whenever_and_whoever(tmp_path: Path) -> None:
    one = packed(tmp_path / "one")
    for file in project(tmp_path / "other"):
        os.utime(file, (1, 1))
        file.chmod(0o600)
    other = package.pack(tmp_path / "other", reversed(project(tmp_path / "other")))
    assert one == other


def test_the_digest_is_that_of_the_files_as_a_folder(tmp_path: Path) -> None:
    assert packed(tmp_path).digest == digests.of_folder(tmp_path)


def test_what_is_unpacked_is_what_was_packed(tmp_path: Path) -> None:
    made = packed(tmp_path / "project")
    package.unpack(made.archive, made.digest, tmp_path / "pod")
    assert digests.of_folder(tmp_path / "pod") == made.digest


def test_a_step_that_brings_nothing_has_no_package(tmp_path: Path) -> None:
    assert package.pack(tmp_path, []) is None


def test_a_package_that_was_changed_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    made = packed(tmp_path / "project")
    (tmp_path / "project" / "models" / "own.py").write_text("x = 2\n")
    changed = package.pack(tmp_path / "project", (tmp_path / "project" / "models").iterdir())
    with pytest.raises(DigestMismatch, match=f"registered is {made.digest}"):
        package.unpack(changed.archive, made.digest, tmp_path / "pod")  # type: ignore[union-attr]
    assert not (tmp_path / "pod").exists()


BAD = {
    "a name that leaves the folder": archive(("../x", b"x", tarfile.REGTYPE)),
    "a name from the top": archive(("/x", b"x", tarfile.REGTYPE)),
    "a link": archive(("x", b"", tarfile.SYMTYPE)),
    "a device": archive(("x", b"", tarfile.CHRTYPE)),
    "cut off": archive(("x", b"x" * 5000, tarfile.REGTYPE))[:-20],
    "no archive": b"hello",
}


@pytest.mark.parametrize("given", BAD.values(), ids=BAD)
def test_an_archive_that_is_none_of_ours_is_refused(tmp_path: Path, given: bytes) -> None:
    with pytest.raises(StepFailed, match="cannot be read"):
        package.unpack(given, "0" * 64, tmp_path / "pod")
    assert not (tmp_path / "pod").exists()


def test_train_brings_its_file_and_own_modules_and_other_steps_what_they_read(tmp_path: Path) -> None:
    make_project(tmp_path)
    spec, at, root = spec_of(), Project.at(tmp_path), tmp_path
    steps = [STEPS[one.name] for one in make_plan(spec).steps]
    brought = {step.name: [path.relative_to(root).as_posix() for path in step.brings(spec, at)] for step in steps}
    repo = ["include/feature_repos/churn/feature_store.yaml", "include/feature_repos/churn/features.py"]
    assert {name: files for name, files in brought.items() if files} == {
        "materialize": repo,
        "build_training_set": [*repo, "include/data/churn.parquet"],
        "train": ["include/models/churn.py"],
    }
    refresh = validate(parse(REFRESH, "shop-features.yaml"))
    files = [path.relative_to(root).as_posix() for path in STEPS["check_features"].brings(refresh, at)]
    assert files == [*repo, "include/contracts/shop.yaml"]
    scores = spec_of(more="score: {model: churn, entities: include/data/churn.parquet}\n")
    files = [path.relative_to(root).as_posix() for path in STEPS["score"].brings(scores, at)]
    assert files == [*repo, "include/data/churn.parquet"]


def test_a_package_of_at_most_one_mib_is_a_config_map_named_by_its_digest() -> None:
    spec = spec_of()
    made = delivery.config_map(Package("ab" * 32, b"x" * 1000), spec, "train")
    assert made is not None
    assert made["immutable"] is True
    assert made["metadata"]["name"] == "churn-train-abababababab"
    assert made["metadata"]["labels"]["golden-paths.dev/owner"] == "growth"
    assert delivery.config_map(Package("ab" * 32, b"x" * 2**20), spec, "train") is None
