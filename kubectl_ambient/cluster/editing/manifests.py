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
from kubectl_ambient.cluster.sourced import PATCH, by_ending, is_patch, template, template_object
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
    """The text with its labels changed, what happened to each object, and what was wrong."""

    text: str
    edits: list[Edit]
    problems: list[Problem]


Chooses = Callable[[Object, str, str], bool]
"""Whether an object is one of those that get the label, by its namespace and its name."""


def every(found: Object, namespace: str, name: str) -> bool:
    """All objects are chosen."""
    return True


def edit(
    text: str,
    key: str,
    change: Change,
    *,
    file: str = "",
    namespace: str = "default",
    overwrite: bool = False,
    holders: Holders = OF_PODS,
    chooses: Chooses = every,
    whole: bool = False,
) -> Edited:
    """Set or remove the label `key` of every chosen object that is among the holders, as `change` says.

    `file` names it in the problems; objects without a namespace are told as being in `namespace`. Without
    `overwrite`, a label that has another value is left, and its outcome is `conflict`. JSON stays JSON.
    Documents that are no YAML or no Kubernetes object are left out of the text, so that it can be applied; with
    `whole` they stay as they are.
    """
    editor = _Editor(text, key, change, file, namespace, overwrite, holders, chooses, whole)
    json_parts = json_values(text) if text.lstrip()[:1] in ("{", "[") else None
    edited = editor.yaml() if json_parts is None else editor.json(json_parts)
    return Edited(edited, editor.edits, editor.problems)


def join(texts: Iterable[str]) -> str:
    """The texts of several files as one stream of documents; that of one file stays as it is."""
    joined = ""
    for text in texts:
        if joined and text:
            joined += "" if joined.endswith("\n") else "\n"
            joined += "" if text.lstrip().startswith("---") else "---\n"
        joined += text
    return joined


class _Planned(msgspec.Struct, frozen=True):
    """What happens to one object, and where in the document its labels stand."""

    edit: Edit
    place: Place

    @property
    def changes(self) -> bool:
        return self.edit.outcome in ("labeled", "unlabeled")


class _Editor:
    def __init__(
        self,
        text: str,
        key: str,
        change: Change,
        file: str,
        namespace: str,
        overwrite: bool,
        holders: Holders,
        chooses: Chooses,
        whole: bool,
    ) -> None:
        self.edits: list[Edit] = []
        self.problems: list[Problem] = []
        self._text = text
        self._key = key
        self._change = change
        self._file = file
        self._namespace = namespace
        self._overwrite = overwrite
        self._holders = holders
        self._chooses = chooses
        self._whole = whole
        self._is_template = False
        self._number: int | None = None  # of the document, where there are several

    def json(self, found: list[tuple[Value, str]]) -> str:
        """The text of these JSON values, each with its source; what stands between them is kept."""
        shown: list[str] = []
        end = 0
        for number, (value, source) in enumerate(found, 1):
            self._number = number if len(found) > 1 else None
            start = self._text.index(source, end)  # only blanks stand before it
            part = self._json(value, source)
            if part is not None:
                shown += [self._text[end:start], part]
            end = start + len(source)
        return "".join([*shown, self._text[end:] if shown else ""])

    def _json(self, value: Value, source: str) -> str | None:
        """One value, edited; None where it is to be left out."""
        planned = self._plan(value, 0)
        if planned is None:
            return source if self._whole else None
        changes = [plan for plan in planned if plan.changes]
        for plan in changes:
            value = with_label(value, plan.place.path, self._key, plan.place.value)
        try:
            edited = _dump(value, source) if changes else source
        except ValueError:
            self._tell("", "it holds a number that is too large to be written again: it is left as it was")
            return source
        self.edits += [plan.edit for plan in planned]
        return edited

    def yaml(self) -> str:
        """The text of YAML documents; what stands between them is kept."""
        text = self._text
        found = list(parts(text))
        shown: list[str] = []
        end = lines = 0
        for number, (start, stop) in enumerate(found, 1):
            self._number = number if len(found) > 1 else None
            lines += text.count("\n", end, start)
            part = self._part(text[start:stop], lines)
            part = text[start:stop] if part is None and self._whole else part
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
            if why := by_ending(self._file) or template(self._text):
                self._tell_template(why)
                return None
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
        if why := PATCH if is_patch(value) else template_object(value) if isinstance(value, dict) else "":
            self._tell_template(why, harmless=why == PATCH)
            return None
        found_all = list(objects(value))
        for found in found_all:
            if isinstance(found, NoObject):
                self._tell(found.where, found.why)
                continue
            holder = self._holders.get((found.group, found.kind))
            if holder is None:
                continue
            try:
                if self._chooses(found, *identity(found, self._namespace)):
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

    def _tell_template(self, why: str, *, harmless: bool = False) -> None:
        """That the file is no manifest yet: once, since all its documents are of one kind."""
        if not self._is_template:
            self.problems.append(Problem(file=self._file, why=why, harmless=harmless))
        self._is_template = True

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
