"""What to do about an object's waypoint: the exact commands, each with its effect."""

from __future__ import annotations

import json
from collections.abc import Iterator

from msgspec import Struct, structs

from kubectl_ambient.cluster.facts import Namespace, Pod, Unread
from kubectl_ambient.cluster.l7_facts import GATEWAY_NAME, Gateway
from kubectl_ambient.mesh.allowed_routes import admission, listener_of
from kubectl_ambient.mesh.evidence import Fix
from kubectl_ambient.mesh.waypoint_reference import USE_WAYPOINT, USE_WAYPOINT_NAMESPACE
from kubectl_ambient.mesh.waypoint_rules import (
    ACCEPTED,
    DENIED,
    EVIDENCE_MISSING,
    NOT_FOR_WORKLOADS,
    NOT_LABELED,
    NOT_READY,
    OPTED_OUT,
    UNSUPPORTED,
    Decision,
    Target,
    kind_of,
    traffic_of,
)
from kubectl_ambient.mesh.waypoint_usable import WAYPOINT_FOR, answers_hbone, takes
from kubectl_ambient.mesh.waypoint_words import concerns
from kubectl_ambient.mesh.waypoints import WaypointJudge

_SHORT = {"Service": "svc", "ServiceEntry": "serviceentry", "Pod": "pod", "WorkloadEntry": "workloadentry"}
_NEW = "waypoint"  # the name that istioctl gives by itself


class Asked(Struct, frozen=True):
    """Whose waypoint is to be mended: an object, or (whole) a Namespace, for which the object stands."""

    judge: WaypointJudge
    target: Target
    decision: Decision
    whole: bool = False

    @property
    def home(self) -> str:
        """The object's namespace."""
        return self.target.namespace

    @property
    def words(self) -> str:
        """`svc cart -n shop`, or `ns shop`."""
        if self.whole:
            return f"ns {self.home}"
        return f"{_SHORT[kind_of(self.target)]} {self.target.name} -n {self.home}"

    @property
    def gateway(self) -> Gateway | None:
        """The Gateway that the labels name, where it is there."""
        return self.judge.snapshot.l7.gateways.get(self.decision.named.key)


def fixes(judge: WaypointJudge, target: Target, decision: Decision, *, whole: bool = False) -> tuple[Fix, ...]:
    """The commands, most useful first; none where there is nothing to do, or nothing to type.

    whole: for the Namespace of the target, which then is any object of it.
    """
    asked = Asked(judge, target, decision, whole)
    match decision.reason:
        case word if word == ACCEPTED:
            found = _mend(asked)
        case word if word == NOT_LABELED:
            found = _first(asked)
        case word if word == OPTED_OUT:
            found = _back(asked)
        case word if word == NOT_READY:
            found = _make_ready(asked)
        case word if word == DENIED:
            found = _admit(asked)
        case word if word in (UNSUPPORTED, NOT_FOR_WORKLOADS):
            found = _take(asked)
        case word if word == EVIDENCE_MISSING:
            found = _ask(asked)
        case _:
            return ()
    return tuple(found)


def usable(judge: WaypointJudge, target: Target) -> list[Gateway]:
    """The waypoints that would serve the object if a label named them, those of its own namespace first."""
    l7, version = judge.snapshot.l7, judge.control_plane.newest.version
    home, namespace = target.namespace, judge.namespace(target.namespace)
    found = []
    for gateway in l7.gateways.values():
        of_class = l7.gateway_class(gateway.class_name)
        serves = takes(gateway, of_class, version).covers(traffic_of(target)) and answers_hbone(gateway, of_class)
        admitted = admission(gateway, of_class, home, namespace, version).admitted
        if gateway.addresses and serves and admitted and judge.life_of(gateway).alive is not False:
            found.append(gateway)
    return sorted(found, key=lambda gateway: (gateway.namespace != home, gateway.key))


def _enable(asked: Asked, gateway: Gateway, *, overwrite: bool = False) -> Fix:
    elsewhere = f" --waypoint-namespace {gateway.namespace}" if gateway.namespace != asked.home else ""
    flags = f" --waypoint {gateway.name}{elsewhere}{' --overwrite' if overwrite else ''}"
    return Fix(f"kubectl ambient waypoint enable {asked.words}{flags}", f"{_goes(asked)} goes through {gateway.key}")


def _goes(asked: Asked) -> str:
    if asked.whole:
        return "what is sent to the services of the namespace"
    told = concerns(asked.target)
    kept = isinstance(asked.target, Pod) and asked.target.owner is not None
    return f"{told[0].lower()}{told[1:]}{' (of this pod, not of its successors)' if kept else ''}"


def _create(asked: Asked, home: str, name: str) -> Fix:
    workload = traffic_of(asked.target) == "workload" and not asked.whole
    command = f"istioctl waypoint apply -n {home} --name {name}{' --for workload' if workload else ''} --wait"
    traffic = "workloads" if workload else "services"
    return Fix(command, f"creates waypoint {home}/{name} for traffic to {traffic}, and waits until it is ready")


def _first(asked: Asked) -> Iterator[Fix]:
    """Nothing names a waypoint."""
    there = usable(asked.judge, asked.target)
    if there:
        yield _enable(asked, there[0])
        return
    home = asked.home
    yield _create(asked, home, _NEW)
    yield Fix(
        f"kubectl ambient waypoint enable {asked.words} --waypoint {_NEW}", f"{_goes(asked)} goes through {home}/{_NEW}"
    )


