"""How one kind is read: its entry. What reads a cluster, reads files, watches, or grants rights follows from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from kubectl_ambient.kube.resources import Resource, find_resource

F = TypeVar("F")

READ = ("get", "list")
WATCH = (*READ, "watch")


class Kind(Struct, Generic[F], frozen=True, kw_only=True, eq=False):
    """One kind, or (`label`, `called`) those objects of it that mean something by themselves.

    part: the collection of a Snapshot that its facts go to. resource: as the API has it. wire: the type that an
    object is decoded into, and facts: what follows from one. partial: its metadata is enough. prefixed: its keys
    begin with the kind, since other kinds go to the same part. label: only those that have it, `app=ztunnel` or a key
    alone. called: only those of this name, in whatever namespace; also_called tells of names that files may hold
    besides. among: which of them they are is told by their facts, of which the others have none. homes: where it is
    looked for by who may not list it. template: the field that holds the template of the pods that it makes. words:
    what people call several of it. rights: the verbs that reading takes. in_files: whether files that hold none of it
    say that there is none (a cluster's Nodes are seldom in files). added: its API group comes with something that is
    added to a cluster; it is not asked for where the server does not have that group.
    """

    part: str
    resource: Resource
    wire: type[Any]
    facts: Callable[[Any], Iterable[F]]
    partial: bool = False
    prefixed: bool = False
    label: str = ""
    called: str = ""
    also_called: Callable[[str], bool] | None = None
    among: bool = False
    homes: tuple[str, ...] = ()
    template: tuple[str, ...] = ()
    words: str = ""
    rights: tuple[str, ...] = READ
    in_files: bool = True
    added: bool = False

    def some(self, part: str, **chosen: Any) -> Kind[Any]:
        """Those of the kind that go to another part, by `label`, `called` and the like."""
        return replace(self, part=part, **{"prefixed": False, **chosen})

    @property
    def kind(self) -> str:
        """`DaemonSet`."""
        return self.resource.kind

    def path(self, namespace: str = "", name: str = "") -> str:
        """The key of an object, or of all objects of a namespace."""
        if namespace and name:  # most, and there are many
            return f"{self.kind}/{namespace}/{name}" if self.prefixed else f"{namespace}/{name}"
        prefix = self.kind if self.prefixed else ""
        return "/".join(part for part in (prefix, namespace, name) if part)

    def chooses(self, labels: Mapping[str, str | None], name: str) -> bool:
        """Whether an object with these labels and this name is one of them."""
        if self.label:
            key, value = _parted(self.label)
            if key not in labels or (value and labels[key] != value):
                return False
        return not self.called or name == self.called or (self.also_called is not None and self.also_called(name))

    @property
    def list_words(self) -> str:
        """What reading them is called: `list pods of ztunnel`."""
        return f"get {self.resource.singular} {self.called}" if self.called else f"list {self.words}"


@lru_cache
def _parted(label: str) -> tuple[str, str]:
    key, _, value = label.partition("=")
    return key, value


def kind(part: str, resource: str, wire: Any, *, words: str = "", **how: Any) -> Kind[Any]:
    """The entry of a kind whose objects are one fact each; see Kind."""
    found = find_resource(resource)
    return Kind(
        part=part, resource=found, wire=wire, words=words or found.plural, **{"facts": lambda o: (o.fact(),), **how}
    )
