"""What a command needs: asks in two rounds, each a kind and a scope."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from kubectl_ambient.cluster.kinds.kind import Kind
from kubectl_ambient.cluster.snapshot import Snapshot

if TYPE_CHECKING:
    from kubectl_ambient.cluster.paths import OnLarge
    from kubectl_ambient.cluster.problem import Problem


class Ask(Struct, frozen=True, kw_only=True, gc=False):
    """One object (`name`), or all of a kind in a namespace or (empty) in all, as far as the selectors choose them.

    anywhere: all objects of this name, in any namespace. also: parts that the same objects belong to, as agents are
    among the pods. keep: of the facts, only those. what: what the read is called, where it is not as its kind says.
    named: somebody typed it, and is told if it is not there. must: without it there is no answer. counts: there is
    none either, where all asks that count are refused.
    """

    kind: Kind[Any]
    namespace: str = ""
    name: str = ""
    anywhere: str = ""
    label_selector: str = ""
    field_selector: str = ""
    also: tuple[Kind[Any], ...] = ()
    keep: Callable[[Any], bool] | None = None
    what: str = ""
    named: bool = False
    must: bool = False
    counts: bool = False

    @property
    def path(self) -> str:
        """What it stands for in the part that its facts go to."""
        return self.kind.path(self.namespace, self.name)

    @property
    def words(self) -> str:
        """What it is called: `list pods`, `get node n1`."""
        if self.what:
            return self.what
        if self.name:
            return f"get {self.kind.kind.lower()} {self.name}"
        return f"get {self.kind.resource.singular} {self.anywhere}" if self.anywhere else self.kind.list_words

    @property
    def labels(self) -> str:
        """Its label selector, with what its kind asks for."""
        return ",".join(part for part in (self.kind.label, self.label_selector) if part)

    @property
    def fields(self) -> str:
        """Its field selector, with the name that its kind asks for."""
        name = self.anywhere or self.kind.called
        return ",".join(part for part in (f"metadata.name={name}" if name else "", self.field_selector) if part)


class Needs(Protocol):
    """What a command declares. Nothing here reads anything."""

    def first(self) -> Sequence[Ask]:
        """What is known to be wanted."""

    def second(self, snapshot: Snapshot) -> Sequence[Ask]:
        """What the first answers name besides; mostly nothing."""

    def settle(self, snapshot: Snapshot) -> None:
        """Note what follows from all answers together."""

    @property
    def of_files(self) -> FilesReader:
        """What reads files for it: they hold the answers to both rounds."""


class FilesReader(Protocol):
    """Reads files as a snapshot, and tells what was wrong with them. See `reading.files`."""

    def __call__(
        self, paths: Iterable[str], *, recursive: bool, namespace: str, whole: bool, on_large: OnLarge | None
    ) -> tuple[Snapshot, list[Problem]]:
        """Read the files."""
