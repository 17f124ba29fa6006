"""NetworkPolicies and EndpointSlices on the wire.

A null, an empty list and one that is left out are the same to Kubernetes in both kinds, and protobuf has but one of the
three. What differs there keeps its presence in both encodings: selectors (messages), conditions and ports (pointers).
A text cannot be told from an empty one; what is empty here is refused by the server, or its default.
"""

from msgspec import field

from kubectl_ambient.cluster import network_facts as facts
from kubectl_ambient.cluster.kinds.kind import kind
from kubectl_ambient.cluster.wire_parts import Object, Selector, Wire, texts

_SERVICE_NAME = "kubernetes.io/service-name"
_MANAGED_BY = "endpointslice.kubernetes.io/managed-by"


class IPBlock(Wire, frozen=True):
    """`ipBlock` of a peer."""

    cidr: str | None = None
    except_: list[str] | None = field(default=None, name="except")

    def fact(self) -> facts.IPBlock:
        """The flat block."""
        return facts.IPBlock(cidr=self.cidr or "", except_=tuple(self.except_ or ()))


class NetworkPolicyPeer(Wire, frozen=True):
    """`from[]` or `to[]` of a rule."""

    pod_selector: Selector | None = None
    namespace_selector: Selector | None = None
    ip_block: IPBlock | None = None

    def fact(self) -> facts.NetworkPolicyPeer:
        """The flat peer."""
        return facts.NetworkPolicyPeer(
            pod_selector=self.pod_selector.fact() if self.pod_selector else None,
            namespace_selector=self.namespace_selector.fact() if self.namespace_selector else None,
            ip_block=self.ip_block.fact() if self.ip_block else None,
        )


class NetworkPolicyPort(Wire, frozen=True):
    """`ports[]` of a rule."""

    protocol: str | None = None
    port: int | str | None = None
    end_port: int | None = None

    def fact(self) -> facts.NetworkPolicyPort:
        """The flat port."""
        return facts.NetworkPolicyPort(protocol=self.protocol or "TCP", port=self.port, end_port=self.end_port)


def _rule(peers: list[NetworkPolicyPeer] | None, ports: list[NetworkPolicyPort] | None) -> facts.NetworkPolicyRule:
    return facts.NetworkPolicyRule(
        peers=tuple(peer.fact() for peer in peers or ()), ports=tuple(port.fact() for port in ports or ())
    )


class NetworkPolicyIngressRule(Wire, frozen=True):
    """`spec.ingress[]` of a NetworkPolicy."""

    from_: list[NetworkPolicyPeer] | None = field(default=None, name="from")
    ports: list[NetworkPolicyPort] | None = None

    def fact(self) -> facts.NetworkPolicyRule:
        """The flat rule."""
        return _rule(self.from_, self.ports)


class NetworkPolicyEgressRule(Wire, frozen=True):
    """`spec.egress[]` of a NetworkPolicy."""

    to: list[NetworkPolicyPeer] | None = None
    ports: list[NetworkPolicyPort] | None = None

    def fact(self) -> facts.NetworkPolicyRule:
        """The flat rule."""
        return _rule(self.to, self.ports)


class NetworkPolicySpec(Wire, frozen=True):
    """`spec` of a NetworkPolicy."""

    pod_selector: Selector | None = None
    policy_types: list[str] | None = None
    ingress: list[NetworkPolicyIngressRule] | None = None
    egress: list[NetworkPolicyEgressRule] | None = None


class NetworkPolicy(Object, frozen=True):
    """A NetworkPolicy."""

    spec: NetworkPolicySpec | None = None

    def fact(self) -> facts.NetworkPolicy:
        """The flat NetworkPolicy."""
        spec = self.spec or NetworkPolicySpec()
        return facts.NetworkPolicy(
            namespace=self.namespace,
            name=self.name,
            pod_selector=(spec.pod_selector or Selector()).fact(),
            policy_types=tuple(spec.policy_types or ()),
            ingress=tuple(rule.fact() for rule in spec.ingress or ()),
            egress=tuple(rule.fact() for rule in spec.egress or ()),
        )


class EndpointPort(Wire, frozen=True):
    """`ports[]` of an EndpointSlice."""

    name: str | None = None
    port: int | None = None
    protocol: str | None = None
    app_protocol: str | None = None

    def fact(self) -> facts.EndpointPort:
        """The flat port."""
        return facts.EndpointPort(
            name=self.name or "",
            port=self.port,
            protocol=self.protocol or "TCP",
            app_protocol=self.app_protocol or "",
        )


class EndpointConditions(Wire, frozen=True):
    """`endpoints[].conditions`."""

    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None


class ObjectReference(Wire, frozen=True):
    """`endpoints[].targetRef`."""

    kind: str | None = None
    namespace: str | None = None
    name: str | None = None

    def fact(self) -> facts.ObjectReference:
        """The flat reference."""
        return facts.ObjectReference(kind=self.kind or "", namespace=self.namespace or "", name=self.name or "")


class Endpoint(Wire, frozen=True):
    """`endpoints[]` of an EndpointSlice."""

    addresses: list[str] | None = None
    conditions: EndpointConditions | None = None
    target_ref: ObjectReference | None = None
    node_name: str | None = None
    zone: str | None = None

    def fact(self) -> facts.Endpoint:
        """The flat endpoint."""
        conditions = self.conditions or EndpointConditions()
        return facts.Endpoint(
            addresses=tuple(self.addresses or ()),
            ready=conditions.ready,
            serving=conditions.serving,
            terminating=conditions.terminating,
            target=self.target_ref.fact() if self.target_ref else None,
            node=self.node_name or "",
            zone=self.zone or "",
        )


class EndpointSlice(Object, frozen=True):
    """An EndpointSlice."""

    address_type: str | None = None
    ports: list[EndpointPort] | None = None
    endpoints: list[Endpoint] | None = None

    def fact(self) -> facts.EndpointSlice:
        """The flat EndpointSlice."""
        labels = texts(self.metadata.labels)
        return facts.EndpointSlice(
            namespace=self.namespace,
            name=self.name,
            service=labels.get(_SERVICE_NAME, ""),
            managed_by=labels.get(_MANAGED_BY, ""),
            address_type=self.address_type or "",
            ports=tuple(port.fact() for port in self.ports or ()),
            endpoints=tuple(endpoint.fact() for endpoint in self.endpoints or ()),
        )


NETWORK_POLICIES = kind("network_policies", "networkpolicies.networking.k8s.io", NetworkPolicy)
ENDPOINT_SLICES = kind("endpoint_slices", "endpointslices.discovery.k8s.io", EndpointSlice)
