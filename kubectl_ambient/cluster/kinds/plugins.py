"""What network plugins bring: policies of their own, and settings with which ambient mode may not work.

The policies are not judged, but named where there are some. Of settings the one object is read that is for all nodes.
"""

from typing import Any

from msgspec import field, structs

from kubectl_ambient.cluster import caller_facts as facts
from kubectl_ambient.cluster.kinds.configmaps import CILIUM_CONFIGS
from kubectl_ambient.cluster.kinds.kind import Kind, kind
from kubectl_ambient.cluster.wire_parts import Object, Wire
from kubectl_ambient.kube.resources import Resource, find_resource


class Policy(Object, frozen=True):
    """One of them; its metadata is enough."""


def _entry(resource: Resource, *, of: str = "") -> Kind[facts.OtherPolicy]:
    """of: whose they are, where the kind does not say."""
    named = f"{resource.kind} of {of}" if of else resource.kind
    return Kind(
        part="other_policies",
        resource=resource,
        wire=Policy,
        facts=lambda found: (facts.OtherPolicy(kind=named, namespace=found.namespace, name=found.name),),
        words=f"{resource.plural} of {of}" if of else resource.plural,
        prefixed=True,
        partial=True,
        rights=("list",),
        added=True,
    )


# Not in the table of resources: there the word is that of Kubernetes' own.
_OF_CALICO = Resource("crd.projectcalico.org", "v1", "networkpolicies", "NetworkPolicy", "networkpolicy")

OTHER_POLICIES = (
    _entry(find_resource("ciliumnetworkpolicies")),
    _entry(find_resource("ciliumclusterwidenetworkpolicies")),
    _entry(_OF_CALICO, of="Calico"),
    _entry(find_resource("globalnetworkpolicies"), of="Calico"),
    _entry(find_resource("adminnetworkpolicies")),
    _entry(find_resource("baselineadminnetworkpolicies")),
)


class FelixSpec(Wire, frozen=True):
    """`spec` of a FelixConfiguration."""

    bpf_enabled: bool | None = None
    connect_time: str | None = field(default=None, name="bpfConnectTimeLoadBalancing")
    connect_time_enabled: bool | None = field(default=None, name="bpfConnectTimeLoadBalancingEnabled")


class FelixConfiguration(Object, frozen=True):
    """A FelixConfiguration of Calico."""

    spec: FelixSpec | None = None

    def fact(self) -> facts.FelixConfiguration:
        """The flat settings."""
        spec = self.spec or FelixSpec()
        return facts.FelixConfiguration(
            name=self.name,
            ebpf=spec.bpf_enabled,
            connect_time=spec.connect_time,
            connect_time_enabled=spec.connect_time_enabled,
        )


class GatewayConfig(Wire, frozen=True):
    """`gatewayConfig` of OVN-Kubernetes."""

    routing_via_host: bool | None = None


class OvnConfig(Wire, frozen=True):
    """`ovnKubernetesConfig` of a network."""

    gateway_config: GatewayConfig | None = None


class DefaultNetwork(Wire, frozen=True):
    """`spec.defaultNetwork` of a Network."""

    type: str | None = None
    ovn: OvnConfig | None = field(default=None, name="ovnKubernetesConfig")


class NetworkSpec(Wire, frozen=True):
    """`spec` of a Network."""

    default_network: DefaultNetwork | None = None


class Network(Object, frozen=True):
    """A Network of OpenShift's operator."""

    spec: NetworkSpec | None = None

    def fact(self) -> facts.ClusterNetwork:
        """The flat network."""
        found = (self.spec.default_network if self.spec else None) or DefaultNetwork()
        gateway = found.ovn.gateway_config if found.ovn else None
        return facts.ClusterNetwork(
            name=self.name,
            type=found.type or "",
            gateway=gateway is not None,
            via_host=gateway.routing_via_host if gateway else None,
        )


_FELIX_CONFIGURATIONS = kind(
    "felix_configurations",
    "felixconfigurations",
    FelixConfiguration,
    called="default",
    rights=("list",),
    in_files=False,
    added=True,
)
# The same as Calico's own API server has it, and as people write it.
_WRITTEN = _FELIX_CONFIGURATIONS.resource._replace(group="projectcalico.org", version="v3")
FELIX_CONFIGURATIONS = (_FELIX_CONFIGURATIONS, structs.replace(_FELIX_CONFIGURATIONS, resource=_WRITTEN))
CLUSTER_NETWORKS = kind(
    "cluster_networks",
    "networks.operator.openshift.io",
    Network,
    called="cluster",
    rights=("list",),
    in_files=False,
    added=True,
)
PLATFORM: tuple[Kind[Any], ...] = (CILIUM_CONFIGS, *FELIX_CONFIGURATIONS, CLUSTER_NETWORKS)
"""All of them; each is read by its name."""
