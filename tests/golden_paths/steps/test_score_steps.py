"""The path batch-scores: what is scored by whom, again and again, and what stops it. Models are real."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from golden_paths import digests
from golden_paths.errors import StepFailed
from golden_paths.lineage import of_scores
from golden_paths.lineage.places import Places
from golden_paths.step import Run
from golden_paths.steps import publish_scores, score
from outputs import table
from scorers import LABELS, MODEL, Scorer, day
from serving import Saved


def test_every_row_of_the_interval_has_one_score_in_its_order_and_says_who_gave_it(
    in_children: Scorer, stays: Saved
) -> None:
    scorer = in_children
    made = scorer.run(day(5), day(6))
    rows = scorer.rows()
    assert list(rows.columns) == [
        *("customer", "event_timestamp", "prediction", "score", "reason"),
        *("model", "version", "digest", "run_id", "spec_digest"),
    ]
    assert [(row.customer, row.event_timestamp.to_pydatetime()) for row in rows.itertuples()] == [
        (1, day(5)),
        (2, day(5.5)),
        (1, day(5)),
    ]
    frame = pd.DataFrame({"spent": [40.0, 20.0, 40.0], "age": [31.0, 52.0, 31.0]})
    assert rows["prediction"].tolist() == stays.estimator.predict(frame).tolist() == [1, 0, 1]
    assert rows["score"].tolist() == stays.estimator.predict_proba(frame)[:, 1].tolist()
    assert rows["reason"].isna().all()
    scores = made["scores"]
    stamp = {"model": MODEL, "version": "1", "digest": stays.digest, "run_id": scores.mlflow_run_id}
    assert rows[list(stamp)].drop_duplicates().to_dict("records") == [stamp]
    assert set(rows["spec_digest"]) == {scores.spec_digest}
    assert digests.of_file(Path(made["published_scores"].path)) == scores.digest


def test_a_second_run_changes_nothing_and_late_rows_replace_the_file(scorer: Scorer) -> None:
    first = scorer.run(day(5), day(6))
    content = scorer.content()
    scorer.shop.rows("labels", *LABELS, (1, day(7), 0))  # another interval's
    again = scorer.run(day(5), day(6), run="run-2")
    assert (again["published_scores"].changed, again["scores"]) == (False, first["scores"])
    assert scorer.content() == content
    scorer.shop.rows("labels", *LABELS, (2, day(5.9), 0))
    late = scorer.run(day(5), day(6), run="run-3")
    assert (late["published_scores"].changed, late["scores"].rows, len(scorer.rows())) == (True, 4, 4)
    scorer.shop.rows("orders", (1, day(1), 10.0), (2, day(2), 21.0), (1, day(4), 40.0))  # a feature was set right
    assert scorer.run(day(5), day(6), run="run-4")["published_scores"].changed


def test_intervals_that_were_missed_and_rows_that_lose_their_file_are_told(scorer: Scorer) -> None:
    scorer.run(day(4), day(5))
    scorer.run(day(6), day(7))
    missed = "nothing was scored from 2026-01-05T00:00+00:00 to 2026-01-06T00:00+00:00: those intervals were missed"
    assert any(line.startswith(missed) for line in scorer.log)
    scorer.run(None, day(8.5))
    scorer.run(day(8), day(9))
    gives_way = "2026-01-07T00:00:00+00:00 to 2026-01-08T12:00:00+00:00 gives way to 2026-01-08T00:00:00+00:00"
    (line,) = (line for line in scorer.log if line.startswith(gives_way))
    assert line.endswith("; its other rows are nowhere now")
    again = "to have those before again: run it with --start 2026-01-07T00:00:00+00:00 --end 2026-01-08T00:00:00+00:00"
    assert any(line.startswith(again) for line in scorer.log)


def test_a_model_of_many_classes_is_scored_again_without_being_asked(scorer: Scorer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known of its scores is longer than a tag of MLflow's."""
    first = scorer.run(day(5), day(6))
    said = {"rows": 3, "unanswered": 0, "columns": [[f"score_class_{number:04}", "double"] for number in range(400)]}
    monkeypatch.setattr(score, "_asked", lambda context, chosen, frame, run, file: file.write_bytes(b"PAR1") and said)
    scorer.shop.rows("labels", *LABELS, (2, day(5.9), 0))
    made = scorer.run_score(day(5), day(6))
    monkeypatch.setattr(score, "_asked", None)
    assert scorer.run_score(day(5), day(6)) == made
    assert (len(made.columns), len(first["scores"].columns) < 20) == (400, True)


def test_scores_go_into_a_table_as_they_go_into_files(scorer: Scorer, leaves: Saved) -> None:
    scorer.run(day(5), day(6))
    rows = scorer.rows()
    scorer.section |= {"output": None, "table": "churn_scores"}
    first = scorer.run(day(5), day(6), run="run-2")
    again = scorer.run(day(5), day(6), run="run-3")
    assert (first["published_scores"].changed, again["published_scores"].changed) == (True, False)
    assert first["published_scores"].path.endswith("/churn_scores, interval 20260105T000000Z_20260106T000000Z")
    found = table(scorer.database, "churn_scores").drop(columns="interval")
    found["event_timestamp"] = pd.to_datetime(found["event_timestamp"], utc=True)
    kept = found.columns.difference(["run_id", "spec_digest"])  # another spec, and so another run
    assert found[kept].astype(object).equals(rows[kept].astype(object))
    scorer.run(None, day(8))
    assert set(table(scorer.database, "churn_scores")["interval"]) == {
        "20260105T000000Z_20260106T000000Z",
        "20260106T000000Z_20260108T000000Z",
    }
    assert any(line.startswith("2026-01-06T00:00:00+00:00 to 2026-01-08T00:00:00+00:00: version 1") for line in scorer.log)
    context, made = scorer.context(Run("run-2", end=day(6)), first), first["published_scores"]
    (into,) = of_scores.publish_scores(context, Places("", ""), made).outputs
    assert str(into.name).startswith("sqlite://localhost/") and str(into.name).endswith("/churn_scores")
    assert publish_scores.STEP.writes(scorer.spec) == ("table churn_scores in the database of scores: the rows of the interval",)


