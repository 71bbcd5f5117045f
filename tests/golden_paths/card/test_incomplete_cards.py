"""A card is whole, or it is refused with every piece that is missing or is another model's, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from card_pieces import DIGEST, MODEL, OTHER, SET, Pieces
from fakes import evidence
from golden_paths.card import made
from golden_paths.card.recorded import collect
from golden_paths.errors import StepFailed
from golden_paths.modelling.finding import Finding

TAGS = (
    "path",
    "spec",
    "spec_digest",
    "run",
    "digest",
    "training_set",
    "training_set_uri",
    "weights",
    "golden_records",
    "golden_digest",
    "report",
    "gates",
)



@pytest.mark.parametrize("tag", TAGS)
def test_a_tag_that_is_missing_is_named(tmp_path: Path, tag: str) -> None:
    desk = Pieces(tmp_path)
    del desk.tags[f"golden_paths.{tag}"]
    assert str(desk.refused()) == (
        f"churn version 1 cannot have a model card: the version has no tag golden_paths.{tag} (the tags of the version); "
        "run the path again from register"
    )


EVIDENCE = "runs:/{run}/evaluation/evidence.json"
REFUSED: dict[str, tuple[Callable[[Pieces], object], str, str, str]] = {
    "the record": (
        lambda desk: desk.file("evaluation/evidence.json").unlink(),
        "there is no evidence.json",
        EVIDENCE,
        "evaluate",
    ),
    "a plot": (
        lambda desk: desk.file("evaluation/roc.png").unlink(),
        "there is no roc.png",
        "runs:/{run}/evaluation/roc.png",
        "evaluate",
    ),
    "what is no plot": (
        lambda desk: desk.file("evaluation/roc.png").write_bytes(b"<svg onload=alert(1)>"),
        "roc.png is no PNG",
        "runs:/{run}/evaluation/roc.png",
        "evaluate",
    ),
    "the datasheet": (
        lambda desk: desk.sheet.unlink(),
        "there is no datasheet.json",
        "runs:/{set_run}/datasheet.json",
        "build_training_set",
    ),
    "a datasheet that is none": (
        lambda desk: desk.sheet.write_text('{"digest": 1}'),
        "datasheet.json is no datasheet: model: Field required",
        "runs:/{set_run}/datasheet.json",
        "build_training_set",
    ),
    "the code's digest": (
        lambda desk: desk.tracking.runs[desk.run].tags.pop("golden_paths.code_digest"),
        "the run that fitted it has no tag golden_paths.code_digest",
        "MLflow run {run}",
        "train",
    ),
    "no finding": (lambda desk: desk.judged(findings=()), "evidence.json has no findings", EVIDENCE, "evaluate"),
    "a metric": (
        lambda desk: desk.judged(metrics={"brier": 0.1}),
        "evidence.json does not have roc_auc, which the spec bounds",
        EVIDENCE,
        "evaluate",
    ),
    "the bias gate": (
        lambda desk: desk.judged(findings=evidence.FINDINGS[:1]),
        "evidence.json does not have the bias gate, which the spec asks for",
        EVIDENCE,
        "evaluate",
    ),
    "a gate that said no": (
        lambda desk: desk.judged(findings=(*evidence.FINDINGS, failed())),
        "evidence.json says that the gate noise was not passed",
        EVIDENCE,
        "evaluate",
    ),
    "a record of another form": (
        lambda desk: desk.file("evaluation/evidence.json").write_text('{"model": "m", "plots": "../../secret.png"}'),
        "evidence.json is no record of an evaluation: training_set: Field required",
        EVIDENCE,
        "evaluate",
    ),
    "the record of another model": (
        lambda desk: desk.judged(model=OTHER),
        f"evidence.json is of model {OTHER}, and the version is of {DIGEST}",
        EVIDENCE,
        "evaluate",
    ),
    "the record on another training set": (
        lambda desk: desk.judged(training_set=OTHER),
        f"evidence.json is of training set {OTHER}, and the version is of {SET}",
        EVIDENCE,
        "evaluate",
    ),
    "the datasheet of another training set": (
        lambda desk: evidence.datasheet(desk.tracking, desk.set_run, OTHER),
        f"datasheet.json is of training set {OTHER}, and the version is of {SET}",
        "runs:/{set_run}/datasheet.json",
        "build_training_set",
    ),
    "gates that are none": (
        lambda desk: desk.tags.update({"golden_paths.gates": "[1]"}),
        "what its gates said cannot be read",
        "tag golden_paths.gates of the version",
        "register",
    ),
    "a spec that is none": (
        lambda desk: desk.tags.update({"golden_paths.spec": "{"}),
        "the spec cannot be read: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        "tag golden_paths.spec of the version",
        "register",
    ),
    "a spec that was cut, and is nowhere else": (
        lambda desk: desk.tags.update({"golden_paths.spec": '{"name": "churn...'}),
        "there is no spec.yaml",
        "runs:/{run}/spec.yaml",
        "train",
    ),
}


def failed() -> Finding:
    ruling = evidence.FINDINGS[0].rulings[0].model_copy(update={"gate": "noise", "passed": False})
    return Finding(title="Robustness", rulings=(ruling,))


@pytest.mark.parametrize("what", REFUSED)
def test_a_piece_that_is_missing_or_another_models_is_named(tmp_path: Path, what: str) -> None:
    desk = Pieces(tmp_path)
    take_away, problem, where, step = REFUSED[what]
    take_away(desk)
    place = where.format(run=desk.run, set_run=desk.set_run)
    assert str(desk.refused()) == (
        f"churn version 1 cannot have a model card: {problem} ({place}); run the path again from {step}"
    )


@pytest.mark.parametrize("gate", ["explain", "robustness"])
def test_every_gate_that_the_spec_asks_for_must_have_been_evaluated(tmp_path: Path, gate: str) -> None:
    desk = Pieces(tmp_path)
    desk.spec(evaluate=evidence.SPEC["evaluate"] | {gate: {}})
    assert f"evidence.json does not have the {gate} gate, which the spec asks for" in str(desk.refused())


def test_a_record_that_was_changed_after_it_was_registered_is_refused(tmp_path: Path) -> None:
    desk = Pieces(tmp_path)
    noted = desk.tags["golden_paths.evidence_digest"]
    found = evidence.evaluated(desk.tracking, desk.run, evidence.record(DIGEST, SET, metrics={"roc_auc": 0.99}))
    assert f"evidence.json has SHA-256 {found}, and {noted} was registered: it was changed since" in str(desk.refused())


def test_everything_that_is_missing_is_said_at_once_each_remedy_once(tmp_path: Path) -> None:
    desk = Pieces(tmp_path)
    desk.sheet.unlink()
    desk.file("evaluation/roc.png").unlink()
    desk.judged(model=OTHER)
    desk.file("evaluation/roc.png").unlink()
    del desk.tags["golden_paths.report"]
    error = desk.refused()
    assert [one.what for one in error.missing] == [
        "the version has no tag golden_paths.report",
        f"evidence.json is of model {OTHER}, and the version is of {DIGEST}",
        "there is no roc.png",
        "there is no datasheet.json",
    ]
    assert error.remedy == (
        "run the path again from register; run the path again from evaluate; run the path again from build_training_set"
    )


def test_a_version_that_is_not_there_is_no_incomplete_one(tmp_path: Path) -> None:
    desk = Pieces(tmp_path)
    with pytest.raises(StepFailed) as caught:
        collect(desk.tracking, desk.models, MODEL, "7")
    assert str(caught.value) == "MLflow has no version 7 of churn; see: python -m golden_paths history churn"


def test_what_mlflow_has_and_cannot_give_is_its_own_error_and_worth_a_retry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Pieces(tmp_path)

    def away(*_: object) -> Path:
        raise StepFailed("MLflow did not answer", remedy="start it", retry=True)

    monkeypatch.setattr(desk.tracking, "download", away)
    with pytest.raises(StepFailed) as caught:
        made.publish(desk.tracking, desk.models, MODEL, "1")
    assert (type(caught.value), caught.value.retry) == (StepFailed, True)


def test_tags_that_were_too_long_are_whole_elsewhere(tmp_path: Path) -> None:
    import yaml

    desk = Pieces(tmp_path)
    desk.file("spec.yaml").write_text(yaml.safe_dump(evidence.SPEC | {"description": "Whole."}))
    desk.tags |= {"golden_paths.spec": '{"name": "churn...', "golden_paths.gates": '{"roc_auc": "0.8...'}
    recorded = collect(desk.tracking, desk.models, MODEL, "1")
    assert recorded.spec.description == "Whole."
    assert recorded.gates == {
        "contract": evidence.GATES["contract"],
        "roc_auc": "0.83 (0.78 to 0.88) (>= 0.75)",
        "bias.equal_opportunity [sex]": "0.08 (0.02 to 0.19), within (<= 0.3 with its whole interval)",
    }


def test_a_spec_of_a_later_platform_goes_on_being_read(tmp_path: Path) -> None:
    desk = Pieces(tmp_path)
    desk.spec(monitor={"drift": "psi"}, evaluate=evidence.SPEC["evaluate"] | {"calibration": {"bins": 10}})
    assert collect(desk.tracking, desk.models, MODEL, "1").spec.owner == "growth"
