"""Reads the objects that `enable` and `disable` are to label."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Generic, Literal, TypeVar

from msgspec import Struct, field

from kubectl_ambient.change.patch import LabelEdit
from kubectl_ambient.change.targets import Labelled, Target, key_of, namespace_of
from kubectl_ambient.cluster.reading.cluster import is_partial
from kubectl_ambient.cluster.reading.fields import fact_of
from kubectl_ambient.kube.api import Client
from kubectl_ambient.kube.errors import BadAnswer, KubeError
from kubectl_ambient.kube.resources import Resource
from kubectl_ambient.runs.change.request import ChangeRequest

Fields = dict[str, Any]
E = TypeVar("E", bound=LabelEdit)


# sent: no answer yet. done: the answer was a success, and the labels are as wanted. refused: nothing was changed.
# not known: it was sent, and may be applied, or may be yet.
State = Literal["not tried", "sent", "done", "refused", "not known"]


class Item(Struct, Generic[E]):
    """One object: its resource type, what was read of it, its edit, and what became of that.

    `fields` are only the metadata where no more is needed. `final` is the object afterwards, for `-o json`.
    `why` tells why it is refused or not known; empty where the edit does.
    """

    resource: Resource
    fields: Fields
    edit: E
    state: State = "not tried"
    final: Fields | None = None
    why: str = ""
    hint: str = ""

    @property
    def target(self) -> Labelled:
        """The object as a fact."""
        return self.edit.target

    @property
    def version(self) -> str:
        """The resource version that was read."""
        return str((self.fields.get("metadata") or {}).get("resourceVersion") or "")


class Found(Struct, Generic[E]):
    """The objects, and the errors about those that could not be read."""

    items: list[Item[E]] = field(default_factory=list)
    errors: list[KubeError] = field(default_factory=list)


class TargetReader(Generic[E]):
    """Reads objects of a request, and plans their edits: `planner` makes one of a resource type and an object of it."""

    def __init__(self, client: Client, request: ChangeRequest, planner: Callable[[Resource, Fields], E]) -> None:
        self._client = client
        self._request = request
        self._planner = planner

    def read(self) -> Found[E]:
        """All objects, named or selected, side by side; an object that is named twice comes once.

        Raises KubeError where no object can be read: no connection, unknown credentials.
        """
        targets = self._request.targets
        resources = [*(t.resource for t in targets), *self._request.selected]
        calls: list[Callable[[], list[Fields]]] = [partial(self._get, t.resource, t.name or "") for t in targets]
        calls += [partial(self._list, resource) for resource in self._request.selected]
        found: Found[E] = Found()
        for resource, outcome in zip(resources, self._client.side_by_side(calls), strict=True):
            if not isinstance(outcome, KubeError):
                # Not in the threads: msgspec crashes where two of them meet a type for the first time.
                for fields in outcome:
                    try:
                        found.items.append(self._item(resource, fields))
                    except BadAnswer as error:  # one bad object does not hide the others
                        found.errors.append(error)
            elif is_partial(outcome):
                found.errors.append(outcome)
            else:
                raise outcome
        found.items = list({key_of(item.target): item for item in found.items}.values())
        return found

    def again(self, item: Item[E]) -> Item[E]:
        """The same object as it is now, planned anew. Raises KubeError."""
        fields = self._get_in(item.resource, item.target.name, namespace_of(item.target))
        return self._item(item.resource, fields)

    def _get(self, resource: Resource, name: str) -> list[Fields]:
        return [self._get_in(resource, name, self._client.namespace if resource.namespaced else "")]

    def _get_in(self, resource: Resource, name: str, namespace: str) -> Fields:
        # Of a pod all is wanted: it has to stand for itself where the pods around it may not be read.
        partly = self._metadata_is_enough(resource) and resource.kind != "Pod"
        return self._client.get(resource, name, namespace, type=Fields, metadata_only=partly)

    def _list(self, resource: Resource) -> list[Fields]:
        flags = self._request.flags
        everywhere = flags.all_namespaces or not resource.namespaced
        pages = self._client.list(
            resource,
            "" if everywhere else self._client.namespace,
            type=Fields,
            label_selector=flags.label_selector,
            field_selector=flags.field_selector,
            chunk_size=flags.chunk_size,
            metadata_only=self._metadata_is_enough(resource),
        )
        return [fields for page in pages for fields in page]

    def _metadata_is_enough(self, resource: Resource) -> bool:
        """Whether the labels are all that is needed; workloads have theirs in the template."""
        return resource.kind in ("Namespace", "Pod") and self._request.flags.output not in ("json", "yaml")

    def _item(self, resource: Resource, fields: Fields) -> Item[E]:
        fields = {**fields, "apiVersion": resource.api_version, "kind": resource.kind}
        return Item(resource, fields, self._planner(resource, fields))


def fact(resource: Resource, fields: Fields) -> Target:
    """An object's fields as a fact. Raises BadAnswer for fields of another type than the API's."""
    found: Target = fact_of(resource, fields)
    return found
