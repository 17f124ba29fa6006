"""The waypoint in the explanation of a pod: of its own address, and of the Services that select it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kubectl_ambient.cluster.facts import Unread
from kubectl_ambient.foreign import Shown, stacked
from kubectl_ambient.mesh.catalogue import Code, WaypointReason
from kubectl_ambient.mesh.evidence import Step, tells
from kubectl_ambient.mesh.verdict import Judgement
from kubectl_ambient.mesh.waypoint.binding import Binding
from kubectl_ambient.mesh.waypoint.rules import RULES
from kubectl_ambient.render.sentences import wrapped
from kubectl_ambient.render.steps import finding_text, step
from kubectl_ambient.render.terminal import Paint

_TITLES = {rule.name: rule.title for rule in RULES}
_PRELIMINARY = ("Served", "Version", "NoGateway")


def waypoint_steps(steps: Sequence[Step], own: str, width: int, paint: Paint) -> Shown:
    """The rules about waypoints, each with all of its evidence."""
    return stacked(step(s, _TITLES[s.rule], own, width, paint, whole=True) for s in steps)


def pod_waypoint(judgement: Judgement, width: int, paint: Paint) -> Shown:
    """The paragraph, with the rules where a label names a waypoint; empty where waypoints were not asked for."""
    binding = judgement.waypoint
    if binding is None:
        return Shown()
    parts = [wrapped(f"Waypoint: {binding.message[:1].lower()}{binding.message[1:]}", width)]
    if binding.named:
        shown = [s for s in binding.steps if s.rule not in _PRELIMINARY or s.outcome in ("out", "unknown")]
        parts.append(waypoint_steps(shown, binding.ref, width, paint))
        parts += [finding_text(f, (), width, paint) for f in binding.findings if f.severity != "info"]
    parts += [wrapped(sentence, width) for sentence in _services(judgement.services, binding)]
    return stacked(parts)


def _services(services: Sequence[Binding] | Unread, binding: Binding) -> Iterator[str]:
    """What is sent to the Services that select the pod, where any of it meets a waypoint or was meant to."""
    if isinstance(services, Unread):
        if binding.named:
            yield f"Which waypoint serves its Services is not known: {services}."
        return
    if not any(service.named for service in services):
        return
    for service in services:
        yield f"{_service(service)}."


def _service(service: Binding) -> str:
    which = f"Service {service.name}, which selects it,"
    if service.reason == WaypointReason.EVIDENCE_MISSING:
        return f"Whether traffic to {which} goes through a waypoint cannot be told ({service.reason})"
    if service.waypoint is None:
        return f"Traffic to {which} goes direct ({service.reason})"
    if tells(service.findings, Code.SERVICE_WITHOUT_ADDRESS):
        return f"{which} is headless, so what is sent to it goes straight to the pod's address"
    dead = ", which is dead" if tells(service.findings, Code.WAYPOINT_DEAD) else ""
    return f"Traffic to {which} goes through waypoint {service.waypoint}{dead}"
