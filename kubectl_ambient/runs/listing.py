"""How `status` prints its verdicts, and each change of them: data to stdout, remarks to stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from kubectl_ambient.foreign import Shown, stacked
from kubectl_ambient.render.say import say

if TYPE_CHECKING:
    from datetime import datetime

    from kubectl_ambient.mesh.evidence import Finding
    from kubectl_ambient.mesh.verdict import Verdict
    from kubectl_ambient.render.status import PodRows
    from kubectl_ambient.runs.status import Source
    from kubectl_ambient.runs.watching import Change, MeshChange, Outage
    from kubectl_ambient.shell.aim import Aim


class Listing:
    """Prints verdicts in the format that was asked for; timestamps: in front of what changes, when it was seen."""

    def __init__(
        self, *, output: str, headers: bool, pods: bool, namespaced: bool, watch: bool = False, timestamps: bool = False
    ) -> None:
        self.output = output
        self.headers = headers
        self.pods = pods
        self.namespaced = namespaced
        self.watch = watch
        self.timestamps = timestamps

    @property
    def only_sums(self) -> bool:
        """Whether it names no pod but those that need attention."""
        return self.namespaced and not self.pods

    def print(self, source: Source, verdicts: Sequence[Verdict]) -> None:
        """The whole listing: data to stdout, remarks to stderr."""
        match self.output:
            case "json" | "yaml":
                if verdicts or not source.problems:
                    say(self._document(source, verdicts))
            case "name":
                for verdict in verdicts:
                    say(f"pod/{verdict.name}")
            case _:
                self._print_text(source, verdicts)

    def print_changes(
        self, source: Source, verdicts: Sequence[Verdict], changes: Iterable[Change[Verdict] | MeshChange | Outage]
    ) -> None:
        """Each changed pod of a watch: its row, or a document of its own. Outages are told on stderr."""
        from kubectl_ambient.runs.watching import Change, Outage

        print_row = None
        if self.output not in ("json", "yaml", "name"):
            print_row = _Rows(self, source, verdicts).print
        for change in changes:
            if isinstance(change, Outage):
                say(*self.stamp(source), change.sentence, file=sys.stderr)
            elif print_row is not None:
                print_row(change)
            elif isinstance(change, Change) and self.output == "name":
                say(f"pod/{change.verdict.name}", flush=True)
            elif isinstance(change, Change) and not change.gone:
                say(self._document(source, [change.verdict], change=True), flush=True)

    def seen(self, source: Source) -> datetime | None:
        """When a change was seen, by the server's clock, where that is asked for."""
        return source.judge.snapshot.now if self.timestamps else None

    def stamp(self, source: Source) -> tuple[str, ...]:
        """The same in front of a line that is no row."""
        from kubectl_ambient.render.rows import timestamp

        return (timestamp(self.seen(source)), " ") if self.timestamps else ()

    def rows(self, verdicts: Sequence[Verdict], *, timestamps: bool = False) -> PodRows:
        """The columns for rows that go on."""
        from kubectl_ambient.render.status import PodRows
        from kubectl_ambient.render.terminal import Paint, colours, width

        return PodRows(
            verdicts,
            namespaced=self.namespaced,
            wide=self.output == "wide",
            headers=self.headers,
            width=width(),
            paint=Paint(colours()),
            timestamps=timestamps,
        )

    def _begun(self, verdicts: Sequence[Verdict]) -> Shown:
        """The listing in the columns of the rows that follow."""
        rows = self.rows(verdicts)
        return stacked([*([rows.headers] if self.headers else []), *map(rows.changed, verdicts)])

    def _document(self, source: Source, verdicts: Sequence[Verdict], *, change: bool = False) -> Shown:
        from kubectl_ambient.render.documents import as_text, status_list

        judge = source.judge
        findings = source.mesh_findings(verdicts)
        listed = {} if change else source.scope_namespaces
        homes = {v.namespace: found for v in verdicts if (found := judge.snapshot.namespaces.get(v.namespace))}
        document = status_list(
            verdicts,
            judge.installation,
            findings,
            judge.assumptions,
            source.origin.aim,
            {**listed, **homes},
            source.node_proofs(),
        )
        return as_text(document, self.output)

    def _print_text(self, source: Source, verdicts: Sequence[Verdict]) -> None:
        from kubectl_ambient.mesh.summary import by_namespace
        from kubectl_ambient.render import status as text
        from kubectl_ambient.render.sentences import paragraphs, wrapped
        from kubectl_ambient.render.terminal import Paint, colours, text_width, width
        from kubectl_ambient.runs.told import tell_assumptions, tell_nothing_found
        from kubectl_ambient.shell.command import kubectl
        from kubectl_ambient.shell.words import inside

        if not verdicts and not (self.namespaced and source.scope_namespaces):
            if not source.problems:
                tell_nothing_found(source.namespace)
            return
        paint = Paint(colours(), source.origin.aim)
        parts = [text.of_mesh(source.headlines(verdicts), text_width(), paint)] if self.headers else []
        if self.only_sums:
            asking = {one.namespace for one in source.in_vain(verdicts)}
            rows = by_namespace(verdicts, source.scope_namespaces, asking)
            parts.append(text.namespace_table(rows, headers=self.headers, width=width(), paint=paint))
            sentence = text.total_sentence(rows)
        else:
            parts.append(
                self._begun(verdicts)
                if self.watch
                else text.pod_table(
                    verdicts,
                    namespaced=self.namespaced,
                    wide=self.output == "wide",
                    headers=self.headers,
                    width=width(),
                    paint=paint,
                )
            )
            rows = by_namespace(verdicts, source.scope_namespaces)
            name = source.namespace
            known = source.judge.snapshot.namespaces.get(name)
            sentence = text.total_sentence(rows) if self.namespaced else text.namespace_sentence(name, known, verdicts)
        if self.headers:
            told = text.notes(verdicts, namespaced=self.namespaced, width=text_width(), paint=paint)
            gateways = self._gateways(source) if self.only_sums else Shown()
            parts.append(stacked(part for part in (wrapped(sentence, text_width()), gateways, told) if part))
        if any(parts):
            say(paragraphs(parts))
        tell_assumptions(source.judge.assumptions, source.origin)
        for nodes in source.unasked():
            say(f"Not asked: ztunnel on {nodes}", file=sys.stderr)
        if self.headers and any(map(_curious, verdicts)):
            where = ("-n", "NAMESPACE") if self.namespaced else inside(source.namespace)
            why = source.origin.aim_at_files.say(kubectl("ambient explain pod NAME", *where))
            say(f"Why: {why}", file=sys.stderr)

    def _gateways(self, source: Source) -> Shown:
        """Dead waypoints, and Gateways that no controller took, in a line each."""
        if not source.judge.snapshot.gateways:
            return Shown()
        from kubectl_ambient.mesh.gateways_in_short import sentences
        from kubectl_ambient.render.commands import filled
        from kubectl_ambient.render.terminal import text_width
        from kubectl_ambient.shell.command import kubectl

        found = sentences(source.judge.snapshot, source.scope_namespaces)
        more = kubectl("ambient waypoint list -A")
        live = not source.origin.filenames
        told = [(f"{one} (", more, ").") if live and one.startswith("Waypoint") else f"{one}." for one in found]
        return stacked(filled("‼ ", sentence, text_width(), source.origin.aim) for sentence in told)


