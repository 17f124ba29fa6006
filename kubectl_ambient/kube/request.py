"""What is sent to a server."""

from __future__ import annotations

from msgspec import Struct

from .resources import Resource


class Request(Struct, frozen=True):
    """One request: the path under the server's URL, and what the words of an error need."""

    path: str
    method: str = "GET"
    query: tuple[tuple[str, str], ...] = ()
    accept: str = "application/json"
    content_type: str = ""
    body: bytes | None = None
    resource: Resource | None = None
    name: str = ""
