"""The labels in manifests, as they were written: also those that an API server would refuse, with its words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import msgspec

from kubectl_ambient.cluster import wire, wire_istio, wire_parts
from kubectl_ambient.cluster.facts import Owner, Unread
from kubectl_ambient.cluster.labelled.facts import KINDS, Labelled, LabelSnapshot, concerning, is_istios, pod_owner
from kubectl_ambient.cluster.labelled.texts import no_texts, refusals, texts_of
from kubectl_ambient.cluster.objects import Object, identity, reference
from kubectl_ambient.cluster.paths import OnLarge
from kubectl_ambient.cluster.problem import Problem
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.cluster.taking import Taker, not_in_files
from kubectl_ambient.cluster.wire import CNI_LABEL, ISTIOD_LABEL
from kubectl_ambient.kube.errors import UsageError
from kubectl_ambient.kube.resources import Resource, find_resource
from kubectl_ambient.kube.selectors import parse_label_selector

_TEMPLATE = {"CronJob": ("spec", "jobTemplate", "spec", "template")}
_SETTINGS: dict[tuple[str, str], Any] = {
    ("", "ConfigMap"): wire_istio.ConfigMap,
    ("apps", "DaemonSet"): wire.Workload,
    ("apps", "Deployment"): wire.Workload,
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"): wire_istio.MutatingWebhookConfiguration,
}


def read_label_files(
    paths: Iterable[str],
    *,
    recursive: bool = False,
    namespace: str = "default",
    label_selector: str = "",
    stdin: BinaryIO | None = None,
    on_large: OnLarge | None = None,
) -> tuple[LabelSnapshot, list[Problem]]:
    """Every object of the files that can carry a label of Istio, and what was wrong with the files.

    Objects without a namespace go to `namespace`. Of an object that comes twice, the last counts. `objects` holds
    those that the selector chooses, `namespaces` all. A label that an API server would refuse is no Problem here:
    it is in `refused`, and judged. `on_large` is told of files that take long.
    Raises UsageError for an invalid selector, and nothing else.
    """
    found = _Found(namespace, label_selector)
    found.read_all(paths, recursive=recursive, stdin=stdin, on_large=on_large)
    return found.snapshot(), list(found.problems)


class _Found(Taker):
    def __init__(self, namespace: str, label_selector: str) -> None:
        super().__init__()
        self._namespace = namespace
        self._selector = parse_label_selector(label_selector)
        self._objects: dict[str, Labelled] = {}
        self._chosen: dict[str, bool] = {}
        self._istio = Snapshot(
            cni_daemonsets=[], cni_config=[], istiods=[], webhooks=not_in_files("list mutatingwebhookconfigurations")
        )

    def snapshot(self) -> LabelSnapshot:
        """All that was found."""
        known = {o.name: o for o in self._objects.values() if o.kind == "Namespace"}
        absent = {o.namespace for o in self._objects.values() if o.namespace} - known.keys()
        istio = self._istio
        istio.cni_config = istio.cni_config or not_in_files(f"get configmap {wire_istio.CNI_CONFIG}")
        istio.istiods = istio.istiods or not_in_files("list deployments of istiod")
        istio.cni_daemonsets = istio.cni_daemonsets or not_in_files("list daemonsets of istio-cni")
        return LabelSnapshot(
            objects=[o for ref, o in self._objects.items() if self._chosen[ref]],
            namespaces={**{name: not_in_files(f"get namespace {name}") for name in absent}, **known},
            istio=istio,
        )

    def _take(self, found: Object) -> Iterator[tuple[str, str]]:
        resource = _resource(found)
        try:
            if (found.group, found.kind) in _SETTINGS:
                self._take_settings(found)
            if resource is not None:
                self._take_labels(found, resource)
        except ValueError as error:
            yield _name_of(found, self._namespace), str(error)

    def _take_labels(self, found: Object, resource: Resource) -> None:
        """Raises ValueError, which says what is wrong with the object."""
        namespace, name = identity(found, self._namespace)
        metadata = found.fields["metadata"]
        template = _template(found)
        labels, annotations = texts_of(metadata, "labels"), texts_of(metadata, "annotations")
        below, below_annotations = texts_of(template, "labels"), texts_of(template, "annotations")
        of_spec = texts_of(found.fields.get("spec") if found.kind == "WorkloadEntry" else None, "labels", "spec")
        owner = _owner(metadata)
        if owner and found.kind == "ReplicaSet":
            return  # made from the template of its owner, which its pods have by its name
        field = ".".join((*_TEMPLATE.get(found.kind, ("spec", "template")), "metadata"))
        labelled = Labelled(
            kind=found.kind,
            namespace=namespace if resource.namespaced else "",
            name=name,
            labels=concerning(labels.texts),
            annotations=concerning(annotations.texts),
            template_labels=concerning(below.texts),
            template_annotations=concerning(below_annotations.texts),
            spec_labels=concerning(of_spec.texts),
            owner=pod_owner(owner, labels.texts),
            istios=is_istios(labels.texts) or is_istios(below.texts),
            refused=(
                *refusals("metadata.labels", labels, of_labels=True),
                *refusals("metadata.annotations", annotations, of_labels=False),
                *refusals(f"{field}.labels", below, of_labels=True),
                *refusals(f"{field}.annotations", below_annotations, of_labels=False),
                *no_texts("spec.labels", of_spec),
            ),
        )
        self._objects[labelled.ref] = labelled
        self._chosen[labelled.ref] = self._selector.matches(labels.texts)

    def _take_settings(self, found: Object) -> None:
        """Take in what tells Istio's versions and settings; an object that is not as it should be tells nothing."""
        try:
            read = msgspec.convert(found.fields, _SETTINGS[found.group, found.kind])
        except msgspec.ValidationError:
            return
        istio = self._istio
        if isinstance(read, wire_istio.ConfigMap) and read.name == wire_istio.CNI_CONFIG:
            istio.cni_config = _joined(istio.cni_config, read.fact())
        elif isinstance(read, wire_istio.MutatingWebhookConfiguration):
            hooks = [] if isinstance(istio.webhooks, Unread) else istio.webhooks
            istio.webhooks = [*(h for h in hooks if h.configuration != read.name), *read.injectors()]
        elif isinstance(read, wire.Workload) and found.kind == "DaemonSet" and read.has_label(CNI_LABEL):
            istio.cni_daemonsets = _joined(istio.cni_daemonsets, read.daemonset())
        elif isinstance(read, wire.Workload) and found.kind == "Deployment" and read.has_label(ISTIOD_LABEL):
            istio.istiods = _joined(istio.istiods, read.istiod())


