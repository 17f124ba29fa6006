"""The client: lists, gets, watches and patches of a cluster, decoded straight into the caller's types.

Importing this costs neither `kubernetes` nor `urllib3`; `connect` brings them in.
"""

from __future__ import annotations

import builtins
import threading
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import msgspec
from msgspec.structs import replace

from kubectl_ambient import FIELD_MANAGER

from .accept import METADATA, a_list, an_object, in_protobuf
from .access import Access, find_access
from .answers import not_served
from .decoding import BadObject, OnBad, decode_object, decode_one
from .lists import read_at_once
from .options import ConnectionOptions
from .pages import Listing, Page, few_or_many, gather, read_pages
from .parallel import side_by_side
from .protobuf.fields import is_known
from .request import Request
from .resources import Resource, find_resource
from .server import ServerVersion, streams_lists
from .timeouts import parse_timeout
from .transport import Transport
from .wanted import Wanted

if TYPE_CHECKING:
    from .watch import WatchEvent

__all__ = ["BadObject", "Client", "Listing", "ServerVersion", "connect", "side_by_side"]

T = TypeVar("T")
F = TypeVar("F")
PatchType = Literal["merge", "strategic", "json"]

_PATCH_TYPES = {
    "merge": "application/merge-patch+json",
    "strategic": "application/strategic-merge-patch+json",
    "json": "application/json-patch+json",
}


def connect(options: ConnectionOptions, on_warning: Callable[[str], None] = lambda text: None) -> Client:
    """A client for the cluster that the flags and the kubeconfig mean; sends nothing yet.

    `on_warning` gets the text of each new `Warning:` header of the API. Raises UsageError and ConfigError.
    """
    timeout = parse_timeout(options.request_timeout)
    access = find_access(options)
    return Client(access, Transport(access, timeout, on_warning))


