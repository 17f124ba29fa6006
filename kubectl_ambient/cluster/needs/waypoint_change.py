"""What a change of waypoint labels is judged by: the waypoints, and who is sent to them past which policies.

NetworkPolicies are read first. Pods of other namespaces are, where these may have a word on their calls.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from kubectl_ambient.cluster.facts import DATAPLANE_MODE
from kubectl_ambient.cluster.found import EVERYWHERE
from kubectl_ambient.cluster.kinds.kind import Kind
from kubectl_ambient.cluster.kinds.namespaces import NAMESPACES
from kubectl_ambient.cluster.kinds.network import NETWORK_POLICIES
from kubectl_ambient.cluster.kinds.plugins import OTHER_POLICIES
from kubectl_ambient.cluster.kinds.pods import GATEWAY_NAME, PODS
from kubectl_ambient.cluster.kinds.policies import AUTHORIZATION_POLICIES
from kubectl_ambient.cluster.kinds.service_entries import SERVICE_ENTRIES
from kubectl_ambient.cluster.kinds.services import SERVICES
from kubectl_ambient.cluster.needs.ask import Ask, FilesReader
from kubectl_ambient.cluster.needs.seen import ALL_PROXIES, LABELLED, MANY, seen
from kubectl_ambient.cluster.needs.waypoints import WaypointNeeds
from kubectl_ambient.cluster.needs.waypoints_of_labels import home_of
from kubectl_ambient.cluster.snapshot import Snapshot

_LISTED: dict[str, Kind[Any]] = {"Service": SERVICES, "ServiceEntry": SERVICE_ENTRIES}
_INGRESS = "istio.io/ingress-use-waypoint"
# They send to waypoints without being told to [istiod endpoint_builder.go `findServiceWaypoint`].
_EAST_WEST = "gateway.istio.io/managed=istio.io-eastwest-controller"


class WaypointChangeNeeds(Struct, frozen=True, kw_only=True):
    """homes: the namespaces of what is labelled. kinds: what that is."""

    waypoints: WaypointNeeds
    homes: tuple[str, ...]
    kinds: frozenset[str]

    @property
    def of_files(self) -> FilesReader:
        """Every kind: files are the whole cluster."""
        return self.waypoints.of_files

    def first(self) -> list[Ask]:
        """What is known to be wanted."""
        asks = [*map(seen, self.waypoints.first()), Ask(kind=NETWORK_POLICIES)]
        # Those that a waypoint enforces count where another takes its place, too.
        asks += [Ask(kind=AUTHORIZATION_POLICIES, namespace=place) for place in self._policies_in]
        for kind in OTHER_POLICIES:
            asks += [Ask(kind=kind, namespace=place) for place in (self._places if kind.resource.namespaced else ("",))]
        return asks

    def second(self, snapshot: Snapshot) -> list[Ask]:
        """What the first answers name besides."""
        asks = [*map(seen, self.waypoints.second(snapshot))]
        inherited = {home_of(home.labels, home.name) for home in snapshot.namespaces} - {""}
        others = sorted(inherited.difference(self._policies_in)) if self._policies_in != ("",) else ()
        asks += [Ask(kind=AUTHORIZATION_POLICIES, namespace=place) for place in others]
        if EVERYWHERE in snapshot.network_policies.unread:
            asks += [Ask(kind=NETWORK_POLICIES, namespace=place) for place in self._ends(snapshot)]
        return [*dict.fromkeys(asks)]

    def settle(self, snapshot: Snapshot) -> None:
        """Nothing follows."""

    def around(self, snapshot: Snapshot) -> list[Ask]:
        """What lies around it, for a third round: nothing where no policy can have a word.

        The namespaces, what is called, and the pods of waypoints; and gateways that may be sent there.
        """
        if not self._matter(snapshot):
            return []
        ends = self._ends(snapshot)
        asks = [Ask(kind=NAMESPACES), seen(LABELLED)]
        for name in ("Service", *sorted(self.kinds.intersection(_LISTED) - {"Service"})):
            kind = _LISTED[name]
            found = getattr(snapshot, kind.part)
            asks += [Ask(kind=kind, namespace=home) for home in self.homes if not found.covers(home)]
        read = snapshot.on_network
        asks += [
            seen(Ask(kind=PODS, namespace=end, label_selector=GATEWAY_NAME, what="list pods of waypoints"))
            for end in sorted(ends)
            if not read.covers(end)
        ]
        return [*asks, seen(ALL_PROXIES) if self._asks_gateways(snapshot) else seen(_gateways_between_networks())]

    def callers(self, snapshot: Snapshot) -> list[Ask]:
        """The pods of ambient namespaces, as `around` has found these: those on whom policies may have a word.

        Where some speak on waypoints or on who is called, that is all of them; else those on whom policies speak.
        """
        if not self._matter(snapshot):
            return []
        ends, speaking = self._ends(snapshot), {policy.namespace for policy in snapshot.network_policies}
        meshed = [n.name for n in snapshot.namespaces if n.labels.get(DATAPLANE_MODE) == "ambient"]
        wanted = [name for name in meshed if name in speaking or speaking & ends]
        unread = [name for name in wanted if not snapshot.on_network.covers(name)]
        return [seen(Ask(kind=PODS, namespace=place)) for place in (unread if len(unread) <= MANY else [""])]

    @property
    def _places(self) -> Iterable[str]:
        return self.homes if len(self.homes) <= MANY else ("",)

    @property
    def _policies_in(self) -> tuple[str, ...]:
        homes = sorted({*self.homes, *self.waypoints.homes})
        return tuple(homes) if len(homes) <= MANY else ("",)

    def _ends(self, snapshot: Snapshot) -> set[str]:
        """Where waypoints are, and what is called."""
        return {*self.homes, *self.waypoints.homes, *(gateway.namespace for gateway in snapshot.gateways)}

    def _matter(self, snapshot: Snapshot) -> bool:
        """Whether some policy may be about who is called, about a waypoint, or about what somebody sends."""
        ends = self._ends(snapshot)
        return any(policy.namespace in ends or "Egress" in policy.isolates for policy in snapshot.network_policies)

    def _asks_gateways(self, snapshot: Snapshot) -> bool:
        """Whether some label may send ingress gateways to waypoints."""
        return any(_INGRESS in found.labels for found in (*snapshot.services, *snapshot.namespaces))


def _gateways_between_networks() -> Ask:
    return Ask(kind=PODS, label_selector=_EAST_WEST, what="list pods of east-west gateways")
