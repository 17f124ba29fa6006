"""What a change of the mode's label is judged by: the pods that it moves, and who speaks with them.

Of other namespaces only what can matter: NetworkPolicies, and where some are about the pods that move, the pods of the
mesh that these let through; sidecars and gateways, where STRICT stands between them and the pods that move.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from kubectl_ambient.cluster.found import EVERYWHERE
from kubectl_ambient.cluster.installation_facts import Istiod
from kubectl_ambient.cluster.kinds.callers import (
    API_SERVICES,
    INGRESS_CLASSES,
    INGRESSES,
    MUTATING,
    POD_MONITORS,
    SERVICE_MONITORS,
    VALIDATING,
)
from kubectl_ambient.cluster.kinds.gateways import GATEWAY_CLASSES, GATEWAYS
from kubectl_ambient.cluster.kinds.kind import Kind
from kubectl_ambient.cluster.kinds.namespaces import NAMESPACES
from kubectl_ambient.cluster.kinds.network import NETWORK_POLICIES
from kubectl_ambient.cluster.kinds.plugins import OTHER_POLICIES, PLATFORM
from kubectl_ambient.cluster.kinds.pods import PODS
from kubectl_ambient.cluster.kinds.policies import AUTHORIZATION_POLICIES, PEER_AUTHENTICATIONS
from kubectl_ambient.cluster.kinds.routes import ROUTES
from kubectl_ambient.cluster.kinds.services import SERVICES
from kubectl_ambient.cluster.needs.ask import Ask, FilesReader
from kubectl_ambient.cluster.needs.pods import PodNeeds
from kubectl_ambient.cluster.needs.routes import gateways_of_proxies, proxies_of_routes
from kubectl_ambient.cluster.needs.seen import ALL_PROXIES, APART, MANY, in_mesh, seen
from kubectl_ambient.cluster.needs.waypoints_on_the_way import (
    behind_waypoints,
    labelled_apart,
    policies_before,
    waypoints_on_the_way,
)
from kubectl_ambient.cluster.network_facts import NetworkPolicy, NetworkPolicyRule
from kubectl_ambient.cluster.policy_facts import PeerAuthentication, namespace_of
from kubectl_ambient.cluster.snapshot import Snapshot

_POLICIES: tuple[Kind[Any], ...] = (NETWORK_POLICIES, AUTHORIZATION_POLICIES, PEER_AUTHENTICATIONS)
# Those that ingress classes and charts go by: who they are tells whether they are in the mesh.
_KNOWN_CALLERS = (
    "app.kubernetes.io/name in (apisix,contour,haproxy-ingress,ingress-nginx,kong,kubernetes-ingress,nginx-ingress,"
    "prometheus,traefik)"
)
_AMBIENT = "PILOT_ENABLE_AMBIENT"


class ChangeNeeds(Struct, frozen=True, kw_only=True):
    """The pods that a change concerns, with all that decides about them, and what the change may break.

    leaves: they leave ambient mode, so that those count whom they call, too.
    """

    pods: PodNeeds
    leaves: bool = False

    @property
    def of_files(self) -> FilesReader:
        """Every kind: files are the whole cluster."""
        from functools import partial

        from kubectl_ambient.cluster.kinds.table import KINDS
        from kubectl_ambient.cluster.reading.files import read_files

        return partial(read_files, kinds=KINDS)

    def first(self) -> list[Ask]:
        """What is known to be wanted."""
        asks = [*map(seen, self.pods.first()), *(Ask(kind=kind) for kind in _POLICIES)]
        asks += [Ask(kind=kind) for kind in (INGRESS_CLASSES, *PLATFORM)]
        asks += [Ask(kind=NAMESPACES)] if self.pods.namespaces else []
        asks += [Ask(kind=SERVICES, namespace=place) for place in self.pods.namespaces or ("",)]
        asks += [Ask(kind=kind, namespace=place) for kind in OTHER_POLICIES for place in self._places(kind)]
        return [*dict.fromkeys(asks)]

    def second(self, snapshot: Snapshot) -> list[Ask]:
        """What the first answers name besides."""
        asks = [*map(seen, self.pods.second(snapshot)), *self._callers(snapshot), *gateways_of_proxies(snapshot)]
        if self.leaves:
            asks += self._called(snapshot)
        else:
            asks += [*self._plain_callers(snapshot), *self._proxies(snapshot), *self._presenting(snapshot)]
        for kind in _POLICIES:
            if EVERYWHERE in getattr(snapshot, kind.part).unread:
                asks += [Ask(kind=kind, namespace=place) for place in self.pods.namespaces]
        return [*dict.fromkeys(asks)]

    def around(self, snapshot: Snapshot) -> list[Ask]:
        """For a third round, mostly nothing: the waypoints that those are sent to who move, or who call these.

        What stands behind those, where it was found by its own label; and proxies that routes send from.
        """
        here = set(self.pods.namespaces)
        apart = behind_waypoints(snapshot, here, list(snapshot.network_policies)) if here else []
        read = {*here, *apart, *(pod.namespace for pod in snapshot.pods)}
        asks = [*_whole(apart), *waypoints_on_the_way(snapshot, read, apart), *proxies_of_routes(snapshot, here)]
        return [*dict.fromkeys(asks)]

    def settle(self, snapshot: Snapshot) -> None:
        """Name the owners of the pods that could not be read."""
        self.pods.settle(snapshot)

    def _callers(self, snapshot: Snapshot) -> list[Ask]:
        """The pods of the mesh on whose connections with those that move some NetworkPolicy has a word."""
        here, policies = set(self.pods.namespaces), list(snapshot.network_policies)
        if not here or not policies:
            return []
        through = policies_before(snapshot, here, policies)
        found = [name for name in self._partly if through or any(p.namespace == name for p in policies)]
        admitting = through or any(p.namespace in here and _admits_others(p) for p in policies)
        isolating = {p.namespace for p in policies if _admits_others(p)}
        meshed = [n.name for n in snapshot.namespaces if n.name not in here and in_mesh(n)]
        found += [name for name in meshed if admitting or name in isolating]
        found += [name for name in behind_waypoints(snapshot, here, policies) if name not in found]
        apart = [""] if admitting or found or len(isolating) > MANY else sorted(isolating.difference(here))
        asks = [seen(replace(one, namespace=place)) for place in apart for one in APART]
        # Those that labels name which are known by now; `around` asks for the others.
        waypoints = waypoints_on_the_way(snapshot, {*here, *found})
        return [*asks, *_whole(found), *labelled_apart(), *waypoints]

    def _called(self, snapshot: Snapshot) -> list[Ask]:
        """Members of the mesh that may refuse who has left it, and waypoints that enforce policies."""
        policies = [*snapshot.peer_authentications, *snapshot.authorization_policies]
        homes = {policy.namespace for policy in policies}
        everywhere = any(_is_root(home, snapshot) for home in homes)
        meshed = [n.name for n in snapshot.namespaces if n.name not in self.pods.namespaces and in_mesh(n)]
        found = [name for name in meshed if everywhere or name in homes] if self.pods.namespaces else []
        asks = _whole(found)
        others = [""] if everywhere else sorted(homes.difference(self.pods.namespaces, found))
        asks += [seen(replace(one, namespace=home)) for home in others for one in APART if self.pods.namespaces]
        attached = sorted({policy.namespace for policy in snapshot.authorization_policies if policy.targets})
        asks += [Ask(kind=SERVICES, namespace=home) for home in attached if self.pods.namespaces]
        return [*asks, Ask(kind=GATEWAYS), Ask(kind=GATEWAY_CLASSES)] if attached else asks

    def _plain_callers(self, snapshot: Snapshot) -> list[Ask]:
        """Who calls without an identity: asked for where some policy may refuse that."""
        here = self.pods.namespaces
        policies = [*snapshot.peer_authentications, *snapshot.authorization_policies]
        if not any(not here or policy.namespace in here or _is_root(policy.namespace, snapshot) for policy in policies):
            return []
        asks = [Ask(kind=INGRESSES, namespace=place) for place in here or ("",)]
        asks += [Ask(kind=kind) for kind in (VALIDATING, MUTATING, API_SERVICES)]
        asks += [Ask(kind=kind) for kind in (*ROUTES, SERVICE_MONITORS, POD_MONITORS)]
        return [*asks, seen(Ask(kind=PODS, label_selector=_KNOWN_CALLERS, what="list pods of known callers"))]

    def _proxies(self, snapshot: Snapshot) -> Iterator[Ask]:
        """Those that send no HBONE to pods that come in, and sidecars that refuse who loses its own; both by STRICT."""
        if self.pods.everything:
            return
        homes = {policy.namespace for policy in snapshot.peer_authentications if _is_strict(policy)}
        everywhere = any(_is_root(home, snapshot) for home in homes)
        here = self.pods.namespaces
        comes_in = everywhere or any(not here or home in here for home in homes)
        if comes_in and any(not _serves_ambient(istiod) for istiod in snapshot.istiods):
            yield seen(ALL_PROXIES)
        # Which pods a workload has is not known before this round.
        if self.pods.workloads or any(pod.annotations.sidecar_status is not None for pod in snapshot.pods):
            unread = sorted(homes.difference(() if self._partly else here))
            for place in [""] if everywhere or len(unread) > MANY else unread:
                yield seen(replace(ALL_PROXIES, namespace=place))
                yield Ask(kind=SERVICES, namespace=place)

    def _presenting(self, snapshot: Snapshot) -> list[Ask]:
        """Who has the identities by which policies let others in: maybe nobody."""
        here = self.pods.namespaces
        if not here:
            return []
        policies = [
            p for p in snapshot.authorization_policies if p.namespace in here or _is_root(p.namespace, snapshot)
        ]
        sources = [source for policy in policies for rule in policy.rules for source in rule.from_]
        homes = {namespace_of(principal) for source in sources for principal in source.principals}
        unread = sorted(home for home in homes if home and not snapshot.on_network.covers(home))
        return [seen(Ask(kind=PODS, namespace=home)) for home in (unread if len(unread) <= MANY else [""])]

    def _places(self, kind: Kind[Any]) -> Sequence[str]:
        return self.pods.namespaces or ("",) if kind.resource.namespaced else ("",)

    @property
    def _partly(self) -> Sequence[str]:
        """The namespaces of which only some pods are read."""
        pods = self.pods
        some = pods.pod_names or pods.workloads or pods.label_selector or pods.field_selector
        return pods.namespaces if some else ()


def _whole(namespaces: Sequence[str]) -> list[Ask]:
    """The pods of these namespaces, and what sends to them."""
    asks = []
    for place in namespaces if len(namespaces) <= MANY else [""]:
        asks += [seen(Ask(kind=PODS, namespace=place)), Ask(kind=SERVICES, namespace=place)]
    return asks


def _is_strict(policy: PeerAuthentication) -> bool:
    return "STRICT" in (policy.mode, *policy.port_level_mtls.values())


def _serves_ambient(istiod: Istiod) -> bool:
    """Whether it plainly does; what else its variable may say is for the rules to judge."""
    env = istiod.container.env if istiod.container else ()
    return any(variable.name == _AMBIENT and variable.value == "true" for variable in env)


def _is_root(namespace: str, snapshot: Snapshot) -> bool:
    """Whether it may be the root namespace, whose policies are for all: istiod's, or one that its settings name."""
    texts = (config.data.get("mesh", "") for config in snapshot.mesh_configs)
    return namespace == "istio-system" or any(namespace in text for text in texts)


def _admits_others(policy: NetworkPolicy) -> bool:
    """Whether some rule may be about pods of another namespace."""
    return any(_is_about_others(rule) for rule in (*policy.ingress, *policy.egress))


def _is_about_others(rule: NetworkPolicyRule) -> bool:
    return not rule.peers or any(peer.namespace_selector or peer.ip_block for peer in rule.peers)
