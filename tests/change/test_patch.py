"""The merge patch, and the same edit on an object at hand."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from kubectl_ambient.change.patch import applied, labels_path, merge_patch
from kubectl_ambient.change.plan import Goal, plan
from kubectl_ambient.change.targets import Target, kind_of

from .objects import namespace, pod, targets, workload
from .test_plan import goals


def merged(fields: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    result = dict(fields) if isinstance(fields, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def fields_of(target: Target) -> dict[str, Any]:
    labels = target.template.labels if hasattr(target, "template") else target.labels
    fields: dict[str, Any] = {"metadata": {"name": target.name}, "spec": {"other": [1]}}
    at = fields
    for key in labels_path(kind_of(target))[:-1]:
        at = at.setdefault(key, {})
    if labels:
        at["labels"] = dict(labels)
    return fields


@given(targets(), goals, st.booleans())
def test_what_is_shown_is_what_the_server_would_make_of_it(target: Target, goal: Goal, overwrite: bool) -> None:
    edit = plan(target, goal, overwrite=overwrite)
    fields = fields_of(target)
    before = msgspec.json.encode(fields)
    shown = applied(edit, fields)
    assert msgspec.json.encode(fields) == before
    if not edit.changes:
        assert shown == fields
        return
    served = merged(fields, merge_patch(edit))
    at = served
    for key in labels_path(kind_of(target))[:-1]:
        at = at[key]
    if not at["labels"]:
        del at["labels"]
    assert shown == served


def test_a_namespace() -> None:
    edit = plan(namespace(), "enable")
    assert merge_patch(edit) == {"metadata": {"labels": {"istio.io/dataplane-mode": "ambient"}}}


def test_the_resource_version_goes_beside_the_labels() -> None:
    patch = merge_patch(plan(pod("ambient"), "disable"), "42")
    assert patch == {"metadata": {"labels": {"istio.io/dataplane-mode": None}, "resourceVersion": "42"}}


def test_the_template_of_a_cronjob_lies_deeper() -> None:
    patch = merge_patch(plan(workload("CronJob"), "enable"), "7")
    assert patch["metadata"] == {"resourceVersion": "7"}
    labels = patch["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"]
    assert labels == {"istio.io/dataplane-mode": "ambient"}
