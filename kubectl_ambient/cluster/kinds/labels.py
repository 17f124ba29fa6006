"""How objects are read for their labels: the metadata alone, but of what has labels elsewhere too.

All labels and annotations come; the facts keep those that concern Istio.
"""

from functools import partial
from typing import Any

from msgspec import ValidationError, convert
from msgspec.structs import replace

from kubectl_ambient.cluster.facts import Owner
from kubectl_ambient.cluster.kinds.gateways import GatewayClassSpec, GatewaySpec
from kubectl_ambient.cluster.kinds.kind import Kind
from kubectl_ambient.cluster.kinds.labelled import KINDS, TEMPLATED, Labelled, concerning, is_istios, pod_owner
from kubectl_ambient.cluster.wire_parts import OwnerReference, Texts, Wire, texts
from kubectl_ambient.kube.resources import find_resource


class Metadata(Wire, frozen=True):
    """`metadata` of an object or of a pod template."""

    name: str | None = None
    namespace: str | None = None
    labels: Texts = None
    annotations: Texts = None
    owner_references: list[OwnerReference] | None = None

    def owner(self) -> Owner | None:
        """The owner that is its controller, else the first one, else None."""
        references = self.owner_references or ()
        chosen = next((r for r in references if r.controller), next(iter(references), None))
        return pod_owner(chosen.fact(), texts(self.labels)) if chosen else None


class Template(Wire, frozen=True):
    """A pod template, of which the metadata is enough."""

    metadata: Metadata | None = None


class JobTemplateSpec(Wire, frozen=True):
    """`spec.jobTemplate.spec` of a CronJob."""

    template: Template | None = None


class JobTemplate(Wire, frozen=True):
    """`spec.jobTemplate` of a CronJob."""

    spec: JobTemplateSpec | None = None


class Spec(Wire, frozen=True):
    """`spec` of a workload."""

    template: Template | None = None
    job_template: JobTemplate | None = None

    def metadata(self) -> Metadata:
        """The metadata of the pods that it makes."""
        template = self.template
        if self.job_template and self.job_template.spec:
            template = self.job_template.spec.template
        return (template.metadata if template else None) or Metadata()


class Plain(Wire, frozen=True):
    """Any object, as metadata only."""

    metadata: Metadata

    def fact(self, kind: str) -> Labelled:
        """The flat object of that kind."""
        return _fact(kind, self.metadata, Metadata())


class Workload(Wire, frozen=True):
    """An object with a pod template."""

    metadata: Metadata
    spec: Spec | None = None

    def fact(self, kind: str) -> Labelled:
        """The flat object of that kind."""
        return _fact(kind, self.metadata, self.spec.metadata() if self.spec else Metadata())


class EntrySpec(Wire, frozen=True):
    """`spec` of a WorkloadEntry."""

    labels: Texts = None


class WorkloadEntry(Wire, frozen=True):
    """A WorkloadEntry, which has labels in its spec too."""

    metadata: Metadata
    spec: EntrySpec | None = None

    def fact(self, kind: str) -> Labelled:
        """The flat object."""
        return _fact(kind, self.metadata, Metadata(), self.spec.labels if self.spec else None)


class Gateway(Wire, frozen=True):
    """A Gateway, whose spec has labels for what is made of it."""

    metadata: Metadata
    spec: GatewaySpec | None = None

    def fact(self, kind: str) -> Labelled:
        """The flat object."""
        return _of_gateway(_fact(kind, self.metadata, Metadata()), self.spec or GatewaySpec())


class GatewayClass(Wire, frozen=True):
    """A GatewayClass, whose spec tells whose it is."""

    metadata: Metadata
    spec: GatewayClassSpec | None = None

    def fact(self, kind: str) -> Labelled:
        """The flat object."""
        found = _fact(kind, self.metadata, Metadata())
        return replace(found, controller=(self.spec and self.spec.controller_name) or "")


def with_spec(labelled: Labelled, spec: Any) -> Labelled:
    """A Gateway or a GatewayClass of a file, with what its spec tells; unchanged where that is not as it should be."""
    try:
        if labelled.kind == "Gateway":
            return _of_gateway(labelled, convert(spec or {}, GatewaySpec))
        if labelled.kind == "GatewayClass":
            return replace(labelled, controller=convert(spec or {}, GatewayClassSpec).controller_name or "")
    except ValidationError:
        pass
    return labelled


def _of_gateway(labelled: Labelled, spec: GatewaySpec) -> Labelled:
    found = spec.infrastructure_labels()
    infrastructure = None if found is None else concerning(found)
    return replace(labelled, class_name=spec.gateway_class_name or "", infrastructure=infrastructure)


_WHOLE: dict[str, Any] = {"WorkloadEntry": WorkloadEntry, "Gateway": Gateway, "GatewayClass": GatewayClass}


def _fact(kind: str, own: Metadata, template: Metadata, of_spec: Texts = None) -> Labelled:
    labels, below = texts(own.labels), texts(template.labels)
    return Labelled(
        kind=kind,
        namespace=own.namespace or "",
        name=own.name or "",
        labels=concerning(labels),
        annotations=concerning(texts(own.annotations)),
        template_labels=concerning(below),
        template_annotations=concerning(texts(template.annotations)),
        spec_labels=concerning(texts(of_spec)),
        owner=own.owner(),
        istios=is_istios(labels) or is_istios(below),
    )


def _entry(name: str) -> Kind[Labelled]:
    wire: Any = _WHOLE.get(name, Workload if name in TEMPLATED else Plain)
    resource = find_resource(name)
    return Kind(
        part="labelled",
        resource=resource,
        wire=wire,
        facts=partial(_facts, name),
        partial=wire is Plain,
        prefixed=True,
        words=resource.plural,
        rights=("get", "list"),
    )


def _facts(name: str, found: Any) -> tuple[Labelled]:
    return (found.fact(name),)


LABELS = {name: _entry(name) for name in KINDS}
LABELLED_NAMESPACES = LABELS["Namespace"].some("labelled_namespaces")
