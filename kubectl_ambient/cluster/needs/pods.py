"""What decides about pods: the agents, the configuration, the webhooks, and the owners of the pods."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from kubectl_ambient.cluster.facts import Owner
from kubectl_ambient.cluster.kinds.configmaps import CNI_CONFIGS, INJECTOR, INJECTORS, MESH_CONFIG, MESH_CONFIGS
from kubectl_ambient.cluster.kinds.events import EVENTS, SANDBOX_FAILED
from kubectl_ambient.cluster.kinds.namespaces import NAMESPACES
from kubectl_ambient.cluster.kinds.nodes import NODES
from kubectl_ambient.cluster.kinds.pods import CNI_PODS, INSTANCES, ON_NETWORK, PODS, ZTUNNEL_PODS
from kubectl_ambient.cluster.kinds.services import SERVICES
from kubectl_ambient.cluster.kinds.webhooks import WEBHOOKS
from kubectl_ambient.cluster.kinds.workloads import CNI_DAEMONSETS, ISTIODS, ZTUNNEL_DAEMONSETS
from kubectl_ambient.cluster.needs.absent import bare_nodes, kept_nodes, kept_pods, refused_agents
from kubectl_ambient.cluster.needs.ask import Ask, FilesReader
from kubectl_ambient.cluster.needs.gateways_of_pods import gateways_of_pods
from kubectl_ambient.cluster.needs.nearby import around
from kubectl_ambient.cluster.needs.owners import bare_owners, named_workloads, of_scope, pods_of_named, tell_unread
from kubectl_ambient.cluster.needs.waypoints_of_labels import named_waypoints
from kubectl_ambient.cluster.scope import Scope
from kubectl_ambient.cluster.snapshot import Snapshot

_DEFAULT_REVISION = "default"
_SELECTORS = "discoverySelectors"  # of a mesh config
# Those of ztunnel have no label that tells them in every version, so all are listed.
_DAEMONSETS = Ask(kind=ZTUNNEL_DAEMONSETS, also=(CNI_DAEMONSETS,), what="list daemonsets of istio-cni and ztunnel")


class PodNeeds(Struct, frozen=True, kw_only=True):
    """Whose pods are wanted; what decides about them (agents, configuration, webhooks) is read in any case.

    namespaces: of these; empty: of all. pod_names, workloads: only these, of the one namespace. nearby: nodes, agents,
    owners and events of just these pods, which takes a second round; else those of the whole scope in one. waypoints:
    the Gateways that labels name as waypoints, in the second round, and with nearby the Services of the pods'
    namespace. gateways: these Gateways alone, and their pods, to tell which are dead. ztunnel: what it takes to compare
    pods with what ztunnels say of them. selected: the kinds (`Namespace`, `CronJob`) that are chosen by selectors, so
    that there is no answer where they cannot be listed.
    """

    namespaces: tuple[str, ...] = ()
    pod_names: tuple[str, ...] = ()
    workloads: tuple[Owner, ...] = ()
    label_selector: str = ""
    field_selector: str = ""
    nearby: bool = False
    waypoints: bool = False
    gateways: bool = False
    ztunnel: bool = False
    selected: tuple[str, ...] = ()

    @property
    def everything(self) -> bool:
        """Whether every pod of the cluster is read, the agents among them."""
        return not (self.namespaces or self.label_selector or self.field_selector)

    @property
    def of_files(self) -> FilesReader:
        """Every kind: files are the whole cluster."""
        from kubectl_ambient.cluster.kinds.table import MESH
        from kubectl_ambient.cluster.reading.files import read_files

        return partial(read_files, kinds=(*MESH, ON_NETWORK), dumps=True) if self.ztunnel else read_files

    def first(self) -> list[Ask]:
        """What is known to be wanted. Of several refusals the first is told: that of what was asked for."""
        return self._compared(self._first())

    def _compared(self, asks: list[Ask]) -> list[Ask]:
        """The same, with the uids and the addresses of pods where they are to be compared."""
        if not self.ztunnel:
            return asks
        return [replace(one, also=(*one.also, ON_NETWORK)) if one.kind is PODS else one for one in asks]

    def _first(self) -> list[Ask]:
        asks = self._configuration()
        if not self.nearby:
            asks.append(Ask(kind=NODES))
            asks += [Ask(kind=EVENTS, namespace=place, field_selector=SANDBOX_FAILED) for place in self._places]
            if not self.everything:
                asks += [Ask(kind=CNI_PODS), Ask(kind=ZTUNNEL_PODS)]
        if self.waypoints and self.nearby:  # some of them may select a pod
            asks += [Ask(kind=SERVICES, namespace=place) for place in self.namespaces]
        if self.workloads:
            return [*asks, *named_workloads(self.namespaces[0], self.workloads), *self._homes()]
        owners = [] if self.nearby else of_scope(self.namespaces, self.selected)
        if self.selected:
            return [*asks, *self._homes(), *owners, *self._pods()]
        return [*asks, *self._pods(), *owners, *self._homes()]

    def second(self, snapshot: Snapshot) -> list[Ask]:
        """What follows from the first answers: mostly nothing, for a namespace or for all of them."""
        asks = [*_injectors_of_revisions(snapshot), *mesh_configs_of_revisions(snapshot)]
        asks += [*refused_agents(snapshot), *kept_nodes(snapshot, agents=self.nearby)]
        if self.workloads:
            asks += pods_of_named(self.namespaces[0], self.workloads, snapshot)
        elif self.nearby:
            asks += around(snapshot)
        else:
            asks += bare_owners(snapshot, everywhere=not self.namespaces) + _homes_of_ztunnel(snapshot)
            asks += [*bare_nodes(snapshot), *kept_pods(snapshot, self._places)]
        asks += named_waypoints(snapshot, everywhere=not self.namespaces) if self.waypoints or self.gateways else []
        return self._compared(asks + gateways_of_pods(snapshot, asks, replicas=self.nearby))

    def settle(self, snapshot: Snapshot) -> None:
        """Name the owners of the pods that could not be read."""
        tell_unread(snapshot)

    @property
    def _places(self) -> tuple[str, ...]:
        return self.namespaces or ("",)

    def _configuration(self) -> list[Ask]:
        asks = [Ask(kind=CNI_CONFIGS), Ask(kind=WEBHOOKS), Ask(kind=INJECTORS), Ask(kind=MESH_CONFIGS)]
        # Those of all namespaces come with their workloads.
        return [*asks, _DAEMONSETS, Ask(kind=ISTIODS)] if self.namespaces else asks

    def _homes(self) -> list[Ask]:
        """The Namespaces of the scope: by `get` where they are named, which the role `view` may do."""
        return namespaces_of(self.namespaces, must="Namespace" in self.selected)

    def _pods(self) -> list[Ask]:
        if self.pod_names:
            return [Ask(kind=PODS, namespace=self.namespaces[0], name=name, named=True) for name in self.pod_names]
        agents = (CNI_PODS, ZTUNNEL_PODS) if self.everything else ()
        proxies = (INSTANCES,) if self.everything and self.gateways else ()
        return [
            Ask(
                kind=PODS,
                namespace=place,
                label_selector=self.label_selector,
                field_selector=self.field_selector,
                also=(*agents, *proxies),
                must=True,
            )
            for place in self._places
        ]


class PodsCalled(Struct, frozen=True):
    """The pods of one name, wherever they are, and nothing about them."""

    name: str

    @property
    def of_files(self) -> FilesReader:
        """Every kind: files are the whole cluster."""
        from kubectl_ambient.cluster.reading.files import read_files

        return read_files

    def first(self) -> list[Ask]:
        """The pods."""
        return [Ask(kind=PODS, anywhere=self.name, must=True)]

    def second(self, snapshot: Snapshot) -> list[Ask]:
        """Nothing more."""
        return []

    def settle(self, snapshot: Snapshot) -> None:
        """Nothing follows."""


def namespaces_of(names: Iterable[str], *, must: bool = False) -> list[Ask]:
    """These Namespaces, or without names all of them."""
    return [Ask(kind=NAMESPACES, name=name) for name in names] or [Ask(kind=NAMESPACES, must=must)]


def _injectors_of_revisions(snapshot: Snapshot) -> list[Ask]:
    """The injectors' ConfigMaps of the other revisions, as the webhooks name them."""
    if snapshot.injectors.refusal:
        return []
    revisions = {webhook.revision for webhook in snapshot.webhooks} - {"", _DEFAULT_REVISION}
    return [Ask(kind=INJECTORS, anywhere=f"{INJECTOR}-{revision}") for revision in sorted(revisions)]


