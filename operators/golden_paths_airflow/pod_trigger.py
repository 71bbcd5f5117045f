"""The provider's trigger of a pod, which does not fire before the scheduler can know that it waits."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from airflow.providers.cncf.kubernetes.triggers.pod import KubernetesPodTrigger
from airflow.triggers.base import TriggerEvent

SETTLED = 6  # seconds


class PatientPodTrigger(KubernetesPodTrigger):
    """Looks at the pod after some seconds.

    A trigger that fires while the scheduler has not heard yet that the worker let go costs the task an attempt, or its life
    ("finished with state success, but the task instance's state attribute is queued"): a pod that ends within seconds does.
    """

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """As the provider's, under this name."""
        return f"{__name__}.{type(self).__name__}", super().serialize()[1]

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """The provider's events, later."""
        await asyncio.sleep(SETTLED)
        async for event in super().run():
            yield event


def patient(trigger: KubernetesPodTrigger) -> PatientPodTrigger:
    """The same trigger, patient."""
    return PatientPodTrigger(**trigger.serialize()[1])
