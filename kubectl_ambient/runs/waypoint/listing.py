"""How `waypoint status` prints its answer, and each change of it: data to stdout, remarks to stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from kubectl_ambient.foreign import Shown, stacked
from kubectl_ambient.render.say import say

if TYPE_CHECKING:
    from datetime import datetime

    from kubectl_ambient.mesh.waypoint.binding import Binding
    from kubectl_ambient.render.waypoint.status import BindingRows
    from kubectl_ambient.runs.watching import Change, Outage
    from kubectl_ambient.runs.waypoint.source import WaypointSource


class WaypointListing(Struct, frozen=True, kw_only=True):
    """Prints bindings in the format that was asked for.

    whole: also what has no waypoint and names none. watch: rows follow. timestamps: with the time when each was seen.
    """

    output: str
    headers: bool
    whole: bool
    watch: bool = False
    timestamps: bool = False

    def print(self, source: WaypointSource, bindings: Sequence[Binding]) -> None:
        """The whole listing."""
        if self.output in ("", "wide"):
            self._print_text(source, bindings)
        elif self.output == "name":
            for binding in bindings:
                say(_name(binding))
        elif bindings or not source.problems:
            say(self._document(source, bindings))

    def print_changes(
        self, source: WaypointSource, bindings: Sequence[Binding], changes: Iterable[Change[Binding] | Outage]
    ) -> None:
        """Each changed object: its row, or a document of its own. Outages are told on stderr."""
        from kubectl_ambient.render.rows import timestamp
        from kubectl_ambient.runs.watching import Outage

        told = _Below(self, source, bindings) if self.output in ("", "wide") else None
        for change in changes:
            if isinstance(change, Outage):
                stamp = (timestamp(self.seen(source)), " ") if self.timestamps else ()
                say(*stamp, change.sentence, file=sys.stderr)
            elif told is not None:
                told.print(change)
            elif self.output == "name":
                say(_name(change.verdict), flush=True)
            elif not change.gone:
                say(self._document(source, [change.verdict]), flush=True)

    def seen(self, source: WaypointSource) -> datetime | None:
        """When a change was seen, by the server's clock, where that is asked for."""
        return source.judge.snapshot.now if self.timestamps else None

    def shown(self, source: WaypointSource, bindings: Iterable[Binding]) -> list[Binding]:
        """Those that have a row: one namespace shows its Services as they are; pods without a waypoint are the rule."""
        from kubectl_ambient.mesh.waypoint.summary import is_plain

        many = source.many
        return [b for b in bindings if self.whole or not (is_plain(b) and (many or b.traffic == "workload"))]

    def rows(self, source: WaypointSource, bindings: Sequence[Binding], *, timestamps: bool = False) -> BindingRows:
        """The columns for rows that go on."""
        from kubectl_ambient.render.terminal import Paint, colours, width
        from kubectl_ambient.render.waypoint.status import BindingRows

        return BindingRows(
            bindings,
            namespaced=source.many,
            wide=self.output == "wide",
            headers=self.headers,
            width=width(),
            paint=Paint(colours()),
            timestamps=timestamps,
        )

    def _document(self, source: WaypointSource, bindings: Sequence[Binding]) -> Shown:
        from kubectl_ambient.render.documents import as_text
        from kubectl_ambient.render.waypoint.documents import waypoint_status_list

        return as_text(waypoint_status_list(bindings, source.assumptions, source.asked.origin.aim), self.output)

    def _print_text(self, source: WaypointSource, bindings: Sequence[Binding]) -> None:
        from kubectl_ambient.render.sentences import paragraphs, wrapped
        from kubectl_ambient.render.terminal import Paint, colours, text_width
        from kubectl_ambient.render.waypoint import status as text
        from kubectl_ambient.runs.told import tell_nothing_found

        if not bindings:
            if not source.problems:
                tell_nothing_found(source.namespace)
            return
        paint, shown = Paint(colours(), source.asked.origin.aim), self.shown(source, bindings)
        there = {binding.ref for binding in shown}
        parts = [self._table(source, shown)] if shown else []
        if self.headers:
            left_out = text.left_out([binding for binding in bindings if binding.ref not in there])
            told = [wrapped(sentence, text_width()) for sentence in (text.summary(bindings), left_out) if sentence]
            told.append(text.notes(shown, namespaced=source.many, width=text_width(), paint=paint))
            parts.append(stacked(part for part in told if part))
        if parts:
            say(paragraphs(parts))

    def _table(self, source: WaypointSource, shown: Sequence[Binding]) -> Shown:
        from kubectl_ambient.render.terminal import Paint, colours, width
        from kubectl_ambient.render.waypoint import status as text

        if self.watch:
            rows = self.rows(source, shown)
            return stacked([*([rows.headers] if self.headers else []), *map(rows.changed, shown)])
        return text.binding_table(
            shown,
            namespaced=source.many,
            wide=self.output == "wide",
            headers=self.headers,
            width=width(),
            paint=Paint(colours()),
        )


class _Below:
    """Prints what changes below a listing."""

    def __init__(self, listing: WaypointListing, source: WaypointSource, bindings: Sequence[Binding]) -> None:
        self._listing, self._source = listing, source
        listed = listing.shown(source, bindings)
        self._told = {binding.ref for binding in listed}
        self._rows = listing.rows(source, listed, timestamps=listing.timestamps)
        self._apart = listing.headers and bool(bindings)  # the notes of the listing stand above
        self._headers = listing.headers and (listing.timestamps or not listed)

    def print(self, change: Change[Binding]) -> None:
        binding = change.verdict
        shows = bool(self._listing.shown(self._source, [binding]))
        if not (shows or binding.ref in self._told):
            return
        (self._told.discard if change.gone or not shows else self._told.add)(binding.ref)
        if self._apart:
            say()
            self._apart = False
        if self._headers:
            say(self._rows.headers)
            self._headers = False
        row = self._rows.gone if change.gone else self._rows.changed
        say(row(binding, self._listing.seen(self._source)), flush=True)


def _name(binding: Binding) -> str:
    from kubectl_ambient.kube.resources import find_resource

    return f"{find_resource(binding.kind).name_for_output}/{binding.name}"
