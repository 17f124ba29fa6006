"""Manifests as a snapshot: what `-f` reads instead of a cluster.

The same wire types as live, so the same facts. Kinds that no rule looks at are passed over. What is not in the files
is only known not to be there where they show it: `shown_by_files`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, BinaryIO

import msgspec

from kubectl_ambient.cluster import wrong_type
from kubectl_ambient.cluster.facts import NOT_IN_FILES
from kubectl_ambient.cluster.kinds.kind import Kind
from kubectl_ambient.cluster.kinds.table import MESH
from kubectl_ambient.cluster.needs.owners import tell_unread
from kubectl_ambient.cluster.objects import Object, reference
from kubectl_ambient.cluster.paths import OnLarge, Source
from kubectl_ambient.cluster.problem import Problem
from kubectl_ambient.cluster.reading.dump_files import Dumps
from kubectl_ambient.cluster.reading.shown_by_files import Shown, settle
from kubectl_ambient.cluster.reading.silence import gateways_in_files, namespaces_in_files
from kubectl_ambient.cluster.reading.taking import keyed, part
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.cluster.taking import Taker


def read_files(
    paths: Iterable[str],
    *,
    kinds: Collection[Kind[Any]] = MESH,
    recursive: bool = False,
    namespace: str = "default",
    whole: bool = False,
    dumps: bool = False,
    stdin: BinaryIO | None = None,
    on_large: OnLarge | None = None,
) -> tuple[Snapshot, list[Problem]]:
    """Everything of these kinds that the files hold, and what was wrong with them. whole: they hold the whole cluster.
    dumps: those of ztunnels as well, which are passed over else.

    Objects without a namespace go to `namespace`. Of an object that comes twice, the last counts; a harmless Problem
    tells of the other one, where they differ. Raises nothing: bad input becomes a Problem, and the rest is used.
    `on_large` is told of files that take long.
    """
    found = _Found(kinds, namespace, whole=whole, dumps=dumps)
    found.read_all(paths, recursive=recursive, stdin=stdin, on_large=on_large)
    snapshot = found.snapshot()
    namespaces_in_files(snapshot, found.shown.homes_named)
    gateways_in_files(snapshot)
    tell_unread(snapshot, otherwise=NOT_IN_FILES)
    return snapshot, list(found.problems)


class Objects:
    """Objects of these kinds as their wire types, by kind, namespace and name."""

    def __init__(self, kinds: Collection[Kind[Any]]) -> None:
        self._kinds: dict[tuple[str, str], list[Kind[Any]]] = {}
        for kind in kinds:
            self._kinds.setdefault((kind.resource.group, kind.kind), []).append(kind)
        self._found: dict[tuple[str, str], dict[tuple[str, str], Any]] = {}
        self._places: dict[tuple[str, str, str, str], str] = {}
        self.passed_over: list[tuple[str, str]] = []

    def takes(self, found: Object) -> bool:
        """Whether one of the kinds is its own."""
        return (found.group, found.kind) in self._kinds

    def take(self, found: Object, namespace: str, name: str, place: str = "", *, typed: bool = False) -> str:
        """Take it in as the object of that name; what is wrong with it, or an empty text.

        Where another of its name at another `place` says something else, that is `passed_over`; but not Istio's own
        settings in a file that was `typed`: who names a file with these behind another one means to replace them.
        """
        group_kind = (found.group, found.kind)
        kinds = self._kinds[group_kind]
        if all(kind.called and not kind.chooses({}, name) for kind in kinds):
            return ""
        metadata = {**found.fields["metadata"], "namespace": namespace, "name": name}
        fields = {**found.fields, "kind": found.kind, "metadata": metadata}
        try:
            read = msgspec.convert(fields, kinds[0].wire)
        except msgspec.ValidationError as error:
            return wrong_type.describe(error, fields)
        objects = self._found.setdefault(group_kind, {})
        before = objects.get((namespace, name))
        means_it = typed and all(kind.called for kind in kinds)
        if before is not None and before != read and not means_it:
            ref = reference(found.kind, namespace, name)
            self.passed_over.append((ref, self._places[(*group_kind, namespace, name)]))
        objects[namespace, name] = read
        self._places[(*group_kind, namespace, name)] = place
        return ""

    def into(self, snapshot: Snapshot, shown: Shown) -> None:
        """Put the facts into the snapshot, and what the files have `shown` of all else.

        They come in the order of an API server's lists, however the files are ordered: what names one of several then
        names the same one.
        """
        silent = []
        for group_kind, kinds in self._kinds.items():
            objects = sorted(self._found.get(group_kind, {}).items(), key=lambda found: "/".join(found[0]))
            for kind in kinds:
                to, is_silent = part(snapshot, kind), True
                for (namespace, name), found in objects:
                    if kind.chooses(found.metadata.labels or {}, name):
                        of_kind = keyed(kind, namespace, name, found)
                        is_silent = is_silent and kind.among and not of_kind
                        to.facts |= of_kind
                silent += [kind] if is_silent else []
        settle(snapshot, [kind for kinds in self._kinds.values() for kind in kinds], silent, shown)


class _Found(Taker):
    """What the files hold."""

    def __init__(self, kinds: Collection[Kind[Any]], namespace: str, *, whole: bool, dumps: bool) -> None:
        super().__init__(Shown(by_flag=whole), namespace)
        self._objects = Objects(kinds)
        self._dumps = Dumps(self.problems) if dumps else None

    def snapshot(self) -> Snapshot:
        """All that was found."""
        snapshot = Snapshot(from_files=True)
        self._objects.into(snapshot, self.shown)
        snapshot.ztunnels = dict(self._dumps.by_node) if self._dumps else None
        return snapshot

    def _take_dump(self, source: Source, on_large: OnLarge | None) -> None:
        if self._dumps is not None:
            self._dumps.take(source, on_large)

    def _take(self, found: Object) -> Iterator[tuple[str, str]]:
        if not self._objects.takes(found):
            return
        try:
            namespace, name = self._identity(found, self.namespace)
        except ValueError as error:
            yield found.kind, str(error)
            return
        if why := self._objects.take(found, namespace, name, self._place, typed=self._typed):
            yield reference(found.kind, namespace, name), why
        for ref, place in self._objects.passed_over:
            why = f"it stands in {place}, too, and differs: the one here counts"
            self.problems.add(Problem(file=self._file, object=ref, why=why, harmless=True))
        self._objects.passed_over.clear()
