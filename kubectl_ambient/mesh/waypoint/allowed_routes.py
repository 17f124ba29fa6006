"""Whose objects a waypoint admits: the allowedRoutes of one of its listeners."""

from __future__ import annotations

import re

from msgspec import Struct

from kubectl_ambient.cluster.facts import Namespace, Unread
from kubectl_ambient.cluster.kinds.gateways import Gateway, GatewayClass, Listener
from kubectl_ambient.mesh.evidence import Evidence, annotation
from kubectl_ambient.mesh.installation import istiod_versions
from kubectl_ambient.mesh.installation.versions import Version
from kubectl_ambient.mesh.selectors import as_text, matches, why_invalid
from kubectl_ambient.mesh.waypoint.usable import WAYPOINT_CLASS

INBOUND_BINDING = "ambient.istio.io/waypoint-inbound-binding"
_HBONE_PORT = 15008
_SANDWICH_PROTOCOL = "istio.io/PROXY"
_PORT = re.compile(r"[0-9]+", re.ASCII)
_LARGEST_PORT = 2**32 - 1


class Admission(Struct, frozen=True, gc=False):
    """Whether a namespace is admitted (None: not known), why, and by which fields."""

    admitted: bool | None
    why: str
    evidence: tuple[Evidence, ...] = ()


def admission(
    gateway: Gateway, of_class: GatewayClass | Unread | None, home: str, namespace: Namespace | Unread, v: Version
) -> Admission:
    """Whether the Gateway admits objects of namespace `home`.

    Where the class could not be read, and its annotation could choose another listener, all listeners are asked; the
    class istio-waypoint is taken to have none, as istiod makes it.
    Source: waypoints.go `makeAllowedRoutes`, `AllowsAttachmentFromNamespace`.
    """
    if not istiod_versions.checks_allowed_routes(v):
        return Admission(True, f"Istio {v.major}.{v.minor} does not look at allowedRoutes")
    binding = gateway.inbound_binding
    chooses = istiod_versions.reads_inbound_binding(v) and gateway.class_name != WAYPOINT_CLASS
    if chooses and binding is None and isinstance(of_class, Unread):
        listeners = (_hbone(gateway), *gateway.listeners)
        found = [_admits(gateway, listener, home, namespace) for listener in listeners]
        if len({answer.admitted for answer in found}) > 1:
            return Admission(None, f"an annotation of the GatewayClass may choose the listener: {of_class}")
    elif binding is None and isinstance(of_class, GatewayClass):
        binding = of_class.inbound_binding
    listener = _bound(gateway, binding) if istiod_versions.reads_inbound_binding(v) else None
    answer = _admits(gateway, listener or _hbone(gateway), home, namespace)
    if binding is None or listener is None:
        return answer
    ref = gateway.ref if gateway.inbound_binding is not None else f"GatewayClass/{gateway.class_name}"
    return Admission(answer.admitted, answer.why, (annotation(ref, INBOUND_BINDING, binding), *answer.evidence))


def listener_of(gateway: Gateway, of_class: GatewayClass | Unread | None, v: Version) -> Listener | None:
    """The listener whose allowedRoutes count; None where there is none, which admits the Gateway's own namespace."""
    binding = gateway.inbound_binding
    if binding is None and isinstance(of_class, GatewayClass):
        binding = of_class.inbound_binding
    bound = _bound(gateway, binding) if istiod_versions.reads_inbound_binding(v) else None
    return bound or _hbone(gateway)


def _bound(gateway: Gateway, binding: str | None) -> Listener | None:
    """The listener that the annotation names: the first of its port, or of the protocol istio.io/PROXY."""
    if binding is None:
        return None
    protocol, slash, port_text = binding.partition("/")
    if protocol not in ("NONE", "PROXY") or "/" in port_text:
        return None
    port = _uint32(port_text) if slash else 0
    if port:
        return next((listener for listener in gateway.listeners if listener.port == port), None)
    if protocol == "PROXY":
        return next((listener for listener in gateway.listeners if listener.protocol == _SANDWICH_PROTOCOL), None)
    return None


def _uint32(text: str) -> int:
    """As Go's `ParseUint(text, 10, 32)`: 0 for what is no number, the largest for one that is too large."""
    if not _PORT.fullmatch(text):
        return 0
    digits = text.lstrip("0")
    return min(int(digits or "0"), _LARGEST_PORT) if len(digits) < 20 else _LARGEST_PORT


def _hbone(gateway: Gateway) -> Listener | None:
    return next((x for x in gateway.listeners if x.protocol == "HBONE" and x.port == _HBONE_PORT), None)


def _admits(gateway: Gateway, listener: Listener | None, home: str, namespace: Namespace | Unread) -> Admission:
    """A missing listener, and missing allowedRoutes, admit the Gateway's own namespace only."""
    allowed_from = (listener and listener.allowed_from) or "Same"
    index = gateway.listeners.index(listener) if listener else None
    missing = f"spec.listeners[protocol=HBONE,port={_HBONE_PORT}]"
    where = missing if index is None else f"spec.listeners[{index}].allowedRoutes.namespaces.from"
    evidence = Evidence(gateway.ref, where, listener.allowed_from if listener else None)
    if allowed_from == "All":
        return Admission(True, "the waypoint admits all namespaces", (evidence,))
    if allowed_from == "Selector":
        assert listener is not None
        return _selects(gateway, listener, home, namespace, evidence)
    same = gateway.namespace == home
    why = f"the waypoint admits its own namespace {gateway.namespace} only"
    return Admission(same, why, (evidence,))


def _selects(
    gateway: Gateway, listener: Listener, home: str, namespace: Namespace | Unread, evidence: Evidence
) -> Admission:
    """A selector that is missing or invalid matches nothing."""
    selector = listener.selector
    if selector is None or why_invalid(selector):
        return Admission(False, "the waypoint admits namespaces by a selector that matches none", (evidence,))
    text = as_text(selector)
    chosen = Evidence(gateway.ref, evidence.field.replace(".from", ".selector"), text)
    if isinstance(namespace, Unread):
        why = f"the waypoint admits namespaces by their labels ({text}), and those could not be read: {namespace}"
        return Admission(None, why, (evidence, chosen))
    shown = ",".join(f"{key}={value}" for key, value in sorted(namespace.labels.items())) or None
    labels = Evidence(f"Namespace/{home}", "metadata.labels", shown)
    return Admission(
        matches(selector, namespace.labels), f"the waypoint admits namespaces with {text}", (evidence, chosen, labels)
    )
