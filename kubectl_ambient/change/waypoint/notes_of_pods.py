"""Pods and waypoints: as clients only those in ambient mode use one, and a label on a pod does not outlive it."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ambient.change.targets import printed
from kubectl_ambient.change.waypoint.effects import WaypointChange
from kubectl_ambient.change.words import grouped, more, pods
from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Namespace, Owner, Pod
from kubectl_ambient.cluster.kinds.pods import GATEWAY_NAME
from kubectl_ambient.cluster.owners import owner_of
from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.few import MOST, few
from kubectl_ambient.mesh.waypoint.own_pods import REDIRECTED
from kubectl_ambient.shell.command import Sentence, joined, kubectl
from kubectl_ambient.shell.words import inside
from kubectl_ambient.shell.words import namespace as word

_CLIENTS = (
    "Only clients in ambient mode use a waypoint, and Istio's gateways where istio.io/ingress-use-waypoint=true says so"
)


def not_in_mesh(change: WaypointChange) -> Iterator[Sentence]:
    """Clients decide: without one in ambient mode a waypoint does little [ztunnel outbound.rs]."""
    if change.goal != "enable":
        return
    after = change.effects.after
    if after.snapshot.pods.refusal:
        return
    for home in dict.fromkeys(e.home for e in change.changing):
        namespace = after.namespace(home)
        pods_in = [p for p in after.snapshot.pods if p.namespace == home and not p.finished and not _is_proxy(p)]
        out = [p for p in pods_in if p.annotations.redirection not in REDIRECTED]
        asks = isinstance(namespace, Namespace) and namespace.labels.get(DATAPLANE_MODE) == "ambient"
        if isinstance(namespace, Namespace) and not asks and len(out) == len(pods_in):
            value = namespace.labels.get(DATAPLANE_MODE)
            told = f"{DATAPLANE_MODE}={value}" if value is not None else f"label {DATAPLANE_MODE} not set"
            yield joined(
                f"namespace/{home} is not in ambient mode ({told}): what its own pods send goes past every waypoint. "
                f"{_CLIENTS}; to put it in: ",
                kubectl("ambient enable ns", word(home)),
            )
        elif out and asks:
            is_, send = ("is", "it sends") if len(out) == 1 else ("are", "they send")
            yield joined(
                f"{len(out)} of {pods(len(pods_in))} of namespace/{home} {is_} not in ambient mode: what {send} goes "
                "past every waypoint (",
                kubectl("ambient status", *inside(home)),
                ")",
            )


def _is_proxy(pod: Pod) -> bool:
    return GATEWAY_NAME in pod.labels


def plain_pods(change: WaypointChange) -> Iterator[Sentence]:
    """Pods that were named, and are not in the mesh themselves."""
    if change.goal != "enable":
        return
    found = (
        (f.message, printed(s.target))
        for s in change.effects.objects
        if s.named
        for f in s.after.findings
        if f.code == Code.WAYPOINT_FOR_PLAIN_POD
    )
    for message, objects in grouped(found).items():
        yield f"{few(objects)}: {message}"


def lost_with_the_pod(change: WaypointChange) -> Iterator[Sentence]:
    """The label on a pod that a controller made is lost when the pod is replaced."""
    by_owner = grouped(_owned(change))
    for (namespace, owner), objects in list(by_owner.items())[:MOST]:
        if owner.kind == "Node":
            keep = f"it is a static pod: its manifest on node {owner.name} decides"
        else:
            keep = f"to keep it, put it into the pod template of {owner} in namespace {namespace}"
        yield f"{few(objects)}: this works at once, and is lost with the pod; {keep}"
    if len(by_owner) > MOST:
        yield f"and the pods of {more(len(by_owner) - MOST, 'owner')}, which lose it as well"


def _owned(change: WaypointChange) -> Iterator[tuple[tuple[str, Owner], str]]:
    for edit in change.changing:
        target = edit.target
        owner = owner_of(target, change.effects.before.snapshot.workloads.facts) if isinstance(target, Pod) else None
        if owner is not None:
            yield (edit.home, owner), printed(target)
