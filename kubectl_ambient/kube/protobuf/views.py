"""Objects in protobuf, seen as the wire types that JSON is decoded into.

The wire types stay the one place that says what is read of a kind, and how it becomes a fact. A view has the fields and
the methods of its wire type, and takes each field from the message when it is asked for: of a pod most are not. The
messages are made at run time of just those fields; protobuf's own parser, which is C, skips all others.

Kubernetes writes an empty text where JSON has none, so a text that is not set is the empty one here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from operator import attrgetter
from types import FunctionType, NoneType, UnionType, new_class
from typing import Annotated, Any, Union, get_args, get_origin

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError
from msgspec import Struct, structs

from .fields import Field, fields_of
from .hints import hint_of
from .shortcuts import Bodies, Get, Listed, View, first_bytes, hinted, remembered

# What is raised while a view is made or looked at: broken bytes or texts, a time that is none.
ERRORS = (DecodeError, OverflowError)


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STR_VAL = 1  # the type of an IntOrString that is a text [k8s.io/apimachinery/pkg/util/intstr]
_Proto: Any = descriptor_pb2.FieldDescriptorProto
_TYPES = {"text": _Proto.TYPE_STRING, "bool": _Proto.TYPE_BOOL, "int": _Proto.TYPE_INT64}


@cache
def viewer(of: type[Struct], message: str) -> View:
    """What makes a view, like an `of`, of the bytes of a `message` of Kubernetes. Both may raise ERRORS."""
    file = descriptor_pb2.FileDescriptorProto(name="object.proto", package="wire", syntax="proto3")
    view = _Describer(file).view(of, message)
    parse = _parser(file)
    return lambda body: view(parse(body))


def _parser(file: Any) -> Callable[[bytes], Any]:
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"wire.{file.message_type[0].name}")).FromString


class _Message(Struct, gc=False):  # a Struct is made without a Python call, and there are ten for each pod
    """A message, as a wire type: what a view holds."""

    _of: Any


class _Describer:
    """Writes the descriptors of a wire type and of those within it into one file, and makes their views."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def view(self, of: type[Struct], message: str) -> View:
        """The view of such a message as an `of`; a field that the message does not have is not set."""
        described = self._message()
        known = fields_of(message)
        getters: dict[str, Get] = {}
        lists: dict[str, Listed] = {}
        for field in structs.fields(of):
            numbered = known.get(field.encode_name)
            getters[field.name] = self._getter(described, field, numbered) if numbered else _nothing
            if numbered and (numbered.repeated or numbered.holds == "map"):
                lists[field.name] = _listed(field, numbered)
        return _made(of, getters, lists)

    def _message(self) -> Any:
        described = self._file.message_type.add()
        described.name = f"M{len(self._file.message_type)}"  # several wire types may look at one message
        return described

    def _getter(self, described: Any, field: structs.FieldInfo, numbered: Field) -> Get:
        name, inner = field.name, held_type(field.type)
        added = described.field.add(name=name, number=numbered.number)
        added.label = _Proto.LABEL_REPEATED if numbered.repeated else _Proto.LABEL_OPTIONAL
        if numbered.holds in _TYPES:
            added.type = _TYPES[numbered.holds]
            if numbered.repeated:
                return _list(name)
            if numbered.holds == "text":
                return attrgetter(f"_of.{name}")
            _keep_presence(described, added)
            return _scalar(name)
        if numbered.holds == "map":
            added.type, added.label = _Proto.TYPE_BYTES, _Proto.LABEL_REPEATED
            return _of_keys(name, inner) if is_struct(inner) else remembered(_texts(name), _bodies(name))
        if numbered.repeated:
            # As they are, and each parsed when it is asked for: a pod's containers are the greatest part of it.
            added.type = _Proto.TYPE_BYTES
            return _views(name, viewer(inner, numbered.holds))
        added.type = _Proto.TYPE_MESSAGE
        if numbered.holds == "Time":
            added.type_name = self._flat(numbered.holds)
            return _time(name)
        if numbered.holds == "IntOrString":
            added.type_name = self._flat(numbered.holds)
            return _int_or_text(name)
        added.type_name = f".wire.M{len(self._file.message_type) + 1}"
        return _within(name, self.view(inner, numbered.holds), required=field.required)

    def _flat(self, message: str) -> str:
        """The type of a message that is one value in JSON, as a time."""
        described = self._message()
        for name, field in fields_of(message).items():
            kind = _TYPES[field.holds]
            added = described.field.add(name=name, number=field.number, type=kind, label=_Proto.LABEL_OPTIONAL)
            _keep_presence(described, added)
        return f".wire.{described.name}"


def _made(of: type[Struct], getters: dict[str, Get], lists: dict[str, Listed]) -> View:
    """A class with these fields and with the methods of the wire type, which look at nothing but its fields.

    lists: the fields that are held as the bytes of their items.
    """
    members: dict[str, Any] = {}
    for base in reversed(of.__mro__[: of.__mro__.index(Struct)]):
        members |= {k: v for k, v in vars(base).items() if isinstance(v, FunctionType | property) and k[:2] != "__"}
    for name, method in members.items():
        hint = hint_of(method)
        if hint is not None and hint.reads in lists:
            listed = lists[hint.reads]
            members[name] = hinted(method, hint, listed)
    members |= {name: property(get) for name, get in getters.items()}
    return new_class(of.__name__, (_Message,), {}, lambda body: body.update(members))


