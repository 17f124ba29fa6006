"""A small API client for the rig's own players: requests, lists and watches as plain dicts."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import urlencode

import urllib3
import yaml

Object: TypeAlias = dict[str, Any]

MERGE_PATCH = "application/merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"


class ApiError(Exception):
    """The server said no."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status


class Api:
    """Speaks to one server with a token."""

    def __init__(self, server: str, authority: str, token: str, agent: str = "rig") -> None:
        self.server = server
        self._headers = {"Authorization": f"Bearer {token}", "User-Agent": agent}
        self._pool = urllib3.PoolManager(
            maxsize=8, ssl_context=ssl.create_default_context(cadata=authority), retries=False
        )

    @classmethod
    def from_kubeconfig(cls, path: Path, agent: str = "rig") -> Api:
        """A client for a kubeconfig that this rig wrote, with a token in it."""
        config = yaml.safe_load(path.read_text())
        cluster = config["clusters"][0]["cluster"]
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        return cls(cluster["server"], authority, config["users"][0]["user"]["token"], agent)

    def request(
        self,
        method: str,
        path: str,
        body: Object | None = None,
        *,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> Object:
        """One request; raises `ApiError` for every answer that is not a success."""
        answer = self._pool.request(
            method,
            self._url(path, query),
            body=None if body is None else json.dumps(body).encode(),
            headers=self._headers | {"Content-Type": content_type},
            timeout=30,
        )
        if answer.status >= 400:
            raise ApiError(answer.status, _message(answer.data))
        decoded: Object = json.loads(answer.data) if answer.data else {}
        return decoded

    def get(self, path: str) -> Object | None:
        """One object, or None if it is not there."""
        try:
            return self.request("GET", path)
        except ApiError as error:
            if error.status == 404:
                return None
            raise

    def patch(self, path: str, body: Object, manager: str = "rig") -> Object:
        """A merge patch."""
        return self.request("PATCH", path, body, query={"fieldManager": manager}, content_type=MERGE_PATCH)

    def apply(self, path: str, body: Object, manager: str = "rig") -> Object:
        """A server-side apply that takes over fields owned by others."""
        query = {"fieldManager": manager, "force": "true", "fieldValidation": "Strict"}
        return self.request("PATCH", path, body, query=query, content_type=APPLY_PATCH)

    def items(self, path: str) -> list[Object]:
        """All objects of a list."""
        found: list[Object] = self.request("GET", path).get("items") or []
        return found

    def ready(self) -> bool:
        """Whether the server says that it is ready."""
        try:
            answer = self._pool.request("GET", f"{self.server}/readyz", headers=self._headers, timeout=10)
        except urllib3.exceptions.HTTPError:
            return False
        return answer.status == 200

    def watch(self, path: str, version: str) -> Iterator[tuple[str, Object]]:
        """The changes after a version, until the server ends the stream or says that it is too old."""
        query = {"watch": "true", "resourceVersion": version, "timeoutSeconds": "600"}
        answer = self._pool.request(
            "GET", self._url(path, query), headers=self._headers, preload_content=False, timeout=None
        )
        try:
            for line in _lines(answer):
                event = json.loads(line)
                if event["type"] == "ERROR":
                    return
                yield event["type"], event["object"]
        finally:
            answer.close()

    def _url(self, path: str, query: Mapping[str, str] | None) -> str:
        return self.server + path + (f"?{urlencode(query)}" if query else "")


def _lines(answer: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
    rest = b""
    for chunk in answer.stream(None):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole


def _message(body: bytes) -> str:
    try:
        return str(json.loads(body)["message"])
    except (ValueError, KeyError, TypeError):
        return body.decode(errors="replace")[:500]
