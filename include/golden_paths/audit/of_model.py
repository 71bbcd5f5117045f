"""The sections on how a version was made: spec, code, model, metrics, gates, approvals."""

from __future__ import annotations

import json

from golden_paths.audit.case import UNKNOWN, Case, Source
from golden_paths.audit.found import Row, Section
from golden_paths.audit.of_data import FACTS, facet
from golden_paths.digests import of_bytes

SPEC, GATES, MODEL = "goldenPaths_spec", "goldenPaths_gates", "goldenPaths_model"


def spec(case: Case) -> Section:
    """The spec that was carried out."""
    version, run, register = case.by_version(), case.by_training(), case.trail["register"]
    told = register.facet(SPEC) if register else {}
    path = f"{told['goldenPath']}@{told['version']}" if told else None
    whole = one.run_id if (one := case.trail["path"]) else None
    rows = [
        case.fact(
            "golden path",
            (version, case.tag("path")),
            (run, case.run_tag("golden_paths.path")),
            *case.said_by("register", path),
        ),
        case.fact("owner", (version, case.tag("owner")), (run, case.run_tag("golden_paths.owner"))),
        case.fact(
            "SHA-256 of the spec's file",
            (version, case.tag("spec_digest")),
            (run, case.run_tag("golden_paths.spec_digest")),
            *case.said_by("register", told.get("digest")),
            also=case.in_marquez("register"),
        ),
        case.fact(
            "run of the path",
            (version, case.tag("run")),
            (run, case.run_tag("golden_paths.run")),
            *case.said_by("register", told.get("runId")),
            also=case.in_marquez("register"),
        ),
        case.fact("the same run, as OpenLineage has it", *case.said_by("path", whole), also=case.in_marquez("path")),
        _kept(case, "spec.yaml", (version, _same_spec(case))),
    ]
    said = "spec.yaml in this pack is the spec as it was checked, with its defaults. The digest is of the file as it was written."
    return Section(key="spec", title="Spec", said=said, columns=FACTS, rows=tuple(rows))


def _kept(case: Case, name: str, *also: Source) -> Row:
    """A file that is in the pack."""
    return case.fact(f"{name}, SHA-256", (case.by_file(name), case.file_digest(name)), *also)


def _same_spec(case: Case) -> str | None:
    """The digest of spec.yaml when the version's tag has the same spec; None when a long one was cut there."""
    import yaml

    file, tag = case.files["spec.yaml"].value, case.tag("spec") or ""
    if not file or not file.content or not tag or tag.endswith("..."):
        return None
    is_same = yaml.safe_load(file.content) == json.loads(tag)
    return file.digest if is_same else f"another spec (SHA-256 of the tag {of_bytes(tag.encode())})"


def code(case: Case) -> Section:
    """The code that fitted it. The code itself stays in MLflow."""
    run, version = case.by_training(), case.by_version()
    commit, dirty = case.run_tag("mlflow.source.git.commit"), case.run_tag("golden_paths.git_dirty")
    git = (
        f"{commit}{', with changes that were not committed' if dirty == 'true' else ''}"
        if commit
        else "none: the project is in no git repository"
    )
    rows = [
        case.fact("code", (run, case.run_tag("golden_paths.code"))),
        case.fact(
            "SHA-256 of the code",
            (run, case.run_tag("golden_paths.code_digest")),
            (case.by_file("code"), case.file_digest("code")),
        ),
        Row(cells=("git commit", git if case.run.value else UNKNOWN), proofs=(run,)),
        case.fact("Python", (run, case.run_tag("golden_paths.python"))),
        _kept(case, "environment.txt"),
        case.fact(
            "MLflow run", (version, case.tag("mlflow_run_id")), (run, case.run.value.id if case.run.value else None)
        ),
    ]
    said = "environment.txt in this pack names every package that was installed. The code is in MLflow alone."
    return Section(key="code", title="Code", said=said, columns=FACTS, rows=tuple(rows))


