"""What is set on an object, and what it inherits from its namespace, with who wins."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

from msgspec import Struct

from kubectl_ambient.cluster.kinds.labelled import TEMPLATED, Labelled
from kubectl_ambient.mesh.labels.entry import (
    CANARY,
    DATAPLANE_MODE,
    INGRESS_USE_WAYPOINT,
    INJECT,
    INJECTION,
    REVISION,
    USE_WAYPOINT,
    USE_WAYPOINT_NAMESPACE,
    Source,
)
from kubectl_ambient.mesh.labels.reference import entry_of

Holder = Literal["own", "template", "spec"]


class Setting(Struct, frozen=True, kw_only=True, gc=False):
    """One label or annotation on an object (`own`), in its `spec.labels` (`spec`), or on the pods that it makes.

    `kind` is that of what carries it. `beaten`: it is in `spec.labels`, and the same key in the metadata wins.
    """

    ref: str
    kind: str
    holder: Holder
    field: str
    source: Source
    key: str
    value: str
    beaten: bool = False

    @property
    def by_istio(self) -> bool:
        """Whether Istio writes it."""
        entry = entry_of(self.key, self.source)
        return entry is not None and entry.by_istio


class Inherited(Struct, frozen=True, gc=False):
    """A label of the namespace that concerns an object. `holds` is False where the object's own word wins."""

    key: str
    value: str
    origin: str
    holds: bool
    message: str


def settings(labelled: Labelled) -> Iterator[Setting]:
    """All that is set on an object, its own first, labels before annotations, each by their keys."""
    own: Mapping[Source, dict[str, str]] = {"label": labelled.labels, "annotation": labelled.annotations}
    below: Mapping[Source, dict[str, str]] = {
        "label": labelled.template_labels,
        "annotation": labelled.template_annotations,
    }
    yield from _settings(labelled, own, "own", labelled.kind, "metadata")
    yield from _settings(labelled, {"label": labelled.spec_labels}, "spec", labelled.kind, "spec")
    template = "spec.jobTemplate.spec.template" if labelled.kind == "CronJob" else "spec.template"
    yield from _settings(labelled, below, "template", "Pod", f"{template}.metadata")


def _settings(
    labelled: Labelled, held: Mapping[Source, dict[str, str]], holder: Holder, kind: str, path: str
) -> Iterator[Setting]:
    for source, texts in held.items():
        for key, value in sorted(texts.items()):
            yield Setting(
                ref=labelled.ref,
                kind=kind,
                holder=holder,
                field=f"{path}.{source}s[{key}]",
                source=source,
                key=key,
                value=value,
                beaten=holder == "spec" and key in labelled.labels,
            )


_WAYPOINTS = (USE_WAYPOINT, USE_WAYPOINT_NAMESPACE)
_OF_SERVICES = (*_WAYPOINTS, INGRESS_USE_WAYPOINT, CANARY, f"{CANARY}-namespace")
_OF_PODS = (DATAPLANE_MODE, *_WAYPOINTS, INJECTION, REVISION)
_INHERITED = {
    "Pod": _OF_PODS,
    **dict.fromkeys(TEMPLATED, _OF_PODS),
    "Service": _OF_SERVICES,
    "ServiceEntry": _OF_SERVICES,
    "WorkloadEntry": _WAYPOINTS,
    "Gateway": (REVISION,),
}


def inherited(labelled: Labelled, namespace: Labelled, *, custom: bool) -> tuple[Inherited, ...]:
    """What the labels of its namespace mean for an object; with `custom` selectors the mode is left out.

    Source: cni enablement_selector.go (1.1), waypoints.go fetchWaypointForTarget and getUseWaypointCanary, services.go
    ingressUseWaypointFromLabels, the injection webhooks, tag_watcher.go IsMine.
    """
    if labelled.istios:
        return ()
    own = labelled.template_labels if labelled.kind in TEMPLATED else labelled.effective_labels
    found = []
    for key in _INHERITED.get(labelled.kind, ()):
        value = namespace.labels.get(key)
        if value is None or (custom and key == DATAPLANE_MODE):
            continue
        beaten = _beaten_by(key, own, namespace.labels)
        message = f"from {namespace.ref}" if not beaten else f"from {namespace.ref}, but {beaten}"
        found.append(Inherited(key, value, namespace.ref, not beaten, message))
    return tuple(found)


def _beaten_by(key: str, own: Mapping[str, str], above: Mapping[str, str]) -> str:
    """What wins over the namespace's label, as half a sentence; empty where nothing does."""
    if key == DATAPLANE_MODE:
        mode = own.get(key)
        return f"its own {key}={mode} wins" if mode in ("ambient", "none") else ""
    if key == INJECTION or (key == REVISION and INJECTION not in above):
        return f"its own {INJECT}=false wins" if own.get(INJECT) == "false" else ""
    if key == REVISION:
        return f"{INJECTION} is set there too, and wins"
    level = {USE_WAYPOINT_NAMESPACE: USE_WAYPOINT, f"{CANARY}-namespace": CANARY}.get(key, key)
    if level in own:
        return f"its own {level}={own[level]} wins"
    if level != key and level not in above:
        return f"it counts only beside {level}"
    if level == CANARY and USE_WAYPOINT in own:
        return f"its own {USE_WAYPOINT} is on another level"
    return ""
