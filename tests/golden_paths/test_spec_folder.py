"""A folder of specs: no file in it harms another, hangs the reader or is passed over in silence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bad_specs import change
from golden_paths import columns, named_files
from golden_paths.errors import InvalidSpec
from golden_paths.folder import read_folder, spec_files
from golden_paths.load import read_spec
from projects import SPEC, make_project


@pytest.fixture
def dags(tmp_path: Path) -> Path:
    folder = make_project(tmp_path / "project")
    (folder / "good.yaml").write_text(SPEC.replace("name: churn", "name: good"))
    return folder


def read(dags: Path) -> tuple[list[str], list[str]]:
    good, broken = read_folder(dags)
    return [loaded.spec.name for loaded in good], [str(error) for _, error in broken]


def test_two_specs_with_one_name_are_both_refused(dags: Path) -> None:
    for file in ("one.yaml", "two.yml"):
        (dags / file).write_text(SPEC)
    assert read(dags) == (
        ["good"],
        [
            "one.yaml:2: name 'churn' is also the name of two.yml; rename one of them",
            "two.yml:2: name 'churn' is also the name of one.yaml; rename one of them",
        ],
    )


@pytest.mark.parametrize(
    ("text", "other"),
    [
        (
            change("label: left", "label: leave"),
            "two.yml:10: training_set.label 'leave' is no column of include/data/churn.parquet; "
            "known are customer, event_timestamp, left",
        ),
        (
            change("owner: growth", "ownr: growth"),
            "two.yml:3: ownr is not a key that is known here; did you mean 'owner'?",
        ),
        (change("deploy:", "owner: b\ndeploy:"), "two.yml:16: owner is a duplicate of line 3; keep one of them"),
    ],
)
def test_two_specs_with_one_name_are_both_refused_when_one_is_broken(dags: Path, text: str, other: str) -> None:
    (dags / "one.yaml").write_text(SPEC)
    (dags / "two.yml").write_text(text)
    good, (one, two) = read(dags)
    assert good == ["good"]
    assert one == "one.yaml:2: name 'churn' is also the name of two.yml; rename one of them"
    assert {"two.yml:2: name 'churn' is also the name of one.yaml; rename one of them", other} <= set(two.splitlines())


def test_two_specs_with_one_port_are_both_refused(dags: Path) -> None:
    for name in ("one", "two"):
        (dags / f"{name}.yaml").write_text(SPEC.replace("name: churn", f"name: {name}") + "  port: 18080\n")
    assert read(dags) == (
        ["good"],
        [
            "one.yaml:18: deploy.port '18080' is also the port of two.yaml; choose another for one of them",
            "two.yaml:18: deploy.port '18080' is also the port of one.yaml; choose another for one of them",
        ],
    )


def test_what_is_no_regular_file_is_told_and_not_waited_for(dags: Path) -> None:
    os.mkfifo(dags / "fifo.yaml")
    (dags / "folder.yaml").mkdir()
    (dags / "nothing.yaml").symlink_to("gone.yaml")
    (dags / "loop.yaml").symlink_to("loop.yaml")
    (dags / "device.yaml").symlink_to("/dev/zero")
    assert read(dags) == (
        ["good"],
        [
            "device.yaml: cannot be read (it is no regular file); check its place and permissions",
            "fifo.yaml: cannot be read (it is no regular file); check its place and permissions",
            "folder.yaml: cannot be read (it is no regular file); check its place and permissions",
            "loop.yaml: cannot be read (Too many levels of symbolic links); check its place and permissions",
            "nothing.yaml: cannot be read (No such file or directory); check its place and permissions",
        ],
    )


def test_a_spec_that_is_a_link_stays_in_the_project(dags: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.yaml").write_text("password: x")
    (dags / "out.yaml").symlink_to(tmp_path / "secret.yaml")
    (dags / "..data").mkdir()  # as Kubernetes mounts a ConfigMap
    (dags / "..data" / "in.yaml").write_text(SPEC)
    (dags / "in.yaml").symlink_to("..data/in.yaml")
    assert read(dags) == (
        ["good", "churn"],
        ["out.yaml: leaves the project through a symbolic link; put the file itself there"],
    )


def test_a_name_that_is_not_utf_8_is_told(dags: Path) -> None:
    with open(os.fsencode(dags) + b"/x\xff.yaml", "w") as stream:
        stream.write(SPEC)
    assert read(dags) == (["good"], [r"x\udcff.yaml: has a name that is not UTF-8; rename the file"])


def test_a_file_that_goes_while_it_is_looked_at_is_its_own_fault(dags: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(file: Path) -> tuple[int, int]:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(named_files, "stamp", gone)
    with pytest.raises(InvalidSpec) as caught:
        read_spec(dags / "good.yaml")
    assert [(problem.key, problem.problem) for problem in caught.value.problems] == [
        ("features.service", "is no feature service of include/feature_repos/churn"),
        ("training_set.entities", "is no parquet file: No such file or directory"),
        ("train.code", "cannot be read (No such file or directory)"),
    ]


def test_a_mistake_of_ours_is_one_spec_s_and_no_other_s(dags: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (dags / "bad.yaml").write_text(change("churn.parquet", "other.parquet"))
    (dags.parent / "include" / "data" / "other.parquet").touch()
    known = columns.of_parquet

    def broken(path: Path) -> tuple[str, ...]:
        return known(path) if path.name == "churn.parquet" else (1 / 0,)  # type: ignore[return-value]

    monkeypatch.setattr(columns, "of_parquet", broken)
    named_files._columns.cache_clear()
    assert read(dags) == (
        ["good"],
        [
            "bad.yaml: cannot be checked: ZeroDivisionError: division by zero; "
            "look at what it names; if that is right, report this with the file"
        ],
    )


def test_the_project_is_found_through_a_linked_dags_folder(dags: Path, tmp_path: Path) -> None:
    (tmp_path / "airflow").mkdir()
    (tmp_path / "airflow" / "dags").symlink_to(dags)
    assert read(tmp_path / "airflow" / "dags") == (["good"], [])


def test_a_project_that_is_elsewhere_is_used_or_missed(
    dags: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "dags"
    dags.rename(elsewhere)
    monkeypatch.setenv("GOLDEN_PATHS_PROJECT", str(tmp_path / "project"))
    assert read(elsewhere) == (["good"], [])
    monkeypatch.setenv("GOLDEN_PATHS_PROJECT", str(tmp_path / "none"))
    assert read(elsewhere)[1] == [
        "good.yaml: has no project: its folder is not there; set GOLDEN_PATHS_PROJECT to the folder that holds include/"
    ]


def test_airflowignore_leaves_files_out(dags: Path) -> None:
    for name in ("draft.yaml", "kept-draft.yaml", "draft.yml"):
        (dags / name).touch()
    (dags / ".airflowignore").write_text("*draft*  # not ready\n!draft.yml\n")
    assert [file.name for file in spec_files(dags)] == ["draft.yml", "good.yaml"]
