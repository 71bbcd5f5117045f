"""Changes that someone made by hand to an object of ours, as the API server's own records of managed fields have them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from golden_paths.errors import StepFailed

OWNER = "golden-paths.dev/model"
SHOWN = 5
Object = dict[str, Any]


def refuse_foreign(live: Object, manifest: Object) -> None:
    """Raise `StepFailed` when the object that is there belongs to another model, or to nobody of us."""
    found = (live["metadata"].get("labels") or {}).get(OWNER)
    wanted = manifest["metadata"]["labels"][OWNER]
    if found != wanted:
        kind, name = manifest["kind"], manifest["metadata"]["name"]
        whose = f"belongs to the model {found}" if found else "is none of ours"
        raise StepFailed(
            f"there is a {kind} {name} in {live['metadata']['namespace']} already, and it {whose}",
            remedy="rename the model, or remove that object",
        )


def changes(live: Object, manifest: Object, manager: str) -> list[str]:
    """Who changed what of the object's spec, beside us and Kubernetes' own controllers: 'kubectl-edit: spec.replicas'."""
    found = []
    for entry in live["metadata"].get("managedFields") or []:
        names = list(_leaves(_spec_of(entry, manifest, manager)))
        if names:
            more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
            found.append(f"{entry['manager']}: {', '.join(names[:SHOWN])}{more}")
    return found


def adopted(live: Object, manifest: Object, manager: str) -> list[Object]:
    """The object's managed fields, with what others changed as if we had applied it.

    What the next apply does not have then goes, and what it has is as it says. Putting another object in its place
    would undo it too, and leave two owners of each field: what one of them no longer applies would stay for ever.
    """
    entries = live["metadata"].get("managedFields") or []
    ours: Object = {"manager": manager, "operation": "Apply", "apiVersion": manifest["apiVersion"], "fieldsType": "FieldsV1"}
    is_ours = {name: ours[name] for name in ("manager", "operation", "apiVersion")}.items()
    fields: Object = {}
    kept = []
    for entry in entries:
        if is_ours <= entry.items() and not entry.get("subresource"):
            ours, fields = entry, _both(fields, entry["fieldsV1"])
        elif taken := _spec_of(entry, manifest, manager):
            if entry["apiVersion"] == manifest["apiVersion"]:
                fields = _both(fields, taken)
            if rest := {name: value for name, value in entry["fieldsV1"].items() if name != "f:spec"}:
                kept.append(entry | {"fieldsV1": rest})
        else:
            kept.append(entry)
    return [ours | {"fieldsV1": fields}, *kept]


def _spec_of(entry: Object, manifest: Object, manager: str) -> Object:
    """The fields of the spec that the entry's manager has, when it is none of those who may; else nothing."""
    who = entry.get("manager", "")
    if who == manager or who.startswith("kube-") or entry.get("subresource") == "status":
        return {}
    spec = dict((entry.get("fieldsV1") or {}).get("f:spec") or {})
    if "replicas" not in manifest.get("spec", {}):
        spec.pop("f:replicas", None)  # an autoscaler's, whatever its controller is called here
    return {"f:spec": spec} if any(name != "." for name in spec) else {}


def _both(one: Object, other: Object) -> Object:
    return {name: _both(one.get(name, {}), other.get(name, {})) for name in one | other}


def _leaves(fields: Mapping[str, Any], path: str = "") -> Iterator[str]:
    for key, below in fields.items():
        if key == ".":
            continue
        kind, _, name = key.partition(":")
        here = f"{path}.{name}" if kind == "f" and path else f"{path}[{_item(name)}]" if kind != "f" else name
        is_whole = not below or (kind == "k" and "." in below)  # a list's item that was added is said once
        if is_whole or all(inner == "." for inner in below):
            yield here
        else:
            yield from _leaves(below, here)


def _item(key: str) -> str:
    """A list item's key, {"name":"serve"}, as its values alone."""
    try:
        values = json.loads(key)
    except ValueError:
        return key
    return " ".join(map(str, values.values())) if isinstance(values, dict) else str(values)
