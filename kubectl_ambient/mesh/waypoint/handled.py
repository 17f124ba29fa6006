"""Whether an istiod handles a waypoint: whose it is, and what keeps that one from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from kubectl_ambient.cluster.facts import Namespace, Pod, Unread
from kubectl_ambient.cluster.kinds.gateways import WAYPOINT_CLASSES, Gateway, GatewayClass
from kubectl_ambient.cluster.label_keys import concerns_istio
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.catalogue import Code, Severity
from kubectl_ambient.mesh.evidence import Evidence, Finding, Fix, offer
from kubectl_ambient.mesh.gateways import ISTIOS_CLASSES, ISTIOS_CONTROLLERS
from kubectl_ambient.mesh.injection import REVISION
from kubectl_ambient.mesh.installation.istiods import ShownIstiod, istiods
from kubectl_ambient.mesh.waypoint.gateway_commands import on_gateway
from kubectl_ambient.mesh.waypoint.owner import Owner
from kubectl_ambient.mesh.waypoint.usable import MESH_CONTROLLER, ready_among
from kubectl_ambient.shell.command import Command, kubectl, lines_with, offered
from kubectl_ambient.shell.words import inside, label, named, namespace
from kubectl_ambient.shell.words import name as word

_MINE = "it"
_A_MOMENT = timedelta(minutes=1)


def is_istios(gateway: Gateway, of_class: GatewayClass | Unread | None) -> bool:
    """Whether it is a waypoint that istiod handles, by its class; other controllers have their own."""
    if isinstance(of_class, GatewayClass) and of_class.controller:
        return of_class.controller == MESH_CONTROLLER or gateway.class_name == WAYPOINT_CLASSES[1]
    return gateway.class_name in WAYPOINT_CLASSES


def proxies_of(gateway: Gateway, of_class: GatewayClass | Unread | None, snapshot: Snapshot) -> list[Pod] | None:
    """The pods of a Gateway; None where they are not known, as where somebody else made and labelled them."""
    found = snapshot.instances_of(gateway)
    if found or found is None:
        return found
    controller = of_class.controller if isinstance(of_class, GatewayClass) else None
    ours = gateway.class_name in ISTIOS_CLASSES if controller is None else controller in ISTIOS_CONTROLLERS
    return found if ours and gateway.managed else None


def overlooked(name: str, home: Namespace | Unread, snapshot: Snapshot) -> tuple[Evidence, ...]:
    """The selectors by which every istiod that serves ambient passes over a namespace; none where one may look at it.

    What is in there does not exist for istiod: no Gateway, no Service, no pod. Source: pkg/kube/multicluster,
    `ObjectFilter` of `discoverySelectors`.
    """
    labels = home.labels if isinstance(home, Namespace) else None
    serving = _serving(snapshot)
    if not serving or any(istiod.discovery.finds(labels) is not False for istiod in serving):
        return ()
    told = tuple(dict.fromkeys(istiod.discovery.evidence for istiod in serving))
    return (*told, Evidence(f"Namespace/{name}", "metadata.labels", _shown(labels or {})))


class Unhandled(Struct, frozen=True, gc=False):
    """A finding, and what its command does."""

    finding: Finding
    effect: str

    def steps(self) -> Iterator[Fix]:
        """Its command as a step."""
        return offer(self.finding.fix, self.effect)


def not_discovered(name: str, evidence: Sequence[Evidence], snapshot: Snapshot, message: str) -> Unhandled:
    """That istiod passes over a namespace, with the label that it wants where that is one thing to do."""
    told = Finding.of(Code.WAYPOINT_NOT_DISCOVERED, message, *evidence, fix=_discover(name, snapshot))
    return Unhandled(told, f"istiod looks at namespace {name} from then on")


def unhandled(
    gateway: Gateway,
    home: Namespace | Unread,
    owner: Owner,
    pods: Sequence[Pod] | None,
    snapshot: Snapshot,
    *,
    called: str = _MINE,
) -> Unhandled | None:
    """What keeps the istiod that owns it from handling it now; pods: its proxies, None where they are not known.

    called: what the Gateway is called in the sentence.
    """
    passed_over = overlooked(gateway.namespace, home, snapshot)
    if passed_over:
        message = (
            f"istiod does not look at namespace {gateway.namespace} (discoverySelectors), so for it {called} does not "
            "exist: what names it goes direct"
        )
        return not_discovered(gateway.namespace, passed_over, snapshot, message)
    found = istiods(snapshot)
    mine = next((i for i in found if i.ref == owner.istiod), None) if not isinstance(found, Unread) else None
    if mine is None and not owner.missing:
        return None
    told = _trouble(gateway, owner, mine, pods, snapshot.now, called)
    if told is None:
        return None
    if gateway.addresses:
        then = "; it goes on as it was, and no change of it is heeded"
    else:
        then = "" if called == _MINE else "; until an istiod handles it, what names it goes direct"
    message = told[0] + then
    command, effect = _give(gateway, home, mine, snapshot), f"gives waypoint {gateway.key} to an istiod that handles it"
    if command is None and mine is not None:
        command, effect = _look(gateway, mine)
    severity: Severity = "warning" if gateway.addresses else "error"
    evidence = (*owner.evidence, *told[1])
    finding = Finding.of(Code.WAYPOINT_NOT_HANDLED, message, *evidence, fix=command, severity=severity)
    return Unhandled(finding, effect)


def _trouble(
    gateway: Gateway,
    owner: Owner,
    mine: ShownIstiod | None,
    pods: Sequence[Pod] | None,
    now: datetime | None,
    called: str,
) -> tuple[str, tuple[Evidence, ...]] | None:
    """What is wrong with the istiod that owns it, and where that stands."""
    if mine is None:
        whose = f"no istiod handles {called}: none" if called != _MINE else "no istiod"
        return f"{whose} has the revision {owner.revision}, which its labels ask for, and no tag stands for one", ()
    belongs = f"belongs to {_named(mine, owner)}"
    if mine.serves_ambient == "off":
        return f"{called} {belongs}, which runs without ambient and knows no waypoint", (mine.ambient.evidence,)
    if mine.ready is False:
        return f"{called} {belongs}, of which no pod is Ready", (mine.ready_evidence,)
    if not gateway.addresses and _waits(gateway) and _ready_for_long(pods or (), now):
        why = f"{called} has a proxy that is Ready, and no istiod handles it now: it {belongs}{_which(mine)}"
        return why, (mine.ambient.evidence, mine.ready_evidence)
    return None


def _ready_for_long(pods: Sequence[Pod], now: datetime | None) -> bool:
    """Whether istiod had the time to see a proxy that is Ready; where there is no clock it had."""
    since = [pod.ready_since for pod in ready_among(pods)]
    return any(moment is None or now is None or now - moment > _A_MOMENT for moment in since)


def _waits(gateway: Gateway) -> bool:
    """Whether it has the conditions that the API server gives it ("Waiting for controller"), and no istiod's."""
    conditions = [c for c in (gateway.condition("Accepted"), gateway.condition("Programmed")) if c is not None]
    return bool(conditions) and all(c.status == "Unknown" for c in conditions)


