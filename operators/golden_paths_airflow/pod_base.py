"""PodStepOperator: the same step in a pod, through the provider's KubernetesPodOperator.

Imported only when a spec has a step in a pod: the provider costs every parse of a DAG file 3 s of CPU.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar, NoReturn

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator

from golden_paths import platform
from golden_paths.artifacts import Artifact
from golden_paths.cluster.answers import Refused
from golden_paths.cluster.api import ClusterApi
from golden_paths.cluster.trouble import trouble_of
from golden_paths.errors import StepFailed
from golden_paths.lineage.places import Places
from golden_paths.lineage.touched import Part, Touched
from golden_paths.load import LoadedSpec
from golden_paths.pods import ending, sending, sweep, template
from golden_paths.step import StepContext
from golden_paths_airflow.connections import KUBERNETES_CONNECTION, connection, settings
from golden_paths_airflow.pod_trigger import patient
from golden_paths_airflow.step_task import DEFAULTS, StepTask

LOOK_EVERY = 2  # seconds
LOGS_EVERY = 5
REDEFERS = 3  # when a triggerer lost sight of a pod that is well


class PodStepOperator(StepTask, KubernetesPodOperator):
    """Runs one step of a golden path in a pod. It renders no templates: `{{ conn.x.password }}` in a spec stays as it is."""

    template_fields: Sequence[str] = ()
    template_fields_renderers: ClassVar[dict[str, str]] = {}
    ui_color = "#e3ecfa"

    def __init__(self, *, loaded: LoadedSpec, **arguments: Any) -> None:
        pods = platform.read(loaded.project).pods
        own: dict[str, Any] = {
            "kubernetes_conn_id": KUBERNETES_CONNECTION,
            "base_container_name": template.CONTAINER,
            "deferrable": True,
            "durable": True,
            "poll_interval": LOOK_EVERY,
            "startup_check_interval_seconds": 1,
            "schedule_timeout_seconds": round(pods.scheduled_within.total_seconds()),
            "startup_timeout_seconds": round(pods.started_within.total_seconds()),
            "logging_interval": LOGS_EVERY,
            # What is kept and what is deleted is decided when the step's own words have been read from the pod.
            "on_finish_action": "keep_pod",
            "do_xcom_push": False,  # no sidecar
            "log_pod_spec_on_failure": False,
        }
        super().__init__(**(DEFAULTS | own | arguments))
        self.loaded = loaded

    def execute(self, context: Any) -> Any:
        """Take up the pod that is there for this task, or start one; then wait for it without a worker."""
        step_context, api = self._around(context)
        with self.failing(step_context, context["ti"]):
            self._start(step_context, api, context)
            assert self.pod is not None
            self.log.info("pod %s in namespace %s", self.pod.metadata.name, self.pod.metadata.namespace)
            if ending.has_ended(self._now(api)):
                return self._end(api, step_context, context, {"status": "success"})
        return super().execute(context)

    def defer(self, *, trigger: Any, **more: Any) -> NoReturn:
        """With a trigger that waits until the scheduler knows."""
        super().defer(trigger=patient(trigger), **more)

    def trigger_reentry(self, context: Any, event: dict[str, Any]) -> Any:
        """The pod has ended, or waiting for it has: hand on what it made, or raise what it said."""
        step_context, api = self._around(context)
        with self.failing(step_context, context["ti"]):
            self.pod = PodGenerator.deserialize_model_dict(
                {"metadata": {"name": event["name"], "namespace": event["namespace"]}}
            )
            if self._is_well(api) and event["status"] == "error" and event.get("_redefer_count", 0) < REDEFERS:
                self.log.warning("the triggerer lost sight of the pod, which is well: %s", event["message"])
                self.trigger_kwargs = {"_redefer_count": event.get("_redefer_count", 0) + 1}
                self.invoke_defer_method(last_log_time=event.get("last_log_time"), context=context)
            return self._end(api, step_context, context, event)

    def touched(self, context: StepContext, places: Places) -> Touched:
        """What the step touched; and the pod that did it, as a run within the task's."""
        found = super().touched(context, places)
        if self.pod is None:
            return found
        name, namespace = self.pod.metadata.name, self.pod.metadata.namespace
        pod = Part("pod", f"Pod {name} in namespace {namespace}.", failed=self.error is not None)
        return replace(found, parts=(*found.parts, pod))

    def convert_config_file_to_dict(self) -> None:
        """The provider would write KUBECONFIG's credentials into the trigger's row. A triggerer has its own."""
        self._config_dict = None
        self.in_cluster = self.hook.is_in_cluster or None  # which a triggerer does not find out for itself
        if connection(KUBERNETES_CONNECTION) is None:
            self.kubernetes_conn_id = None  # or the provider warns of it

    def _around(self, context: Any) -> tuple[StepContext, ClusterApi]:
        found = settings()
        return self.context_of(context, found), ClusterApi(found.cluster, self.log.info)

    def _start(self, step_context: StepContext, api: ClusterApi, context: Any) -> None:
        """`self.pod` is the pod of this task that was asked the same; one that was asked something else ends."""
        manifest = sending.prepared(self.step, step_context, api)
        self.labels = {template.REQUEST: manifest["metadata"]["labels"][template.REQUEST]}
        self.namespace, self.full_pod_spec = api.namespace, PodGenerator.deserialize_model_dict(manifest)
        self.pod_request_obj = self.build_pod_request_obj(context)
        self.pod = self.get_or_create_pod(self.pod_request_obj, context)
        if (self.pod.metadata.labels or {}).get(template.REQUEST) != self.labels[template.REQUEST]:
            self.log.info("pod %s was asked something else: its spec, params or code have changed", self.pod.metadata.name)
            self._close(api, self._now(api))
            self.pod = self.get_or_create_pod(self.pod_request_obj, context)

    def _end(
        self, api: ClusterApi, step_context: StepContext, context: Any, event: Mapping[str, Any]
    ) -> dict[str, Any]:
        assert self.pod is not None
        pod, events = self._now(api), api.list("Event", fields=f"involvedObject.name={self.pod.metadata.name}")
        self._show_log(pod, event.get("last_log_time"))
        try:
            waited = str(event.get("message") or event["status"])
            made: Artifact = ending.outcome(
                self.step, pod, events, tail=self._tail, waited=waited, record=step_context.record
            )
            step_context.record.made = made
        finally:
            self._close(api, pod)
            self._sweep(api)
        result = made.model_dump(mode="json")
        context["ti"].xcom_push(key="return_value", value=result)  # do_xcom_push, which is off, would mean a sidecar
        return result

    def _close(self, api: ClusterApi, pod: Mapping[str, Any]) -> None:
        """A failed pod is kept for its log, and never taken up again. What could still run is ended."""
        name = pod["metadata"]["name"]
        api.patch("Pod", name, {"metadata": {"labels": {sweep.CHECKED: "True"}}})
        if not ending.is_failed(pod):
            api.delete("Pod", name)

    def _sweep(self, api: ClusterApi) -> None:
        keep = platform.read(self.loaded.project).pods.keep_failed
        try:
            sweep.sweep(api, self.loaded.spec.name, self.step.name, keep=keep, now=datetime.now(UTC))
        except (StepFailed, Refused) as error:  # what is left hides no result: the next pod's task sweeps again
            self.log.warning("what pods left could not be removed: %s", error)

    def _now(self, api: ClusterApi) -> dict[str, Any]:
        """The pod as it is; as one that is being deleted when it is gone."""
        assert self.pod is not None
        name = self.pod.metadata.name
        gone = {"metadata": {"name": name, "deletionTimestamp": "gone"}, "status": {}}
        return api.get("Pod", name) or gone

    def _is_well(self, api: ClusterApi) -> bool:
        pod = self._now(api)
        return not ending.has_ended(pod) and trouble_of(pod) is None

    def _show_log(self, pod: Mapping[str, Any], since: Any) -> None:
        """What the triggerer has not yet shown."""
        if not ending.has_run(pod):
            return
        try:
            self._write_logs(self.pod, follow=False, since_time=since)
        except Exception as error:  # a log that cannot be read hides no result
            self.log.warning("the pod's log cannot be read: %s", error)

    def _tail(self, lines: int) -> str:
        assert self.pod is not None
        name, namespace = self.pod.metadata.name, self.pod.metadata.namespace
        found = self.client.read_namespaced_pod_log(name, namespace, container=template.CONTAINER, tail_lines=lines)
        return str(found)