def test_a_scores_file_that_was_changed_is_put_right(scorer: Scorer) -> None:
    made = scorer.run(day(5), day(6))
    content = scorer.content()
    Path(made["published_scores"].path).write_bytes(b"PAR1")
    assert scorer.run(day(5), day(6))["published_scores"].changed
    assert scorer.content() == content


def test_a_backfill_is_scored_by_the_version_that_served_then(scorer: Scorer, leaves: Saved) -> None:
    scorer.version(leaves, at=day(5.6))
    assert scorer.run(day(5), day(6))["scores"].version == "2"  # the champion of its end
    scorer.shop.rows("labels", *LABELS, (1, day(4.5), 0))
    assert scorer.run(day(4), day(5))["scores"].version == "1"
    assert [(row.version, row.prediction) for row in scorer.rows().itertuples()] == [("1", 1), ("2", 0), ("2", 1), ("2", 0)]
    with pytest.raises(StepFailed, match="no version of churn served at 2026-01-03T00:00:00"):
        scorer.run(day(2), day(3))
    before = scorer.content()
    scorer.section["newer_model"] = True
    assert scorer.run(day(4), day(5))["scores"].version == "2"
    assert {name for name, bytes_ in scorer.content().items() if before.get(name) != bytes_} == {
        f"interval=20260104T000000Z_20260105T000000Z/{file}" for file in ("scores.parquet", "_manifest.json")
    }


def test_an_interval_without_a_row_is_a_file_without_a_row(scorer: Scorer) -> None:
    assert scorer.run(day(8), day(9))["scores"].rows == 0
    empty = pd.read_parquet(scorer.output / "interval=20260108T000000Z_20260109T000000Z" / "scores.parquet")
    scorer.run(day(5), day(6))
    full = pd.read_parquet(scorer.output / "interval=20260105T000000Z_20260106T000000Z" / "scores.parquet")
    assert (len(empty), dict(empty.dtypes.astype(str))) == (0, dict(full.dtypes.astype(str)))
    assert len(pd.read_parquet(scorer.output)) == 3  # as one data set


def test_a_row_of_which_nothing_is_known_is_scored_where_the_model_takes_it_and_else_says_why(
    scorer: Scorer, leaves: Saved
) -> None:
    scorer.shop.rows("labels", (9, day(5), 0), (1, day(5), 0))
    made = scorer.run(day(5), day(6))
    assert (made["scores"].unanswered, scorer.rows()["prediction"].tolist()[1]) == (0, 1)
    scorer.version(leaves, at=day(5))
    made = scorer.run(day(5), day(6))
    rows = scorer.rows()
    assert (made["scores"].rows, made["scores"].unanswered) == (2, 1)
    assert rows["prediction"].isna().tolist() == rows["score"].isna().tolist() == [True, False]
    assert rows["reason"].tolist() == ["spent is missing, and the model takes no missing value", None]


def test_a_run_by_hand_scores_what_was_not_scored_yet(scorer: Scorer) -> None:
    first = scorer.run(None, day(5.2))
    assert (first["chosen"].by_hand, first["scores"].rows) == (True, 2)
    assert scorer.run(None, day(7))["scores"].rows == 2
    assert scorer.run(None, day(7))["published_scores"].changed is False  # a retry
    assert len(scorer.rows()) == 4
    scorer.run(day(5), day(6))  # of the schedule: what was scored by hand gives way
    assert len(scorer.rows()) == 3
    scorer.schedule = None
    assert scorer.run(None, day(8))["chosen"].by_hand is False


def test_lineage_goes_from_rows_views_and_version_to_the_scores_and_on_to_the_folder(scorer: Scorer) -> None:
    made = scorer.run(day(5), day(6))
    places, context = Places("http://mlflow:5000"), scorer.context(Run("run-1", day(6), day(5)), made)
    asked = of_scores.score(context, places, made["scores"])
    labels = scorer.shop.data / "labels.parquet"
    assert [str(one.name) for one in asked.inputs] == [
        f"file/{str(labels).lstrip('/')}",
        *(f"feast://churn/{view}" for view in ("orders", "profile")),
        f"mlflow://mlflow:5000/models/{MODEL}",
    ]
    (scores,) = asked.outputs
    assert (str(scores.name), scores.version) == ("mlflow://mlflow:5000/scores/daily", made["scores"].digest)
    assert [column.name for column in scores.columns][:3] == ["customer", "event_timestamp", "prediction"]
    published = of_scores.publish_scores(context, places, made["published_scores"])
    assert published.inputs[0].name == scores.name
    (into,) = published.outputs
    assert (into.name.name, into.version, into.rows) == (str(scorer.output), made["scores"].digest, 3)
    assert of_scores.choose_champion(context, places, made["chosen"]).inputs[0].version == "1"
    for of in (of_scores.choose_champion, of_scores.score, of_scores.publish_scores):
        assert of(context, places, None).inputs  # when it begins


def test_a_pod_is_sent_the_repository_and_the_rows(scorer: Scorer) -> None:
    sent = score.brings(scorer.spec, scorer.shop.project)
    assert [path.name for path in sent] == ["feature_store.yaml", "features.py", "labels.parquet"]
