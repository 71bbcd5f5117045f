"""What a spec says of refreshed features: a contract that is there, and a refresh of another spec's that may be relied on."""

from __future__ import annotations

from golden_paths import gate_checks
from golden_paths.project import Project
from golden_paths.registry import PATHS
from golden_paths.spec import PathSpec
from golden_paths.yaml_source import Document, Key

WRITE = "write it, or draft it from a model's spec: python -m golden_paths contract suggest SPEC"


def check(spec: PathSpec, document: Document, project: Project) -> None:
    """Add what is wrong in this spec by itself; whether the other one is there is known of folders (see `refreshed_by`)."""
    _relies(spec, document)
    if not spec.refresh:
        return
    key: Key = ("refresh", "contract")
    name = spec.refresh.contract
    contract = gate_checks.contract_of(name, key, document, project, remedy=WRITE) if name else None
    if contract and contract.label:
        document.complain_at(key, "has a rule for the label, and features have none", "remove label from the contract")
    if len(set(spec.refresh.sensitive)) < len(spec.refresh.sensitive):
        document.complain_at(("refresh", "sensitive"), "names a column twice", "name each once")


def _relies(spec: PathSpec, document: Document) -> None:
    if not spec.features or not (name := spec.features.refreshed_by):
        return
    key: Key = ("features", "refreshed_by")
    path = PATHS.get(spec.golden_path)
    if path and path.refreshes:
        document.complain_at(key, f"is for specs that use features, and {path.id} refreshes them itself", "remove it")
    elif name == spec.name:
        document.complain_at(key, "is this spec itself", "name a feature-refresh spec")