class _Rows:
    """Prints what changes below a listing."""

    def __init__(self, listing: Listing, source: Source, verdicts: Sequence[Verdict]) -> None:
        self._listing, self._source = listing, source
        self._rows = listing.rows(verdicts, timestamps=listing.timestamps)
        self._apart = listing.headers and (bool(verdicts) or listing.namespaced)  # notes of the listing stand above
        listed = bool(verdicts) and not listing.only_sums and not listing.timestamps
        self._headers = listing.headers and not listed

    def print(self, change: Change[Verdict] | MeshChange | Outage) -> None:
        from kubectl_ambient.runs.watching import Change, MeshChange

        if isinstance(change, MeshChange) and self._listing.headers:
            self._begin()
            say(*self._listing.stamp(self._source), _of_mesh(change.findings, self._source.origin.aim), flush=True)
        elif isinstance(change, Change):
            self._begin()
            if self._headers:
                say(self._rows.headers)
                self._headers = False
            row = self._rows.gone if change.gone else self._rows.changed
            say(row(change.verdict, self._listing.seen(self._source)), flush=True)

    def _begin(self) -> None:
        if self._apart:
            say()
            self._apart = False


def _of_mesh(findings: Sequence[Finding], aim: Aim) -> Shown:
    from kubectl_ambient.foreign import shown
    from kubectl_ambient.render import status as text
    from kubectl_ambient.render.terminal import Paint, colours, text_width

    if not findings:
        return shown("What was told of the mesh is over.")
    return text.of_mesh(findings, text_width(), Paint(colours(), aim))


def _curious(verdict: Verdict) -> bool:
    from kubectl_ambient.mesh.summary import needs_attention

    return needs_attention(verdict)
