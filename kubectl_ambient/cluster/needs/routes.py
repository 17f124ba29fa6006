"""The proxies of Gateways that are not Istio's, where a route leads from them to pods that a change is about."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping

from kubectl_ambient.cluster.kinds.pods import PODS
from kubectl_ambient.cluster.needs.ask import Ask
from kubectl_ambient.cluster.needs.seen import seen
from kubectl_ambient.cluster.snapshot import Snapshot

_ISTIOS = "istio.io/"


def proxies_of_routes(snapshot: Snapshot, here: Container[str]) -> list[Ask]:
    """Their pods, by the labels that these are known by; those that were read already are not asked for."""
    asks: dict[Ask, None] = {}
    for route in snapshot.routes:
        if any(backend.namespace in here for backend in route.backends):
            for at in route.attached:
                if at.controller and not at.controller.startswith(_ISTIOS):
                    what = f"list pods of gateway {at.namespace}/{at.gateway}"
                    for namespace, labels in (at.namespace, at.pod_labels), ("", at.pod_labels_of_envoy):
                        if not snapshot.on_network.covers(namespace):
                            selector = ",".join(_terms(labels))
                            asks[seen(Ask(kind=PODS, namespace=namespace, label_selector=selector, what=what))] = None
    return [*asks]


def _terms(labels: Mapping[str, str]) -> Iterator[str]:
    yield from (f"{key}={value}" for key, value in labels.items())