def _joined(found: list[Any] | Unread, more: Any) -> list[Any]:
    """With one more, which takes the place of one by its name."""
    others = [] if isinstance(found, Unread) else found
    return [o for o in others if (o.namespace, o.name) != (more.namespace, more.name)] + [more]


def _resource(found: Object) -> Resource | None:
    """The resource type of an object that can carry a label of Istio."""
    if found.kind not in KINDS:
        return None
    try:
        return find_resource(f"{found.kind}.{found.group}" if found.group else found.kind)
    except UsageError:
        return None  # another group's, as the Gateway of networking.istio.io


def _template(found: Object) -> Any:
    """The metadata of the pod template; None where there is none."""
    value: Any = found.fields
    for step in (*_TEMPLATE.get(found.kind, ("spec", "template")), "metadata"):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _owner(metadata: dict[str, Any]) -> Owner | None:
    try:
        references = msgspec.convert(metadata.get("ownerReferences") or [], list[wire_parts.OwnerReference])
    except msgspec.ValidationError:
        return None
    chosen = next((r for r in references if r.controller), next(iter(references), None))
    return chosen.fact() if chosen else None


def _name_of(found: Object, namespace: str) -> str:
    try:
        return reference(found.kind, *identity(found, namespace))
    except ValueError:
        return found.kind
