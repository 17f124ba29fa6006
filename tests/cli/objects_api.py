"""A stand-in API server that holds a few objects: just enough for reads, merge patches and the faults of a test."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable
from typing import Any

from kubectl_ambient.kube.selectors import parse_label_selector
from tests.kube.standin import Reply, Seen, StandIn, status

Fields = dict[str, Any]


class ObjectsApi:
    """Objects by their path (`/api/v1/namespaces/shop`); `before_patch` may change them, or answer itself.

    `after_patch` may answer otherwise, when the change is made.
    """

    def __init__(self, standin: StandIn) -> None:
        self.objects: dict[str, Fields] = {}
        self.before_patch: Callable[[str, Fields], Reply | None] = lambda path, patch: None
        self.after_patch: Callable[[str, Reply], Reply] = lambda path, reply: reply
        self.before_get: Callable[[str], Reply | None] = lambda path: None
        self.patches: list[Seen] = []
        self._standin = standin
        self._lock = threading.Lock()
        standin.answers(self._answer)

    @property
    def url(self) -> str:
        return self._standin.url

    def add(self, path: str, labels: dict[str, str] | None = None, **fields: Any) -> None:
        """An object with these labels; `fields` beside its metadata."""
        parts = path.split("/")
        namespaced = len(parts) > 5 and parts[-4] == "namespaces"
        metadata = {"name": parts[-1], "resourceVersion": "1", "labels": labels or {}}
        if namespaced:
            metadata["namespace"] = parts[-3]
        self.objects[path] = {"metadata": metadata, **fields}

    def touch(self, path: str, labels: dict[str, str] | None = None) -> None:
        """Somebody else changes it."""
        metadata = self.objects[path]["metadata"]
        metadata["resourceVersion"] = str(int(metadata["resourceVersion"]) + 1)
        if labels is not None:
            metadata["labels"] = labels

    def labels(self, path: str) -> dict[str, str]:
        found: dict[str, str] = self.objects[path]["metadata"]["labels"]
        return found

    def _answer(self, seen: Seen) -> Reply:
        with self._lock:
            return self._patch(seen) if seen.method == "PATCH" else self._get(seen)

    def _get(self, seen: Seen) -> Reply:
        if reply := self.before_get(seen.path):
            return reply
        if seen.path in self.objects:
            return Reply(self.objects[seen.path])
        name = seen.path.rpartition("/")[2]
        if not name.endswith("s"):
            return status(404, "NotFound", f'namespaces "{name}" not found', name=name)
        selector = parse_label_selector(seen.query.get("labelSelector", ""))
        prefix, _, plural = map(re.escape, seen.path.rpartition("/"))
        below = re.compile(rf"{prefix}/(namespaces/[^/]+/)?{plural}/[^/]+")
        inside = [o for path, o in self.objects.items() if below.fullmatch(path)]
        items = [o for o in inside if selector.matches(o["metadata"]["labels"])]
        if "PartialObjectMetadata" in (seen.headers["Accept"] or ""):
            items = [{"metadata": o["metadata"]} for o in items]
        return Reply({"kind": "List", "metadata": {"resourceVersion": "9"}, "items": items})

    def _patch(self, seen: Seen) -> Reply:
        patch = json.loads(seen.body)
        if reply := self.before_patch(seen.path, patch):
            return reply
        self.patches.append(seen)
        found = self.objects[seen.path]
        wanted = patch.get("metadata", {}).get("resourceVersion")
        if wanted not in (None, found["metadata"]["resourceVersion"]):
            return status(
                409, "Conflict", "the object has been modified; please apply your changes to the latest version"
            )
        merged = _merge(found, patch)
        if seen.query.get("dryRun") != "All":
            self.objects[seen.path] = merged
            self.touch(seen.path)
            merged = self.objects[seen.path]
        return self.after_patch(seen.path, Reply(merged))


def _merge(fields: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return patch
    result = dict(fields) if isinstance(fields, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = _merge(result.get(key), value)
    return result
