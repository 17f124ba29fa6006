"""A stand-in API server that serves a cluster in any of the ways that a kube-apiserver has."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from kubectl_ambient.kube.field_selectors import parse_field_selector
from kubectl_ambient.kube.protobuf.fields import is_known
from kubectl_ambient.kube.resources import TABLE, Resource
from kubectl_ambient.kube.selectors import parse_label_selector
from tests.fuzz.clusters import group
from tests.fuzz.words import Fields
from tests.kube.proto_text import encoded, enveloped
from tests.kube.standin import Reply, Seen, StandIn, status

_PROTOBUF = "application/vnd.kubernetes.protobuf"
_PARTIAL, _META = "PartialObjectMetadata", "meta.k8s.io/v1"
_MOST = 500  # of what kubectl asks for at once


@dataclass(frozen=True)
class Way:
    """How a server answers: its minor version, how many objects it gives at once, and whether it has protobuf.

    chunk: how many bytes of a protobuf answer it sends at once; 0: the whole. forgets: of each list that goes on, it
    forgets once what it was about. refused: the resources that nobody may see.
    """

    minor: int = 32
    page: int = _MOST
    protobuf: bool = True
    chunk: int = 0
    forgets: bool = False
    refused: frozenset[str] = frozenset()


@dataclass
class ClusterServer:
    """Serves `objects` in a `way`; `standin` is where."""

    standin: StandIn
    objects: list[Fields] = field(default_factory=list)
    way: Way = Way()
    _forgotten: set[str] = field(default_factory=set)

    def serves(self, objects: list[Fields], way: Way) -> None:
        """What to serve from now on, in this order."""
        self.objects, self.way, self._forgotten = objects, way, set()
        self.standin.answers(self._answer)

    def _answer(self, seen: Seen) -> Reply:
        if seen.path == "/version":
            minor = str(self.way.minor)
            return Reply({"major": "1", "minor": minor, "gitVersion": f"v1.{minor}.0"})
        if seen.path == "/apis":
            groups = {r.group for r in TABLE if r.group and self._is_served(r)}
            return Reply({"kind": "APIGroupList", "groups": [{"name": name} for name in sorted(groups)]})
        resource, namespace, name = _asked(seen.path)
        if resource is None or not self._is_served(resource):
            return Reply(b"404 page not found\n", 404, content_type="text/plain")
        if resource.plural in self.way.refused:
            return status(403, "Forbidden", f"{resource.full_name} is forbidden", kind=resource.plural, name=name)
        there = [
            found
            for found in self.objects
            if found["kind"] == resource.kind
            and group(found) == resource.group
            and namespace in ("", found["metadata"].get("namespace", ""))
        ]
        return self._get(resource, there, name, seen) if name else self._list(resource, there, seen)

    def _is_served(self, resource: Resource) -> bool:
        """Kubernetes' own, and CRDs of which there is some object."""
        own = not resource.group.endswith(("istio.io", "gateway.networking.k8s.io"))
        return own or any(group(found) == resource.group for found in self.objects)

    def _get(self, resource: Resource, there: list[Fields], name: str, seen: Seen) -> Reply:
        for found in there:
            if found["metadata"]["name"] == name:
                return Reply(json.dumps(_partial(found) if _wants_partial(seen) else found).encode())
        told = f'{resource.full_name} "{name}" not found'
        return status(404, "NotFound", told, name=name, kind=resource.plural, group=resource.group)

    def _list(self, resource: Resource, there: list[Fields], seen: Seen) -> Reply:
        labels = parse_label_selector(seen.query.get("labelSelector", ""))
        fields = parse_field_selector(seen.query.get("fieldSelector", ""))
        there = [
            found
            for found in there
            if labels.matches(found["metadata"].get("labels") or {}) and fields.matches(_Paths(found))
        ]
        start, limit = int(seen.query.get("continue", 0)), int(seen.query.get("limit", 0))
        if start and self.way.forgets and seen.path not in self._forgotten:
            self._forgotten.add(seen.path)
            return status(410, "Expired", "The provided continue parameter is too old")
        end = start + min(limit, self.way.page) if limit else len(there)
        token = str(end) if end < len(there) else ""
        return self._answered(resource, there[start:end], token, seen)

    def _answered(self, resource: Resource, items: list[Fields], token: str, seen: Seen) -> Reply:
        partial = _wants_partial(seen)
        kind, version = (_PARTIAL, _META) if partial else (resource.kind, resource.api_version)
        if partial:
            items = [_partial(found) for found in items]
        if self.way.protobuf and (seen.headers["Accept"] or "").startswith(_PROTOBUF) and is_known(kind):
            bodies = [encoded(kind, found) for found in items]
            body = enveloped(f"{kind}List", bodies, token=token, api_version=version)
            chunks = list(_cut(body, self.way.chunk)) if self.way.chunk else None
            return Reply(body, content_type=_PROTOBUF, chunks=chunks)
        listed: dict[str, Any] = {
            "kind": f"{kind}List",
            "apiVersion": version,
            "metadata": {"resourceVersion": "7", **({"continue": token} if token else {})},
            "items": items if partial or resource.group.endswith(".io") else [_untyped(found) for found in items],
        }
        return Reply(json.dumps(listed).encode())


def _cut(body: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


def _asked(path: str) -> tuple[Resource | None, str, str]:
    """The resource, the namespace (empty: all) and the name (empty: a list) that a path means."""
    steps = path.strip("/").split("/")
    name_of_group, rest = ("", steps[2:]) if steps[0] == "api" else (steps[1], steps[3:])
    namespace = ""
    if rest[0] == "namespaces" and len(rest) > 2:
        namespace, rest = rest[1], rest[2:]
    found = next((r for r in TABLE if (r.group, r.plural) == (name_of_group, rest[0])), None)
    return found, namespace, rest[1] if len(rest) > 1 else ""


def _wants_partial(seen: Seen) -> bool:
    return f"as={_PARTIAL}" in (seen.headers["Accept"] or "")


def _partial(found: Fields) -> Fields:
    return {"kind": _PARTIAL, "apiVersion": _META, "metadata": found["metadata"]}


def _untyped(found: Fields) -> Fields:
    """As a server lists its own kinds: without what the list tells of all."""
    return {key: value for key, value in found.items() if key not in ("kind", "apiVersion")}


class _Paths(dict[str, str]):
    """The fields of an object by their paths."""

    def __init__(self, found: Fields) -> None:
        self._found = found

    def get(self, path: str, default: Any = "") -> Any:
        value: Any = self._found
        for step in path.split("."):
            value = value.get(step) if isinstance(value, dict) else None
        return default if value is None else value


PLAIN = Way()


def in_order(objects: list[Fields]) -> list[Fields]:
    """The same, as a real server lists them."""
    return sorted(objects, key=lambda found: "/".join(found["metadata"].get(k) or "" for k in ("namespace", "name")))


def refusing(*plurals: str) -> Way:
    """A server that refuses to show these."""
    return replace(PLAIN, refused=frozenset(plurals))
