"""Policies for the network besides Kubernetes' own: they are not judged, but named where there are some."""

from __future__ import annotations

from typing import Any

from kubectl_ambient.cluster.caller_facts import OtherPolicy
from kubectl_ambient.cluster.kinds.kind import Kind, kind
from kubectl_ambient.cluster.wire_parts import Object


class Policy(Object, frozen=True):
    """One of them; its metadata is enough."""


def _entry(resource: str, named: str) -> Kind[Any]:
    return kind(
        "other_policies",
        resource,
        Policy,
        facts=lambda found: (OtherPolicy(kind=named, namespace=found.namespace, name=found.name),),
        prefixed=True,
        partial=True,
        rights=("list",),
    )


OTHER_POLICIES = (
    _entry("ciliumnetworkpolicies", "CiliumNetworkPolicy"),
    _entry("ciliumclusterwidenetworkpolicies", "CiliumClusterwideNetworkPolicy"),
    _entry("networkpolicies.crd.projectcalico.org", "NetworkPolicy of Calico"),
    _entry("globalnetworkpolicies.crd.projectcalico.org", "GlobalNetworkPolicy of Calico"),
    _entry("adminnetworkpolicies", "AdminNetworkPolicy"),
    _entry("baselineadminnetworkpolicies", "BaselineAdminNetworkPolicy"),
)
