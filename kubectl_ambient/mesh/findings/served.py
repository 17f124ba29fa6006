"""Captured is not served: what a ztunnel and its istiod have to be for a redirected pod to have any use of it.

Sources: security/pkg/server/ca (node_auth.go, server.go), pkg/kube/namespace/filter.go, pilot/pkg/features.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from functools import cached_property

from msgspec import Struct, structs

from kubectl_ambient.cluster.facts import NOT_IN_FILES, Namespace, Pod, Unread
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.evidence import Evidence, Finding
from kubectl_ambient.mesh.findings.nowhere import nowhere
from kubectl_ambient.mesh.findings.skew import skew
from kubectl_ambient.mesh.installation.agents import Installation
from kubectl_ambient.mesh.installation.istiod_settings import TRUSTED
from kubectl_ambient.mesh.installation.istiods import ShownIstiod, istiods
from kubectl_ambient.mesh.installation.mesh_config import NOT_LOOKED_AT
from kubectl_ambient.mesh.installation.upstream import CA_ADDRESS, XDS_ADDRESS, outside, upstream

NOTHING_COMES = (
    Code.ZTUNNEL_NOT_TRUSTED,
    Code.ZTUNNEL_NOT_DISCOVERED,
    Code.NAMESPACE_NOT_DISCOVERED,
    Code.ISTIOD_WITHOUT_AMBIENT,
)
"""Of a pod with one of these nothing works that goes through the mesh."""

NOT_SERVED = (*NOTHING_COMES, Code.ISTIOD_NOT_READY, Code.ISTIOD_MISSING)
"""What a pod that moves in now runs into."""


class MeshFinding(Struct, frozen=True):
    """A finding on the mesh, and the nodes whose pods it concerns; None for all."""

    finding: Finding
    nodes: frozenset[str] | None

    def concerns(self, nodes: Iterable[str]) -> bool:
        """Whether pods on these nodes are concerned; one without a node may be."""
        return self.nodes is None or any(not node or node in self.nodes for node in nodes)


class _Ztunnels(Struct, frozen=True):
    """Ztunnels that are told the same, and run as the same: the first of them, and the nodes of all."""

    first: Pod | None
    nodes: set[str]


class Served:
    """What the snapshot shows of it; worked out when it is first asked for.

    The findings of `unserved` are loaded where there is one to tell.
    """

    def __init__(self, snapshot: Snapshot, installation: Installation) -> None:
        self._snapshot = snapshot
        self._installation = installation
        self._upstreams: dict[Hashable, list[ShownIstiod] | None] = {}

    @cached_property
    def _istiods(self) -> list[ShownIstiod] | Unread:
        return istiods(self._snapshot)

    @cached_property
    def _ztunnels(self) -> list[Pod | None]:
        """Those that run; one that is not known where none is."""
        return [pod for pod in self._snapshot.ztunnel_pods.known if not pod.finished] or [None]

    @cached_property
    def _kinds(self) -> list[_Ztunnels]:
        """The same, of each kind one: what is wrong with it is wrong with all."""
        found: dict[Hashable, _Ztunnels] = {}
        for ztunnel in self._ztunnels:
            key = ztunnel and (ztunnel.namespace, ztunnel.service_account, ztunnel.agent)
            found.setdefault(key, _Ztunnels(ztunnel, set())).nodes.add(ztunnel.node if ztunnel else "")
        return list(found.values())

    def _upstream(self, ztunnel: Pod | None, address: str) -> list[ShownIstiod] | None:
        """See `upstream`; asked once for all ztunnels that are told the same."""
        found = self._istiods
        if isinstance(found, Unread):
            return None
        key = (ztunnel and (ztunnel.namespace, ztunnel.agent), address)
        if key not in self._upstreams:
            self._upstreams[key] = upstream(ztunnel, address, found, self._snapshot)
        return self._upstreams[key]

    @cached_property
    def _looking(self) -> list[ShownIstiod]:
        """All that may tell a ztunnel of pods; none where some other may, too."""
        found: dict[str, ShownIstiod] = {}
        for kind in self._kinds:
            of_it = self._upstream(kind.first, XDS_ADDRESS)
            if of_it is None:
                return []
            found |= {istiod.ref: istiod for istiod in of_it}
        return list(found.values())

    @cached_property
    def mesh(self) -> tuple[MeshFinding, ...]:
        """What is true of every pod in ambient mode, or of all on some nodes."""
        agents = (MeshFinding(finding, None) for finding in nowhere(self._snapshot, self._installation))
        return (*agents, *self._of_istiods())

    def _of_istiods(self) -> tuple[MeshFinding, ...]:
        found = self._istiods
        if isinstance(found, Unread):
            return ()
        if not found:
            return tuple(MeshFinding(finding, None) for finding in self._missing())
        told: dict[str, tuple[Finding, set[str]]] = {}  # one of many ztunnels is evidence enough
        for kind in self._kinds:
            for finding in self._of(kind.first):
                told.setdefault(finding.message, (finding, set()))[1].update(kind.nodes)
        every = {node for kind in self._kinds for node in kind.nodes}
        of_agents = skew(self._ztunnels, self._installation, lambda pod: self._upstream(pod, XDS_ADDRESS) or [])
        return (*(_on(finding, nodes, every) for finding, nodes in told.values()), *(_on(*s) for s in of_agents))

    def _missing(self) -> Iterator[Finding]:
        if any(kind.first is not None and outside(kind.first) for kind in self._kinds):
            return
        yield Finding.of(
            Code.ISTIOD_MISSING,
            "there is no istiod in this cluster: unless one elsewhere serves it, pods that move in get no certificate, "
            "and those that are in go on until theirs end (24 hours by default)",
            Evidence("Deployment/istiod", "metadata.labels[app]=istiod", None),
        )

    def _of(self, ztunnel: Pod | None) -> Iterator[Finding]:
        """What keeps this ztunnel from serving."""
        told_by = self._upstream(ztunnel, XDS_ADDRESS) or []
        if told_by and all(istiod.serves_ambient == "off" for istiod in told_by):
            from kubectl_ambient.mesh.findings.unserved import without_ambient

            yield without_ambient(told_by, self._istiods)
            return
        serving = [istiod for istiod in told_by if istiod.serves_ambient != "off"]
        if serving and all(istiod.ready is False for istiod in serving):
            from kubectl_ambient.mesh.findings.unserved import not_ready

            yield not_ready(serving)
        asked = self._upstream(ztunnel, CA_ADDRESS)
        if ztunnel is None or not asked:
            return
        if ztunnel.service_account and all(self._refuses(istiod, ztunnel) for istiod in asked):
            from kubectl_ambient.mesh.findings.unserved import not_trusted

            yield not_trusted(asked, ztunnel)
        labels = self._labels(ztunnel.namespace)
        if all(istiod.discovery.finds(labels) is False for istiod in asked):
            from kubectl_ambient.mesh.findings.unserved import unseen_ztunnel

            yield unseen_ztunnel(asked, ztunnel, labels or {})

    def _refuses(self, istiod: ShownIstiod, ztunnel: Pod) -> bool:
        trusted = istiod.trusted_accounts
        if trusted is None or self._may_be_shortened(istiod):
            return False
        return account_of(ztunnel) not in trusted

    def _may_be_shortened(self, istiod: ShownIstiod) -> bool:
        """A manifest without what charts set (1.22: the ambient profiles) says nothing of what runs."""
        return istiod.trusted.value is None and self._snapshot.from_files

    def _labels(self, home: str) -> dict[str, str] | None:
        found = self._snapshot.namespaces.facts.get(home)
        return found.labels if found else None

    def of_namespace(self, home: Namespace | Unread) -> Iterator[Finding]:
        """No istiod that may tell of its pods looks at the namespace."""
        if not isinstance(home, Namespace) or not self._looking:
            return
        if all(istiod.discovery.finds(home.labels) is False for istiod in self._looking):
            from kubectl_ambient.mesh.findings.unserved import unseen_namespace

            yield unseen_namespace(self._looking, home)

    @property
    def assumptions(self) -> list[str]:
        """What was taken for granted; nothing of what files need not hold."""
        if isinstance(self._istiods, Unread):
            if self._snapshot.from_files or self._istiods.why == NOT_LOOKED_AT:
                return []
            return [f"an istiod is taken to serve ambient mode, to be Ready and to trust ztunnel: {self._istiods}"]
        told = dict.fromkeys(text for kind in self._kinds for text in self._assumed(kind.first))
        unread = self._snapshot.ztunnel_pods.refusal
        if self._istiods and unread and not self._snapshot.from_files:
            told[f"istiod is taken to trust ztunnel, and to look at its namespace: {unread}"] = None
        return list(told)

    def _assumed(self, ztunnel: Pod | None) -> Iterator[str]:
        for istiod in self._upstream(ztunnel, XDS_ADDRESS) or ():
            unread = istiod.discovery.unread
            if unread and unread.why not in (NOT_IN_FILES, NOT_LOOKED_AT):
                yield f"istiod is taken to look at every namespace: {unread}"
            if ztunnel and not unread and istiod.discovery.finds(self._labels(ztunnel.namespace)) is None:
                yield f"istiod is taken to look at namespace {ztunnel.namespace}, where ztunnel runs: not read"
        for istiod in self._upstream(ztunnel, CA_ADDRESS) or ():
            if ztunnel is None or not ztunnel.service_account:
                continue
            if self._may_be_shortened(istiod) and istiod.trusted.known:
                yield f"istiod is taken to trust ztunnel: {istiod.ref} in the files does not set {TRUSTED}"
            elif not istiod.trusted.known and istiod.istiod.container and istiod.istiod.container.env:
                yield f"istiod is taken to trust ztunnel: {istiod.ref} takes {TRUSTED} from elsewhere"


def account_of(ztunnel: Pod) -> str:
    """`istio-system/ztunnel`, as istiod names whom it trusts."""
    return f"{ztunnel.namespace}/{ztunnel.service_account}"


def _on(finding: Finding, nodes: set[str], every: set[str]) -> MeshFinding:
    if nodes >= every:
        return MeshFinding(finding, None)
    names = sorted(nodes)
    where = ", ".join(names[:3]) + (f" and {len(names) - 3} more nodes" if len(names) > 3 else "")
    return MeshFinding(structs.replace(finding, message=f"on {where}: {finding.message}"), frozenset(nodes))