def _homes_of_ztunnel(snapshot: Snapshot) -> list[Ask]:
    """ztunnel's own Namespaces, where an istiod looks at some only."""
    if not any(_SELECTORS in text for config in snapshot.mesh_configs for text in config.data.values()):
        return []
    homes = {pod.namespace for pod in snapshot.ztunnel_pods} - snapshot.namespaces.facts.keys()
    return [Ask(kind=NAMESPACES, name=name) for name in sorted(homes)]


def mesh_configs_of_revisions(snapshot: Snapshot) -> list[Ask]:
    """The settings of the meshes of the other revisions, as their istiods name them."""
    if snapshot.mesh_configs.refusal:
        return []
    revisions = {istiod.revision for istiod in snapshot.istiods} - {_DEFAULT_REVISION}
    return [Ask(kind=MESH_CONFIGS, anywhere=f"{MESH_CONFIG}-{revision}") for revision in sorted(revisions)]


def of_pods_in(scope: Scope, *, waypoints: bool = False, gateways: bool = False) -> PodNeeds:
    """For `status`: the pods of a namespace or of all, by name or by selectors."""
    return PodNeeds(
        namespaces=(scope.namespace,) if scope.namespace else (),
        pod_names=scope.names,
        label_selector=scope.label_selector,
        field_selector=scope.field_selector,
        waypoints=waypoints,
        gateways=gateways,
    )


def of_pods(namespace: str, names: Iterable[str]) -> PodNeeds:
    """For `explain pod`, and for `enable` and `disable` of pods."""
    return PodNeeds(namespaces=(namespace,), pod_names=tuple(names), nearby=True)


def of_namespaces(names: Iterable[str], *, selected: Iterable[str] = ()) -> PodNeeds:
    """For `explain ns`, and for `enable` and `disable` of namespaces; no names mean all of them."""
    return PodNeeds(namespaces=tuple(names), selected=tuple(selected))


def of_workloads(namespace: str, workloads: Iterable[Owner]) -> PodNeeds:
    """For `explain deploy`, and for `enable` and `disable` of workloads: those, and their pods."""
    return PodNeeds(namespaces=(namespace,), workloads=tuple(workloads))
