"""The parts of Kubernetes' JSON that several kinds share: metadata, selectors, the spec and status of a pod."""

from datetime import datetime
from functools import lru_cache
from typing import Annotated, Any, cast

from msgspec import Meta, Struct, field

from kubectl_ambient.cluster import facts
from kubectl_ambient.kube.protobuf.hints import tells

# metav1.Time: RFC 3339, always with a zone.
Time = Annotated[datetime, Meta(tz=True)] | None
# A map of texts, as labels. A null in it is the empty text, as in Go.
Texts = dict[str, str | None] | None


class Wire(Struct, frozen=True, gc=False, kw_only=True, rename="camel"):
    """Base of all wire types.

    Their modules have no `from __future__ import annotations`: of texts a decoder compiles each anew, in every process.
    """


def texts(found: Texts) -> dict[str, str]:
    """A map of texts without nulls; empty where there is none."""
    if not found:
        return {}
    if None in found.values():
        return {key: value or "" for key, value in found.items()}
    return cast(dict[str, str], found)


class Annotations(facts.Annotations, frozen=True):
    """The annotations that decide something. A null one counts as absent."""

    mirror: str | None = field(default=None, name="kubernetes.io/config.mirror")
    canary_weight: str | None = field(default=None, name="istio.io/use-waypoint-canary-weight")
    inbound_binding: str | None = field(default=None, name="ambient.istio.io/waypoint-inbound-binding")
    helm_release: str | None = field(default=None, name="meta.helm.sh/release-name")
    scrape: str | None = field(default=None, name="prometheus.io/scrape")
    scrape_port: str | None = field(default=None, name="prometheus.io/port")
    reroute: str | None = field(default=None, name="istio.io/reroute-virtual-interfaces")
    branch_interface: str | None = field(default=None, name="vpc.amazonaws.com/pod-eni")

    def fact(self) -> facts.Annotations:
        """Those that the rules look at."""
        return facts.Annotations(
            redirection=self.redirection,
            sidecar_status=self.sidecar_status,
            inject=self.inject,
            inject_templates=self.inject_templates,
            bypass_inbound_capture=self.bypass_inbound_capture,
            dns_capture=self.dns_capture,
            dataplane_mode=self.dataplane_mode,
        )


NO_ANNOTATIONS = Annotations()


# Kubernetes' own kinds that own pods. Others have kinds of these names too, as apps.kruise.io a StatefulSet.
_GROUPS = {
    **dict.fromkeys(("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"), ("apps", "extensions")),
    **dict.fromkeys(("Job", "CronJob"), ("batch",)),
    **dict.fromkeys(("ReplicationController", "Node"), ()),
}


@lru_cache(maxsize=256)
def _kind_of_owner(kind: str, api_version: str) -> str:
    group = api_version.rpartition("/")[0]
    return f"{kind}.{group}" if group and group not in _GROUPS.get(kind, (group,)) else kind


class OwnerReference(Wire, frozen=True):
    """`metadata.ownerReferences[]`."""

    kind: str
    name: str
    api_version: str | None = None
    controller: bool | None = None

    def fact(self) -> facts.Owner:
        """The owner, its kind with the group where that is not the one of Kubernetes' own kind of that name."""
        return facts.Owner(kind=_kind_of_owner(self.kind, self.api_version or ""), name=self.name)


class Metadata(Wire, frozen=True):
    """`metadata` of an object, or of a pod template (which has no name)."""

    name: str | None = None
    namespace: str | None = None
    uid: Any = None  # that of a file may be anything: nothing but a comparison with ztunnels needs it
    labels: Texts = None
    annotations: Annotations | None = None
    owner_references: list[OwnerReference] | None = None
    creation_timestamp: Time = None
    deletion_timestamp: Time = None

    @tells("owner_references")
    def owner(self) -> facts.Owner | None:
        """The owner that is its controller, else the first one, else None."""
        references = self.owner_references
        if not references:
            return None
        return next((r for r in references if r.controller), references[0]).fact()

    @tells("annotations")
    def decisive(self) -> tuple[facts.Annotations, bool]:
        """The annotations that the rules look at, and whether it is the mirror of what a kubelet runs by itself."""
        found = self.annotations
        return (found.fact(), found.mirror is not None) if found else (facts.NO_ANNOTATIONS, False)


class Object(Wire, frozen=True, kw_only=True):
    """What every object begins with; in a list of one kind, the server leaves the kind out."""

    kind: str | None = None
    metadata: Metadata

    @property
    def name(self) -> str:
        """`metadata.name`."""
        return self.metadata.name or ""

    @property
    def namespace(self) -> str:
        """`metadata.namespace`; empty where it has none."""
        return self.metadata.namespace or ""


class Requirement(Wire, frozen=True):
    """`matchExpressions[]` of a selector."""

    key: str | None = None
    operator: str | None = None
    values: list[str] | None = None

    def fact(self) -> facts.Requirement:
        """The flat expression."""
        return facts.Requirement(key=self.key or "", operator=self.operator or "", values=tuple(self.values or ()))


class Selector(Wire, frozen=True):
    """A LabelSelector."""

    match_labels: Texts = None
    match_expressions: list[Requirement] | None = None

    def fact(self) -> facts.LabelSelector:
        """The flat selector; without requirements it matches everything."""
        return facts.LabelSelector(
            match_labels=texts(self.match_labels),
            match_expressions=tuple(r.fact() for r in self.match_expressions or ()),
        )
