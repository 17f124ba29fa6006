"""The waypoints to which those are sent who move, or who call these: read where a label names one, and nowhere else."""

from __future__ import annotations

from collections.abc import Collection, Container, Iterator, Sequence
from typing import Any

from kubectl_ambient.cluster.found import EVERYWHERE, Found
from kubectl_ambient.cluster.kinds.gateways import GATEWAY_CLASSES, GATEWAYS
from kubectl_ambient.cluster.kinds.pods import GATEWAY_NAME, INSTANCES, PODS
from kubectl_ambient.cluster.kinds.services import SERVICES
from kubectl_ambient.cluster.needs.ask import Ask
from kubectl_ambient.cluster.needs.seen import MANY, seen
from kubectl_ambient.cluster.needs.waypoints_of_labels import USE_WAYPOINT, home_of
from kubectl_ambient.cluster.network_facts import NetworkPolicy
from kubectl_ambient.cluster.snapshot import Snapshot


def waypoints_on_the_way(snapshot: Snapshot, places: Container[str], apart: Collection[str] = ()) -> list[Ask]:
    """The waypoints that labels in these namespaces name, and their pods, where some NetworkPolicy may be about them.

    It is about them, about what has such a label, or about what somebody sends. apart: of these, those whose pods are
    read at the same time, so that some may be waypoints. What was read already is not among the asks.
    """
    named = {(own, home) for own, home in _named(snapshot) if own in places}
    ends = {place for pair in named for place in pair}
    if not any(policy.namespace in ends or "Egress" in policy.isolates for policy in snapshot.network_policies):
        return []
    # The pods of a Gateway have no waypoint before them, so that their own Gateway has to be known.
    proxies = {pod.namespace for pod in snapshot.pods if GATEWAY_NAME in pod.labels} if named else set()
    homes = sorted({home for _own, home in named} | proxies | {*apart})
    asks: list[Ask] = []
    for home in homes if len(homes) <= MANY else [""]:
        wanted = [kind for kind in (GATEWAYS, INSTANCES) if _is_unread(getattr(snapshot, kind.part), home)]
        asks += [Ask(kind=kind, namespace=home) for kind in wanted]
        if INSTANCES in wanted and home not in apart and not snapshot.on_network.covers(home):
            of_waypoints = Ask(kind=PODS, namespace=home, label_selector=GATEWAY_NAME, what="list pods of waypoints")
            asks.append(seen(of_waypoints))
    return [*asks, Ask(kind=GATEWAY_CLASSES)] if asks and _is_unread(snapshot.gateway_classes, EVERYWHERE) else asks


def _is_unread(found: Found[Any], place: str) -> bool:
    return not found.covers(place) and place not in found.unread and not found.absent


def _named(snapshot: Snapshot) -> Iterator[tuple[str, str]]:
    """Where something has a label that names a waypoint, and where that is."""
    found = [(home_of(one.labels, one.name), one.name) for one in snapshot.namespaces]
    found += [(home_of(one.labels, one.namespace), one.namespace) for one in (*snapshot.services, *snapshot.pods)]
    yield from ((own, home) for home, own in found if home)


def labelled_apart() -> tuple[Ask, ...]:
    """Services and pods that name a waypoint themselves, wherever they are: there are few."""
    services = Ask(kind=SERVICES, label_selector=USE_WAYPOINT, what="list services that name a waypoint")
    return services, seen(Ask(kind=PODS, label_selector=USE_WAYPOINT, what="list pods that name a waypoint"))


def behind_waypoints(snapshot: Snapshot, here: Container[str], policies: Sequence[NetworkPolicy]) -> list[str]:
    """The namespaces with a waypoint to which those of `here` may be sent, where policies may have a word on that.

    Those that were read, or could not be, are not among them.
    """
    sending = any(policy.namespace in here and "Egress" in policy.isolates for policy in policies)
    speaking = {policy.namespace for policy in policies}
    apart = {own: None for own, home in _named(snapshot) if own not in here and (sending or speaking & {own, home})}
    pods = snapshot.on_network
    return [own for own in apart if not pods.covers(own) and own not in pods.unread]


def policies_before(snapshot: Snapshot, here: Container[str], policies: Sequence[NetworkPolicy]) -> bool:
    """Whether there are some where the waypoints of `here` are: they are about whoever calls through these."""
    homes = {home for own, home in _named(snapshot) if own in here}
    return any(policy.namespace in homes for policy in policies)