def _named(istiod: ShownIstiod, owner: Owner) -> str:
    tag = f", by tag {owner.revision}" if owner.revision not in (None, istiod.revision) else ""
    return f"{istiod.ref} (revision {istiod.revision}{tag})"


def _which(istiod: ShownIstiod) -> str:
    """What is known of an istiod that should handle it."""
    known = {"on": "has ambient on"}.get(istiod.serves_ambient, "may have ambient on")
    return f", which {known} and {'is Ready' if istiod.ready else 'may be Ready'}"


def _serving(snapshot: Snapshot) -> list[ShownIstiod]:
    found = istiods(snapshot)
    return [] if isinstance(found, Unread) else [istiod for istiod in found if istiod.serves_ambient != "off"]


def _look(gateway: Gateway, mine: ShownIstiod) -> tuple[Command | None, str]:
    """See why the istiod that owns it does not handle it."""
    where = inside(mine.istiod.namespace)
    if mine.ready is False or mine.serves_ambient == "off":
        command = kubectl("describe deployment", word(mine.istiod.name), *where)
        return offered(command), f"shows what keeps {mine.ref} from it"
    logs = kubectl("logs", named("deployment", mine.istiod.name), *where, "--since=1h")
    return offered(lines_with(logs, word(gateway.name))), f"shows what {mine.ref} says of it"


def _give(gateway: Gateway, home: Namespace | Unread, mine: ShownIstiod | None, snapshot: Snapshot) -> Command | None:
    """Give it to the istiod that can handle it; none where that is no other one, or one of several."""
    labels = home.labels if isinstance(home, Namespace) else None
    able = [
        istiod
        for istiod in _serving(snapshot)
        if istiod.serves_ambient == "on" and istiod.ready is not False and istiod.discovery.finds(labels) is not False
    ]
    if len(able) != 1 or (mine is not None and able[0].ref == mine.ref):
        return None
    flags = ("--overwrite",) if REVISION in gateway.labels else ()
    return offered(on_gateway("label", gateway.namespace, gateway.name, label(REVISION, able[0].revision), *flags))


def _discover(name: str, snapshot: Snapshot) -> Command | None:
    """Label a namespace as the first selector wants it, where that takes labels of its own and nothing else."""
    wanted = next((s for i in _serving(snapshot) for s in i.discovery.selectors), None)
    found = snapshot.namespaces.fact(name)
    if wanted is None or found is None or wanted.match_expressions or not wanted.match_labels:
        return None
    if any(concerns_istio(key) and not key.startswith("istio-discovery") for key in wanted.match_labels):
        return None
    if any(key in found.labels for key in wanted.match_labels):
        return None
    return offered(kubectl("label namespace", namespace(name), *(label(k, v) for k, v in wanted.match_labels.items())))


def _shown(labels: dict[str, str]) -> str | None:
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items())) or None
