"""The starter spec that `new` writes: every key with its meaning, from the same descriptions as the JSON Schema."""

from __future__ import annotations

from pydantic import BaseModel

from golden_paths.spec import PathSpec

HEAD = """\
# yaml-language-server: $schema=../include/golden_paths/path.schema.json
# {golden_path}
golden_path: PATH
# {name}
name: NAME
# {owner}
owner: my-team
# {description}
description: What NAME is for, and for whom.
# {risk}
risk: limited
# {schedule}
# schedule: "@weekly"

features:
  # {features.repo}
  repo: include/feature_repos/SNAKE
  # {features.service}
  service: SNAKE_v1
  # {features.freshness}
  freshness: 24h
"""
MODEL = HEAD + """\
  # {features.refreshed_by}
  # refreshed_by: NAME-features

training_set:
  # {training_set.entities}
  entities: include/data/SNAKE/entities.parquet
  # {training_set.label}
  label: label
  # {training_set.split.by} {training_set.split.test}
  split: {{by: time, test: 0.25}}
  # {training_set.contract}
  # contract: include/contracts/SNAKE.yaml
  # {training_set.sensitive}
  # sensitive: [sex]
  # {training_set.datasheet}
  # datasheet: {{purpose: ..., source: ..., licence: ..., collection: ..., retention: ..., limits: ...}}

train:
  # {train.code}
  code: include/models/SNAKE.py:fit
  # {train.notebook}
  # notebook: include/notebooks/SNAKE.ipynb
  # {train.params}
  params: {{}}

evaluate:
  # {evaluate.metrics}
  metrics: {{accuracy: ">= 0.8"}}
  # {evaluate.champion.metric} {evaluate.champion.may_lose}
  champion: {{metric: accuracy, may_lose: 0.01}}
  # {evaluate.bias}
  # bias: {{measure: equal_opportunity, at_most: 0.2}}

deploy:
  # {deploy.to}
  to: local
"""
REFRESH = HEAD + """\

refresh:
  # {refresh.contract}
  # contract: include/contracts/SNAKE.yaml
  # {refresh.sensitive}
  sensitive: []
"""
SCORES = HEAD + """\

score:
  # {score.model}
  model: my-model
  # {score.entities}
  entities: include/data/SNAKE/entities.parquet
  # {score.output}
  # output: scores/NAME
  # {score.newer_model}
  newer_model: false
"""
STARTERS = {"online-model@1": MODEL, "feature-refresh@1": REFRESH, "batch-scores@1": SCORES}


class _Descriptions:
    """Looks `{train.params}` up in the models."""

    def __init__(self, model: type[BaseModel], own: str = "") -> None:
        self._model, self._own = model, own

    def __getattr__(self, name: str) -> _Descriptions:
        from golden_paths.load import _models

        field = self._model.model_fields[name]
        return _Descriptions(next(_models(field.annotation), self._model), field.description or "")

    def __str__(self) -> str:
        return self._own


def starter(name: str, path: str = "online-model@1") -> str:
    """The text of a starter spec of this name. `KeyError`: there is none for the path."""
    top = {field: getattr(_Descriptions(PathSpec), field) for field in PathSpec.model_fields}
    text = STARTERS[path].format(**top).replace("PATH", path).replace("NAME", name)
    # Feast and Python take no '-' in a name: what the scientist copies from here must work there.
    return text.replace("SNAKE", name.replace("-", "_"))
