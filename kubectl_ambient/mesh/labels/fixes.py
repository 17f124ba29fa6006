"""The commands that mend a label or an annotation, for kubectl; None where a command cannot."""

from __future__ import annotations

import json
import re
import shlex
from typing import Any

from kubectl_ambient.cluster.labelled.facts import Labelled
from kubectl_ambient.mesh.labels.settings import Holder, Setting

# Two API groups have a Gateway; kubectl would take either.
_TYPES = {"Gateway": "gateways.gateway.networking.k8s.io"}
_VALUE = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]{0,61})?[A-Za-z0-9]|")


def relabel(of: Labelled, setting: Setting, changes: dict[str, str | None]) -> str | None:
    """Set (a text) or remove (None) labels or annotations where this one stands."""
    if _is_out_of_reach(of, setting.holder):
        return None
    if setting.holder != "own":
        return patch(of, _nested(setting.field.partition("[")[0].split("."), changes))
    verb = "label" if setting.source == "label" else "annotate"
    return _edit(verb, of, changes)


def move(of: Labelled, setting: Setting, *, key: str, value: str, to: str) -> str | None:
    """Take a label off and set `key` as an annotation (`to`), or the other way round; None where it cannot be."""
    if _is_out_of_reach(of, setting.holder) or (to == "label" and not _VALUE.fullmatch(value)):
        return None
    if setting.holder == "template":
        metadata = {f"{setting.source}s": {setting.key: None}, f"{to}s": {key: value}}
        return patch(of, _nested([*setting.field.partition(".metadata.")[0].split("."), "metadata"], metadata))
    verbs = {"label": "label", "annotation": "annotate"}
    first = _edit(verbs[to], of, {key: value})
    return f"{first} && {_edit(verbs[setting.source], of, {setting.key: None})}"


def into_template(of: Labelled, setting: Setting) -> str | None:
    """Take it off a workload and set it on its pod template instead."""
    if _is_out_of_reach(of, "template"):
        return None
    path = ["jobTemplate", "spec", "template"] if of.kind == "CronJob" else ["template"]
    body = {
        "metadata": {f"{setting.source}s": {setting.key: None}},
        "spec": _nested([*path, "metadata", f"{setting.source}s"], {setting.key: setting.value}),
    }
    return patch(of, body)


def instead(of: Labelled) -> str:
    """What to do where no command on this object helps, as a sentence; empty where one does."""
    if is_made(of):
        return f"{of.owner} makes the {of.kind}: mend it there"
    if of.kind == "Job":
        return "The template of a Job cannot be changed: mend its manifest, delete the Job and create it again"
    return ""


def _is_out_of_reach(of: Labelled, holder: Holder) -> bool:
    """Whether the API server takes no change, or its owner makes the next one without it."""
    return is_made(of) or (of.kind == "Job" and holder == "template")


def is_made(of: Labelled) -> bool:
    """Whether a controller keeps the object as it wants it; a pod is left as it is, once it is there."""
    return of.owner is not None and of.kind != "Pod"


def patch(of: Labelled, body: Any) -> str:
    """A merge patch of the object."""
    text = json.dumps(body, separators=(",", ":"))
    return f"kubectl patch {_target(of)} --type merge -p {shlex.quote(text)}"


def _nested(path: list[str], value: Any) -> Any:
    for step in reversed(path):
        value = {step: value}
    return value


def _edit(verb: str, of: Labelled, changes: dict[str, str | None]) -> str:
    words = [f"{key}-" if value is None else shlex.quote(f"{key}={value}") for key, value in changes.items()]
    held = of.labels if verb == "label" else of.annotations
    overwrite = [k for k, value in changes.items() if value is not None and k in held]
    return f"kubectl {verb} {_target(of)} {' '.join(words)}{' --overwrite' if overwrite else ''}"


def _target(of: Labelled) -> str:
    namespace = f" -n {of.namespace}" if of.namespace else ""
    return f"{_TYPES.get(of.kind, of.kind.lower())} {of.name}{namespace}"
