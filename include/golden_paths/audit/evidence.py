"""Writes down what was collected: every section, the graph, and what is in doubt."""

from __future__ import annotations

from golden_paths.audit import of_data, of_model, of_rollout, subgraph
from golden_paths.audit.case import Case
from golden_paths.audit.found import Audit, Graph, Row, Section
from golden_paths.audit.proofs import doubts
from golden_paths.audit.serving import shown
from golden_paths.lineage import log


def audit(case: Case) -> Audit:
    """What was collected, written down."""
    sections = (
        of_rollout.answer(case),
        of_model.spec(case),
        of_model.code(case),
        of_data.data(case),
        of_data.checks(case),
        of_model.model(case),
        of_model.metrics(case),
        of_model.gates(case),
        of_model.approvals(case),
        of_rollout.rollout(case),
        of_rollout.images(case),
    )
    walk = walked(case)
    graph = subgraph.graph(walk, lambda one: case.by_event(one, one.job), case.by_dataset)
    proofs = case.proofs.all()
    return Audit(
        model=case.model,
        version=case.version,
        asked=case.asked,
        collected=case.now,
        summary=_summary(case, sections),
        doubts=tuple(doubts(proofs)),
        sections=(*sections, _lineage(graph)),
        graph=graph,
        proofs=proofs,
    )


def walked(case: Case) -> subgraph.Walk:
    """The runs and datasets that this version was made by and of, and what it was put through."""
    trail = case.trail
    begin = [
        one
        for one in (case.reign.by if case.reign else None, trail["register"], trail["train"], *case.deployed())
        if one
    ]
    return subgraph.walked(case.history, case.version, [one for one in begin if one.is_complete])


def lines(case: Case) -> bytes:
    """The events that the audit stands on, as they stand in the log, by time."""
    beside = [*case.deployed(), *case.materialized(), *case.pods()]
    met = {**walked(case).runs, **{one.run_id: one for one in beside}}
    if path := case.trail["path"]:
        met[path.run_id] = path
    met |= {one.ended_by.run_id: one.ended_by for one in case.reigns if one.version == case.version and one.ended_by}
    return b"".join(log.line(one.place) + b"\n" for one in sorted(met.values(), key=lambda one: one.at))


def _lineage(graph: Graph) -> Section:
    rows = tuple(Row(cells=(node.kind, node.label, node.key), proofs=node.proofs) for node in graph.nodes)
    said = (
        "Drawn from the runs in events.ndjson."
        if rows
        else "Not confirmed: the event log has no run that made this version."
    )
    return Section(key="lineage", title="Lineage", said=said, columns=("kind", "name", "id"), rows=rows)


def _summary(case: Case, sections: tuple[Section, ...]) -> str:
    reign, gates = case.reign, next(one for one in sections if one.key == "gates")
    met = [row.cells for row in gates.rows[:-1]]
    passed = sum(cells[-1] == "passed" for cells in met)
    when = "served at a time that is not known"
    if reign:
        when = f"served from {shown(reign.since)}" + (
            f" to {shown(reign.until)}" if reign.until else ", and nothing took over from it since"
        )
    told = "; ".join(f"{name}: asked for {wanted}, found {found}" for name, _, wanted, found, _ in met)
    judged = (
        f"It passed {passed} of {len(met)} gates ({told})"
        if met
        else f"MLflow's verdict on it is: {gates.rows[-1].cells[-1]}"
    )
    before = (reign.facet or {}).get("previousVersion") if reign else None
    took = f" and took over from version {before}" if before else ""
    learnt, run = _value(sections, "data", "SHA-256 of the set"), _value(sections, "spec", "run of the path")
    digest = learnt[:12] if len(learnt) == subgraph.DIGITS else learnt
    return (
        f"Version {case.version} of {case.model} {when}. {judged}{took}. "
        f"It was fitted on training set {digest}{of_data.window(case)} by run {run}."
    )


def _value(sections: tuple[Section, ...], key: str, name: str) -> str:
    rows = next(one.rows for one in sections if one.key == key)
    return next(row.cells[1] for row in rows if row.cells[0] == name)
