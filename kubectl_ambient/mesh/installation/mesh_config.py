"""The settings of a mesh: which namespaces its istiod looks at, whose policies are for all, the trust domain."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from msgspec import Struct

from kubectl_ambient.cluster.facts import LabelSelector, Unread
from kubectl_ambient.cluster.found import EVERYWHERE
from kubectl_ambient.cluster.installation_facts import ConfigMap, Istiod
from kubectl_ambient.cluster.kinds.configmaps import MESH_CONFIG
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.installation.istiod_settings import SHARED_MESH, variable
from kubectl_ambient.mesh.selectors import as_text, matches, why_invalid

NOT_LOOKED_AT = "not read"
_FIELD = "data[mesh].discoverySelectors"


class Discovery(Struct, frozen=True):
    """The `discoverySelectors` of one istiod: none look at all namespaces; `unread` tells why they are not known."""

    selectors: tuple[LabelSelector, ...]
    evidence: Evidence
    unread: Unread | None = None

    def finds(self, labels: dict[str, str] | None) -> bool | None:
        """Whether a namespace with these labels is looked at; None where that is not known.

        Source: pkg/kube/namespace/filter.go; the istiod's own namespace is no exception.
        """
        if self.unread is not None:
            return None
        if not self.selectors:
            return True
        return None if labels is None else any(matches(selector, labels) for selector in self.selectors)


def _config(istiod: Istiod, snapshot: Snapshot) -> tuple[str, ConfigMap | Unread | None]:
    """The ConfigMap `istio` or `istio-<revision>` beside an istiod, by its ref; None where it takes the defaults."""
    name = MESH_CONFIG if istiod.revision == "default" else f"{MESH_CONFIG}-{istiod.revision}"
    found = snapshot.mesh_configs.get(f"{istiod.namespace}/{name}")
    if found is None and (snapshot.from_files or not snapshot.mesh_configs.covers(EVERYWHERE)):
        found = Unread(what=f"get configmap {name}", why=NOT_LOOKED_AT)
    return f"ConfigMap/{istiod.namespace}/{name}", found


def discovery(istiod: Istiod, snapshot: Snapshot) -> Discovery:
    """The selectors of an istiod, from its settings."""
    ref, found = _config(istiod, snapshot)
    evidence = Evidence(ref, _FIELD, None)
    if not isinstance(found, ConfigMap):
        return Discovery((), evidence, found)
    try:
        selectors = _selectors(found.data.get("mesh", ""))
    except ValueError as error:
        return Discovery((), evidence, Unread(what=f"parse {found.ref}", why=str(error)))
    shared = variable(istiod.container, SHARED_MESH, istiod.ref)
    if not selectors and shared.value:  # it is laid below this one, and may bring selectors
        return Discovery((), evidence, Unread(what=f"get configmap {shared.value}", why="not read"))
    return Discovery(selectors, Evidence(ref, _FIELD, " or ".join(map(as_text, selectors)) or None))


@lru_cache(maxsize=16)
def _selectors(mesh: str) -> tuple[LabelSelector, ...]:
    """The selectors in the settings; a text without the word is not parsed. Raises ValueError."""
    if "discovery" not in mesh:
        return ()
    from kubectl_ambient.mesh.enrolment import goyaml
    from kubectl_ambient.mesh.enrolment.enablement import selector_of

    fields = goyaml.fields(goyaml.compose(mesh), "the mesh config")
    lists = fields.get("discoveryselectors", []) or fields.get("discovery_selectors", [])
    entries = goyaml.items(lists[-1], "discoverySelectors") if lists else []
    selectors = tuple(selector_of((node,), "discoverySelectors") for node in entries)
    for selector in selectors:
        if problem := why_invalid(selector):
            raise ValueError(f"discoverySelectors: {problem}")
    return selectors


class Mesh(Struct, frozen=True):
    """`rootNamespace`, whose policies are for all, and `trustDomain`, with which every identity begins.

    unread: why they are not known; those that Istio takes by default then.
    """

    root: str = "istio-system"
    trust_domain: str = "cluster.local"
    unread: Unread | None = None


def mesh(istiods: Iterable[Istiod], snapshot: Snapshot) -> Mesh:
    """The settings of the mesh of these istiods. Several that differ are an Unread: which one counts is not known."""
    found = [_mesh(istiod, snapshot) for istiod in istiods]
    if not found:
        return Mesh(unread=Unread(what="get configmap istio", why="no istiod was found"))
    if all(other == found[0] for other in found):
        return found[0]
    return Mesh(unread=Unread(what="tell the root namespace", why="the istiods have different ones"))


def _mesh(istiod: Istiod, snapshot: Snapshot) -> Mesh:
    _, found = _config(istiod, snapshot)
    if not isinstance(found, ConfigMap):
        return Mesh(unread=found)
    try:
        root, domain = _texts(found.data.get("mesh", ""))
    except ValueError as error:
        return Mesh(unread=Unread(what=f"parse {found.ref}", why=str(error)))
    return Mesh(root or Mesh().root, domain or Mesh().trust_domain)


@lru_cache(maxsize=16)
def _texts(mesh: str) -> tuple[str, str]:
    """`rootNamespace` and `trustDomain`, empty where they are not set. Raises ValueError."""
    from kubectl_ambient.mesh.enrolment import goyaml

    fields = goyaml.fields(goyaml.compose(mesh), "the mesh config")

    def setting(*names: str) -> str:
        nodes = next((fields[name] for name in names if fields.get(name)), [])
        return goyaml.text(nodes[-1], names[0]) if nodes else ""

    return setting("rootnamespace", "root_namespace"), setting("trustdomain", "trust_domain")
