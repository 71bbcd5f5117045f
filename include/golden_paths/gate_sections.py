"""What data and model must reach before they may go on, as a spec says it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from golden_paths.quantities import Percent
from golden_paths.section import Section
from golden_paths.values import Bound, Text


class DatasheetSection(Section):
    """What the owners of the training data answer for. Each key is a question, and none may be left out."""

    purpose: Text = Field(description="What were these data made for, and is this model a use of that kind?")
    source: Text = Field(description="Where do they come from, and who made them?")
    licence: Text = Field(description="By what licence, contract or law may they be used for this?")
    collection: Text = Field(description="How were they collected, over what time, and from whom not?")
    retention: Text = Field(description="How long may they be kept, and who deletes them?")
    limits: Text = Field(description="What is known to be wrong with them, or not to be in them?")


class Champion(Section):
    """How a new version is compared with the one that serves."""

    metric: Text = Field(description="The metric that decides; one of those above it.")
    may_lose: float = Field(
        default=0.0, ge=0, description="By how much the new version may be worse, in the metric's unit."
    )


class BiasSection(Section):
    """How far groups of people may be treated differently, in every column of training_set.sensitive."""

    measure: Literal[
        "demographic_parity",
        "equal_opportunity",
        "predictive_equality",
        "equalized_odds",
        "accuracy_parity",
        "error_parity",
        "mean_parity",
    ] = Field(
        default="demographic_parity",
        description="What is compared between groups: how often the answer is yes, how often rightly so (equal_opportunity) or "
        "wrongly so (predictive_equality), either of both (equalized_odds), how often it is right; of numbers: error or mean.",
    )
    at_most: float = Field(gt=0, lt=1, description="The largest difference between two groups; its whole interval must be below.")
    confidence: Percent = Field(default="90%", validate_default=True, description="Of the interval.")
    smallest_group: int = Field(
        default=30, ge=2, description="Rows that every group needs; with fewer the gate says no, for want of evidence."
    )
    intersections: tuple[Annotated[tuple[Text, ...], Field(strict=False)], ...] = Field(
        default=(), strict=False, max_length=10, description="Columns to be looked at together, as in [[sex, age_group]]."
    )
    seed: int = Field(default=0, ge=0, lt=2**32, description="Of the resampling, so that a report repeats.")


class ExplainSection(Section):
    """What the model's answers may depend on most, and must: by permutation importance, and never by SHAP values either."""

    top: int = Field(default=3, ge=1, le=100, description="How many features, by permutation importance, count as dominant.")
    at_least: Percent = Field(
        default="5%",
        validate_default=True,
        description="Of the largest importance: a feature with less is not dominant anywhere; of SHAP values, the root.",
    )
    never: tuple[Text, ...] = Field(default=(), strict=False, max_length=20, description="Features that may not be dominant.")
    always: tuple[Text, ...] = Field(default=(), strict=False, max_length=20, description="Features that must be dominant.")
    sensitive_on_top: bool = Field(
        default=False, description="Whether features in training_set.sensitive may be dominant; they are in never otherwise."
    )
    stability: Percent | None = Field(
        default=None,
        description="How much of the importance must be where the champion has it, as in 70%. Absent: it is reported.",
    )
    confidence: Percent = Field(default="90%", validate_default=True, description="Of the intervals.")
    rows: int = Field(default=2000, ge=30, le=10_000, description="Held-out rows that are looked at, at most; a seeded sample.")
    repeats: int = Field(default=5, ge=1, le=100, description="How often each feature is permuted.")
    seed: int = Field(default=0, ge=0, lt=2**32, description="Of sample and permutations, so that a report repeats.")


class RobustnessSection(Section):
    """How the model may answer rows that are not as they should be. `{}` asks with every default.

    Losses are shares of the gain: of the distance between the metric and that of the best constant answer.
    """

    metric: Text | None = Field(default=None, description="The metric whose loss counts, one of those above. Absent: the first.")
    missing: Percent = Field(
        default="30%",
        validate_default=True,
        gt=0,
        description="The share of the gain that missing values may cost; its whole interval must be below.",
    )
    share: Percent = Field(default="10%", validate_default=True, gt=0, description="The share of all values that is taken away.")
    may_refuse: bool = Field(
        default=False,
        description="Whether an error, or no answer, is good enough for a row with a missing or out-of-range value. "
        "Missing ones never where the training set has some itself.",
    )
    reach: float = Field(default=10.0, gt=0, le=1e6, description="How far beyond its range a feature is set, in its spans.")
    out_of_range: float = Field(
        default=10.0, ge=0, description="How far beyond the training labels an answer may then be, in their span; of numbers."
    )
    unit: Percent = Field(
        default="30%",
        validate_default=True,
        gt=0,
        description="The share of the gain that a feature in another unit may cost, unless the contract notices the unit.",
    )
    factor: float = Field(default=1000.0, gt=1, le=1e6, description="Between the units, both ways: as metres and millimetres.")
    seed: int = Field(default=0, ge=0, lt=2**32, description="Of what is taken away and sampled, so that a report repeats.")


class EvaluateSection(Section):
    """What the model must reach on the held-out part before it may go on."""

    metrics: dict[str, Bound] = Field(
        min_length=1, description='Bounds on the held-out part, as in roc_auc: ">= 0.75".'
    )
    champion: Champion | None = Field(
        default=None, description="Absent: the champion is reported, and does not decide."
    )
    bias: BiasSection | None = Field(
        default=None, description="How far apart groups may be treated. Absent: they are not compared."
    )
    explain: ExplainSection | None = Field(
        default=None, description="What the answers may depend on most. Absent: importance is reported, and decides nothing."
    )
    robustness: RobustnessSection | None = Field(
        default=None, description="What missing, strange or shuffled rows may do to the answers. Absent: it is not tried."
    )
