"""The labels of a cluster: metadata only, in pages and side by side; whole only what has labels elsewhere too.

What is refused is named and stops nothing else; what the server does not have (a CRD that is not installed) is empty.
"""

from __future__ import annotations

from functools import partial
from operator import methodcaller
from typing import Any, TypeVar

from msgspec import Struct

from kubectl_ambient.cluster.api import Api
from kubectl_ambient.cluster.facts import Unread
from kubectl_ambient.cluster.labelled.facts import LISTED, TEMPLATED, Labelled, LabelSnapshot
from kubectl_ambient.cluster.labelled.wire import Plain, Workload, WorkloadEntry
from kubectl_ambient.cluster.reads import Read, into, read_side_by_side
from kubectl_ambient.cluster.wire_istio import CNI_CONFIG
from kubectl_ambient.kube.api import Client
from kubectl_ambient.kube.errors import ApiError, KubeError
from kubectl_ambient.kube.resources import find_resource

T = TypeVar("T")


class LabelNeeds(Struct, frozen=True, kw_only=True):
    """What `labels` is asked about.

    named: kind and name, in `namespace` where they have one. kinds: all of these kinds, in `namespace` or (empty)
    in all. Their namespaces, the versions and the settings of Istio are read in any case.
    """

    namespace: str = ""
    named: tuple[tuple[str, str], ...] = ()
    kinds: tuple[str, ...] = ()
    label_selector: str = ""
    chunk_size: int | None = None


def of_scope(namespace: str, *, label_selector: str = "", chunk_size: int | None = None) -> LabelNeeds:
    """Everything that carries labels, in a namespace or (empty) in all."""
    kinds = tuple(k for k in LISTED if not namespace or find_resource(k).namespaced or k == "Namespace")
    return LabelNeeds(namespace=namespace, kinds=kinds, label_selector=label_selector, chunk_size=chunk_size)


def read_labels(client: Client, needs: LabelNeeds) -> LabelSnapshot:
    """The facts for `labels`. Raises KubeError where there can be no answer: no connection, or all lists refused."""
    return _Reader(client, needs).read()


class _Reader:
    def __init__(self, client: Client, needs: LabelNeeds) -> None:
        self._client = client
        self._needs = needs
        self._found = LabelSnapshot()
        self._lists = 0
        self._refusals: list[KubeError] = []

    def read(self) -> LabelSnapshot:
        reads = [*self._namespaces(), *map(self._get, self._named()), *map(self._list, self._listed())]
        read_side_by_side(self._client, [*reads, *self._istio()])
        if self._refusals and len(self._refusals) == self._lists:
            raise self._refusals[0]
        self._take_namespaces()
        return self._found

    def _named(self) -> list[tuple[str, str]]:
        return [(kind, name) for kind, name in self._needs.named if kind != "Namespace"]

    def _listed(self) -> list[str]:
        """The kinds that are listed; of a single namespace, that one is read by `get` instead."""
        needs = self._needs
        return [k for k in needs.kinds if k != "Namespace" or (needs.label_selector and not needs.namespace)]

    def _namespaces(self) -> list[Read]:
        """All of them for all namespaces; else those that are named, and the one of the scope."""
        needs = self._needs
        if needs.kinds and not needs.namespace:
            self._lists += 1
            return [Read("list namespaces", partial(self._all, "Namespace", ""), self._know, self._refuse)]
        names = {name for kind, name in needs.named if kind == "Namespace"}
        if any(find_resource(kind).namespaced for kind, _ in needs.named) or needs.kinds:
            names.add(needs.namespace)
        return [self._namespace(name) for name in sorted(names)]

    def _know(self, found: list[Labelled]) -> None:
        self._found.namespaces |= {namespace.name: namespace for namespace in found}

    def _refuse(self, unread: Unread, error: KubeError) -> None:
        self._refusals.append(error)
        self._found.unread.append(unread)

    def _namespace(self, name: str) -> Read:
        def refused(unread: Unread, error: KubeError) -> None:
            self._found.namespaces[name] = unread
            if ("Namespace", name) in self._needs.named:
                self._found.missing.append(str(error))

        get = partial(self._one, "Namespace", "", name)
        return Read(f"get namespace {name}", get, partial(self._found.namespaces.__setitem__, name), refused)

    def _get(self, target: tuple[str, str]) -> Read:
        kind, name = target
        namespace = self._needs.namespace if find_resource(kind).namespaced else ""

        def refused(_: Unread, error: KubeError) -> None:
            self._found.missing.append(str(error))

        get = partial(self._one, kind, namespace, name)
        return Read(f"get {kind.lower()} {name}", get, self._found.objects.append, refused)

    def _list(self, kind: str) -> Read:
        self._lists += 1
        found = partial(self._all, kind, self._needs.label_selector)
        return Read(f"list {find_resource(kind).plural}", found, self._found.objects.extend, self._refuse)

    def _istio(self) -> list[Read]:
        api, istio = Api(self._client, self._needs.chunk_size), self._found.istio
        return [
            into(istio, "cni_config", f"get configmap {CNI_CONFIG}", partial(api.configmaps, CNI_CONFIG)),
            into(istio, "cni_daemonsets", "list daemonsets of istio-cni", api.cni_daemonsets),
            into(istio, "istiods", "list deployments of istiod", api.istiods),
            into(istio, "webhooks", "list mutatingwebhookconfigurations", api.webhooks),
        ]

    def _one(self, kind: str, namespace: str, name: str) -> Labelled:
        resource, of = find_resource(kind), _wire(kind)
        found: Any = self._client.get(resource, name, namespace, type=of, metadata_only=of is Plain)
        fact: Labelled = found.fact(kind)
        return fact

    def _all(self, kind: str, label_selector: str) -> list[Labelled]:
        resource, of = find_resource(kind), _wire(kind)
        found: list[Labelled] = []
        try:
            for page in self._client.facts(
                resource,
                self._needs.namespace if resource.namespaced else "",
                type=of,
                fact=methodcaller("fact", kind),
                label_selector=label_selector,
                chunk_size=self._needs.chunk_size,
                metadata_only=of is Plain,
                on_restart=found.clear,
            ):
                found += page
        except ApiError as error:
            if not error.is_resource_missing:
                raise
        return found

    def _take_namespaces(self) -> None:
        """The namespaces that were asked for are objects as well."""
        needs, known = self._needs, self._found.namespaces
        if "Namespace" in needs.kinds and not needs.label_selector:
            wanted = list(known.values())
        else:
            wanted = [known[name] for kind, name in needs.named if kind == "Namespace"]
        self._found.objects[:0] = [namespace for namespace in wanted if isinstance(namespace, Labelled)]


def _wire(kind: str) -> Any:
    if kind == "WorkloadEntry":
        return WorkloadEntry
    return Workload if kind in TEMPLATED else Plain
