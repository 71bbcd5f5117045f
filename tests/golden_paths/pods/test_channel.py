"""An artifact or an error comes back from a pod whole, however long, or not at all."""

from __future__ import annotations

import random
import string

import pytest

from golden_paths.artifacts import TrainingSet
from golden_paths.errors import StepFailed
from golden_paths.pods import channel
from golden_paths.record import Record


def training_set(names: tuple[str, ...]) -> TrainingSet:
    return TrainingSet(
        uri="runs:/r/f",
        digest="d",
        mlflow_run_id="r",
        rows=1,
        test_rows=1,
        keys=("k",),
        timestamp="t",
        features=names,
        label="l",
    )


def random_names(count: int) -> tuple[str, ...]:
    letters = random.Random(0)
    return tuple("".join(letters.choices(string.ascii_letters, k=30)) for _ in range(count))


SIZES = {"": random_names(3), "zlib:": tuple(f"feature_{number}" for number in range(600)), "log:": random_names(2000)}


@pytest.mark.parametrize(("start", "names"), SIZES.items(), ids=["as it is", "compressed", "in the log"])
def test_an_artifact_comes_back_whole(start: str, names: tuple[str, ...]) -> None:
    log: list[str] = ["what the step printed"]
    made = training_set(names)
    message = channel.encode(channel.of_artifact(made, Record()), log.append)
    assert message.startswith(start or "{") and len(message.encode()) <= 4096
    found = channel.decode(message, lambda count: "\n".join(log[-count:]))
    assert found and TrainingSet.model_validate(found["artifact"]) == made


def test_a_log_that_says_something_else_is_no_result() -> None:
    log: list[str] = []
    message = channel.encode(channel.of_artifact(training_set(random_names(2000)), Record()), log.append)
    forged = [log[0].replace("a", "b"), *log[1:]]
    assert channel.decode(message, lambda _: "\n".join(forged)) is None
    assert channel.decode(message, lambda _: "") is None


@pytest.mark.parametrize("message", ["", "Killed", "[]", "{}", '"artifact"', "zlib:x", "log:1", "log:x:y", "{"])
def test_a_message_that_is_none_of_ours_is_no_result(message: str) -> None:
    assert channel.decode(message, lambda _: "") is None


def test_an_error_comes_back_in_its_own_words_and_with_its_retry() -> None:
    for retry in (True, False):
        error = StepFailed("label left has one value", remedy="bring more rows", retry=retry)
        found = channel.decode(channel.encode(channel.of_error(error, Record()), print), lambda _: "")
        assert found
        back = channel.raised(found["error"])
        assert (str(back), back.retry) == ("label left has one value; bring more rows", retry)


def test_an_error_of_many_pages_is_cut() -> None:
    error = StepFailed("é" * 100_000, remedy="x" * 100_000)
    assert len(channel.encode(channel.of_error(error, Record()), print).encode()) <= 4096
