"""An edit as the API takes it: a merge patch, and the same done to an object at hand."""

from __future__ import annotations

import copy
from typing import Any

from kubectl_ambient.change.plan import Edit
from kubectl_ambient.change.targets import kind_of
from kubectl_ambient.cluster.facts import DATAPLANE_MODE

_IN_TEMPLATE = ("spec", "template", "metadata", "labels")
LABELS = {
    "Namespace": ("metadata", "labels"),
    "Pod": ("metadata", "labels"),
    "CronJob": ("spec", "jobTemplate", *_IN_TEMPLATE),
}


def labels_path(kind: str) -> tuple[str, ...]:
    """Where the labels that count stand in an object of this kind."""
    return LABELS.get(kind, _IN_TEMPLATE)


def merge_patch(edit: Edit, resource_version: str = "") -> dict[str, Any]:
    """The merge patch. With a resource version, the server refuses it (409) if anybody changed the object since."""
    patch: dict[str, Any] = {DATAPLANE_MODE: edit.after}
    for key in reversed(labels_path(kind_of(edit.target))):
        patch = {key: patch}
    if resource_version:
        patch.setdefault("metadata", {})["resourceVersion"] = resource_version
    return patch


def applied(edit: Edit, fields: dict[str, Any]) -> dict[str, Any]:
    """A copy of the object with the edit done, as `--dry-run=client` prints it."""
    if not edit.changes:
        return fields
    changed = copy.deepcopy(fields)
    parent = at = changed
    for key in labels_path(kind_of(edit.target)):
        if not isinstance(at.get(key), dict):
            at[key] = {}
        parent, at = at, at[key]
    if edit.after is None:
        at.pop(DATAPLANE_MODE, None)
        # As the API: a map that became empty is not there.
        if not at:
            parent.pop("labels", None)
    else:
        at[DATAPLANE_MODE] = edit.after
    return changed
