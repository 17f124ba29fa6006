"""Which Gateway pods were made of, whoever makes them: by the labels that these have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kubectl_ambient.cluster.kinds.pods import GATEWAY_NAME

# Envoy Gateway makes them in a namespace of its own [envoyproxy/gateway internal/gatewayapi/helpers.go].
_ENVOYS_NAME = "gateway.envoyproxy.io/owning-gateway-name"
_ENVOYS_HOME = "gateway.envoyproxy.io/owning-gateway-namespace"


def is_istios(controller: str) -> bool:
    """Whether the controller of an IngressClass, a GatewayClass or a route is one of Istio's."""
    return controller.startswith("istio.io/")


def gateway_named_by(labels: Mapping[str, str], own: str) -> tuple[str, str] | None:
    """The namespace and the name of the Gateway that a pod of namespace `own` was made of; None where it says none.

    In the Gateway's own namespace a label tells its name [Gateway API, GEP-1762].
    """
    if name := labels.get(_ENVOYS_NAME):
        return labels.get(_ENVOYS_HOME, own), name
    name = labels.get(GATEWAY_NAME)
    return (own, name) if name else None


def where_proxies_are(namespace: str, gateway: str) -> Iterator[tuple[str, str]]:
    """Where pods of a Gateway may be (empty: anywhere), each with the selector of their labels."""
    yield namespace, f"{GATEWAY_NAME}={gateway}"
    yield "", f"{_ENVOYS_NAME}={gateway},{_ENVOYS_HOME}={namespace}"
