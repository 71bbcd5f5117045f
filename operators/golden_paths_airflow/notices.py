"""Airflow's notifiers, as the policy names them: who is told of an alarm, a renewal, an escalation, an end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from golden_paths import policy
from golden_paths.load import LoadedSpec

TEXTS = "golden_paths"  # what a notifier's templates find the words under
PLACES = ("text", "model", "owner", "event")  # {text} and so on, in the policy's arguments


def tell(loaded: LoadedSpec, event: str, context: Mapping[str, Any], model: str, words: Sequence[str], log: Any) -> None:
    """Call each notifier that the policy has for the event. One that fails is a line in the log, and fails nothing else."""
    text = f"{model}: {event}: {'; '.join(words)}"
    told = {TEXTS: {"model": model, "owner": loaded.spec.owner, "event": event, "words": list(words), "text": text}}
    for one in policy.read(loaded.project).notify:
        if event not in one.on:
            continue
        try:
            module, _, name = one.notifier.rpartition(".")
            notifier = getattr(import_module(module), name)(**_templated(one.arguments))
            notifier({**context, **told})
        except Exception as error:
            log.error("notifier %s could not tell of %s: %s: %s", one.notifier, event, type(error).__name__, error)


def _templated(value: Any) -> Any:
    """Arguments with templates for the places in them. The words come from data, so they are never part of a template."""
    if isinstance(value, str):
        for name in PLACES:
            value = value.replace(f"{{{name}}}", f"{{{{ {TEXTS}.{name} }}}}")
        return value
    if isinstance(value, dict):
        return {name: _templated(one) for name, one in value.items()}
    return [_templated(one) for one in value] if isinstance(value, list) else value
