"""The waypoint on a path: which one it is, and what its policies say."""

from __future__ import annotations

from msgspec import Struct

from kubectl_ambient.cluster.facts import Namespace, Pod, Unread
from kubectl_ambient.cluster.kinds.gateways import Gateway
from kubectl_ambient.cluster.kinds.pods import GATEWAY_NAME
from kubectl_ambient.cluster.kinds.service_entries import ServiceEntry
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.policy_facts import AuthorizationPolicy
from kubectl_ambient.mesh.gateways import MANAGED
from kubectl_ambient.mesh.installation import istiod_versions
from kubectl_ambient.mesh.path import envoy
from kubectl_ambient.mesh.path.parties import Party, party_of
from kubectl_ambient.mesh.path.way import Applied, Call, Condition, Decider, Saying
from kubectl_ambient.mesh.policy.acceptance import targets_of
from kubectl_ambient.mesh.policy.connections import Connection, Identity
from kubectl_ambient.mesh.policy.sent import is_dry_run
from kubectl_ambient.mesh.waypoint.binding import Binding
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.traffic import ingress_use_waypoint
from kubectl_ambient.mesh.waypoint.usable import ready_among


class Chosen(Struct, frozen=True):
    """Which waypoint a connection goes through: None where through none. word: what speaks against it going on.

    passed: the one that the destination has, and that this caller goes past. conditions: why.
    """

    waypoint: Party | None = None
    gateway: Gateway | None = None
    word: Saying | None = None
    passed: Binding | None = None
    conditions: tuple[Condition, ...] = ()


