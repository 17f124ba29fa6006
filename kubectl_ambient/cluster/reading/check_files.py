"""Files as `check` reads them: what decides, and the labels as they were written, in one go."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any, BinaryIO

from kubectl_ambient.cluster.facts import NOT_IN_FILES
from kubectl_ambient.cluster.kinds.kind import Kind
from kubectl_ambient.cluster.needs.owners import tell_unread
from kubectl_ambient.cluster.objects import Object, reference
from kubectl_ambient.cluster.paths import OnLarge
from kubectl_ambient.cluster.place import Place, Places
from kubectl_ambient.cluster.problem import Problem
from kubectl_ambient.cluster.reading.label_files import LabelTaker
from kubectl_ambient.cluster.reading.silence import gateways_in_files, namespaces_in_files
from kubectl_ambient.cluster.snapshot import Snapshot


def read_check_files(
    paths: Iterable[str],
    *,
    kinds: Collection[Kind[Any]],
    places: Places,
    recursive: bool = False,
    namespace: str = "default",
    whole: bool = False,
    stdin: BinaryIO | None = None,
    on_large: OnLarge | None = None,
) -> tuple[Snapshot, list[Problem]]:
    """As `files.read_files` and `label_files.read_label_files` together. places: takes where each object stands."""
    found = _Found(kinds, namespace, whole=whole, places=places)
    found.read_all(paths, recursive=recursive, stdin=stdin, on_large=on_large)
    snapshot = found.snapshot()
    namespaces_in_files(snapshot, found.shown.homes_named)
    gateways_in_files(snapshot)
    tell_unread(snapshot, otherwise=NOT_IN_FILES)
    return snapshot, list(found.problems)


class _Found(LabelTaker):
    def __init__(self, kinds: Collection[Kind[Any]], namespace: str, *, whole: bool, places: Places) -> None:
        super().__init__(kinds, namespace, "", whole=whole)
        self._stands = places

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
