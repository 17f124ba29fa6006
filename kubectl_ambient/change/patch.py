"""An edit as the API takes it: a merge patch, and the same done to an object at hand."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Protocol

from kubectl_ambient.change.targets import WAYPOINT_KINDS, Labelled, kind_of
from kubectl_ambient.shell.command import Sentence

_OWN = ("metadata", "labels")
_IN_TEMPLATE = ("spec", "template", "metadata", "labels")
LABELS = {
    **dict.fromkeys(WAYPOINT_KINDS, _OWN),
    "CronJob": ("spec", "jobTemplate", *_IN_TEMPLATE),
}


class LabelEdit(Protocol):
    """The edit of one object, whichever labels it is about."""

    @property
    def target(self) -> Labelled:
        """The object as it was read."""

    @property
    def action(self) -> str:
        """`refuse` where it must not be done."""

    @property
    def why(self) -> Sentence:
        """Why it is refused."""

    @property
    def word(self) -> str:
        """kubectl's word for what was done."""

    @property
    def changes(self) -> bool:
        """Whether anything is written."""

    @property
    def labels(self) -> Mapping[str, str | None]:
        """What is written, by key; None takes a label off."""


def labels_path(kind: str) -> tuple[str, ...]:
    """Where the labels that count stand in an object of this kind."""
    return LABELS.get(kind, _IN_TEMPLATE)


def in_metadata(kind: str) -> bool:
    """Whether those labels are the object's own: its metadata tells all that an edit changes."""
    return labels_path(kind) == _OWN


def merge_patch(edit: LabelEdit, resource_version: str = "") -> dict[str, Any]:
    """The merge patch. With a resource version, the server refuses it (409) if anybody changed the object since."""
    patch: dict[str, Any] = dict(edit.labels)
    for key in reversed(labels_path(kind_of(edit.target))):
        patch = {key: patch}
    if resource_version:
        patch.setdefault("metadata", {})["resourceVersion"] = resource_version
    return patch


def applied(edit: LabelEdit, fields: dict[str, Any]) -> dict[str, Any]:
    """A copy of the object with the edit done, as `--dry-run=client` prints it."""
    if not edit.changes:
        return fields
    changed = copy.deepcopy(fields)
    parent = at = changed
    for key in labels_path(kind_of(edit.target)):
        if not isinstance(at.get(key), dict):
            at[key] = {}
        parent, at = at, at[key]
    for label, value in edit.labels.items():
        if value is None:
            at.pop(label, None)
        else:
            at[label] = value
    # As the API: a map that became empty is not there.
    if not at:
        parent.pop("labels", None)
    return changed


def undone(edit: LabelEdit, fields: dict[str, Any]) -> dict[str, str | None]:
    """The labels of an edit that the object has not got after all, with what it has instead (None: not set)."""
    labels: Any = fields
    for key in labels_path(kind_of(edit.target)):
        labels = labels.get(key) if isinstance(labels, dict) else None
    found = labels if isinstance(labels, dict) else {}
    return {key: found.get(key) for key, value in edit.labels.items() if found.get(key) != value}
