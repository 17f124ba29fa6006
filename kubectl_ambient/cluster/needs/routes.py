"""Gateways that are none of Istio's: their proxies, where routes lead from them, and the Gateways of proxies."""

from __future__ import annotations

from collections.abc import Container

from kubectl_ambient.cluster.kinds.gateways import GATEWAY_CLASSES, GATEWAYS
from kubectl_ambient.cluster.kinds.pods import PODS
from kubectl_ambient.cluster.needs.ask import Ask
from kubectl_ambient.cluster.needs.seen import MANY, seen
from kubectl_ambient.cluster.proxies import gateway_named_by, is_istios, where_proxies_are
from kubectl_ambient.cluster.snapshot import Snapshot

_MADE_BY_ISTIO = ("gateway.istio.io/managed", "istio.io/gateway-name")


def proxies_of_routes(snapshot: Snapshot, here: Container[str]) -> list[Ask]:
    """The pods of Gateways from which routes lead into these namespaces; what was read is not asked for again."""
    asks: dict[Ask, None] = {}
    for route in snapshot.routes:
        if any(backend.namespace in here for backend in route.backends):
            for at in route.attached:
                if at.controller and not is_istios(at.controller):
                    what = f"list pods of gateway {at.namespace}/{at.gateway}"
                    for namespace, selector in where_proxies_are(at.namespace, at.gateway):
                        if not snapshot.on_network.covers(namespace):
                            asks[seen(Ask(kind=PODS, namespace=namespace, label_selector=selector, what=what))] = None
    return [*asks]


def gateways_of_proxies(snapshot: Snapshot) -> list[Ask]:
    """The Gateways that pods were made of by others than Istio, and their classes, which tell whose they are."""
    named = {
        gateway
        for pod in snapshot.pods
        if not any(key in pod.labels for key in _MADE_BY_ISTIO)
        if (gateway := gateway_named_by(pod.labels, pod.namespace))
    }
    homes = sorted({home for home, _name in named})
    asks = [Ask(kind=GATEWAYS, namespace=home) for home in (homes if len(homes) <= MANY else [""])]
    return [*asks, Ask(kind=GATEWAY_CLASSES)] if named else []
