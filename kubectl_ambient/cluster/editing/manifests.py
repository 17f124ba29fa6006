"""Labels set in manifests: the text is given back with just that changed, comments, order and quotes kept.

What becomes of a label is for the caller to say; which label it is, of the Namespace, of the Pod or of the pods that
a workload will make, follows from the kind. All other objects pass through untouched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import msgspec
import yaml

from kubectl_ambient.cluster import wrong_type
from kubectl_ambient.cluster.documents import Value, json_values, parts, why_broken
from kubectl_ambient.cluster.editing.relabel import Place, relabel, with_label
from kubectl_ambient.cluster.kinds.kind import Kind
from kubectl_ambient.cluster.kinds.namespaces import NAMESPACES
from kubectl_ambient.cluster.kinds.pods import PODS
from kubectl_ambient.cluster.kinds.service_entries import SERVICE_ENTRIES
from kubectl_ambient.cluster.kinds.services import SERVICES
from kubectl_ambient.cluster.kinds.workload_entries import WORKLOAD_ENTRIES
from kubectl_ambient.cluster.kinds.workloads import WORKLOADS
from kubectl_ambient.cluster.objects import NoObject, Object, identity, objects, reference
from kubectl_ambient.cluster.problem import Problem
from kubectl_ambient.cluster.wire_parts import Texts, texts
from kubectl_ambient.kube.yaml_text import values

Holders = Mapping[tuple[str, str], tuple[str, ...]]
"""Whose labels are set, by group and kind: the path from an object to what holds its `metadata.labels`."""


def _holders(*kinds: Kind[Any]) -> Holders:
    return {(kind.resource.group, kind.kind): kind.template for kind in kinds}


OF_PODS = _holders(NAMESPACES, PODS, *WORKLOADS.values())
OF_WAYPOINTS = _holders(NAMESPACES, SERVICES, PODS, SERVICE_ENTRIES, WORKLOAD_ENTRIES)
_LABELS = ("metadata", "labels")
_BENEATH = ("spec", "labels")


class Labelled(msgspec.Struct, frozen=True):
    """What may get the label; the `labels` of a workload are those of its pods' template.

    beneath: those that count where a key is not among the `labels` (`spec.labels` of a WorkloadEntry).
    """

    kind: str
    namespace: str
    name: str
    labels: Mapping[str, str]
    beneath: Mapping[str, str] = {}


Outcome = Literal["labeled", "unlabeled", "unchanged", "conflict"]
Change = Callable[[Labelled], str | None]
"""The value that the label is to have; None: it is to be off. The value that it has: leave it."""


class Edit(msgspec.Struct, frozen=True):
    """What happened to one object. A `conflict` was left as it was: it has another value already."""

    kind: str
    namespace: str
    name: str
    before: str | None
    after: str | None
    outcome: Outcome


class Edited(msgspec.Struct, frozen=True):
    """The text with its labels changed, what happened to each object, and what was wrong.

    Documents that are no YAML or no Kubernetes object are left out of the text, so that it can be applied.
    """

    text: str
    edits: list[Edit]
    problems: list[Problem]


def edit(
    text: str,
    key: str,
    change: Change,
    *,
    file: str = "",
    namespace: str = "default",
    overwrite: bool = False,
    holders: Holders = OF_PODS,
) -> Edited:
    """Set or remove the label `key` of every object of a manifest that is among the holders, as `change` says.

    `file` names it in the problems; objects without a namespace are told as being in `namespace`. Without
    `overwrite`, a label that has another value is left, and its outcome is `conflict`. JSON stays JSON.
    """
    editor = _Editor(key, change, file, namespace, overwrite, holders)
    json_parts = json_values(text) if text.lstrip()[:1] in ("{", "[") else None
    edited = editor.yaml(text) if json_parts is None else editor.json(json_parts)
    return Edited(edited, editor.edits, editor.problems)


def join(texts: Iterable[str]) -> str:
    """The texts of several files as one stream of documents."""
    joined = ""
    for text in texts:
        if joined and not text.lstrip().startswith("---"):
            joined += "---\n"
        joined += text if text.endswith("\n") or not text else f"{text}\n"
    return joined


class _Planned(msgspec.Struct, frozen=True):
    """What happens to one object, and where in the document its labels stand."""

    edit: Edit
    place: Place

    @property
    def changes(self) -> bool:
        return self.edit.outcome in ("labeled", "unlabeled")


class _Editor:
    def __init__(self, key: str, change: Change, file: str, namespace: str, overwrite: bool, holders: Holders) -> None:
        self.edits: list[Edit] = []
        self.problems: list[Problem] = []
        self._key = key
        self._change = change
        self._file = file
        self._namespace = namespace
        self._overwrite = overwrite
        self._holders = holders
        self._number: int | None = None  # of the document, where there are several

    def json(self, found: list[tuple[Value, str]]) -> str:
        """The text of these JSON values, each with its source."""
        shown = []
        for number, (value, source) in enumerate(found, 1):
            self._number = number if len(found) > 1 else None
            planned = self._plan(value, 0)
            if planned is None:
                continue
            changes = [plan for plan in planned if plan.changes]
            for plan in changes:
                value = with_label(value, plan.place.path, self._key, plan.place.value)
            try:
                shown.append(_dump(value, source) if changes else source)
            except ValueError:
                self._tell("", "it holds a number that is too large to be written again: it is left as it was")
                shown.append(source)
                continue
            self.edits += [plan.edit for plan in planned]
        return "".join(f"{part}\n" for part in shown)

    def yaml(self, text: str) -> str:
        """The text of YAML documents; what stands between them is kept."""
        found = list(parts(text))
        shown: list[str] = []
        end = lines = 0
        for number, (start, stop) in enumerate(found, 1):
            self._number = number if len(found) > 1 else None
            lines += text.count("\n", end, start)
            part = self._part(text[start:stop], lines)
            lines += text.count("\n", start, stop)
            if part is not None or not shown:
                shown.append(text[end:start])
            shown.append(part or "")
            end = stop
        return "".join([*shown, text[end:]])

    def _part(self, text: str, lines_before: int) -> str | None:
        """What stands between two separators, edited; None where it holds no object."""
        try:
            found = list(values(text))
        except yaml.YAMLError as error:
            at = getattr(error, "position", None)  # in the bytes, of what is no character of YAML
            line = lines_before + text.encode()[:at].count(b"\n") + 1 if at is not None else 0
            self._tell("", why_broken(error, lines_before, line))
            return None
        plans = [self._plan(value, index) for index, value in enumerate(found)]
        if all(plan is None for plan in plans):
            return None
        planned = [plan for plans_of_one in plans for plan in plans_of_one or ()]
        edited, refused = relabel(text, self._key, [plan.place for plan in planned if plan.changes])
        for plan in planned:
            if plan.place in refused:
                edit = plan.edit
                self._tell(reference(edit.kind, edit.namespace, edit.name), refused[plan.place])
            else:
                self.edits.append(plan.edit)
        return edited

    def _plan(self, value: Value, document: int) -> list[_Planned] | None:
        """What is to happen in one document; None where it holds no object at all."""
        planned: list[_Planned] = []
        found_all = list(objects(value))
        for found in found_all:
            if isinstance(found, NoObject):
                self._tell(found.where, found.why)
                continue
            holder = self._holders.get((found.group, found.kind))
            if holder is None:
                continue
            try:
                planned.append(self._planned(found, holder, document))
            except ValueError as error:
                self._tell(_name_of(found, self._namespace), str(error))
        return None if found_all and all(isinstance(found, NoObject) for found in found_all) else planned

    def _planned(self, found: Object, holder: tuple[str, ...], document: int) -> _Planned:
        """Raises ValueError, which says what is wrong with the object."""
        namespace, name = identity(found, self._namespace)
        labels = _texts(found.fields, (*holder, *_LABELS), len(holder))
        beneath = _texts(found.fields, _BENEATH) if found.kind == "WorkloadEntry" else {}
        before = labels.get(self._key)
        after = self._change(Labelled(found.kind, namespace, name, labels, beneath))
        outcome: Outcome
        if after == before:
            outcome = "unchanged"
        elif after is None:
            outcome = "unlabeled"
        else:
            outcome = "labeled" if before is None or self._overwrite else "conflict"
        path = (*found.path, *holder, *_LABELS)
        return _Planned(Edit(found.kind, namespace, name, before, after, outcome), Place(document, path, after))

    def _tell(self, what: str, why: str) -> None:
        self.problems.append(Problem(file=self._file, document=self._number, object=what, why=why))


def _name_of(found: Object, namespace: str) -> str:
    try:
        return reference(found.kind, *identity(found, namespace))
    except ValueError:
        return found.kind


def _texts(fields: dict[str, Any], path: tuple[str, ...], required: int = 0) -> dict[str, str]:
    """The texts at this path. Raises ValueError for a wrong type, or where not even the `required` steps are there."""
    value: Any = fields
    for depth, step in enumerate(path):
        if not isinstance(value, dict):
            raise ValueError(f"{'.'.join(path[:depth])}: expected an object")
        value = value.get(step)
        if value is None:
            if depth < required:
                raise ValueError(f"{'.'.join(path[:required])} is not set")
            return {}
    try:
        return texts(msgspec.convert(value, Texts))
    except msgspec.ValidationError as error:
        raise ValueError(wrong_type.describe(error, value, ".".join(path))) from None


def _dump(value: Value, source: str) -> str:
    """JSON laid out as its source is: indented or not."""
    indented = re.search(r"\n([ \t]+)\S", source)
    separators = (",", ":") if not indented and '": ' not in source else None
    return json.dumps(
        value,
        indent=indented[1] if indented else None,
        separators=separators,
        ensure_ascii=source.isascii(),
        allow_nan=False,
    )
