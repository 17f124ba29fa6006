"""The commands that mend a label or an annotation, for kubectl; None where a command cannot."""

from __future__ import annotations

from typing import Any

from kubectl_ambient.cluster.kinds.labelled import Labelled
from kubectl_ambient.mesh.labels.settings import Holder, Setting
from kubectl_ambient.shell.command import Command, Offer, chain, kubectl, offered
from kubectl_ambient.shell.words import Word, annotation, inside, label, name, namespace, patch, type_

# Two API groups have a Gateway; kubectl would take either.
_TYPES = {"Gateway": "gateways.gateway.networking.k8s.io"}


def relabel(of: Labelled, setting: Setting, changes: dict[str, str | None]) -> Command | None:
    """Set (a text) or remove (None) labels or annotations where this one stands."""
    if _is_out_of_reach(of, setting.holder):
        return None
    if setting.holder != "own":
        return _patched(of, _nested(setting.field.partition("[")[0].split("."), changes))
    return offered(_edit(setting.source, of, changes))


def move(of: Labelled, setting: Setting, *, key: str, value: str, to: str) -> Command | None:
    """Take a label off and set `key` as an annotation (`to`), or the other way round; None where it cannot be."""
    if _is_out_of_reach(of, setting.holder):
        return None
    if setting.holder == "template":
        metadata = {f"{setting.source}s": {setting.key: None}, f"{to}s": {key: value}}
        return _patched(of, _nested([*setting.field.partition(".metadata.")[0].split("."), "metadata"], metadata))
    return offered(chain(_edit(to, of, {key: value}), _edit(setting.source, of, {setting.key: None})))


def into_template(of: Labelled, setting: Setting) -> Command | None:
    """Take it off a workload and set it on its pod template instead."""
    if _is_out_of_reach(of, "template"):
        return None
    path = ["jobTemplate", "spec", "template"] if of.kind == "CronJob" else ["template"]
    body = {
        "metadata": {f"{setting.source}s": {setting.key: None}},
        "spec": _nested([*path, "metadata", f"{setting.source}s"], {setting.key: setting.value}),
    }
    return _patched(of, body)


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


def _patched(of: Labelled, body: Any) -> Command | None:
    """A merge patch of the object."""
    return offered(kubectl("patch", *_target(of), "--type merge -p", patch(body)))


def _nested(path: list[str], value: Any) -> Any:
    for step in reversed(path):
        value = {step: value}
    return value


def _edit(source: str, of: Labelled, changes: dict[str, str | None]) -> Offer:
    verb, word, held = ("label", label, of.labels) if source == "label" else ("annotate", annotation, of.annotations)
    words = [word(key, value) for key, value in changes.items()]
    overwrite = any(value is not None and key in held for key, value in changes.items())
    return kubectl(verb, *_target(of), *words, *(("--overwrite",) if overwrite else ()))


def _target(of: Labelled) -> tuple[str | Word, ...]:
    whose = namespace(of.name) if of.kind == "Namespace" else name(of.name)
    return (type_(_TYPES.get(of.kind, of.kind.lower())), whose, *inside(of.namespace))