class Client:
    """One cluster, as one user. Its methods raise KubeError; they may be called from several threads.

    host: the server's URL. context: the context's name, or "". namespace: that of the flag, else of the
    context, else "default". bad_objects: what did not fit its type where no `on_bad` was given.
    """

    def __init__(self, access: Access, transport: Transport) -> None:
        self.host = access.server
        self.context = access.context
        self.namespace = access.namespace
        self.bad_objects: builtins.list[BadObject] = []
        self._transport = transport
        self._asking = threading.Lock()
        self._known: bool | None = None
        self._asking_for_groups = threading.Lock()
        self._groups: tuple[frozenset[str] | None] | None = None

    @property
    def requests(self) -> int:
        """How many requests were sent, repeated ones included."""
        return self._transport.requests

    def by_its_clock(self, moment: datetime) -> datetime:
        """What the server's clock showed when that of this machine showed `moment`; the same before any answer."""
        return self._transport.clock.by_the_server(moment)

    def get(
        self,
        resource: Resource,
        name: str,
        namespace: str = "",
        *,
        type: type[T],
        metadata_only: bool = False,
    ) -> T:
        """One object. Raises ApiError (`is_not_found`, …), BadAnswer when it does not fit `type`."""
        request = Request(
            resource.path(namespace, name),
            accept=an_object(metadata_only),
            resource=resource,
            name=name,
        )
        body = self._transport.send(request)
        return decode_object(body, type, resource, _named(resource, namespace, name), partial=metadata_only)

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
        on_bad: OnBad | None = None,
        on_restart: Callable[[], None] | None = None,
    ) -> Iterator[builtins.list[T]]:
        """Pages of the objects of a namespace, "" being all. Each object comes once.

        The server may forget the moment that a long list shows (410), and the list must begin anew. With
        `on_restart`, pages are handed on as they come, and it is called when all earlier ones are to be
        dropped. Without, the pages are held until the last has come, so that there is nothing to drop.
        """
        request = self._list_request(resource, namespace, label_selector, field_selector, a_list(metadata_only))
        wanted = self._wanted(resource, type, _itself, metadata_only, on_bad)
        return _handed_on(read_pages(self._transport.send, request, wanted, chunk_size), on_restart)

    def facts(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        type: type[T],
        fact: Callable[[T], F],
        label_selector: str = "",
        field_selector: str = "",
        chunk_size: int | None = None,
        metadata_only: bool = False,
        on_bad: OnBad | None = None,
        on_restart: Callable[[], None] | None = None,
    ) -> Iterator[builtins.list[F]]:
        """The same as `list`, of each object what `fact` makes of it.

        What lies in all namespaces may be many: then it comes in protobuf where the kind has one, and at once where
        the server writes it one by one. `fact` then gets what looks like a `type`.
        """
        request = self._list_request(resource, namespace, label_selector, field_selector, a_list(metadata_only))
        wanted = self._wanted(resource, type, fact, metadata_only, on_bad)
        everything = resource.namespaced and not (namespace or label_selector or field_selector)
        if not everything or not is_known(METADATA if metadata_only else resource.kind):
            return _handed_on(read_pages(self._transport.send, request, wanted, chunk_size), on_restart)
        binary = replace(request, accept=in_protobuf(metadata_only))
        if chunk_size is None:
            pages = few_or_many(self._transport, request, wanted, lambda: self._many(binary, wanted))
        elif chunk_size == 0:
            pages = read_at_once(self._transport, binary, wanted)
        else:
            pages = read_pages(self._transport.send, binary, wanted, chunk_size)
        return _handed_on(pages, on_restart)

    def _many(self, request: Request, wanted: Wanted[T, F]) -> Iterator[Page[F]]:
        if self._streams_lists:
            return read_at_once(self._transport, request, wanted)
        return read_pages(self._transport.send, request, wanted, None)

    def _wanted(
        self, resource: Resource, of: type[T], fact: Callable[[T], F], partial: bool, on_bad: OnBad | None
    ) -> Wanted[T, F]:
        return Wanted(of, fact, resource, self.host, on_bad or self.bad_objects.append, partial)

    @property
    def _streams_lists(self) -> bool:
        """Whether the server does; asked once."""
        with self._asking:
            if self._known is None:
                self._known = streams_lists(self.version, self._transport.link)
            return self._known

    def require(self, resource: Resource) -> None:
        """Raises the ApiError of a type that is not there where the server does not have its API group at all.

        What groups it has is asked once. A user who may not list a type is not told by the list that there is none.
        """
        with self._asking_for_groups:
            if self._groups is None:
                from .groups import served_groups

                self._groups = (served_groups(self._transport.send, self.host),)
        (groups,) = self._groups
        if groups is not None and resource.group not in groups:
            raise not_served(resource)

    def names(self, resource: Resource, *, limit: int) -> builtins.list[str]:
        """The names of the first `limit` objects, in the client's namespace where the type has one."""
        from .names import first_names

        return first_names(self._transport.send, resource, self.namespace, limit=limit)

    def labels(self, resource: Resource, namespace: str, *, limit: int) -> builtins.list[dict[str, str]]:
        """The labels of the first `limit` objects, in a namespace or (empty) in all."""
        from .names import first_labels

        return first_labels(self._transport.send, resource, namespace, limit=limit)

    def list_with_version(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        type: type[T],
        label_selector: str = "",
        field_selector: str = "",
        chunk_size: int | None = None,
        metadata_only: bool = False,
        on_bad: OnBad | None = None,
    ) -> Listing[T]:
        """All objects at once, with the resource version to watch from: `items, version = …`."""
        request = self._list_request(resource, namespace, label_selector, field_selector, a_list(metadata_only))
        wanted = self._wanted(resource, type, _itself, metadata_only, on_bad)
        pages, version = gather(read_pages(self._transport.send, request, wanted, chunk_size))
        return Listing([item for page in pages for item in page], version)

    def watch(
        self,
        resource: Resource,
        namespace: str = "",
        *,
        type: type[T],
        resource_version: str,
        label_selector: str = "",
        field_selector: str = "",
        metadata_only: bool = False,
        on_bad: OnBad | None = None,
    ) -> Iterator[WatchEvent[T]]:
        """Changes after `resource_version`, without end but that of `--request-timeout`; see `watch_events`.

        Raises Expired when that version is too old: list again and watch from there.
        """
        from .watch import watch_events

        accept = an_object(metadata_only)
        return watch_events(
            self._transport,
            self._list_request(resource, namespace, label_selector, field_selector, accept),
            type,
            resource,
            resource_version,
            on_bad=on_bad or self.bad_objects.append,
            metadata_only=metadata_only,
        )

    def patch(
        self,
        resource: Resource,
        name: str,
        namespace: str = "",
        *,
        body: object,
        type: type[T],
        patch_type: PatchType = "merge",
        dry_run: Literal["none", "server"] = "none",
        field_manager: str = FIELD_MANAGER,
        metadata_only: bool = False,
    ) -> T:
        """The object, or its metadata, as it is after the patch `body` (JSON-like). With `server` nothing is stored."""
        query = [("fieldManager", field_manager)]
        if dry_run == "server":
            query.append(("dryRun", "All"))
        request = Request(
            resource.path(namespace, name),
            method="PATCH",
            query=tuple(query),
            accept=an_object(metadata_only),
            content_type=_PATCH_TYPES[patch_type],
            body=msgspec.json.encode(body),
            resource=resource,
            name=name,
        )
        body_after = self._transport.send(request)
        return decode_object(body_after, type, resource, _named(resource, namespace, name), partial=metadata_only)

    def raw(self, path: str, query: Sequence[tuple[str, str]] = (), accept: str = "*/*") -> bytes:
        """The body of any GET under the server's URL, such as `/version`."""
        return bytes(self._transport.send(Request(path, query=tuple(query), accept=accept)))

    def get_from_pod(self, namespace: str, name: str, port: int, path: str, *, seconds: float, limit: int) -> bytes:
        """The body of a GET to a port of a pod; see `port_forward`."""
        from .port_forward import get_from_pod

        return get_from_pod(self._transport, self.host, (namespace, name), port, path, seconds=seconds, limit=limit)

    def proxied_get(self, namespace: str, name: str, port: int, path: str) -> bytes:
        """The body of a GET to a port of a pod's address, which the API server does itself (`get pods/proxy`)."""
        pods = find_resource("pods")
        where = f"{pods.path(namespace, f'{name}:{port}')}/proxy/{path}"
        return bytes(self._transport.send(Request(where, accept="*/*", resource=pods, name=name)))

    def may(self, verb: str, resource: str, subresource: str, namespace: str) -> bool:
        """Whether this user may do that, as the server says (SelfSubjectAccessReview)."""
        from .access_review import allowed, asking

        return allowed(self._transport.send(asking(verb, resource, subresource, namespace)))

    def version(self) -> ServerVersion:
        """The server's version."""
        return decode_one(self._transport.send(Request("/version")), ServerVersion, f"{self.host}/version")

    def side_by_side(self, calls: Sequence[Callable[[], Any]], workers: int = 10) -> builtins.list[Any]:
        """Independent reads beside each other; see `parallel.side_by_side`."""
        return side_by_side(calls, workers)

    def _list_request(self, resource: Resource, namespace: str, labels: str, fields: str, accept: str) -> Request:
        query = [(k, v) for k, v in (("labelSelector", labels), ("fieldSelector", fields)) if v]
        return Request(
            resource.path(namespace),
            query=tuple(query),
            accept=accept,
            resource=resource,
        )


def _itself(found: T) -> T:
    return found


def _handed_on(pages: Iterator[Page[T]], on_restart: Callable[[], None] | None) -> Iterator[builtins.list[T]]:
    if on_restart is None:
        yield from gather(pages)[0]
        return
    for page in pages:
        if page.restarted:
            on_restart()
        yield page.items


def _named(resource: Resource, namespace: str, name: str) -> str:
    return f'{resource.name_for_output} "{name}"' + (f" in namespace {namespace}" if namespace else "")