def _back(asked: Asked) -> Iterator[Fix]:
    """A label opts out."""
    target, judge = asked.target, asked.judge
    if not asked.decision.named.inherited and not asked.whole:
        bare = {k: v for k, v in target.labels.items() if k not in (USE_WAYPOINT, USE_WAYPOINT_NAMESPACE)}
        then = judge.decide(structs.replace(target, labels=bare))
        follows = f"waypoint {then.waypoint} serves it" if then.waypoint else f"there is none for it ({then.reason})"
        kind = kind_of(target).lower()
        yield Fix(
            f"kubectl label {kind} {target.name} -n {asked.home} {USE_WAYPOINT}-",
            f"the label of its namespace counts again: {follows}",
        )
        if then.waypoint:
            return
    there = usable(judge, target)
    if there:
        yield _enable(asked, there[0], overwrite=True)


def _make_ready(asked: Asked) -> Iterator[Fix]:
    """The waypoint that is named is not there, or has no address."""
    named, gateway = asked.decision.named.waypoint, asked.gateway
    if gateway is not None:
        yield from _look_at(gateway)
        return
    there = usable(asked.judge, asked.target)
    if there:
        holder = structs.replace(asked, whole=asked.whole or asked.decision.named.inherited)
        yield _enable(holder, there[0], overwrite=True)
    if named and all(named):
        yield _create(asked, *named)


def _admit(asked: Asked) -> Iterator[Fix]:
    """The waypoint does not admit the namespace."""
    gateway, judge = asked.gateway, asked.judge
    if gateway is None:
        return
    of_class = judge.snapshot.l7.gateway_class(gateway.class_name)
    listener = listener_of(gateway, of_class, judge.control_plane.newest.version)
    where = f"{gateway.name} -n {gateway.namespace}"
    if listener is None:
        yield Fix(f"kubectl edit gateway {where}", "add a listener of protocol HBONE on port 15008 that admits others")
        return
    selector, namespace = listener.selector, judge.namespace(asked.home)
    if listener.allowed_from == "Selector" and selector and selector.match_labels and isinstance(namespace, Namespace):
        missing = {k: v for k, v in selector.match_labels.items() if namespace.labels.get(k) != v}
        words = " ".join(f"{key}={value}" for key, value in missing.items())
        if missing and not selector.match_expressions:
            yield Fix(f"kubectl label namespace {asked.home} {words} --overwrite", "the waypoint admits the namespace")
    path = f"/spec/listeners/{gateway.listeners.index(listener)}/allowedRoutes"
    change = [{"op": "add", "path": path, "value": {"namespaces": {"from": "All"}}}]
    patch = json.dumps(change, separators=(",", ":"))
    yield Fix(
        f"kubectl patch gateway {where} --type=json -p '{patch}'", "the waypoint admits the objects of all namespaces"
    )


def _take(asked: Asked) -> Iterator[Fix]:
    """The waypoint is for other traffic."""
    gateway = asked.gateway
    if gateway is None:
        return
    word, traffic = ("service", "services") if asked.whole else ("all", "services and to workloads")
    wanted = "if that is wanted: " if asked.decision.reason == NOT_FOR_WORKLOADS else ""
    yield Fix(
        f"kubectl label gateway {gateway.name} -n {gateway.namespace} {WAYPOINT_FOR}={word} --overwrite",
        f"{wanted}the waypoint takes traffic to {traffic}, of all that use it",
    )


def _mend(asked: Asked) -> Iterator[Fix]:
    """A waypoint serves it, and may be dead, or none at all."""
    gateway = asked.gateway
    if gateway is None:
        return
    of_class = asked.judge.snapshot.l7.gateway_class(gateway.class_name)
    if not answers_hbone(gateway, of_class):
        there = usable(asked.judge, asked.target)
        holder = structs.replace(asked, whole=asked.whole or asked.decision.named.inherited)
        yield _enable(holder, there[0], overwrite=True) if there else _opt_out(asked)
    elif asked.judge.life_of(gateway).alive is False:
        yield from _look_at(gateway)
        yield _opt_out(asked)


def _opt_out(asked: Asked) -> Fix:
    command = f"kubectl ambient waypoint disable {asked.words} --opt-out"
    return Fix(command, f"until it is mended: {_goes(asked)} goes direct, without the waypoint's policies and routes")


def _look_at(gateway: Gateway) -> Iterator[Fix]:
    yield Fix(
        f"kubectl describe gateway {gateway.name} -n {gateway.namespace}", "shows what its controller tells of it"
    )
    yield Fix(
        f"kubectl get pods -n {gateway.namespace} -l {GATEWAY_NAME}={gateway.name}",
        "shows its pods, and whether they live",
    )


def _ask(asked: Asked) -> Iterator[Fix]:
    named, judge = asked.decision.named.waypoint, asked.judge
    if judge.snapshot.from_files:
        return
    if isinstance(judge.namespace(asked.home), Unread):
        what = f"get namespace/{asked.home}"
    elif named:
        what = f"list gateways.gateway.networking.k8s.io -n {named[0]}"
    else:
        return
    yield Fix(
        f"kubectl auth can-i {what}",
        "tells whether you may read what decides; docs/rbac.yaml holds the rights that are needed",
    )
