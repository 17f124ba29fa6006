"""The labels in manifests, as they were written: also those that an API server would refuse, with its words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, BinaryIO

import msgspec
from msgspec.structs import replace

from kubectl_ambient.cluster import wire_parts
from kubectl_ambient.cluster.facts import Owner
from kubectl_ambient.cluster.kinds.kind import Kind
from kubectl_ambient.cluster.kinds.labelled import KINDS, Labelled, concerning, is_istios, pod_owner
from kubectl_ambient.cluster.kinds.labels import with_spec
from kubectl_ambient.cluster.kinds.workloads import WORKLOADS
from kubectl_ambient.cluster.objects import Object, identity, reference
from kubectl_ambient.cluster.paths import OnLarge
from kubectl_ambient.cluster.problem import Problem
from kubectl_ambient.cluster.reading.files import Objects
from kubectl_ambient.cluster.reading.label_texts import no_texts, refusals, texts_of
from kubectl_ambient.cluster.reading.shown_by_files import Shown
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.cluster.taking import Taker, not_in_files
from kubectl_ambient.kube.errors import UsageError
from kubectl_ambient.kube.resources import Resource, find_resource
from kubectl_ambient.kube.selectors import parse_label_selector


def read_label_files(
    settings: Collection[Kind[Any]],
    label_selector: str,
    paths: Iterable[str],
    *,
    recursive: bool = False,
    namespace: str = "default",
    whole: bool = False,
    stdin: BinaryIO | None = None,
    on_large: OnLarge | None = None,
) -> tuple[Snapshot, list[Problem]]:
    """Every object of the files that can carry a label of Istio, the kinds of settings, and what was wrong.

    Objects without a namespace go to `namespace`. Of an object that comes twice, each is there with its `place`, if
    they differ (a base and its overlay); of a Namespace the last is inherited from. `labelled` holds those that the
    selector chooses, `labelled_namespaces` all. A label that an API server would refuse is no Problem here: it is in
    `refused`, and judged. whole: the files hold the whole cluster. `on_large` is told of files that take long.
    Raises UsageError for an invalid selector, and nothing else.
    """
    found = LabelTaker(settings, namespace, label_selector, whole=whole)
    found.read_all(paths, recursive=recursive, stdin=stdin, on_large=on_large)
    return found.snapshot(), list(found.problems)


class LabelTaker(Taker):
    """Takes the labels of all objects that the selector chooses, and the kinds of settings as their facts."""

    def __init__(self, settings: Collection[Kind[Any]], namespace: str, label_selector: str, *, whole: bool) -> None:
        super().__init__(Shown(by_flag=whole), namespace)
        self._selector = parse_label_selector(label_selector)
        self._objects: dict[str, Labelled] = {}
        self._chosen: dict[str, bool] = {}
        self._places: dict[str, str] = {}
        self._settings = Objects(settings)

    def snapshot(self) -> Snapshot:
        """All that was found."""
        snapshot = Snapshot(from_files=True)
        self._settings.into(snapshot, self.shown)
        snapshot.labelled.facts = {ref: o for ref, o in self._objects.items() if self._chosen[ref]}
        known = snapshot.labelled_namespaces
        known.facts = {o.name: o for ref, o in self._objects.items() if o.kind == "Namespace" and ref == o.ref}
        used = {o.namespace for o in self._objects.values() if o.namespace}
        absent = (used | self.shown.homes_named.keys()) - known.facts.keys()
        known.unread = {name: not_in_files(f"get namespace {name}") for name in sorted(absent)}
        return snapshot

    def _take(self, found: Object) -> Iterator[tuple[str, str]]:
        resource = _resource(found)
        try:
            if not self._settings.takes(found) and resource is None:
                return
            namespace, name = self._identity(found, self.namespace)
            if self._settings.takes(found):
                # One that is not as it should be tells nothing of the settings; its labels are judged all the same.
                self._settings.take(found, namespace, name)
            if resource is not None:
                self._take_labels(found, resource, namespace, name)
        except ValueError as error:
            yield _name_of(found, self.namespace), str(error)

    def _wants(self, found: Object) -> bool:
        """Whether an object is a setting, or can carry a label of Istio."""
        return self._settings.takes(found) or _resource(found) is not None

    def _take_settings_of(self, found: Object, namespace: str, name: str) -> str:
        """Take it for a setting, if it is one; what is wrong with it, or an empty text."""
        if not self._settings.takes(found):
            return ""
        return self._settings.take(found, namespace, name, self._place, typed=self._typed)

    def _take_labels_of(self, found: Object, namespace: str, name: str) -> bool:
        """Take its labels, if it can carry some; whether an API server refuses any of them. Raises ValueError."""
        resource = _resource(found)
        if resource is None:
            return False
        self._take_labels(found, resource, namespace, name)
        taken = self._objects.get(reference(found.kind, namespace if resource.namespaced else "", name))
        return taken is not None and bool(taken.refused)

    def _take_labels(self, found: Object, resource: Resource, namespace: str, name: str) -> None:
        """Raises ValueError, which says what is wrong with the object."""
        metadata = found.fields["metadata"]
        template = _template(found)
        labels, annotations = texts_of(metadata, "labels"), texts_of(metadata, "annotations")
        below, below_annotations = texts_of(template, "labels"), texts_of(template, "annotations")
        of_spec = texts_of(found.fields.get("spec") if found.kind == "WorkloadEntry" else None, "labels", "spec")
        owner = _owner(metadata)
        if owner and found.kind == "ReplicaSet":
            return  # made from the template of its owner, which its pods have by its name
        field = ".".join((*_path_of_template(found), "metadata"))
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
        labelled = with_spec(labelled, found.fields.get("spec"))
        self._keep(labelled, self._selector.matches(labels.texts))

    def _keep(self, labelled: Labelled, chosen: bool) -> None:
        """The last one of a name under its reference, an earlier one that differs under its place as well."""
        ref, place = labelled.ref, self._place
        before = self._objects.get(ref)
        if before is not None and replace(before, place="") != labelled:
            earlier = before.place or self._places[ref]
            key = f"{ref} ({earlier})"
            self._objects[key], self._chosen[key] = replace(before, place=earlier), self._chosen[ref]
            labelled = replace(labelled, place=place)
        elif before is not None:
            labelled, chosen = before, self._chosen[ref] or chosen
        self._objects[ref], self._chosen[ref], self._places[ref] = labelled, chosen, place


def _resource(found: Object) -> Resource | None:
    """The resource type of an object that can carry a label of Istio."""
    if found.kind not in KINDS:
        return None
    try:
        return find_resource(f"{found.kind}.{found.group}" if found.group else found.kind)
    except UsageError:
        return None  # another group's, as the Gateway of networking.istio.io


def _path_of_template(found: Object) -> tuple[str, ...]:
    return WORKLOADS[found.kind].template if found.kind in WORKLOADS else ("spec", "template")


def _template(found: Object) -> Any:
    """The metadata of the pod template; None where there is none."""
    value: Any = found.fields
    for step in (*_path_of_template(found), "metadata"):
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
