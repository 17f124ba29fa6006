"""Files as `check` reads them: what decides, and the labels as they were written, in one go."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, BinaryIO

from kubectl_ambient.cluster.facts import NOT_IN_FILES, Unread
from kubectl_ambient.cluster.kinds.kind import Kind
from kubectl_ambient.cluster.needs.owners import tell_unread
from kubectl_ambient.cluster.objects import Object, reference
from kubectl_ambient.cluster.paths import OnLarge, Source
from kubectl_ambient.cluster.place import Place, Places
from kubectl_ambient.cluster.problem import Problem
from kubectl_ambient.cluster.reading.dump_files import Dumps
from kubectl_ambient.cluster.reading.label_files import LabelTaker
from kubectl_ambient.cluster.reading.silence import gateways_in_files, namespaces_in_files
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.cluster.ztunnel.counts import Counts
from kubectl_ambient.cluster.ztunnel.dump import Dump


def read_check_files(
    paths: Iterable[str],
    *,
    kinds: Collection[Kind[Any]],
    places: Places,
    recursive: bool = False,
    namespace: str = "default",
    whole: bool = False,
    dumps: bool = False,
    stdin: BinaryIO | None = None,
    on_large: OnLarge | None = None,
) -> tuple[Snapshot, list[Problem]]:
    """As `files.read_files` and `label_files.read_label_files` together. places: takes where each object stands."""
    found = _Found(kinds, namespace, whole=whole, places=places, dumps=dumps)
    found.read_all(paths, recursive=recursive, stdin=stdin, on_large=on_large)
    snapshot = found.snapshot()
    snapshot.ztunnels = found.ztunnels
    namespaces_in_files(snapshot, found.shown.homes_named)
    gateways_in_files(snapshot)
    tell_unread(snapshot, otherwise=NOT_IN_FILES)
    return snapshot, list(found.problems)


class _Found(LabelTaker):
    def __init__(
        self, kinds: Collection[Kind[Any]], namespace: str, *, whole: bool, places: Places, dumps: bool
    ) -> None:
        super().__init__(kinds, namespace, "", whole=whole)
        self._stands = places
        self._dumps = Dumps(self.problems) if dumps else None

    @property
    def ztunnels(self) -> dict[str, Dump | Counts | Unread] | None:
        """What ztunnels said; None where their dumps are passed over."""
        return dict(self._dumps.by_node) if self._dumps else None

    def _take_dump(self, source: Source, on_large: OnLarge | None) -> None:
        if self._dumps is not None:
            self._dumps.take(source, on_large)

    def _take(self, found: Object) -> Iterator[tuple[str, str]]:
        if not self._wants(found):
            return
        try:
            namespace, name = self._identity(found, self.namespace)
        except ValueError as error:
            yield found.kind, str(error)
            return
        ref = reference(found.kind, namespace, name)
        self._stands[ref] = Place(self._file, self._document)
        refused = ""
        try:
            told = self._take_labels_of(found, namespace, name)
        except ValueError as error:
            told, refused = False, str(error)
        why = self._take_settings_of(found, namespace, name)
        if why and not told:  # a label that an API server refuses is a mistake, and told as one
            yield ref, why
        elif refused:
            yield ref, refused
        for other, place in self._settings.passed_over:
            why = f"it stands in {place}, too, and differs: the one here counts"
            self.problems.add(Problem(file=self._file, object=other, why=why, harmless=True))
        self._settings.passed_over.clear()