def model(case: Case) -> Section:
    """The model's own identity."""
    version, train = case.by_version(), case.trail["train"]
    told = facet(train, MODEL)
    rows = [
        case.fact(
            "SHA-256 of the model's files",
            (version, case.tag("digest")),
            *case.said_by("train", told.get("digest")),
            (case.by_file("model"), case.file_digest("model")),
            *(
                (case.by_event(case.reign.by, "promote")[0], case.reign.digest)
                for _ in (0,)
                if case.reign and case.reign.by
            ),
            also=case.in_marquez("train", "register"),
        ),
        case.fact("SHA-256 of its fitted parameters", (version, case.tag("weights"))),
        case.fact("kind", (case.by_training(), case.run_tag("golden_paths.estimator"))),
        case.fact(
            "SHA-256 of its golden records",
            (version, case.tag("golden_digest")),
            (case.by_file("golden records"), case.file_digest("golden records")),
        ),
        case.fact("in MLflow", (version, case.tag("uri"))),
    ]
    params = case.run.value.params if case.run.value else {}
    rows += [case.fact(f"parameter {name}", (case.by_training(), value)) for name, value in sorted(params.items())]
    said = "Golden records are rows with the answers that the model gave when it was fitted; they are in MLflow alone."
    return Section(key="model", title="Model", said=said, columns=FACTS, rows=tuple(rows))


def metrics(case: Case) -> Section:
    """Measured on the held-out rows, of this version and of the one that served; and on the rows it was fitted on."""
    by_run = case.by_training()
    logged = dict(case.run.value.metrics) if case.run.value else {}
    told = dict(facet(case.trail["evaluate"], MODEL).get("metrics") or {})
    rows = []
    for name in sorted({*(one for one in logged if not one.startswith(("train_", "champion_"))), *told}):
        sources = [(by_run, _number(logged.get(name)))]
        if name in told:
            sources += case.said_by("evaluate", _number(told[name]))
        row = case.fact(name, *sources, also=case.in_marquez("evaluate"))
        beside = [_number(logged.get(f"{kind}_{name}")) or "" for kind in ("champion", "train")]
        rows.append(Row(cells=(*row.cells, *beside), proofs=row.proofs))
    report = case.fact("report, SHA-256", (case.by_file("report"), case.file_digest("report")))
    rows.append(Row(cells=(*report.cells, "", ""), proofs=report.proofs))
    champion = case.run_tag("golden_paths.champion_version")
    before = f"version {champion}, same rows" if champion else "version before"
    said = "On the held-out rows. The report draws some of them, so it is in MLflow alone."
    columns = ("metric", "this version", before, "on the rows it was fitted on")
    return Section(key="metrics", title="Metrics", said=said, columns=columns, rows=tuple(rows))


def gates(case: Case) -> Section:
    """What stood between the model and its users."""
    rows = []
    for one in case.judged():
        step = one.job.rpartition(".")[2]
        keys = case.by_event(one, step)
        for gate in one.facet(GATES).get("gates") or ():
            cells = (str(gate["name"]), step, str(gate["threshold"]), str(gate["value"]), str(gate["verdict"]))
            rows.append(Row(cells=cells, proofs=keys))
    verdict = case.run_tag("golden_paths.verdict")
    by_run = case.by_training()
    rows.append(
        Row(
            cells=("all gates of evaluation", "evaluate", "", "", verdict or UNKNOWN),
            proofs=(case.proofs.says(by_run, "the verdict", "passed", verdict),),
        )
    )
    none = "" if len(rows) > 1 else "The event log has none; MLflow has the verdict alone."
    return Section(
        key="gates", title="Gates", said=none, columns=("gate", "in", "asked for", "found", "verdict"), rows=tuple(rows)
    )


def approvals(case: Case) -> Section:
    """Who let it pass, as the version's tag has it; the model's history has every decision, with its hash."""
    said = f"The last decision; all of them, chained: python -m golden_paths history {case.model}."
    if not (told := case.tag("approval")):
        said = "None on record: the policy asked nobody at this risk, or it was a trial on one machine. The gates alone decided."
    rows = (case.fact("decision", (case.by_version(), told)),) if told else ()
    return Section(key="approvals", title="Approvals", said=said, columns=FACTS, rows=rows)


def _number(value: float | None) -> str | None:
    return None if value is None else f"{value:.6g}"
