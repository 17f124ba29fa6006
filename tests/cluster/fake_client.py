"""A client over objects in memory: decodes, selects and refuses as the real one does with a real server."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, TypeVar

from kubectl_ambient.kube.answers import not_served
from kubectl_ambient.kube.decoding import decode_list, decode_one
from kubectl_ambient.kube.errors import ApiError
from kubectl_ambient.kube.field_selectors import parse_field_selector
from kubectl_ambient.kube.parallel import side_by_side
from kubectl_ambient.kube.resources import Resource
from kubectl_ambient.kube.selectors import parse_label_selector
from tests.cluster.manifests_of import Manifest

T = TypeVar("T")


class FakeClient:
    """`refused` holds `list nodes`, `get pods shop`, `list pods *` (all namespaces) and the like.

    groups: the API groups that there are; None for all. requests: what was asked, as `list pods shop app=web` or
    `get namespaces shop (metadata)`. rounds: how many requests went side by side, each time.
    """

    def __init__(self, *objects: Manifest, refused: Collection[str] = (), missing: Collection[str] = ()) -> None:
        self.objects = list(objects)
        self.refused = set(refused)
        self.missing = set(missing)
        self.groups: Collection[str] | None = None
        self.errors: dict[str, Exception] = {}
        self.requests: list[str] = []
        self.rounds: list[int] = []
        self.bad_objects: list[Any] = []
        self.restart_lists = False
        self._lock = threading.Lock()

    def side_by_side(self, calls: Sequence[Callable[[], Any]], workers: int = 10) -> list[Any]:
        if calls:
            self.rounds.append(len(calls))
        return side_by_side(calls, workers)

    def by_its_clock(self, moment: datetime) -> datetime:
        return moment

    def require(self, resource: Resource) -> None:
        if self.groups is not None and resource.group not in self.groups:
            raise not_served(resource)

    def get(
        self, resource: Resource, name: str, namespace: str = "", *, type: type[T], metadata_only: bool = False
    ) -> T:
        self._ask("get", resource, namespace, name, metadata_only)
        for found in self._of(resource, namespace):
            if found["metadata"]["name"] == name:
                body = json.dumps(_metadata(found) if metadata_only else found).encode()
                return decode_one(body, type, name)
        details = {"name": name, "kind": resource.plural}
        raise ApiError(404, "NotFound", f'{resource.full_name} "{name}" not found', details)

    def list(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        type: type[T],
        label_selector: str = "",
        field_selector: str = "",
        chunk_size: int | None = None,
        metadata_only: bool = False,
        on_restart: Callable[[], None] | None = None,
    ) -> Iterator[list[T]]:
        selectors = " ".join(filter(None, (label_selector, field_selector)))
        self._ask("list", resource, namespace, selectors, metadata_only)
        labels, fields = parse_label_selector(label_selector), parse_field_selector(field_selector)
        found = [
            _metadata(item) if metadata_only else _without_kind(item)
            for item in self._of(resource, namespace)
            if labels.matches(item["metadata"].get("labels") or {}) and fields.matches(_Fields(item))
        ]
        pages = [found[i : i + chunk_size] for i in range(0, len(found), chunk_size)] if chunk_size else [found]
        if self.restart_lists and on_restart:
            yield self._decode(pages[0] if pages else [], type, resource)
            on_restart()
        for page in pages:
            yield self._decode(page, type, resource)

    def facts(
        self, resource: Resource, namespace: str = "", *, type: type[T], fact: Callable[[T], Any], **how: Any
    ) -> Iterator[list[Any]]:
        for page in self.list(resource, namespace, type=type, **how):
            yield [fact(item) for item in page]

    def _decode(self, items: list[Manifest], of: type[T], resource: Resource) -> list[T]:
        body = json.dumps({"kind": f"{resource.kind}List", "metadata": {}, "items": items}).encode()
        return decode_list(body, of, resource, "https://fake", self.bad_objects.append, partial=True)[0]

    def _of(self, resource: Resource, namespace: str) -> list[Manifest]:
        return [
            item
            for item in self.objects
            if item["kind"] == resource.kind
            and item["apiVersion"] == resource.api_version
            and namespace in ("", item["metadata"].get("namespace"))
        ]

    def _ask(self, verb: str, resource: Resource, namespace: str, rest: str, metadata_only: bool) -> None:
        where = (namespace or "*") if resource.namespaced else ""
        asked = " ".join(filter(None, (verb, resource.plural, where)))
        with self._lock:
            self.requests.append(" ".join(filter(None, (asked, rest, "(metadata)" if metadata_only else ""))))
        if error := self.errors.get(f"{verb} {resource.plural}"):
            raise error
        if resource.plural in self.missing:
            raise ApiError(404, "NotFound", "the server could not find the requested resource")
        if {asked, f"{verb} {resource.plural}", f"{asked} {rest}"} & self.refused:
            raise ApiError(403, "Forbidden", f"{resource.plural} is forbidden", {"kind": resource.plural})


class _Fields(dict[str, str]):
    """The fields of an object by their paths."""

    def __init__(self, item: Manifest) -> None:
        self._item = item

    def get(self, path: str, default: Any = "") -> Any:
        value: Any = self._item
        for step in path.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        return default if value is None else value


def _metadata(item: Manifest) -> Manifest:
    return {"metadata": item["metadata"], "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}


def _without_kind(item: Manifest) -> Manifest:
    return {key: value for key, value in item.items() if key not in ("kind", "apiVersion")}
