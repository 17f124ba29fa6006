"""Where the objects of each kind live on a server: asked once, by its own discovery."""

from __future__ import annotations

from dataclasses import dataclass

from .api import Api, ApiError, Object


@dataclass(frozen=True)
class Resource:
    """The collection of one kind."""

    base: str
    plural: str
    namespaced: bool
    has_status: bool

    def path(self, item: Object) -> str:
        """The path of one object."""
        metadata = item["metadata"]
        where = f"/namespaces/{metadata.get('namespace', 'default')}" if self.namespaced else ""
        return f"{self.base}{where}/{self.plural}/{metadata['name']}"


class Resources:
    """What the server knows, by version and kind."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._known: dict[tuple[str, str], Resource] = {}

    def of(self, item: Object) -> Resource:
        """The resource of this object's kind; asks again where it is not known, since CRDs come late."""
        key = (item["apiVersion"], item["kind"])
        if key not in self._known:
            self._ask(item["apiVersion"])
        if key not in self._known:
            raise ApiError(404, f"the server knows no {key[1]} in {key[0]}")
        return self._known[key]

    def _ask(self, version: str) -> None:
        base = f"/apis/{version}" if "/" in version else f"/api/{version}"
        resources = (self._api.get(base) or {}).get("resources", [])
        names = {resource["name"] for resource in resources}
        for resource in resources:
            name, kind = resource["name"], resource["kind"]
            if "/" not in name:
                found = Resource(base, name, resource["namespaced"], f"{name}/status" in names)
                self._known[version, kind] = found