def _keep_presence(described: Any, added: Any) -> None:
    """Have a 0 or a false that was written told from one that was not."""
    added.proto3_optional = True
    added.oneof_index = len(described.oneof_decl)
    described.oneof_decl.add(name=f"_{added.name}")


def _nothing(view: Any) -> None:
    return None


def _scalar(name: str) -> Get:
    return lambda view: getattr(view._of, name) if view._of.HasField(name) else None


def _list(name: str) -> Get:
    return lambda view: list(getattr(view._of, name))


def _texts(name: str) -> Get:
    return lambda view: dict(map(_entry, getattr(view._of, name)))


def _entry_parser() -> Callable[[bytes], Any]:
    file = descriptor_pb2.FileDescriptorProto(name="entry.proto", package="wire", syntax="proto3")
    described = file.message_type.add(name="Entry")
    for number, part in enumerate(("key", "value"), 1):
        described.field.add(name=part, number=number, type=_TYPES["text"], label=_Proto.LABEL_OPTIONAL)
    return _parser(file)


_parse_entry = _entry_parser()


@lru_cache(maxsize=1 << 14)
def _entry(body: bytes) -> tuple[str, str]:
    """Key and value of one entry of a map of texts; those of labels come again and again."""
    found = _parse_entry(body)
    return found.key, found.value


def _of_keys(name: str, of: type[Struct]) -> Get:
    """A map of texts as a wire type that names some of its keys."""
    inner = _made(of, {field.name: _key(field.encode_name) for field in structs.fields(of)}, {})
    bodies = _bodies_of_keys(name, of)

    def get(view: Any) -> Any:
        if not getattr(view._of, name):
            return None
        return inner({entry.key: entry.value for entry in map(_parse_entry, bodies(view))})

    return get


def _listed(field: structs.FieldInfo, numbered: Field) -> Listed:
    """What is known of a field of many items."""
    inner = held_type(field.type)
    if numbered.holds == "map":
        return Listed(field.name, _bodies_of_keys(field.name, inner) if is_struct(inner) else _bodies(field.name))
    item = viewer(inner, numbered.holds) if is_struct(inner) else None
    return Listed(field.name, _bodies(field.name), item, numbered.holds)


def _bodies(name: str) -> Bodies:
    return lambda view: tuple(getattr(view._of, name))


def _bodies_of_keys(name: str, of: type[Struct]) -> Bodies:
    """Those entries of a map whose keys the wire type names: each begins with its key, and that with its length."""
    wanted = {first_bytes(field.encode_name) for field in structs.fields(of)}

    def bodies(view: Any) -> tuple[bytes, ...]:
        return tuple([body for body in getattr(view._of, name) if len(body) > 1 and body[: 2 + body[1]] in wanted])

    return bodies


def _key(key: str) -> Get:
    return lambda view: view._of.get(key)


def _views(name: str, inner: View) -> Get:
    return lambda view: _Views(getattr(view._of, name), inner)


class _Views:
    """Views of the items of a list, each made when it is its turn."""

    __slots__ = ("_bodies", "_view")

    def __init__(self, bodies: Sequence[bytes], view: View) -> None:
        self._bodies = bodies
        self._view = view

    def __len__(self) -> int:
        return len(self._bodies)

    def __getitem__(self, at: int) -> Any:
        return self._view(self._bodies[at])

    def __iter__(self) -> Iterator[Any]:
        return map(self._view, self._bodies)


def _within(name: str, inner: View, *, required: bool) -> Get:
    if required:
        return lambda view: inner(getattr(view._of, name))
    return lambda view: inner(getattr(view._of, name)) if view._of.HasField(name) else None


def _time(name: str) -> Get:
    def get(view: Any) -> datetime | None:
        moment = getattr(view._of, name)
        seconds = moment.seconds
        # An empty one is no time: Go's year 1.
        return _moment(seconds, moment.nanos) if seconds or moment.HasField("seconds") else None

    return get


def _int_or_text(name: str) -> Get:
    def get(view: Any) -> int | str | None:
        if not view._of.HasField(name):
            return None
        held = getattr(view._of, name)
        found: int | str = held.strVal if held.type == _STR_VAL else held.intVal
        return found

    return get


@lru_cache(maxsize=1 << 12)
def _moment(seconds: int, nanos: int) -> datetime:
    return _EPOCH + timedelta(seconds=seconds, microseconds=nanos // 1000)


def held_type(annotation: Any) -> Any:
    """The type within `X | None`, `list[X]` and `Annotated[X, …]`."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return held_type(get_args(annotation)[0])
    if origin in (Union, UnionType):
        return held_type(next(part for part in get_args(annotation) if part is not NoneType))
    return held_type(get_args(annotation)[0]) if origin is list else annotation


def is_struct(found: Any) -> bool:
    """Whether it is a wire type."""
    return isinstance(found, type) and issubclass(found, Struct)
