"""What a task tells OpenLineage's provider: the datasets and facets of its step, and the runs within it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from golden_paths.lineage.places import Places
from golden_paths.step import StepContext

if TYPE_CHECKING:
    from airflow.providers.openlineage.extractors import OperatorLineage

    from golden_paths.lineage.events import Ref
    from golden_paths.lineage.touched import Touched


class LineageTask:
    """Beside an operator, this answers the provider's listener. An exception in it is logged by the listener, no more.

    The listener asks for what is known at the start without saying of which task instance: Airflow renders a task's
    templates just before, with its context.
    """

    seen: StepContext | None = None  # the step's context, as far as this process has got with it
    error: BaseException | None = None
    _airflow_context: Mapping[str, Any] | None = None

    def render_template_fields(self, context: Any, *arguments: Any, **more: Any) -> None:
        """Keep the task's context for the listener."""
        self._airflow_context = context
        super().render_template_fields(context, *arguments, **more)  # type: ignore[misc]

    def lineage_context(self, context: Mapping[str, Any]) -> StepContext:
        """The step's context before it has begun."""
        raise NotImplementedError

    def touched(self, context: StepContext, places: Places) -> Touched:
        """What is touched, as far as the context's record says."""
        raise NotImplementedError

    def get_openlineage_facets_on_start(self) -> OperatorLineage[Any, Any] | None:
        """What the step is about to read and write."""
        if self._airflow_context is None:
            return None
        context = self.seen or self.lineage_context(self._airflow_context)
        return self._told(context, self._touched(context))

    def get_openlineage_facets_on_complete(self, ti: Any) -> OperatorLineage[Any, Any] | None:
        """What it has read and written."""
        return self._ended(ti)

    def get_openlineage_facets_on_failure(self, ti: Any) -> OperatorLineage[Any, Any] | None:
        """What it had read and written by then, and the gates that said no."""
        return self._ended(ti)

    def _ended(self, ti: Any) -> OperatorLineage[Any, Any] | None:
        if self.seen is None:  # it failed before it began
            return self.get_openlineage_facets_on_start()
        touched = self._touched(self.seen)
        told = self._told(self.seen, touched)
        if touched.parts:
            emit_parts(ti, touched, self.seen.spec.owner, told.run_facets)
        return told

    def _touched(self, context: StepContext) -> Touched:
        return self.touched(context, Places.of(context.spec, context.clients))

    def _told(self, context: StepContext, touched: Touched) -> OperatorLineage[Any, Any]:
        from airflow.providers.openlineage.extractors import OperatorLineage

        from golden_paths.lineage import code, facets

        return OperatorLineage(
            inputs=[facets.input_of(one) for one in touched.inputs],
            outputs=[facets.output_of(one) for one in touched.outputs],
            run_facets=facets.run_facets(context, self.error),
            job_facets=code.facets(touched, context.project),
        )


def emit_parts(ti: Any, touched: Touched, owner: str, run_facets: Mapping[str, Any]) -> None:
    """The runs within a task's."""
    from airflow.providers.openlineage.plugins.listener import get_openlineage_listener

    from golden_paths.lineage.events import of_parts

    step, root = refs_of(ti, owner=owner)
    for event in of_parts(touched, step, root, own_facets(run_facets)):
        get_openlineage_listener().adapter.emit(event)


def own_facets(run_facets: Mapping[str, Any]) -> dict[str, Any]:
    """Those of ours."""
    from golden_paths.lineage.own import PREFIX

    return {name: facet for name, facet in run_facets.items() if name.startswith(PREFIX)}


def refs_of(ti: Any, *, owner: str) -> tuple[Ref, Ref]:
    """The run of a task instance and that of its DAG run's root, under the names and ids that the provider gives them."""
    from airflow.providers.openlineage.plugins import macros

    from golden_paths.lineage.events import Ref

    namespace = macros.lineage_job_namespace()  # type: ignore[no-untyped-call]
    task = Ref(macros.lineage_run_id(ti), macros.lineage_job_name(ti), namespace, owner=owner)
    root = Ref(
        macros.lineage_root_run_id(ti), macros.lineage_root_job_name(ti), macros.lineage_root_job_namespace(ti), owner=owner
    )
    return task, root
