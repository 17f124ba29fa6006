"""Who is known to call pods in plain text: what is not in the mesh, and is named by some object as a caller.

Nobody else is taken for one: a pod that happens to run beside another does not call it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct

from kubectl_ambient.cluster.caller_facts import Attachment, Ingress, IngressClass, Monitor, Route
from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.kinds.gateways import Gateway, GatewayClass
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.proxies import gateway_named_by, is_istios
from kubectl_ambient.mesh.evidence import Evidence, annotation
from kubectl_ambient.mesh.risks.turn import Turn
from kubectl_ambient.mesh.selectors import matches

Caller = Literal["ingress", "gateway", "api server", "scraper", "outside"]
_NAME = "app.kubernetes.io/name"
_TRUE = ("true", "True", "TRUE", "1", "t", "T")


class PlainCall(Struct, frozen=True, kw_only=True, gc=False):
    """A call in plain text: who calls (a pod's ref, or words), which port of which pod, and what tells so.

    found: whether the caller itself was seen out of the mesh; else only what it is told to do. named: what the caller
    is called, where it has a name of its own.
    """

    caller: Caller
    who: str
    pod: Pod
    port: int
    evidence: tuple[Evidence, ...]
    found: bool = True
    named: str = ""

    @property
    def pair(self) -> str:
        """Both ends, and the port."""
        return f"{self.who} -> {self.pod.ref}:{self.port}"

    @property
    def told_by(self) -> object:
        """What tells so: calls of which it is the same are told together."""
        return self.evidence if self.caller == "gateway" else self.evidence[0].object


def plain_calls(turn: Turn, pods: Iterable[Pod]) -> Iterator[PlainCall]:
    """All calls in plain text to these pods that objects tell of."""
    pods = [pod for pod in pods if pod.labels or turn.on_network(pod)]
    yield from _of_ingresses(turn, pods)
    yield from _of_routes(turn, pods)
    yield from _of_api_server(turn, pods)
    yield from _of_scrapers(turn, pods)
    yield from _from_outside(turn, pods)


def of_unknown_gateways(turn: Turn, pods: Iterable[Pod]) -> Iterator[str]:
    """Routes to these pods, in files that do not hold what tells whose Gateway they hang on."""
    pods = list(pods)
    for key in sorted(turn.after.routes.facts) if turn.after.from_files else ():
        route = turn.after.routes.facts[key]
        backends = ((backend.namespace, backend.service, backend.port) for backend in route.backends)
        if any(call for backend in backends for call in _behind(turn, pods, *backend)):
            for at in route.attached:
                if not taken_by(turn, route, at)[0]:
                    yield (
                        f"whether Gateway/{at.namespace}/{at.gateway}, on which {route.ref} hangs, is one of Istio's"
                        " cannot be told: it and its class are not in the files, and the route has no status"
                    )


def _of_ingresses(turn: Turn, pods: list[Pod]) -> Iterator[PlainCall]:
    snapshot = turn.after
    classes = {found.name: found for found in snapshot.ingress_classes}
    by_default = next((found for found in classes.values() if found.default), None)
    for key in sorted(snapshot.ingresses.facts):
        ingress = snapshot.ingresses.facts[key]
        of_class = classes.get(ingress.class_name or "") if ingress.class_name else by_default
        if of_class is not None and is_istios(of_class.controller):
            continue  # Istio's own gateway has an identity
        callers = pods_of_controller(turn, of_class.controller) if of_class else []
        outside = [pod for pod in callers if not _in_mesh(turn, pod)]
        if callers and not outside:
            continue
        told = _told_by(ingress, of_class)
        for backend in ingress.backends:
            for pod, port in _behind(turn, pods, ingress.namespace, backend.service, backend.port):
                for who in [pod.ref for pod in outside] or [ingress.ref]:
                    yield PlainCall(caller="ingress", who=who, pod=pod, port=port, evidence=told, found=bool(outside))


def _told_by(ingress: Ingress, of_class: IngressClass | None) -> tuple[Evidence, ...]:
    named = Evidence(ingress.ref, "spec.ingressClassName", ingress.class_name)
    return (named, Evidence(of_class.ref, "spec.controller", of_class.controller)) if of_class else (named,)


def pods_of_controller(turn: Turn, controller: str) -> list[Pod]:
    """The pods of an ingress controller: those whose `app.kubernetes.io/name` is a part of its name."""
    words = {word for word in re.split(r"[./]", controller) if word}
    return [pod for pod in turn.pods if pod.labels.get(_NAME) in words]


def _of_routes(turn: Turn, pods: list[Pod]) -> Iterator[PlainCall]:
    for key in sorted(turn.after.routes.facts):
        route = turn.after.routes.facts[key]
        for at in route.attached:
            controller, told = taken_by(turn, route, at)
            if not controller or is_istios(controller):
                continue
            callers = _proxies(turn, at) or pods_of_controller(turn, controller)
            outside = [pod for pod in callers if not _in_mesh(turn, pod)]
            if callers and not outside:
                continue
            for backend in route.backends_of(at):
                for pod, port in _behind(turn, pods, backend.namespace, backend.service, backend.port):
                    for who in [pod.ref for pod in outside] or [f"Gateway/{at.namespace}/{at.gateway}"]:
                        yield PlainCall(
                            caller="gateway",
                            who=who,
                            pod=pod,
                            port=port,
                            evidence=told,
                            found=bool(outside),
                            named=f"gateway {at.namespace}/{at.gateway}, which is none of Istio's,",
                        )


def taken_by(turn: Turn, route: Route, at: Attachment) -> tuple[str, tuple[Evidence, ...]]:
    """The name of the controller that sends what comes to the Gateway on to the route, empty where none is known.

    A cluster says it in the status of the route; files without one, by the Gateway's class.
    """
    named = Evidence(route.ref, f"spec.parentRefs[{at.parent}].name", at.gateway)
    if at.controller:
        field = f"status.parents[{at.entry}].controllerName"
        return at.controller, (named, Evidence(route.ref, field, at.controller))
    gateway = turn.after.gateway(at.namespace, at.gateway) if turn.after.from_files else None
    of_class = turn.after.gateway_class(gateway.class_name) if isinstance(gateway, Gateway) else None
    if not isinstance(of_class, GatewayClass):
        return "", ()
    return of_class.controller, (named, Evidence(of_class.ref, "spec.controllerName", of_class.controller))


def _proxies(turn: Turn, at: Attachment) -> list[Pod]:
    """The pods that are made of the Gateway."""
    gateway = at.namespace, at.gateway
    return [pod for pod in turn.pods if gateway_named_by(pod.labels, pod.namespace) == gateway]


def _of_api_server(turn: Turn, pods: list[Pod]) -> Iterator[PlainCall]:
    for key in sorted(turn.after.callbacks.facts):
        called = turn.after.callbacks.facts[key]
        told = (Evidence(called.ref, called.field, f"{called.namespace}/{called.service}:{called.port}"),)
        for pod, port in _behind(turn, pods, called.namespace, called.service, called.port):
            yield PlainCall(caller="api server", who="kube-apiserver", pod=pod, port=port, evidence=told)


def _of_scrapers(turn: Turn, pods: list[Pod]) -> Iterator[PlainCall]:
    scrapers = [pod for pod in turn.pods if pod.labels.get(_NAME) == "prometheus"]
    outside = [pod for pod in scrapers if not _in_mesh(turn, pod)]
    if scrapers and not outside:
        return
    who = [pod.ref for pod in outside] or ["Prometheus"]
    for pod in pods:
        for port, told in _scraped(turn, pod).items():
            for name in who:
                yield PlainCall(caller="scraper", who=name, pod=pod, port=port, evidence=told, found=bool(outside))


def _scraped(turn: Turn, pod: Pod) -> dict[int, tuple[Evidence, ...]]:
    """The ports of a pod that are scraped, each with what tells so."""
    found: dict[int, tuple[Evidence, ...]] = {}
    seen = turn.on_network(pod)
    if seen is not None and seen.scrape in _TRUE:
        told = (annotation(pod.ref, "prometheus.io/scrape", seen.scrape),)
        text = seen.scrape_port or ""
        for port in [int(text)] if text.isdigit() else turn.ports(pod):
            found.setdefault(port, told)
    for key in sorted(turn.after.monitors.facts):
        monitor = turn.after.monitors.facts[key]
        if monitor.looks_into(pod.namespace):
            for port in _monitored(turn, pod, monitor):
                found.setdefault(port, (Evidence(monitor.ref, "spec.selector", _selector(monitor)),))
    return found


def _monitored(turn: Turn, pod: Pod, monitor: Monitor) -> Iterator[int]:
    if monitor.kind == "PodMonitor":
        if matches(monitor.selector, pod.labels):
            for port in monitor.ports:
                yield from turn.numbers_of(pod, port)
        return
    for service in turn.services_of(pod):
        if matches(monitor.selector, service.labels):
            for port in monitor.ports:
                yield from _targets(turn, pod, service, port)


def _selector(monitor: Monitor) -> str:
    from kubectl_ambient.mesh.selectors import as_text

    return as_text(monitor.selector)


def _from_outside(turn: Turn, pods: list[Pod]) -> Iterator[PlainCall]:
    for pod in pods:
        for service in turn.services_of(pod):
            if service.type not in ("NodePort", "LoadBalancer"):
                continue
            told = (Evidence(f"Service/{service.namespace}/{service.name}", "spec.type", service.type),)
            for port in sorted({n for p in service.ports for n in _targets(turn, pod, service, p.number)}):
                yield PlainCall(
                    caller="outside", who=f"clients of {service.type} {service.name}", pod=pod, port=port, evidence=told
                )


def _behind(
    turn: Turn, pods: list[Pod], namespace: str, name: str, port: int | str | None
) -> Iterator[tuple[Pod, int]]:
    """The pods behind a port of a Service, each with its own port."""
    service = turn.after.services.fact(f"{namespace}/{name}")
    if service is None:
        return
    for pod in pods:
        if service in turn.services_of(pod):
            wanted = [port] if port is not None else [p.number for p in service.ports]
            yield from ((pod, number) for one in wanted for number in _targets(turn, pod, service, one))


def _targets(turn: Turn, pod: Pod, service: Service, port: int | str) -> Iterator[int]:
    """The ports of the pod to which a port of the Service leads, by its number or its name."""
    for found in service.ports:
        if found.protocol == "TCP" and port in (found.number, found.name, found.target):
            yield from turn.numbers_of(pod, found.target)


def _in_mesh(turn: Turn, pod: Pod) -> bool:
    return turn.sends(pod)[1]
