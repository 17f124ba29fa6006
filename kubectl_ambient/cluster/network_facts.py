"""Facts about the network: which packets NetworkPolicies let through, and which pods stand behind a Service.

As `facts`: small, immutable, free of Kubernetes' nesting.
"""

from __future__ import annotations

from kubectl_ambient.cluster.facts import Fact, LabelSelector


class IPBlock(Fact, frozen=True):
    """The addresses of `cidr`, but for those of `except_`."""

    cidr: str = ""
    except_: tuple[str, ...] = ()


class NetworkPolicyPeer(Fact, frozen=True):
    """An entry of `from` or `to`: pods by their labels and by those of their namespaces, or addresses.

    A selector that is None was not given; an empty one takes in all. Without `namespace_selector` it is about pods of
    the policy's own namespace, without `pod_selector` about all pods of those namespaces.
    """

    pod_selector: LabelSelector | None = None
    namespace_selector: LabelSelector | None = None
    ip_block: IPBlock | None = None


class NetworkPolicyPort(Fact, frozen=True):
    """An entry of `ports`: a number, or a name that the pod has for one; None where it is every port of the protocol.

    It is the range from `port` to `end_port` where this is given.
    """

    protocol: str = "TCP"
    port: int | str | None = None
    end_port: int | None = None


class NetworkPolicyRule(Fact, frozen=True):
    """An entry of `ingress` or `egress`. Without peers (`from`, `to`) it is for all, without ports for every port.

    Kubernetes takes an empty list for one that is left out, here and in all of a NetworkPolicy, and stores none.
    """

    peers: tuple[NetworkPolicyPeer, ...] = ()
    ports: tuple[NetworkPolicyPort, ...] = ()


class NetworkPolicy(Fact, frozen=True):
    """A NetworkPolicy. `policy_types` are as written; empty where it names none, as before a server has stored it.

    A direction without rules lets nothing through if it `isolates` it; one empty rule lets everything through.
    """

    namespace: str
    name: str
    pod_selector: LabelSelector = LabelSelector()
    policy_types: tuple[str, ...] = ()
    ingress: tuple[NetworkPolicyRule, ...] = ()
    egress: tuple[NetworkPolicyRule, ...] = ()

    @property
    def ref(self) -> str:
        """`NetworkPolicy/shop/deny`, as evidence names it."""
        return f"NetworkPolicy/{self.namespace}/{self.name}"

    @property
    def isolates(self) -> tuple[str, ...]:
        """The directions that it is about: `policy_types`, else Ingress, and Egress if it has rules for that.

        [k8s.io/kubernetes/pkg/apis/networking/v1/defaults.go `SetDefaults_NetworkPolicy`]
        """
        return self.policy_types or (("Ingress", "Egress") if self.egress else ("Ingress",))


class EndpointPort(Fact, frozen=True):
    """A port of all endpoints of a slice, by the name that the Service has for it; None where it is every port."""

    name: str = ""
    port: int | None = None
    protocol: str = "TCP"
    app_protocol: str = ""


class ObjectReference(Fact, frozen=True):
    """The object that an endpoint is, most often a Pod."""

    kind: str = ""
    namespace: str = ""
    name: str = ""

    def __str__(self) -> str:
        return f"{self.kind}/{self.namespace}/{self.name}"


class Endpoint(Fact, frozen=True):
    """What stands behind a Service: its addresses, all of one family, which lead to the same place.

    A condition is None where nobody wrote it; the API takes that for ready, for serving as it is ready, and for not
    terminating.
    """

    addresses: tuple[str, ...] = ()
    ready: bool | None = None
    serving: bool | None = None
    terminating: bool | None = None
    target: ObjectReference | None = None
    node: str = ""
    zone: str = ""


class EndpointSlice(Fact, frozen=True):
    """Some of the endpoints of a Service. `service` and `managed_by` are labels, empty where it has none."""

    namespace: str
    name: str
    service: str = ""
    managed_by: str = ""
    address_type: str = ""
    ports: tuple[EndpointPort, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()

    @property
    def ref(self) -> str:
        """`EndpointSlice/shop/cart-x7k2p`, as evidence names it."""
        return f"EndpointSlice/{self.namespace}/{self.name}"


class ContainerPort(Fact, frozen=True):
    """A port that a container declares."""

    name: str = ""
    number: int = 0
    protocol: str = "TCP"


class Probe(Fact, frozen=True):
    """A probe that connects to the pod: `field` is where it stands, `port` a number or the name of a declared one."""

    field: str
    port: int | str


class PodOnNetwork(Fact, frozen=True):
    """A pod as others see it: its uid, its addresses, its ports, its account, and who calls it.

    scrape, scrape_port: the annotations `prometheus.io/scrape` and `prometheus.io/port`; reroute: the annotation
    `istio.io/reroute-virtual-interfaces`; branch_interface: `vpc.amazonaws.com/pod-eni`; None where they are absent.
    images: those of its containers.
    """

    namespace: str
    name: str
    uid: str = ""
    ips: tuple[str, ...] = ()
    ports: tuple[ContainerPort, ...] = ()
    probes: tuple[Probe, ...] = ()
    service_account: str = ""
    scrape: str | None = None
    scrape_port: str | None = None
    reroute: str | None = None
    branch_interface: str | None = None
    images: tuple[str, ...] = ()

    @property
    def ref(self) -> str:
        """`Pod/shop/web-1`, as evidence names it."""
        return f"Pod/{self.namespace}/{self.name}"
