"""The labels and annotations of ambient mode, as a table: `kubectl ambient labels` and docs/labels.md print it.

Facts from Istio's API (label/labels.yaml, annotation/annotations.yaml at v1.22.0 to v1.31.0) and from the code that
reads each key, at every minor version from 1.22 to 1.31. What older versions did is left out.
"""

from __future__ import annotations

from kubectl_ambient.mesh.labels.annotations import ANNOTATIONS
from kubectl_ambient.mesh.labels.entry import (
    BOOLEAN,
    CANARY,
    CANARY_USERS,
    COPIED,
    DATAPLANE_MODE,
    INGRESS_USE_WAYPOINT,
    INJECT,
    INJECTION,
    POD,
    REVISION,
    USE_WAYPOINT,
    USE_WAYPOINT_NAMESPACE,
    WAYPOINT_FOR,
    Entry,
    Place,
    Source,
    Values,
    known_since,
)

_WAYPOINT = Values("waypoint", "the name of a Gateway, or none", ("none",))
_NAMESPACE = Values("namespace", "the name of a namespace")
_USERS = ("Namespace", "Pod", "WorkloadEntry", "Service", "ServiceEntry")

LABELS = (
    Entry(
        key=DATAPLANE_MODE,
        source="label",
        places=(Place("Namespace"), Place("Pod")),
        also=COPIED,
        values=Values("words", "ambient, none", ("ambient", "none")),
        status="Stable",
        read_by="istio-cni",
        effect="Puts pods into ambient mode (ambient), or keeps a pod of an ambient namespace out (none).",
        pitfalls=(
            "Values are compared to the letter: Ambient, enabled or true mean nothing.",
            "On a Namespace, none is not an opt-out: it only does not ask for ambient.",
            "On a Deployment it belongs in spec.template.metadata.labels; on a Service it does nothing.",
            "It takes effect on running pods at once. Only a pod with a sidecar has to be restarted.",
            "From 1.27 on the enablement selectors of istio-cni decide; custom ones may give it another meaning.",
        ),
    ),
    Entry(
        key=USE_WAYPOINT,
        source="label",
        places=tuple(map(Place, _USERS)),
        values=_WAYPOINT,
        status="Stable",
        read_by="istiod",
        effect="Sends the traffic to it through this waypoint; none opts out of the one of the namespace.",
        pitfalls=(
            "An object's own value beats the namespace's, and there is no way back: a waypoint that is not there "
            "means none, and traffic goes direct.",
            "On a Service it is for traffic to the Service; on a Pod for traffic to the pod's IP, and then the "
            "waypoint has to be for workloads.",
            "Only ambient clients obey it. Sidecars and gateways go past the waypoint.",
        ),
    ),
    Entry(
        key=USE_WAYPOINT_NAMESPACE,
        source="label",
        places=known_since(23, *_USERS),
        values=_NAMESPACE,
        status="Beta",
        read_by="istiod",
        needs=USE_WAYPOINT,
        effect=f"The namespace of the waypoint that {USE_WAYPOINT} names; without it, its own.",
        pitfalls=(
            f"Only read beside {USE_WAYPOINT} on the same object: alone it does nothing.",
            "The waypoint's allowedRoutes must let this namespace in.",
        ),
    ),
    Entry(
        key=WAYPOINT_FOR,
        source="label",
        places=(Place("Gateway"), *known_since(23, "GatewayClass")),
        values=Values("words", "service (default), workload, all, none", ("service", "workload", "all", "none")),
        status="Stable",
        read_by="istiod",
        effect="Which traffic the waypoint serves: to Services, to the IPs of pods, both, or none.",
        pitfalls=(
            "It belongs on the waypoint's Gateway. On a Service or a Namespace it does nothing.",
            "An unknown word serves nothing at all, and is no error to Istio.",
        ),
    ),
    Entry(
        key=INGRESS_USE_WAYPOINT,
        source="label",
        places=(*known_since(24, "Service", "ServiceEntry"), *known_since(25, "Namespace")),
        values=BOOLEAN,
        status="Beta",
        read_by="istiod",
        effect="Lets Istio's ingress gateways go through the waypoint as well; else they go past it.",
        pitfalls=(
            "Only Istio's own gateways obey it, and the Service needs a cluster IP.",
            "How true is written: exactly true in 1.24, in any case 1.25 to 1.29, also 1 and t from 1.30 on.",
        ),
    ),
    Entry(
        key=CANARY,
        source="label",
        places=CANARY_USERS,
        values=_WAYPOINT,
        status="Alpha",
        read_by="istiod",
        effect="A second waypoint that gets a part of the traffic.",
        pitfalls=(
            "It counts only at the level where the first waypoint is found: that of a Namespace not for a Service "
            f"with a {USE_WAYPOINT} of its own.",
            "Without the annotation for the weight it gets nothing.",
        ),
    ),
    Entry(
        key=f"{CANARY}-namespace",
        source="label",
        places=CANARY_USERS,
        values=_NAMESPACE,
        status="Alpha",
        read_by="istiod",
        needs=CANARY,
        effect="The namespace of the canary waypoint; without it, its own.",
        pitfalls=(f"Only read beside {CANARY} on the same object.",),
    ),
    Entry(
        key=REVISION,
        source="label",
        places=(Place("Namespace"), Place("Pod"), Place("Gateway")),
        values=Values("text", "a revision or a revision tag"),
        status="Beta",
        read_by="istiod",
        effect="Chooses the istiod: for sidecar injection on a Namespace or Pod, for a waypoint on its Gateway.",
        pitfalls=(
            "On an ambient namespace it turns sidecar injection on for new pods, and a sidecar wins. Put it on the "
            "Gateway instead, or add istio-injection=disabled.",
            "Policies and routes with another revision are ignored.",
        ),
    ),
    Entry(
        key=INJECTION,
        source="label",
        places=(Place("Namespace"),),
        values=Values("words", "enabled, disabled", ("enabled", "disabled")),
        status="not in the API",
        read_by="istiod",
        effect="Gives new pods of the namespace a sidecar (enabled), or none.",
        pitfalls=(
            "With istio.io/dataplane-mode=ambient both modes are asked for, and the next pods get a sidecar, which "
            "wins.",
            f"Any value but enabled, also a misspelt one, switches injection off, that by {REVISION} too.",
        ),
    ),
    Entry(
        key=INJECT,
        source="label",
        places=POD,
        also=COPIED,
        values=Values("inject", "true, false", ("true", "false")),
        status="Beta",
        read_by="istiod",
        effect="Gives this pod a sidecar, or keeps it from one.",
        pitfalls=(
            "From 1.27 on only true and false count. Before, also y, yes and on did, and all else meant false.",
            f"On a Namespace it does nothing: there it is {INJECTION}.",
        ),
    ),
    Entry(
        key="networking.istio.io/enable-autoallocate-ip",
        source="label",
        places=known_since(24, "ServiceEntry"),
        values=BOOLEAN,
        status="Beta",
        read_by="istiod",
        effect="Gives a ServiceEntry an address of its own, which it needs to use a waypoint.",
    ),
    Entry(
        key="istio.io/global",
        source="label",
        places=known_since(27, "Service"),
        values=Values("text", "true"),
        status="Alpha",
        read_by="istiod",
        effect="Makes a Service known in all networks of the mesh (a default of the ambient profile).",
        pitfalls=("serviceScopeConfigs in the mesh configuration decide which label does this.",),
    ),
    Entry(
        key="topology.istio.io/network",
        source="label",
        places=(Place("Namespace"), Place("Pod"), Place("Service"), Place("Gateway")),
        values=Values("text", "the name of a network"),
        status="Beta",
        read_by="istiod",
        effect="The network that the cluster (on istio-system), a pod or a gateway is in.",
        pitfalls=("From 1.25 on ambient mode ignores it on pods: the network is that of the cluster.",),
    ),
    Entry(
        key="networking.istio.io/tunnel",
        source="label",
        places=(Place("Pod"), Place("WorkloadEntry")),
        values=Values("text", "http"),
        status="not in the API",
        read_by="istiod",
        by_istio=True,
        effect="Says that the workload itself takes HBONE on port 15008; injection sets it.",
        pitfalls=("Set by hand on a pod that does not listen there, it cuts the pod off.",),
    ),
    Entry(
        key="security.istio.io/tlsMode",
        source="label",
        places=POD,
        values=Values("text", "istio, disabled"),
        status="Alpha",
        read_by="istiod",
        by_istio=True,
        effect="Says that the pod's sidecar takes mutual TLS; injection sets it.",
        pitfalls=("Copied to an ambient pod, it makes sidecars speak a TLS that ztunnel does not.",),
    ),
    Entry(
        key="gateway.istio.io/managed",
        source="label",
        places=(Place("Deployment"), Place("Service"), Place("Pod")),
        values=Values("text", "the controller that made it"),
        status="Stable",
        read_by="istiod",
        by_istio=True,
        effect="Marks what Istio made for a Gateway; waypoints are known by it.",
    ),
    Entry(
        key="gateway.networking.k8s.io/gateway-name",
        source="label",
        places=(Place("Deployment"), Place("Service"), Place("Pod")),
        values=Values("text", "the name of a Gateway"),
        status="Stable",
        read_by="istiod",
        by_istio=True,
        effect="Names the Gateway that a generated object belongs to; a waypoint's pods use no waypoint themselves.",
    ),
)


REFERENCE: tuple[Entry, ...] = (*LABELS, *ANNOTATIONS)
_BY_KEY = {(entry.key, entry.source): entry for entry in REFERENCE}


def entry_of(key: str, source: Source) -> Entry | None:
    """The entry of a label or an annotation; None for a key that the reference does not hold as such."""
    return _BY_KEY.get((key, source))


def find_entries(word: str) -> tuple[Entry, ...]:
    """The entries that a person means by a key, with or without its prefix (`use-waypoint`); none for an unknown."""
    exact = tuple(entry for entry in REFERENCE if entry.key == word)
    return exact or tuple(entry for entry in REFERENCE if entry.key.rpartition("/")[2] == word)