class Waypoints:
    """Asks the waypoints of one snapshot."""

    def __init__(self, judge: WaypointJudge, root: str) -> None:
        self._judge = judge
        self._snapshot = judge.snapshot
        self._root = root
        self._bindings: dict[str, Binding] = {}
        self._on: dict[str, list[AuthorizationPolicy]] = {}

    def of(self, source: Party, destination: Party, call: Call) -> Chosen:
        """The waypoint between these, where the caller's side sends there.

        [ztunnel src/proxy/outbound.rs `build_request`; istiod xds/endpoints/endpoint_builder.go `findServiceWaypoint`]
        """
        target = call.service or destination.pod
        if target is None or (isinstance(target, Pod) and destination.role in ("host", "waypoint")):
            return Chosen()
        # What leads to a pod's own address has its waypoint; a headless Service leads there.
        if isinstance(target, Service) and target.headless and destination.pod is not None:
            target = destination.pod
        binding = self._binding(target)
        if binding.unknown:
            unread = Saying(outcome="unknown", message=binding.message)
            return Chosen(word=unread) if self._uses(source, target, binding) is not False else Chosen()
        if binding.waypoint is None:
            told = Condition(f"no waypoint: {binding.message}", ()) if binding.unusable else None
            return Chosen(conditions=(told,) if told else ())
        uses = self._uses(source, target, binding)
        if uses is None:
            message = f"whether it goes through waypoint {binding.waypoint} cannot be told: {binding.message}"
            return Chosen(word=Saying(outcome="unknown", message=message))
        return self._through(binding) if uses else Chosen(passed=binding)

    def _binding(self, target: Service | ServiceEntry | Pod) -> Binding:
        if target.ref not in self._bindings:
            self._bindings[target.ref] = self._judge.of(target)
        return self._bindings[target.ref]

    def _uses(self, source: Party, target: Service | ServiceEntry | Pod, binding: Binding) -> bool | None:
        """Whether a caller of this kind goes through it; None where what decides was not read."""
        if source.role == "ambient":
            return binding.leads
        if isinstance(target, Pod):
            return False
        addressed = isinstance(target, ServiceEntry) or bool(target.vips) or self._snapshot.from_files
        version = self._judge.control_plane.newest.version
        if source.role == "gateway" and addressed and not (isinstance(target, Service) and target.headless):
            return ingress_use_waypoint(target, self._judge.namespace(target.namespace), version)
        return source.role == "east-west" and addressed and istiod_versions.has_east_west_client(version)

    def _through(self, binding: Binding) -> Chosen:
        assert binding.waypoint is not None
        home, _, name = binding.waypoint.partition("/")
        gateway = self._snapshot.gateway(home, name)
        if not isinstance(gateway, Gateway):
            return Chosen(word=Saying(outcome="unknown", message=f"{gateway or f'Gateway/{home}/{name} was not read'}"))
        life = self._judge.life_of(gateway)
        dead = None
        if life.alive is False:
            message = f"waypoint {binding.waypoint} takes it and does not live: {life.why}"
            dead = Saying(outcome="denied", message=message, by=(Decider(gateway.ref, "waypoint"),))
        party, conditions = self._party(gateway)
        return Chosen(party, gateway, dead, None, conditions)

    def _party(self, gateway: Gateway) -> tuple[Party, tuple[Condition, ...]]:
        """The waypoint by one of its pods; by what istiod gives to them where these were not read."""
        instances = self._snapshot.instances_of(gateway) or []
        ready = ready_among(instances) or instances
        if ready:
            first = sorted(ready, key=lambda pod: pod.name)[0]
            party = party_of(first, self._snapshot.on_network.fact(f"{first.namespace}/{first.name}"), "gateway")
            return _as_gateway(party, gateway), ()
        labels = {GATEWAY_NAME: gateway.name, MANAGED: "istio.io-mesh-controller", **gateway.labels}
        pod = Pod(namespace=gateway.namespace, name=gateway.name, labels=labels)
        told = f"no pod of {gateway.ref} was found: it is taken to have the labels and the account that istiod gives it"
        party = Party(ref=gateway.ref, role="waypoint", mode="gateway", pod=pod, account=gateway.name)
        return party, (Condition(told),)

    def says(
        self, chosen: Chosen, source: Party, identity: Identity | None, call: Call
    ) -> tuple[Saying, tuple[Applied, ...]]:
        """What its policies say of a connection from that caller."""
        assert chosen.gateway is not None
        known = call.service_port if isinstance(call.service, Service | ServiceEntry) else call.port
        connection = Connection(identity=identity, port=known or 0, source_ip=source.ip)
        return envoy.word(self.policies(chosen.gateway, call), connection, "waypoint")

    def policies(self, gateway: Gateway, call: Call) -> list[AuthorizationPolicy]:
        """Those that it enforces on what goes to the service, or (without one) to a pod."""
        service = call.service
        wanted = {gateway.ref, f"GatewayClass/{gateway.class_name}"} | ({service.ref} if service is not None else set())
        key = " ".join(sorted(wanted))
        if key not in self._on:
            self._on[key] = [
                policy
                for _key, policy in sorted(self._snapshot.authorization_policies.facts.items())
                if not is_dry_run(policy) and policy.targets and self._holds_for(policy, wanted)
            ]
        return self._on[key]

    def _holds_for(self, policy: AuthorizationPolicy, wanted: set[str]) -> bool:
        found = targets_of(policy, self._judge, self._root)
        return any(target.accepted and target.ref in wanted for target in found)

    def attached(self, call: Call, destination: Party) -> list[AuthorizationPolicy]:
        """All that are attached to what is called, whether anything enforces them on this path or not."""
        service = call.service
        if service is None:
            return []
        return [
            policy
            for _key, policy in sorted(self._snapshot.authorization_policies.facts.items())
            if policy.namespace == service.namespace
            and any(t.kind == type(service).__name__ and t.name == service.name for t in policy.targets)
        ]

    def namespace(self, name: str) -> Namespace | Unread:
        """The Namespace, or why it is not known."""
        return self._judge.namespace(name)


def _as_gateway(party: Party, gateway: Gateway) -> Party:
    from msgspec.structs import replace

    return replace(party, ref=gateway.ref, role="waypoint", account=party.account or gateway.name)
