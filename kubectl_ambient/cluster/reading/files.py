"""Manifests as a snapshot: what `-f` reads instead of a cluster.

The same wire types as live, so the same facts. Kinds that no rule looks at are passed over.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, BinaryIO

import msgspec

from kubectl_ambient.cluster import wrong_type
from kubectl_ambient.cluster.found import EVERYWHERE
from kubectl_ambient.cluster.kinds.kind import Kind
from kubectl_ambient.cluster.kinds.table import MESH
from kubectl_ambient.cluster.needs.owners import tell_unread
from kubectl_ambient.cluster.objects import Object, identity, reference
from kubectl_ambient.cluster.paths import OnLarge
from kubectl_ambient.cluster.problem import Problem
from kubectl_ambient.cluster.reading.silence import gateways_in_files, namespaces_in_files
from kubectl_ambient.cluster.reading.taking import keyed, part
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.cluster.taking import NOT_IN_FILES, Taker, not_in_files


def read_files(
    paths: Iterable[str],
    *,
    kinds: Collection[Kind[Any]] = MESH,
    recursive: bool = False,
    namespace: str = "default",
    stdin: BinaryIO | None = None,
    on_large: OnLarge | None = None,
) -> tuple[Snapshot, list[Problem]]:
    """Everything of these kinds that the files hold, taken for the whole cluster, and what was wrong with them.

    Objects without a namespace go to `namespace`. Of an object that comes twice, the last counts. Raises nothing:
    bad input becomes a Problem, and the rest is used. `on_large` is told of files that take long.
    """
    found = _Found(kinds, namespace)
    found.read_all(paths, recursive=recursive, stdin=stdin, on_large=on_large)
    snapshot = found.snapshot()
    namespaces_in_files(snapshot)
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

    def takes(self, found: Object) -> bool:
        """Whether one of the kinds is its own."""
        return (found.group, found.kind) in self._kinds

    def take(self, found: Object, namespace: str, name: str) -> str:
        """Take it in as the object of that name; what is wrong with it, or an empty text."""
        group_kind = (found.group, found.kind)
        kinds = self._kinds[group_kind]
        if all(kind.called and not kind.chooses({}, name) for kind in kinds):
            return ""
        fields = {**found.fields, "metadata": {**found.fields["metadata"], "namespace": namespace}}
        try:
            read = msgspec.convert(fields, kinds[0].wire)
        except msgspec.ValidationError as error:
            return wrong_type.describe(error, fields)
        self._found.setdefault(group_kind, {})[namespace, name] = read
        return ""

    def into(self, snapshot: Snapshot) -> None:
        """Put the facts into the snapshot, which takes the files for all that there is."""
        for group_kind, kinds in self._kinds.items():
            objects = self._found.get(group_kind, {})
            for kind in kinds:
                to, silent = part(snapshot, kind), True
                for (namespace, name), found in objects.items():
                    if kind.chooses(found.metadata.labels or {}, name):
                        facts = keyed(kind, namespace, name, found)
                        silent = silent and kind.among and not facts
                        to.facts |= facts
                if silent and not kind.in_files:
                    to.unread[EVERYWHERE] = not_in_files(kind.list_words)
                else:
                    to.places.add(kind.path())


class _Found(Taker):
    """What the files hold."""

    def __init__(self, kinds: Collection[Kind[Any]], namespace: str) -> None:
        super().__init__()
        self._namespace = namespace
        self._objects = Objects(kinds)

    def snapshot(self) -> Snapshot:
        """All that was found."""
        snapshot = Snapshot(from_files=True)
        self._objects.into(snapshot)
        if not (snapshot.cni_daemonsets or snapshot.cni_pods):
            snapshot.cni_config.unread.clear()  # it is not installed at all
        return snapshot

    def _take(self, found: Object) -> Iterator[tuple[str, str]]:
        if not self._objects.takes(found):
            return
        try:
            namespace, name = identity(found, self._namespace)
        except ValueError as error:
            yield found.kind, str(error)
            return
        if why := self._objects.take(found, namespace, name):
            yield reference(found.kind, namespace, name), why
