"""What a spec's gates refer to, checked without running any: the contract's file, and the columns that gates look at."""

from __future__ import annotations

from golden_paths.contract import model
from golden_paths.errors import InvalidSpec
from golden_paths.project import Project
from golden_paths.spec import PathSpec
from golden_paths.yaml_source import Document, Key

DRAFT = "draft it: python -m golden_paths contract suggest SPEC"


def check(spec: PathSpec, document: Document, project: Project) -> None:
    """Add what is wrong; a broken contract's problems are named by its own file and lines."""
    _contract(spec, document, project)
    _sensitive(spec, document)
    _bias(spec, document)
    _explain(spec, document)
    _robustness(spec, document)


def _contract(spec: PathSpec, document: Document, project: Project) -> None:
    if spec.training_set and spec.training_set.contract:
        contract_of(spec.training_set.contract, ("training_set", "contract"), document, project)


def contract_of(
    name: str, key: Key, document: Document, project: Project, *, remedy: str = DRAFT
) -> model.Contract | None:
    """The contract that a spec names under `key`; None when something is wrong with it, which was added then."""
    file = project.path(name)
    if not file.resolve().is_relative_to(project.root.resolve()):
        inside = "name a file that lies below the project's folder"
        document.complain_at(key, "leaves the project through a symbolic link", inside)
    elif not file.is_file():
        document.complain_at(key, f"is not there: no file {name} in the project", remedy)
    else:
        try:
            return model.read(file, project.root)
        except InvalidSpec as error:
            document.problems.extend(error.problems)
    return None


def _sensitive(spec: PathSpec, document: Document) -> None:
    if not spec.training_set:
        return
    section, key = spec.training_set, ("training_set", "sensitive")
    if section.label in section.sensitive:
        document.complain_at(key, f"names {section.label}, the label", "name columns that tell groups of people apart")
    if len(set(section.sensitive)) < len(section.sensitive):
        document.complain_at(key, "names a column twice", "name each once")


def _bias(spec: PathSpec, document: Document) -> None:
    if not spec.evaluate or not (bias := spec.evaluate.bias):
        return
    key: Key = ("evaluate", "bias")
    known = spec.training_set.sensitive if spec.training_set else ()
    if not known:
        remedy = "name them in training_set.sensitive, as in [sex]"
        document.complain_at(key, "has no columns that tell groups of people apart", remedy)
        return
    for at, columns in enumerate(bias.intersections):
        place: Key = (*key, "intersections", at)
        if unknown := [name for name in columns if name not in known]:
            document.complain_at(place, f"names {', '.join(unknown)}", f"choose among training_set.sensitive: {', '.join(known)}")
        elif len(set(columns)) < 2 or len(set(columns)) < len(columns):
            document.complain_at(place, "is no intersection", "name two columns or more, each once, as in [sex, age_group]")


def _explain(spec: PathSpec, document: Document) -> None:
    """Whether a name is that of a feature is known when the features were fetched."""
    if not spec.evaluate or not (section := spec.evaluate.explain):
        return
    key: Key = ("evaluate", "explain")
    sensitive = spec.training_set.sensitive if spec.training_set else ()
    forbidden = () if section.sensitive_on_top else sensitive
    if not (section.never or section.always or forbidden or section.stability is not None):
        remedy = "name features in never or always, set stability, or leave explain out: importance is reported without it"
        document.complain_at(key, "decides nothing", remedy)
    for part, names in (("never", section.never), ("always", section.always)):
        if len(set(names)) < len(names):
            document.complain_at((*key, part), "names a feature twice", "name each once")
        if spec.training_set and (label := spec.training_set.label) in names:
            document.complain_at((*key, part), f"names {label}, the label", "name features")
    place: Key = (*key, "always")
    if both := [name for name in section.always if name in section.never]:
        document.complain_at(place, f"names {', '.join(both)}, as never does", "name each in one of the two")
    elif both := [name for name in section.always if name in forbidden]:
        remedy = "set sensitive_on_top: true, or do not require them"
        document.complain_at(place, f"names {', '.join(both)} of training_set.sensitive", remedy)
    if len(section.always) > section.top:
        document.complain_at(place, f"names {len(section.always)} features for {section.top} places", "raise top, or name fewer")


def _robustness(spec: PathSpec, document: Document) -> None:
    if not spec.evaluate or not (section := spec.evaluate.robustness):
        return
    if section.metric is not None and section.metric not in spec.evaluate.metrics:
        remedy = f"choose among {', '.join(spec.evaluate.metrics)}"
        document.complain_at(("evaluate", "robustness", "metric"), "is not among evaluate.metrics", remedy)
