"""JSON answers to typed objects, so that one bad object never hides the good ones."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from .answers import read_status, status_error
from .errors import BadAnswer, printable
from .resources import Resource

T = TypeVar("T")


class BadObject(Struct, frozen=True):
    """An object that does not fit its type; `why` is one line, such as "Expected `str`, got `int` - at …"."""

    kind: str
    namespace: str
    name: str
    why: str

    def __str__(self) -> str:
        name = "/".join(filter(None, (self.namespace, self.name))) or "(without a readable name)"
        return f"{self.kind} {name}: {self.why}"


OnBad = Callable[[BadObject], None]

_PARTIAL = "PartialObjectMetadata"
_METADATA_GROUP = "meta.k8s.io/"
_WHERE_TO = "is this the URL of a Kubernetes API server?"


class ListMeta(msgspec.Struct, gc=False):
    """The metadata of a list: where it stands, and the token of its next page."""

    resource_version: str = msgspec.field(name="resourceVersion", default="")
    continue_: str | None = msgspec.field(name="continue", default=None)


class _List(msgspec.Struct, Generic[T], gc=False):
    kind: str = ""
    api_version: str = msgspec.field(name="apiVersion", default="")
    metadata: ListMeta = msgspec.field(default_factory=ListMeta)
    items: list[T] | msgspec.UnsetType | None = msgspec.UNSET


class _Name(msgspec.Struct, gc=False):
    name: str = ""
    namespace: str = ""
    resource_version: str = msgspec.field(name="resourceVersion", default="")


class _Named(msgspec.Struct, gc=False):
    metadata: _Name


class _Typed(msgspec.Struct, gc=False):
    kind: str = ""
    api_version: str = msgspec.field(name="apiVersion", default="")


_ERRORS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


_decoders: dict[Any, msgspec.json.Decoder[Any]] = {}
_making = threading.Lock()


def decoder_of(of: Any) -> msgspec.json.Decoder[Any]:
    """The decoder of a type, made once.

    Under a lock: msgspec 0.22 keeps what it learns of a Struct on the class while it is still learning, and a
    thread that takes that for finished decodes with half a description, which ends the process.
    """
    found = _decoders.get(of)
    if found is None:
        with _making:
            found = _decoders[of] = _decoders.get(of) or msgspec.json.Decoder(of)
    return found


def decode_one(body: bytes | bytearray, of: type[T], where: str) -> T:
    """One answer. `where` names it in the BadAnswer that is raised when it does not fit."""
    try:
        return decoder_of(of).decode(body)  # type: ignore[no-any-return]
    except _ERRORS as e:
        raise BadAnswer(f"error: {where} cannot be read: {_why(e)}") from None


def decode_object(body: bytes | bytearray, of: type[T], resource: Resource, where: str, *, partial: bool = False) -> T:
    """One object of the resource, as `decode_one`; `partial`: its metadata alone will do.

    Raises BadAnswer for an object of another kind, and ApiError for a Status that tells a failure.
    """
    typed = decode_one(body, _Typed, where)
    _check_told(typed.kind, body)
    if why := _kind_problem(typed, resource, partial=partial):
        raise BadAnswer(f"error: {where} cannot be read: {why}")
    return decode_one(body, of, where)


def decode_list(
    body: bytes | bytearray, of: type[T], resource: Resource, where: str, on_bad: OnBad, *, partial: bool = False
) -> tuple[list[T], ListMeta]:
    """The items of a list, and its metadata; items that do not fit are told to `on_bad` and left out.

    `partial`: their metadata alone will do. Raises BadAnswer for what is not JSON, or no list of the resource, and
    ApiError for a Status that tells a failure; `where` is the server, for its words.
    """
    with _no_gc():
        try:
            page = decoder_of(_List[of]).decode(body)  # type: ignore[valid-type]
        except _ERRORS as e:
            if isinstance(e, msgspec.DecodeError) and not isinstance(e, msgspec.ValidationError):
                raise no_list(resource, where, _why(e)) from None
            return _one_by_one(body, of, resource, where, on_bad, partial=partial)
    items = _items(page, resource, where, body, partial=partial)
    if "kind" in getattr(of, "__struct_fields__", ()):
        kinds = (None, "", resource.kind, *([_PARTIAL] if partial else []))
        if any(item.kind not in kinds for item in items):
            return _one_by_one(body, of, resource, where, on_bad, partial=partial)
    return items, page.metadata


def _one_by_one(
    body: bytes | bytearray, of: type[T], resource: Resource, where: str, on_bad: OnBad, *, partial: bool
) -> tuple[list[T], ListMeta]:
    try:
        page = decoder_of(_List[msgspec.Raw]).decode(body)
    except _ERRORS as e:
        raise no_list(resource, where, _why(e)) from None
    items, decoder = [], decoder_of(of)
    for raw in _items(page, resource, where, body, partial=partial):
        try:
            if why := other_kind(raw, resource, partial=partial):
                raise msgspec.ValidationError(why)
            items.append(decoder.decode(raw))
        except _ERRORS as e:
            on_bad(bad_object(raw, resource, e))
    return items, page.metadata


def other_kind(raw: msgspec.Raw | bytes, resource: Resource, *, partial: bool = False) -> str:
    """What an object of a list or a watch is instead of one of the resource; empty where it does not say so."""
    typed = decoder_of(_Typed).decode(raw)
    return _kind_problem(typed, resource, partial=partial) if typed.kind else ""


def bad_object(raw: msgspec.Raw | bytes, resource: Resource, error: Exception) -> BadObject:
    """The record of an object that did not decode, under its name where that much can be read."""
    name = name_of(raw)
    return BadObject(resource.kind, name.namespace, name.name, _why(error))


def name_of(raw: msgspec.Raw | bytes) -> _Name:
    """Name, namespace and resource version; empty where they cannot be read."""
    try:
        return decoder_of(_Named).decode(raw).metadata  # type: ignore[no-any-return]
    except _ERRORS:
        return _Name()


def _kind_problem(typed: _Typed, resource: Resource, *, partial: bool) -> str:
    if partial and typed.kind == _PARTIAL and typed.api_version.startswith(_METADATA_GROUP):
        return ""
    if typed.kind != resource.kind:
        return f"its kind is {printable(typed.kind, 60)}, not {resource.kind}"
    return _version_problem(typed.api_version, resource.api_version)


def _items(page: _List[T], resource: Resource, where: str, body: bytes | bytearray, *, partial: bool) -> list[T]:
    _check_told(page.kind, body)
    check_list(page.kind, page.api_version, resource, where, partial=partial)
    if page.items is msgspec.UNSET:
        raise no_list(resource, where, "it has no items")
    return page.items or []


def check_list(told: str, api_version: str, resource: Resource, where: str, *, partial: bool) -> None:
    """Raises BadAnswer for what is no list of the resource, by its kind and version.

    A `List` of v1, as kubectl takes it, says what it holds item by item.
    """
    kind, version = f"{resource.kind}List", resource.api_version
    if told == "List":
        kind, version = "List", "v1"
    elif partial and told == f"{_PARTIAL}List":
        kind, version = told, f"{_METADATA_GROUP}v1"
    if told != kind:
        raise no_list(resource, where, f"its kind is {printable(told, 60)}, not {kind}")
    if why := _version_problem(api_version, version):
        raise no_list(resource, where, why)


def _version_problem(told: str, version: str) -> str:
    return f"its apiVersion is {printable(told, 60)}, not {version}" if told not in ("", version) else ""


def _check_told(kind: str, body: bytes | bytearray) -> None:
    """Raises BadAnswer for an answer without a kind, and ApiError for a failure with the HTTP status of a success.

    Both as client-go does, in its words.
    """
    if not kind:
        beginning = printable(bytes(body[:300]).decode(errors="replace"), 200)
        raise BadAnswer(f"error: Object 'Kind' is missing in '{beginning}'", hint=_WHERE_TO)
    status = read_status(body) if kind == "Status" else None
    if status is not None and status.status != "Success":
        raise status_error(status, 500)


def no_list(resource: Resource, where: str, why: str) -> BadAnswer:
    """The error of an answer that is no list of the resource, and why it is none; `where` is the server."""
    return BadAnswer(
        f"error: {where} did not answer with a list of {resource.full_name}: {why}",
        hint=_WHERE_TO,
    )


def _why(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return printable(str(error), 300)


_gc_lock = threading.Lock()
_gc_users = 0
_gc_was_on = False


@contextmanager
def _no_gc() -> Iterator[None]:
    """No garbage collection meanwhile: decoding makes many objects and no garbage."""
    global _gc_users, _gc_was_on
    with _gc_lock:
        if _gc_users == 0:
            _gc_was_on = gc.isenabled()
            gc.disable()
        _gc_users += 1
    try:
        yield
    finally:
        with _gc_lock:
            _gc_users -= 1
            if _gc_users == 0 and _gc_was_on:
                gc.enable()
