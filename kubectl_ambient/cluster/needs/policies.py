"""What decides about policies: these, the pods that they speak on, and the waypoints that some are attached to."""

from __future__ import annotations

import re

from msgspec import Struct

from kubectl_ambient.cluster.kinds.kind import Kind
from kubectl_ambient.cluster.kinds.policies import AUTHORIZATION_POLICIES, PEER_AUTHENTICATIONS
from kubectl_ambient.cluster.needs.ask import Ask, FilesReader
from kubectl_ambient.cluster.needs.pods import PodNeeds
from kubectl_ambient.cluster.needs.waypoints import WaypointNeeds
from kubectl_ambient.cluster.snapshot import Snapshot

_KINDS: tuple[Kind[object], ...] = (AUTHORIZATION_POLICIES, PEER_AUTHENTICATIONS)
_ROOT = "istio-system"
# Where it may be worth looking; what the setting means is for the rules to say.
_NAMES_ROOT = re.compile(r"""^rootNamespace:[ \t]*["']?([a-z0-9-]+)""", re.MULTILINE)


class PolicyNeeds(Struct, frozen=True, kw_only=True):
    """Of these namespaces, or (none) of all.

    Those of the root namespace speak everywhere. It is istio-system nearly always, so that is asked at once; another
    one is named by the settings of the mesh, and takes the second round. around: they are not what was asked for, so
    that there is an answer where they are refused.
    """

    namespaces: tuple[str, ...] = ()
    around: bool = False

    @property
    def of_files(self) -> FilesReader:
        """Every kind: files are the whole cluster."""
        from functools import partial

        from kubectl_ambient.cluster.kinds.table import MESH, POLICIES
        from kubectl_ambient.cluster.reading.files import read_files

        return partial(read_files, kinds=(*MESH, *POLICIES))

    def first(self) -> list[Ask]:
        """What is known to be wanted."""
        asks = _policies(self.namespaces, counts=not self.around)
        return [*dict.fromkeys((*asks, *self._pods.first(), *self._targets.first()))]

    def second(self, snapshot: Snapshot) -> list[Ask]:
        """What the first answers name besides."""
        asks = _of_other_roots(snapshot, self.namespaces) if self.namespaces else []
        return [*dict.fromkeys((*asks, *self._pods.second(snapshot), *self._targets.second(snapshot)))]

    def settle(self, snapshot: Snapshot) -> None:
        """Name the owners of the pods that could not be read."""
        self._pods.settle(snapshot)

    @property
    def _pods(self) -> PodNeeds:
        return PodNeeds(namespaces=self.namespaces)

    @property
    def _targets(self) -> WaypointNeeds:
        return WaypointNeeds(namespaces=self.namespaces, kinds=("Service", "ServiceEntry"), around=True)


class WithPolicies(Struct, frozen=True, kw_only=True):
    """What `pods` asks for, and the policies that speak on these."""

    pods: PodNeeds

    @property
    def of_files(self) -> FilesReader:
        """Every kind: files are the whole cluster."""
        return PolicyNeeds().of_files

    def first(self) -> list[Ask]:
        """What is known to be wanted."""
        return [*dict.fromkeys((*self.pods.first(), *_policies(self.pods.namespaces, counts=False)))]

    def second(self, snapshot: Snapshot) -> list[Ask]:
        """What the first answers name besides."""
        roots = _of_other_roots(snapshot, self.pods.namespaces) if self.pods.namespaces else []
        return [*dict.fromkeys((*self.pods.second(snapshot), *roots))]

    def settle(self, snapshot: Snapshot) -> None:
        """Name the owners of the pods that could not be read."""
        self.pods.settle(snapshot)


def _policies(namespaces: tuple[str, ...], *, counts: bool) -> list[Ask]:
    """Those of these namespaces and of the usual root namespace, or (none) all."""
    places = dict.fromkeys((*namespaces, _ROOT)) if namespaces else ("",)
    return [
        Ask(kind=kind, namespace=place, counts=counts and place in (namespaces or ("",)))
        for kind in _KINDS
        for place in places
    ]


def _of_other_roots(snapshot: Snapshot, namespaces: tuple[str, ...]) -> list[Ask]:
    """Those of a root namespace that the settings of the mesh name."""
    texts = (config.data.get("mesh", "") for config in snapshot.mesh_configs)
    roots = {found[1] for text in texts if (found := _NAMES_ROOT.search(text))} - {_ROOT, *namespaces}
    return [Ask(kind=kind, namespace=root) for kind in _KINDS for root in sorted(roots)]
