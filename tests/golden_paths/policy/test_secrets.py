"""Secrets in a spec are refused, and nowhere repeated."""

from __future__ import annotations

from pathlib import Path

import pytest

from golden_paths.errors import InvalidSpec
from golden_paths.load import read_spec
from projects import SPEC, make_project

SECRETS = {
    "an access key": "AKIA" + "ABCDEFGH12345678",
    "a private key": "-----BEGIN RSA PRIVATE KEY----- MIIE",
    "a token of GitHub's": "ghp_" + "a1B2" * 9,
    "a token of Slack's": "xoxb-" + "1234567890-abc",
    "a key of an AI provider's": "sk-" + "proj-abcDEF0123456789xyz",
    "a JSON web token": "eyJ" + "hbGciOiJIUzI1NiJ9.eyJ" + "zdWIiOiIxMjM0NTY3ODkwIn0.abc",
    "an address with a password": "postgresql://reader:pa55word@db.shop/x",
}


def refusal(root: Path, text: str) -> str:
    file = make_project(root) / "churn.yaml"
    file.write_text(text)
    with pytest.raises(InvalidSpec) as refused:
        read_spec(file)
    return str(refused.value)


@pytest.mark.parametrize("kind", SECRETS)
@pytest.mark.parametrize(
    "place", ["  params: {C: 0.5}\n", "description: Chance that a customer leaves.\n", "owner: growth\n"]
)
def test_a_value_that_has_the_shape_of_a_secret_is_refused_and_not_repeated(
    tmp_path: Path, kind: str, place: str
) -> None:
    key = place.strip().partition(":")[0]
    new = f"  params: {{source: '{SECRETS[kind]}'}}\n" if key == "params" else f"{key}: '{SECRETS[kind]}'\n"
    said = refusal(tmp_path, SPEC.replace(place, new))
    assert "holds what looks like a secret; name it in the platform's secrets" in said
    assert SECRETS[kind][4:] not in said


@pytest.mark.parametrize("key", ["password", "db_password", "API_KEY", "token", "client_secret", "private_key"])
def test_a_value_whose_key_says_so_is_a_secret(tmp_path: Path, key: str) -> None:
    said = refusal(tmp_path, SPEC.replace("{C: 0.5}", f"{{{key}: hunter22}}"))
    assert said.startswith(f"churn.yaml:13: train.params.{key} holds what looks like a secret")
    assert "hunter22" not in said


def test_other_things_wrong_with_the_spec_do_not_bring_it_to_light(tmp_path: Path) -> None:
    text = SPEC.replace("owner: growth", f"owner: [{SECRETS['an access key']}]").replace("to: local", "to: nowhere")
    assert SECRETS["an access key"] not in refusal(tmp_path, text)


@pytest.mark.parametrize(
    "params", ["max_tokens: 128", "tokenizer: whitespace", "token: auto", "secret: true", "token: '123456'"]
)
def test_what_only_sounds_like_one_is_none(tmp_path: Path, params: str) -> None:
    file = make_project(tmp_path) / "churn.yaml"
    file.write_text(SPEC.replace("{C: 0.5}", f"{{{params}}}"))
    assert read_spec(file).spec.train
