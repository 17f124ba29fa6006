"""How `status` prints its verdicts, and each change of them: data to stdout, remarks to stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from kubectl_ambient.foreign import Shown, stacked
from kubectl_ambient.render.say import say

if TYPE_CHECKING:
    from kubectl_ambient.mesh.verdict import Verdict
    from kubectl_ambient.runs.status import Change, Source


class Listing:
    """Prints verdicts in the format that was asked for."""

    def __init__(self, *, output: str, headers: bool, pods: bool, namespaced: bool) -> None:
        self.output = output
        self.headers = headers
        self.pods = pods
        self.namespaced = namespaced

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

    def print_changes(self, source: Source, verdicts: Sequence[Verdict], changes: Iterable[Change]) -> None:
        """Each changed pod of a watch: its row, or a document of its own."""
        if self.output in ("json", "yaml"):
            for change in changes:
                if not change.gone:
                    say(self._document(source, [change.verdict]), flush=True)
        elif self.output == "name":
            for change in changes:
                say(f"pod/{change.verdict.name}", flush=True)
        else:
            self._print_rows(verdicts, changes)

    def _print_rows(self, verdicts: Sequence[Verdict], changes: Iterable[Change]) -> None:
        from kubectl_ambient.render.status import PodRows
        from kubectl_ambient.render.terminal import Paint, colours, width

        rows = PodRows(
            verdicts,
            namespaced=self.namespaced,
            wide=self.output == "wide",
            headers=self.headers,
            width=width(),
            paint=Paint(colours()),
        )
        first = self.headers
        for change in changes:
            row = (rows.gone if change.gone else rows.changed)(change.verdict)
            if first:
                if verdicts or self.namespaced:
                    say()  # the notes of the listing stand above
                if not verdicts or (self.namespaced and not self.pods):
                    say(rows.headers)  # namespaces were listed so far, or nothing at all
                first = False
            say(row, flush=True)

    def _document(self, source: Source, verdicts: Sequence[Verdict]) -> Shown:
        from kubectl_ambient.render.documents import as_text, status_list

        judge = source.judge
        findings = source.mesh_findings(verdicts)
        document = status_list(verdicts, judge.installation, findings, judge.assumptions, source.origin.aim)
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
        paint = Paint(colours())
        parts = [text.of_mesh(source.headlines(verdicts), text_width(), paint)] if self.headers else []
        if self.only_sums:
            asking = {one.namespace for one in source.in_vain(verdicts)}
            rows = by_namespace(verdicts, source.scope_namespaces, asking)
            parts.append(text.namespace_table(rows, headers=self.headers, width=width(), paint=paint))
            sentence = text.total_sentence(rows)
        else:
            parts.append(
                text.pod_table(
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
            parts.append(stacked(part for part in (wrapped(sentence, text_width()), told) if part))
        say(paragraphs(parts))
        tell_assumptions(source.judge.assumptions)
        if self.headers and any(map(_curious, verdicts)):
            where = ("-n", "NAMESPACE") if self.namespaced else inside(source.namespace)
            why = source.origin.aim_at_files.say(kubectl("ambient explain pod NAME", *where))
            say(f"Why: {why}", file=sys.stderr)


def _curious(verdict: Verdict) -> bool:
    from kubectl_ambient.mesh.summary import needs_attention

    return needs_attention(verdict)
