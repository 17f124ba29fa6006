"""What decides about the way between two ends: their pods, services and waypoints, and every policy on it."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from kubectl_ambient.cluster.kinds.gateways import GATEWAYS
from kubectl_ambient.cluster.kinds.network import ENDPOINT_SLICES, NETWORK_POLICIES
from kubectl_ambient.cluster.kinds.pods import INSTANCES, ON_NETWORK, PODS
from kubectl_ambient.cluster.kinds.policies import AUTHORIZATION_POLICIES
from kubectl_ambient.cluster.needs.ask import Ask, FilesReader
from kubectl_ambient.cluster.needs.pods import namespaces_of
from kubectl_ambient.cluster.needs.policies import PolicyNeeds
from kubectl_ambient.cluster.snapshot import Snapshot


class PathNeeds(Struct, frozen=True, kw_only=True):
    """Of the namespaces of both ends, or (none) of all; of those of waypoints in the second round."""

    namespaces: tuple[str, ...] = ()

    @property
    def of_files(self) -> FilesReader:
        """Every kind: files are the whole cluster."""
        from functools import partial

        from kubectl_ambient.cluster.kinds.table import MESH, NETWORK, POLICIES
        from kubectl_ambient.cluster.reading.files import read_files

        return partial(read_files, kinds=(*MESH, *POLICIES, *NETWORK))

    def first(self) -> list[Ask]:
        """What is known to be wanted."""
        asks = [Ask(kind=NETWORK_POLICIES, namespace=place) for place in self.namespaces or ("",)]
        return [*map(_seen, self._policies.first()), *asks]

    def second(self, snapshot: Snapshot) -> list[Ask]:
        """What the first answers name besides."""
        asks = [*map(_seen, self._policies.second(snapshot)), *_slices(snapshot)]
        if self.namespaces:  # what stands before and in a waypoint of another namespace
            homes = {ask.namespace for ask in asks if ask.kind is GATEWAYS} - {"", *self.namespaces}
            for kind in (NETWORK_POLICIES, AUTHORIZATION_POLICIES):
                asks += [Ask(kind=kind, namespace=home) for home in sorted(homes)]
            asks += namespaces_of(sorted(homes)) if homes else []
        return [*dict.fromkeys(asks)]

    def settle(self, snapshot: Snapshot) -> None:
        """Name the owners of the pods that could not be read."""
        self._policies.settle(snapshot)

    @property
    def _policies(self) -> PolicyNeeds:
        return PolicyNeeds(namespaces=self.namespaces, around=True)


def _slices(snapshot: Snapshot) -> list[Ask]:
    """The EndpointSlices of Services that choose no pods themselves."""
    bare = {s.namespace for s in snapshot.services if not s.selector and s.type != "ExternalName"}
    return [Ask(kind=ENDPOINT_SLICES, namespace=home) for home in sorted(bare)]


def _seen(ask: Ask) -> Ask:
    """Pods with what they are on the network."""
    return replace(ask, also=(*ask.also, ON_NETWORK)) if ask.kind in (PODS, INSTANCES) else ask
