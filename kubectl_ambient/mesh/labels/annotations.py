"""The annotations of ambient mode: the second half of the table in `reference`."""

from __future__ import annotations

from kubectl_ambient.mesh.labels.entry import (
    BOOLEAN,
    CANARY_USERS,
    CLOSENESS,
    COPIED,
    INJECT,
    POD,
    REVISION,
    Entry,
    Place,
    Values,
    known_since,
)


def _annotation(key: str, places: tuple[Place, ...], values: Values, effect: str, *pitfalls: str, **more: str) -> Entry:
    return Entry(
        key=key,
        source="annotation",
        places=places,
        also=COPIED if places[0].kind == "Pod" or key in _ON_SERVICES_OF_GATEWAYS else (),
        values=values,
        status=more.get("status", "Alpha"),
        read_by="istio-cni" if more.get("read_by") == "istio-cni" else "istiod",
        effect=effect,
        pitfalls=pitfalls,
        by_istio="by_istio" in more,
        needs=more.get("needs", ""),
    )


_TRAFFIC_DISTRIBUTION = "networking.istio.io/traffic-distribution"
# A waypoint's Service has one by default, which an annotation of its Gateway replaces [files/waypoint.yaml].
_ON_SERVICES_OF_GATEWAYS = (_TRAFFIC_DISTRIBUTION,)
_WHEN_INSTALLED = (
    "Read when the pod is put in: a change takes effect when the pod restarts, or leaves ambient mode and comes back."
)


ANNOTATIONS = (
    _annotation(
        "ambient.istio.io/redirection",
        POD,
        Values("words", "enabled, pending (1.25+)", ("enabled", "pending")),
        "Says that the pod's traffic is redirected to ztunnel; the node agent writes it.",
        "It is a record, no switch: set by hand it changes nothing, and nothing takes it off when an agent dies.",
        "The value disabled was an opt-out before 1.22. Now that is istio.io/dataplane-mode=none, a label.",
        status="Beta",
        read_by="istio-cni",
        by_istio="yes",
    ),
    _annotation(
        "ambient.istio.io/bypass-inbound-capture",
        known_since(24, "Pod"),
        BOOLEAN,
        "Lets inbound plaintext go straight to the application, for ingress controllers in the mesh.",
        "No policy is applied to that traffic.",
        _WHEN_INSTALLED,
        read_by="istio-cni",
    ),
    _annotation(
        "ambient.istio.io/dns-capture",
        known_since(25, "Pod"),
        BOOLEAN,
        "Takes the pod's DNS through ztunnel or not, whatever the installation says.",
        _WHEN_INSTALLED,
        read_by="istio-cni",
    ),
    _annotation(
        "istio.io/reroute-virtual-interfaces",
        known_since(25, "Pod"),
        Values("text", "interfaces, separated by commas"),
        "Takes TCP that enters from these interfaces as outbound (virtual machines, containers in the pod).",
        _WHEN_INSTALLED,
        read_by="istio-cni",
    ),
    _annotation(
        "istio.io/use-waypoint-canary-weight",
        CANARY_USERS,
        Values("percent", "0 to 100"),
        "How much of the traffic the canary waypoint gets, in percent; 0 where it is missing.",
        "An invalid weight switches the canary off.",
    ),
    _annotation(
        "ambient.istio.io/waypoint-inbound-binding",
        (Place("Gateway"), Place("GatewayClass")),
        Values("binding", "PROXY, PROXY/port, NONE, NONE/port"),
        "How ztunnel hands traffic to a waypoint that is in the mesh itself.",
    ),
    _annotation(
        "ambient.istio.io/xfcc-include-client-identity",
        known_since(31, "Gateway"),
        Values("text", "true"),
        "Makes a waypoint tell the application who called it, in the header XFCC.",
        status="not in the API",
    ),
    _annotation(
        _TRAFFIC_DISTRIBUTION,
        known_since(24, "Namespace", "Service", "ServiceEntry"),
        Values("any case", ", ".join(CLOSENESS), CLOSENESS),
        "Which endpoints of a Service ztunnel and waypoints prefer.",
        "The field spec.trafficDistribution of the Service wins.",
        "On a Gateway it is copied to the Service that Istio makes for it.",
    ),
    _annotation(
        "istio.io/dry-run",
        (Place("AuthorizationPolicy"),),
        BOOLEAN,
        "Only tries the policy out.",
        "Before 1.25.2 ztunnel enforced it all the same, and a value that is no boolean means that it is enforced.",
    ),
    _annotation(
        "sidecar.istio.io/status",
        POD,
        Values("text", "JSON"),
        "Says that the pod has a sidecar; injection writes it, and it keeps the pod out of ambient mode.",
        "Its presence is enough, whatever the value: copied by hand it keeps a pod without sidecar out as well.",
        by_istio="yes",
    ),
    _annotation(
        INJECT,
        POD,
        Values("inject", "true, false", ("true", "false")),
        "The older form of the label of the same name, which wins.",
        "true as an annotation does not call the injector where the namespace has not asked for it.",
        status="deprecated",
    ),
    _annotation(
        "sidecar.istio.io/nativeSidecar",
        POD,
        Values("text", "true, false"),
        "Makes the sidecar a native one (an init container that stays) or not.",
        "A tool that only looks at spec.containers does not see a native sidecar.",
    ),
    _annotation(
        "inject.istio.io/templates",
        POD,
        Values("text", "templates, separated by commas"),
        "Which templates injection uses; grpc-agent makes a pod proxyless, which counts as a sidecar.",
    ),
    _annotation(
        "proxy.istio.io/config",
        POD,
        Values("text", "ProxyConfig as YAML"),
        "Settings of one sidecar; with ISTIO_META_ENABLE_HBONE it takes HBONE.",
        status="Beta",
    ),
    _annotation(
        REVISION,
        POD,
        Values("text", "a revision"),
        "Says which istiod injected the pod; information only.",
        by_istio="yes",
    ),
)
