"""Policies for the network besides Kubernetes' own: they are not judged, but named where there are some."""

from __future__ import annotations

from kubectl_ambient.cluster.caller_facts import OtherPolicy
from kubectl_ambient.cluster.kinds.kind import Kind
from kubectl_ambient.cluster.wire_parts import Object
from kubectl_ambient.kube.resources import Resource, find_resource


class Policy(Object, frozen=True):
    """One of them; its metadata is enough."""


def _entry(resource: Resource, *, of: str = "") -> Kind[OtherPolicy]:
    """of: whose they are, where the kind does not say."""
    named = f"{resource.kind} of {of}" if of else resource.kind
    return Kind(
        part="other_policies",
        resource=resource,
        wire=Policy,
        facts=lambda found: (OtherPolicy(kind=named, namespace=found.namespace, name=found.name),),
        words=f"{resource.plural} of {of}" if of else resource.plural,
        prefixed=True,
        partial=True,
        rights=("list",),
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
