"""The command card on a real MLflow: the champion or a version, printed or written, and what it says when there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from fakes import evidence
from golden_paths import digests
from golden_paths.card import made
from golden_paths.clients.mlflow_models import MlflowModels
from golden_paths.clients.mlflow_tracking import MlflowTracking
from golden_paths.commands import app

pytestmark = pytest.mark.real
MODEL = "churn"


@dataclass(frozen=True)
class Shop:
    """A project and its MLflow, with two versions; the first is the champion, of the second evidence is missing."""

    root: Path
    tracking: MlflowTracking
    models: MlflowModels

    def card(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["card", *arguments, "--project", str(self.root)], env={"COLUMNS": "200"})


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    root = tmp_path_factory.mktemp("shop")
    (root / "dags").mkdir()
    uri = f"sqlite:///{root}/mlflow.db"
    tracking, models = MlflowTracking(uri), MlflowModels(uri)
    folder = root / "model"
    folder.mkdir()
    (folder / "MLmodel").write_text("flavors: {}\n")
    for number in "12":
        run = tracking.run(MODEL, f"train:{number}", name="train", tags={}).id
        kept = evidence.keep(tracking, run, digest=number * 64, training_set="7" * 64)
        if number == "2":
            del kept["golden_paths.weights"]
        models.register(MODEL, uri=tracking.log_model(run, folder), run_id=run, tags=kept)
    models.set_alias(MODEL, "champion", "1")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", uri)
        yield Shop(root, tracking, models)


def test_the_champions_card_is_printed_as_markdown_or_html(shop: Shop) -> None:
    done = shop.card(MODEL)
    assert (done.exit_code, done.stdout.splitlines()[0]) == (0, "# Model card: churn version 1")
    assert f"| SHA-256 of the model | `{'1' * 64}` |" in done.stdout.splitlines()
    assert shop.card(MODEL, "--version", "1").stdout == done.stdout
    page = shop.card(MODEL, "--html").stdout
    assert page.startswith("<!doctype html>")
    assert "data:image/png;base64," in page


def test_the_files_are_those_that_mlflow_has_and_are_written_again(shop: Shop, tmp_path: Path) -> None:
    uri = made.publish(shop.tracking, shop.models, MODEL, "1")
    noted = shop.models.version_tags(MODEL, "1")
    kept = shop.tracking.download(uri.rpartition("/")[0], tmp_path / "mlflow")
    out = tmp_path / "new" / "card"
    for _ in range(2):
        done = shop.card(MODEL, "--out", str(out))
        assert (done.exit_code, done.stdout.splitlines()[-1]) == (
            0,
            f"version 1, SHA-256 of card.md: {noted['golden_paths.card_digest']}",
        )
    assert digests.of_folder(out) == digests.of_folder(kept)
    assert digests.of_file(out / "card.md") == noted["golden_paths.card_digest"]
    champion = shop.models.champion(MODEL)
    assert champion is not None
    assert champion.card == noted["golden_paths.card"] == uri


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["other"], "MLflow has no model 'other'; its models: churn"),
        ([MODEL, "--version", "9"], "MLflow has no version 9 of churn; it has: 1, 2"),
        (
            [MODEL, "--version", "2"],
            "churn version 2 cannot have a model card: the version has no tag golden_paths.weights (the tags of the version); "
            "run the path again from register",
        ),
    ],
)
def test_what_has_no_card_is_said_and_nothing_is_written(shop: Shop, tmp_path: Path, arguments: list[str], said: str) -> None:
    done = shop.card(*arguments, "--out", str(tmp_path / "out"))
    assert (done.exit_code, str(done.exception)) == (1, said)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_made_is_named(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = shop.card(MODEL, "--out", str(tmp_path / "file"))
    assert str(done.exception) == f"{tmp_path / 'file'} cannot be written: File exists; name a folder of yours"


def test_a_model_without_a_champion_is_told_its_versions(shop: Shop) -> None:
    run = shop.tracking.run("calm", "train", name="train", tags={}).id
    kept = evidence.keep(shop.tracking, run, digest="3" * 64, training_set="7" * 64)
    model = shop.tracking.log_model(run, shop.root / "model")
    shop.models.register("calm", uri=model, run_id=run, tags=kept)
    assert str(shop.card("calm").exception) == "no version of calm is the champion; name one with --version: 1"
    assert shop.card("calm", "--version", "1").exit_code == 0
