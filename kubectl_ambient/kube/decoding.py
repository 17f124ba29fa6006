"""JSON answers to typed objects, so that one bad object never hides the good ones."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from .errors import BadAnswer, printable
from .resources import Resource

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BadObject:
    """An object that does not fit its type; `why` is one line, such as "Expected `str`, got `int` - at …"."""

    kind: str
    namespace: str
    name: str
    why: str

    def __str__(self) -> str:
        name = "/".join(filter(None, (self.namespace, self.name))) or "(without a readable name)"
        return f"{self.kind} {name}: {self.why}"


OnBad = Callable[[BadObject], None]


class ListMeta(msgspec.Struct, gc=False):
    """The metadata of a list: where it stands, and the token of its next page."""

    resource_version: str = msgspec.field(name="resourceVersion", default="")
    continue_: str | None = msgspec.field(name="continue", default=None)


class _List(msgspec.Struct, Generic[T], gc=False):
    kind: str = ""
    metadata: ListMeta = msgspec.field(default_factory=ListMeta)
    items: list[T] | None = None


class _Name(msgspec.Struct, gc=False):
    name: str = ""
    namespace: str = ""
    resource_version: str = msgspec.field(name="resourceVersion", default="")


class _Named(msgspec.Struct, gc=False):
    metadata: _Name


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
    """One object. `where` names it in the BadAnswer that is raised when it does not fit."""
    try:
        return decoder_of(of).decode(body)  # type: ignore[no-any-return]
    except _ERRORS as e:
        raise BadAnswer(f"error: {where} cannot be read: {_why(e)}") from None


def decode_list(
    body: bytes | bytearray, of: type[T], resource: Resource, where: str, on_bad: OnBad
) -> tuple[list[T], ListMeta]:
    """The items of a list, and its metadata; items that do not fit are told to `on_bad` and left out.

    Raises BadAnswer for what is not JSON, or no list; `where` is the server, for its words.
    """
    with _no_gc():
        try:
            page = decoder_of(_List[of]).decode(body)  # type: ignore[valid-type]
        except _ERRORS as e:
            if isinstance(e, msgspec.DecodeError) and not isinstance(e, msgspec.ValidationError):
                raise _no_list(resource, where, _why(e)) from None
            return _one_by_one(body, of, resource, where, on_bad)
    _check_kind(page, resource, where)
    return page.items or [], page.metadata


def _one_by_one(
    body: bytes | bytearray, of: type[T], resource: Resource, where: str, on_bad: OnBad
) -> tuple[list[T], ListMeta]:
    try:
        page = decoder_of(_List[msgspec.Raw]).decode(body)
    except _ERRORS as e:
        raise _no_list(resource, where, _why(e)) from None
    _check_kind(page, resource, where)
    items, decoder = [], decoder_of(of)
    for raw in page.items or ():
        try:
            items.append(decoder.decode(raw))
        except _ERRORS as e:
            on_bad(bad_object(raw, resource, e))
    return items, page.metadata


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


def _check_kind(page: _List[Any], resource: Resource, where: str) -> None:
    if page.items is None and not page.kind.endswith("List"):
        raise _no_list(resource, where, f"its kind is {printable(page.kind, 60) or 'not told'}")


def _no_list(resource: Resource, where: str, why: str) -> BadAnswer:
    return BadAnswer(
        f"error: {where} did not answer with a list of {resource.full_name}: {why}",
        hint="is this the URL of a Kubernetes API server?",
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
