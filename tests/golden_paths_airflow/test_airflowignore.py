"""A pattern of .airflowignore means for a spec what it means for Airflow."""

from __future__ import annotations

from pathlib import Path

import pytest

from golden_paths.folder import spec_files

NAMES = ("a.yaml", "b.yml", "draft-a.yaml", "[x].yaml", "with blank.yaml", "#c.yaml", "!d.yaml", "größe.yaml")
GLOBS = [
    "",
    "*.yaml",
    "draft*",
    "draft*  # comment\n",
    "# *.yaml",
    "*.yaml\n!a.yaml",
    "!a.yaml\n*.yaml",
    "*\n!*/\n!b.yml",
    "/a.yaml",
    "/team/a.yaml",
    "team/a.yaml",
    "team/*.yaml",
    "team/**",
    "**/a.yaml",
    "**",
    "**/team/*.yml",
    "team/**/a.yaml",
    "a.yaml/",
    "folder.yaml/",
    "team/",
    "/",
    " a.yaml",
    "a.yaml ",
    "[ab].y*ml",
    "[!a].yaml",
    "?.yaml",
    "\\[x\\].yaml",
    "with blank.yaml",
    "\\!d.yaml",
    "größe.yaml",
    "*.yaml\n!/team/a.yaml\n",
    "*.YAML",
]
REGEXPS = ["", "a", r"a\.yaml$", "^team/", "^a", "(", "# a", "draft.*  # comment", "team/.*yml"]


def airflow(top: Path, folder: Path, syntax: str) -> list[str]:
    from airflow._shared.module_loading.file_discovery import find_path_from_directory

    found = [Path(path) for path in find_path_from_directory(top, ".airflowignore", syntax)]
    return sorted(file.name for file in found if file.parent == folder and file.suffix in (".yaml", ".yml"))


@pytest.mark.parametrize("place", ["dags", "dags/team"])
@pytest.mark.parametrize(
    ("syntax", "pattern"), [("glob", one) for one in GLOBS] + [("regexp", one) for one in REGEXPS], ids=repr
)
def test_a_spec_is_left_out_when_airflow_leaves_it_out(tmp_path: Path, place: str, syntax: str, pattern: str) -> None:
    top, team = tmp_path / "dags", tmp_path / "dags" / "team"
    team.mkdir(parents=True)
    (tmp_path / "include").mkdir()
    for folder in (top, team):
        for name in NAMES:
            (folder / name).touch()
    (tmp_path / place / ".airflowignore").write_text(pattern)
    # Airflow does not enter a folder that is left out, so no loader in it runs.
    for folder in (top,) if pattern == "team/" else (top, team):
        assert [file.name for file in spec_files(folder, syntax)] == airflow(top, folder, syntax)


@pytest.mark.parametrize("pattern", ["!", "\\", "/", "a[", "\xff"])
def test_a_pattern_that_is_none_harms_nothing(tmp_path: Path, pattern: str) -> None:
    (tmp_path / "x.yaml").touch()
    (tmp_path / ".airflowignore").write_bytes(f"{pattern}\ny*".encode("latin-1"))
    (tmp_path / "y.yaml").touch()
    assert [file.name for file in spec_files(tmp_path)] == ["x.yaml"]
