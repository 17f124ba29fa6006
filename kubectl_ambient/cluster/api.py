"""Single reads of a cluster, as facts. Pages are dropped as soon as they are converted.

Every method raises KubeError. A list of a resource type that the server does not have is empty.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from kubectl_ambient.cluster import wire, wire_istio
from kubectl_ambient.cluster.facts import (
    ConfigMap,
    DaemonSet,
    Event,
    Istiod,
    LabelSelector,
    Namespace,
    Node,
    Pod,
    Webhook,
    Workload,
)
from kubectl_ambient.cluster.wire import CNI_LABEL, ISTIOD_LABEL
from kubectl_ambient.kube import selectors
from kubectl_ambient.kube.api import Client
from kubectl_ambient.kube.errors import ApiError
from kubectl_ambient.kube.resources import find_resource

T = TypeVar("T")
F = TypeVar("F")

# Where a ConfigMap is looked for by a user who may not list them: Istio's own namespace, and GKE's and OpenShift's.
_HOMES = ("istio-system", "kube-system")
SANDBOX_FAILED = "reason=FailedCreatePodSandBox,involvedObject.kind=Pod"
_OPERATORS = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}


class Workloads(NamedTuple):
    """The workloads of one kind, and those of them that are Istio's."""

    found: list[Workload]
    cni: list[DaemonSet]
    istiods: list[Istiod]


class Api:
    """Reads of one cluster; `chunk_size` objects a page, 0 for all at once."""

    def __init__(self, client: Client, chunk_size: int | None = None) -> None:
        self._client = client
        self._chunk_size = chunk_size

    def pods(self, namespace: str = "", *, label_selector: str = "", field_selector: str = "") -> list[Pod]:
        """The pods of a namespace, or of all."""
        return self._list(
            "pods",
            wire.Pod,
            wire.Pod.fact,
            namespace,
            label_selector=label_selector,
            field_selector=field_selector,
        )

    def pod(self, namespace: str, name: str) -> Pod:
        """One pod."""
        return self._client.get(find_resource("pods"), name, namespace, type=wire.Pod).fact()

    def agents(self, label: tuple[str, str], node: str = "") -> list[Pod]:
        """The pods of istio-cni or of ztunnel, by their label; of one node, or of all."""
        where = f"spec.nodeName={node}" if node else ""
        return self.pods(label_selector="=".join(label), field_selector=where)

    def namespace(self, name: str) -> Namespace:
        """One namespace, by `get`: the role `view` may not list them."""
        resource = find_resource("namespaces")
        return self._client.get(resource, name, type=wire.Namespace, metadata_only=True).fact()

    def namespaces(self) -> list[Namespace]:
        """All namespaces."""
        return self._list("namespaces", wire.Namespace, wire.Namespace.fact, metadata_only=True)

    def node(self, name: str) -> Node:
        """One node."""
        return self._client.get(find_resource("nodes"), name, type=wire.Node, metadata_only=True).fact()

    def nodes(self) -> list[Node]:
        """All nodes."""
        return self._list("nodes", wire.Node, wire.Node.fact, metadata_only=True)

    def workload(self, kind: str, namespace: str, name: str) -> Workload:
        """One workload of a kind that `WORKLOADS` names."""
        resource = find_resource(kind)
        if kind == "ReplicationController":
            return self._client.get(resource, name, namespace, type=wire.ReplicationController).fact()
        return self._client.get(resource, name, namespace, type=wire.Workload).fact(kind)

    def workloads(self, kind: str, namespace: str = "") -> Workloads:
        """The workloads of a kind, in a namespace or in all."""
        if kind == "ReplicationController":
            of = wire.ReplicationController
            return Workloads(self._list(kind, of, of.fact, namespace), [], [])

        # A list that begins anew drops what was converted, so nothing is kept beside it.
        def convert(workload: wire.Workload) -> tuple[Workload, DaemonSet | None, Istiod | None]:
            cni = workload.daemonset() if kind == "DaemonSet" and workload.has_label(CNI_LABEL) else None
            istiod = workload.istiod() if kind == "Deployment" and workload.has_label(ISTIOD_LABEL) else None
            return workload.fact(kind), cni, istiod

        found = self._list(kind, wire.Workload, convert, namespace)
        return Workloads(
            [workload for workload, _, _ in found],
            [cni for _, cni, _ in found if cni],
            [istiod for _, _, istiod in found if istiod],
        )

    def cni_daemonsets(self) -> list[DaemonSet]:
        """Istio's node agent, wherever it is installed."""
        return self._list("daemonsets", wire.Workload, wire.Workload.daemonset, label_selector="=".join(CNI_LABEL))

    def istiods(self) -> list[Istiod]:
        """The control planes, wherever they are installed."""
        return self._list("deployments", wire.Workload, wire.Workload.istiod, label_selector="=".join(ISTIOD_LABEL))

    def webhooks(self) -> list[Webhook]:
        """Istio's injection webhooks."""
        of = wire_istio.MutatingWebhookConfiguration
        return [w for found in self._list("mutatingwebhookconfigurations", of, of.injectors) for w in found]

    def configmaps(self, name: str) -> list[ConfigMap]:
        """The ConfigMaps of that name in all namespaces.

        A user who may not list them gets the one in Istio's usual namespaces; raises the refusal of the list where
        there is none, since there may be one elsewhere.
        """
        of = wire_istio.ConfigMap
        try:
            # RBAC can grant exactly this with resourceNames.
            return self._list("configmaps", of, of.fact, field_selector=f"metadata.name={name}")
        except ApiError as refused:
            if not refused.is_forbidden:
                raise
            for namespace in _HOMES:
                try:
                    return [self._client.get(find_resource("configmaps"), name, namespace, type=of).fact()]
                except ApiError as error:
                    if not (error.is_forbidden or error.is_not_found):
                        raise
            raise

    def events(self, namespace: str = "", *, field_selector: str = SANDBOX_FAILED) -> list[Event]:
        """The events about pods; by default only those of a sandbox that could not be made."""
        found = self._list("events", wire.Event, wire.Event.fact, namespace, field_selector=field_selector)
        return [event for event in found if event is not None]

    def _list(
        self,
        word: str,
        of: type[T],
        convert: Callable[[T], F],
        namespace: str = "",
        **selectors: Any,
    ) -> list[F]:
        found: list[F] = []
        try:
            for page in self._client.facts(
                find_resource(word),
                namespace,
                type=of,
                fact=convert,
                chunk_size=self._chunk_size,
                on_restart=found.clear,
                **selectors,
            ):
                found += page
        except ApiError as error:
            if error.is_resource_missing:
                return []
            raise
        return found


def selector_text(selector: LabelSelector) -> str:
    """The selector of a workload as `-l` takes it; empty for one that matches everything."""
    labels = (selectors.Requirement(key, "=", (value,)) for key, value in selector.match_labels.items())
    expressions = (selectors.Requirement(r.key, _OPERATORS[r.operator], r.values) for r in selector.match_expressions)
    return str(selectors.LabelSelector((*labels, *expressions)))
