"""Puts a snapshot into a bare server as it was written, status and deletion marks included."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from .api import Api, ApiError, Object
from .processes import wait_for
from .resources import Resource, Resources

_SERVER_SET = ("uid", "resourceVersion", "creationTimestamp", "generation", "selfLink", "managedFields")

# Webhooks last: nobody answers them here, and each Pod after them would be refused.
_ORDER = {
    "CustomResourceDefinition": 0,
    "Namespace": 1,
    "MutatingWebhookConfiguration": 3,
    "ValidatingWebhookConfiguration": 3,
}

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def documents(*paths: Path) -> Iterator[Object]:
    """Every object of the files, or of folders as `kubectl -f` reads them, lists taken apart.

    What is no object lies beside them in a folder, as the settings of another program may.
    """
    for path in paths:
        for file in sorted(path.glob("*.yaml")) if path.is_dir() else [path]:
            for document in yaml.load_all(file.read_text(), _Loader):
                if document and "kind" in document:
                    yield from document["items"] if document["kind"].endswith("List") else [document]


class Snapshot:
    """Writes objects into a server, so that they read as they were captured."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._resources = Resources(api)

    def load(self, objects: list[Object]) -> int:
        """Create the objects, in an order that works; returns how many there were."""
        for item in sorted(objects, key=lambda item: _ORDER.get(item["kind"], 2)):
            self._put(copy.deepcopy(item))
        return len(objects)

    def _put(self, item: Object) -> None:
        metadata = item["metadata"]
        deleted = metadata.pop("deletionTimestamp", None)
        metadata.pop("deletionGracePeriodSeconds", None)
        for field in _SERVER_SET:
            metadata.pop(field, None)
        if item["kind"] == "Job":
            # Its selector names the uid that it had where it was captured.
            item["spec"]["manualSelector"] = True
        resource = wait_for(f"the kind {item['kind']}", lambda: self._resource(item))
        path = resource.path(item)
        self._api.apply(path, {key: value for key, value in item.items() if key != "status"}, "snapshot")
        if resource.has_status and item.get("status"):
            status = {"apiVersion": item["apiVersion"], "kind": item["kind"], "status": item["status"]}
            self._api.patch(f"{path}/status", status, "snapshot")
        if deleted:
            self._api.request("DELETE", path)

    def _resource(self, item: Object) -> Resource | None:
        """None while a CRD of the same snapshot is not yet served."""
        try:
            return self._resources.of(item)
        except ApiError:
            return None
