"""Puts a snapshot into a bare server as it was written, status and deletion marks included."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from .api import Api, ApiError, Object

_SERVER_SET = ("uid", "resourceVersion", "creationTimestamp", "generation", "selfLink", "managedFields")

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def documents(*paths: Path) -> Iterator[Object]:
    """Every object of the files (or folders of files), lists taken apart."""
    for path in paths:
        for file in sorted(path.rglob("*.yaml")) if path.is_dir() else [path]:
            for document in yaml.load_all(file.read_text(), _Loader):
                if document:
                    yield from document["items"] if document["kind"].endswith("List") else [document]


class Snapshot:
    """Writes objects into a server; asks the server once where each kind lives."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._paths: dict[tuple[str, str], tuple[str, bool, bool]] = {}

    def load(self, objects: list[Object]) -> int:
        """Create the objects, CRDs and Namespaces first; returns how many there were."""
        first = {"CustomResourceDefinition": 0, "Namespace": 1}
        for item in sorted(objects, key=lambda item: first.get(item["kind"], 2)):
            self._put(copy.deepcopy(item))
        return len(objects)

    def _put(self, item: Object) -> None:
        metadata = item["metadata"]
        deleted = metadata.pop("deletionTimestamp", None)
        metadata.pop("deletionGracePeriodSeconds", None)
        for field in _SERVER_SET:
            metadata.pop(field, None)
        folder, has_status = self._folder(item)
        path = f"{folder}/{metadata['name']}"
        self._api.apply(path, {key: value for key, value in item.items() if key != "status"}, "snapshot")
        if has_status and item.get("status"):
            status = {"apiVersion": item["apiVersion"], "kind": item["kind"], "status": item["status"]}
            self._api.patch(f"{path}/status", status, "snapshot")
        if deleted:
            self._api.request("DELETE", path)

    def _folder(self, item: Object) -> tuple[str, bool]:
        """The collection's path, and whether its objects have a status of their own."""
        version, kind = item["apiVersion"], item["kind"]
        if (version, kind) not in self._paths:
            base = f"/api/{version}" if "/" not in version else f"/apis/{version}"
            resources = self._api.request("GET", base)["resources"]
            for resource in resources:
                if "/" not in resource["name"]:
                    status = any(other["name"] == f"{resource['name']}/status" for other in resources)
                    where = (f"{base}/{resource['name']}", bool(resource["namespaced"]), status)
                    self._paths[version, resource["kind"]] = where
        if (version, kind) not in self._paths:
            raise ApiError(404, f"the server knows no {kind} in {version}")
        path, namespaced, status = self._paths[version, kind]
        if not namespaced:
            return path, status
        base, _, plural = path.rpartition("/")
        return f"{base}/namespaces/{item['metadata']['namespace']}/{plural}", status
