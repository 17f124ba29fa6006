"""What to do where a waypoint refuses an object, or nothing leads there: never more than this object needs.

A waypoint that others use is not opened for the sake of one: first comes what was likely meant, then what touches
nobody else, and last what others feel as well, with who they are.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import structs

from kubectl_ambient.cluster.facts import LabelSelector, Namespace, Pod
from kubectl_ambient.cluster.kinds.gateways import Gateway, Listener
from kubectl_ambient.cluster.kinds.service_entries import ServiceEntry
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.mesh.catalogue import Code, WaypointReason
from kubectl_ambient.mesh.evidence import Fix, either, offer
from kubectl_ambient.mesh.installation.dns_capture import ANNOTATION
from kubectl_ambient.mesh.waypoint.allowed_routes import listener_of
from kubectl_ambient.mesh.waypoint.commands import BY_API_SERVER, Asked, admit_too, one_of_its_own, take_off
from kubectl_ambient.mesh.waypoint.findings import GETS_WHAT_IS_SENT_TO
from kubectl_ambient.mesh.waypoint.gateway_commands import on_gateway, take_traffic
from kubectl_ambient.mesh.waypoint.reach import AUTO_ALLOCATE
from kubectl_ambient.mesh.waypoint.rules import traffic_of
from kubectl_ambient.mesh.waypoint.usable import takes, widened
from kubectl_ambient.shell.command import kubectl, remark
from kubectl_ambient.shell.words import annotation, inside, label, name, namespace


def admit(asked: Asked) -> Iterator[Fix]:
    """The waypoint does not admit the namespace."""
    gateway, judge = asked.gateway, asked.judge
    if gateway is None:
        return
    shared = structs.replace(asked, whole=asked.whole or asked.decision.named.inherited)
    of_class = judge.snapshot.gateway_class(gateway.class_name)
    listener = listener_of(gateway, of_class, judge.control_plane.newest.version)
    if listener is None:
        edit = on_gateway("edit", gateway.namespace, gateway.name)
        effect = f"add a listener of protocol HBONE on port 15008 that admits namespace {asked.home}"
        yield from either(offer(edit, effect), one_of_its_own(shared))
        return
    admitted = _by_name(gateway, listener)
    if admitted is None:  # somebody drew this line on purpose
        yield from either(one_of_its_own(shared), _labelled(asked, listener))
    else:
        index = gateway.listeners.index(listener)
        yield from either(
            admit_too(gateway.namespace, gateway.name, (*admitted, asked.home), index),
            one_of_its_own(shared, if_wanted="where that waypoint is not to be changed: "),
        )


def _by_name(gateway: Gateway, listener: Listener) -> tuple[str, ...] | None:
    """The namespaces that a listener admits, where it admits them by name; None where it does by other labels."""
    selector = listener.selector
    if listener.allowed_from != "Selector":
        return (gateway.namespace,)
    if selector is None:
        return ()
    if set(selector.match_labels) == {BY_API_SERVER} and not selector.match_expressions:
        return (selector.match_labels[BY_API_SERVER],)
    expressions = selector.match_expressions
    if not selector.match_labels and [(e.key, e.operator) for e in expressions] == [(BY_API_SERVER, "In")]:
        return expressions[0].values
    return None


def _labelled(asked: Asked, listener: Listener) -> Iterator[Fix]:
    """Have the namespace be one that the waypoint chooses, where labels do that."""
    selector, home = listener.selector or LabelSelector(), asked.judge.namespace(asked.home)
    if selector.match_expressions or not isinstance(home, Namespace) or BY_API_SERVER in selector.match_labels:
        return
    missing = {k: v for k, v in selector.match_labels.items() if home.labels.get(k) != v}
    if any(key in home.labels for key in missing):  # it has another value on purpose: that of another team, say
        return
    words = (label(key, value) for key, value in missing.items())
    labelled = kubectl("label namespace", namespace(asked.home), *words)
    effect = "the waypoint admits the namespace, and so does whatever else chooses namespaces by that label"
    yield from offer(labelled, effect)


def take(asked: Asked) -> Iterator[Fix]:
    """The waypoint is for other traffic."""
    gateway, judge = asked.gateway, asked.judge
    if gateway is None:
        return
    workload = traffic_of(asked.target) == "workload" and not asked.whole
    mistaken = workload and asked.decision.reason == WaypointReason.UNSUPPORTED
    likelier = _not_for_what_it_sends(asked) if mistaken else ()
    of_class = judge.snapshot.gateway_class(gateway.class_name)
    now = takes(gateway, of_class, judge.control_plane.newest.version)
    own, traffic = gateway.namespace == asked.home, "workload" if workload else "service"
    if own and (now.nothing or asked.whole):
        # Nobody goes through one that takes nothing; and that of a namespace is that of all its services.
        word = widened(now.word, traffic)  # type: ignore[arg-type]
        kept = "" if now.nothing else f", and goes on to take that to {now.word}s"
        effect = f"the waypoint takes traffic to {traffic}s, of all that name it{kept}"
        yield from either(likelier, offer(take_traffic(gateway, word), effect))
    else:
        meant = "if what is sent to it is meant: " if mistaken else "if that is wanted: " if workload else ""
        yield from either(likelier, one_of_its_own(asked, if_wanted=meant))


def _not_for_what_it_sends(asked: Asked) -> Iterator[Fix]:
    target = asked.target
    made = (
        "; take it off the template that the pod is made of, too, if it is there"
        if isinstance(target, Pod) and target.owner
        else ""
    )
    told = GETS_WHAT_IS_SENT_TO if isinstance(target, Pod) else GETS_WHAT_IS_SENT_TO.replace("pod", "workload")
    effect = f"{told}: to send through one, label the ServiceEntry or the Service that it calls{made}"
    yield from offer(take_off(target), effect)


def lead_there(asked: Asked) -> Iterator[Fix]:
    """A waypoint is bound that lives, and not all who should get there do."""
    target, judge = asked.target, asked.judge
    reach = judge.reach(target, asked.decision)
    if isinstance(target, Service) and reach.code == Code.SERVICE_WITHOUT_ADDRESS:
        yield from _beside_headless(asked, target)
    elif isinstance(target, ServiceEntry) and reach.code == Code.SERVICE_WITHOUT_ADDRESS:
        yield from _give_address(target)
    elif isinstance(target, ServiceEntry) and reach.code == Code.ADDRESS_NOT_RESOLVED:
        yield from _have_it_resolved(asked, target)
    if traffic_of(target) == "service" and asked.decision.named.inherited and judge.plain_pods(asked.home):
        enabled = kubectl("ambient enable ns", namespace(asked.home))
        yield from offer(enabled, "puts the pods of the namespace in ambient mode, so that they use its waypoint")


def _beside_headless(asked: Asked, headless: Service) -> Iterator[Fix]:
    """Another Service may lead to the same pods, by an address of its own."""
    judge = asked.judge
    beside = (
        service
        for service in judge.snapshot.services
        if service.namespace == headless.namespace
        and service.selector == headless.selector
        and headless.selector
        and service.vips
    )
    for service in sorted(beside, key=lambda s: s.name)[:1]:
        waypoint = judge.decide(service).waypoint
        through = f", through waypoint {waypoint}" if waypoint else ", and has no waypoint yet"
        call = remark("have its clients call Service", name(service.name), "instead")
        yield from offer(call, f"it leads to the same pods by an address of its own{through}")
        return
    if not asked.decision.named.inherited:
        yield from offer(take_off(headless), "it goes on as it does now: nothing goes through the waypoint")


def _give_address(entry: ServiceEntry) -> Iterator[Fix]:
    where = (name(entry.name), *inside(entry.namespace))
    if entry.labels.get(AUTO_ALLOCATE, "").lower() == "false" and entry.resolution != "NONE":
        effect = "istiod may give it an address, which clients learn where istio-cni captures their DNS"
        yield from offer(kubectl("label serviceentry", *where, label(AUTO_ALLOCATE, None)), effect)
    effect = "set spec.addresses to those that clients call for its hosts: what is sent there goes through the waypoint"
    yield from offer(kubectl("edit serviceentry", *where), effect)


def _have_it_resolved(asked: Asked, entry: ServiceEntry) -> Iterator[Fix]:
    dns = asked.judge.dns_capture
    if dns.by_pod:
        annotate = remark("annotate the pods that call it with", annotation(ANNOTATION, "true"))
        yield from offer(annotate, "their DNS is captured as soon as they start anew, and that of no others")
    edit = kubectl("edit serviceentry", name(entry.name), *inside(entry.namespace))
    effect = "set spec.addresses to those that its hosts resolve to: what is sent there goes through the waypoint"
    yield from offer(edit, effect)
    told = next((e for e in dns.evidence if e.object.count("/") == 2), None)
    if told is None:
        return
    literal = ".env[" in told.field
    _, home, _ = told.object.split("/")
    what = "daemonset istio-cni-node" if literal else "configmap istio-cni-config"
    everybody = (
        "set AMBIENT_DNS_CAPTURE to true and restart istio-cni: it captures the DNS of all pods in ambient mode that "
        "start from then on, in every namespace"
    )
    yield from offer(kubectl("edit", what, *inside(home)), everybody)
