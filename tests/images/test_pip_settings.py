"""What of pip's configuration goes into a build, and how."""

from __future__ import annotations

from pathlib import Path

import pip_settings
import pytest

ROWS = [
    ("", {}),
    ("global.index-url='https://a/simple'", {"index-url": "https://a/simple"}),
    ("global.index-url='https://a'\n:env:.index-url='https://b'", {"index-url": "https://b"}),
    ("install.index-url='https://c'\nglobal.index-url='https://a'", {"index-url": "https://c"}),
    ("global.user='true'\nglobal.require-virtualenv='1'\n:env:.config-file='/etc/x'", {}),
    (":env:.find-links='/opt/wheels'", {}),
    ("global.find-links='/opt/wheels https://a/wheels'", {"find-links": "https://a/wheels"}),
    ("global.extra-index-url='\\nhttps://a\\nhttps://b'", {"extra-index-url": "https://a https://b"}),
    ("download.index-url='https://a'", {}),
]


@pytest.mark.parametrize(("listed", "wanted"), ROWS)
def test_what_says_where_packages_come_from_is_passed_as_pip_would_read_it(listed: str, wanted: dict[str, str]) -> None:
    assert pip_settings.effective(listed) == wanted


@pytest.fixture
def without_certificates(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in pip_settings.CERTIFICATES:
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("without_certificates")
def test_a_machine_without_settings_passes_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pip_settings, "_listed", lambda: "")
    assert pip_settings.secrets(tmp_path) == {}


@pytest.mark.usefixtures("without_certificates")
def test_settings_and_certificate_become_two_secrets_that_nobody_else_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = "global.index-url='https://u:p@a/simple'\nglobal.cert='/etc/ca.crt'"
    monkeypatch.setattr(pip_settings, "_listed", lambda: listed)
    found = pip_settings.secrets(tmp_path)
    assert found == {"pip-conf": tmp_path / "pip.conf", "pip-cert": Path("/etc/ca.crt")}
    assert found["pip-conf"].read_text() == (
        "[global]\nindex-url = https://u:p@a/simple\ncert = /run/secrets/pip-cert\n"
    )
    assert found["pip-conf"].stat().st_mode & 0o777 == 0o600
