"""One run of `enable` or `disable` on a cluster."""

from __future__ import annotations

import sys

from kubectl_ambient.change.change import Change
from kubectl_ambient.change.effects import Direction, effects
from kubectl_ambient.change.notes import notes
from kubectl_ambient.change.protected import protected
from kubectl_ambient.change.targets import namespace_of, printed
from kubectl_ambient.change.undo import undo
from kubectl_ambient.change.words import few, grouped
from kubectl_ambient.cli.change_apply import Applier, NotTried
from kubectl_ambient.cli.change_output import connection_flags, print_results, selection_text
from kubectl_ambient.cli.change_preview import read_surroundings
from kubectl_ambient.cli.change_remarks import refusals, tell
from kubectl_ambient.cli.change_request import ChangeRequest
from kubectl_ambient.cli.change_targets import Found, Item, TargetReader
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.api import connect
from kubectl_ambient.render.change import NO_RESTART, Tense, moves, wrapped
from kubectl_ambient.render.terminal import text_width


class Run:
    """Reads what is to be labelled and what that moves, tells it, writes it, and tells how to undo it."""

    def __init__(self, request: ChangeRequest) -> None:
        self._request = request
        self._client = connect(request.connection, on_warning=lambda text: tell([f"Warning: {text}"]))
        self._reader = TargetReader(self._client, request)
        self._snapshot: Snapshot | None = None
        self._can_tell_moves = False
        self._left_out = False
        self._width = text_width(sys.stderr)

    def run(self) -> int:
        """The exit code. Raises KubeError where nothing could be read; then nothing was changed."""
        found = self._reader.read()
        if not found.items and not found.errors:
            tell([self._nothing_found()])
            return 0
        self._read_surroundings(found)
        items = self._without_protected(found.items)
        code = self._tell_refusals(found, items)
        wanted = [item for item in items if item.edit.action != "refuse"]
        if self._request.dry_run == "none":
            self._tell_before(wanted)
        code = self._write(wanted) or code
        if self._request.dry_run != "none":
            self._tell_dry_run(wanted)
        return code

    def _nothing_found(self) -> str:
        flags = self._request.flags
        if flags.all_namespaces or not any(r.namespaced for r in self._request.selected):
            return "No resources found"
        return f"No resources found in {self._client.namespace} namespace."

    def _read_surroundings(self, found: Found) -> None:
        """Needed where something moves; and `disable` tells why a pod stays in even if it had no label."""
        targets = [i.target for i in found.items if i.edit.action != "refuse"]
        if not any(i.edit.changes for i in found.items) and (self._request.flags.goal == "enable" or not targets):
            return
        self._snapshot, unread = read_surroundings(self._client, targets, self._request.flags.chunk_size)
        self._can_tell_moves = not unread
        if unread:
            tell([f"What this moves cannot be told: {unread}"])

    def _without_protected(self, items: list[Item]) -> list[Item]:
        """What was selected without the namespaces of Kubernetes and Istio: those have to be named."""
        flags = self._request.flags
        if not self._request.selected or flags.goal != "enable":
            return items
        kept_out = protected(self._snapshot)
        kept, left = [], {}
        for item in items:
            inside = namespace_of(item.target)
            namespace = inside or item.target.name
            if namespace in kept_out and (not inside or flags.all_namespaces):
                left[namespace] = kept_out[namespace]
            else:
                kept.append(item)
        self._left_out = bool(left)
        for whose, names in grouped((whose, name) for name, whose in left.items()).items():
            tell([f"left out ({whose}; name it to include it): {', '.join(names)}"])
        return kept

    def _tell_refusals(self, found: Found, items: list[Item]) -> int:
        tell(dict.fromkeys(line for error in found.errors for line in (str(error), error.hint) if line))
        refused = [item for item in items if item.edit.action == "refuse"]
        if len(found.items) == 1 and refused and refused[0].edit.why.startswith("'"):
            # kubectl label's own sentence, which does not name the object.
            tell([f"error: {refused[0].edit.why}"])
        else:
            tell(refusals((printed(item.target), item.edit.why) for item in refused))
        return 1 if refused or found.errors else 0

    def _change(self, items: list[Item]) -> Change | None:
        if self._snapshot is None:
            return None
        edits = tuple(item.edit for item in items)
        return Change(goal=self._request.flags.goal, edits=edits, effects=effects(self._snapshot, edits))

    def _tell_before(self, items: list[Item]) -> None:
        """What the change leaves where it is, and all that one may want to know before it is made."""
        change = self._change(items)
        if change is None:
            return
        self._tell_notes(change)
        # Those that stay in are told by the notes, with the way out.
        self._tell_moves(change, ("stays out", "unknown") if change.goal == "enable" else ("unknown",), "does")

    def _tell_notes(self, change: Change) -> None:
        tell(wrapped("‼ ", note, self._width) for note in notes(change))
        if self._can_tell_moves:
            tell(wrapped("assumed: ", text, self._width) for text in change.effects.after.assumptions)

    def _tell_moves(self, change: Change, directions: tuple[Direction, ...], tense: Tense) -> None:
        if not self._can_tell_moves:
            return
        tell(moves(change.effects, directions, tense, self._width))

    def _tell_dry_run(self, items: list[Item]) -> None:
        change = self._change([item for item in items if item.error is None])
        if change is None:
            return
        stay: Direction = "stays out" if change.goal == "enable" else "stays in"
        self._tell_moves(change, ("in", "out", stay, "unknown"), "would")
        self._tell_no_restart(change, "would")
        self._tell_notes(change)

    def _tell_no_restart(self, change: Change, tense: Tense) -> None:
        if self._can_tell_moves and (change.effects.of("in", at="now") or change.effects.of("out", at="now")):
            tell([NO_RESTART[tense]])

    def _write(self, items: list[Item]) -> int:
        """Patch, print what was done, and how to undo it: also after Ctrl-C, for what was done until then."""
        applier = Applier(self._client, self._request, self._reader)
        try:
            if self._request.dry_run != "client":
                applier.apply(items)
        finally:
            print_results(items, self._request)
            self._tell_failures(items)
            if self._request.dry_run == "none":
                self._tell_after([item for item in items if item.error is None and item.edit.action != "refuse"])
        return 1 if any(item.error or item.edit.action == "refuse" for item in items) else 0

    def _tell_failures(self, items: list[Item]) -> None:
        tell(refusals((printed(i.target), i.edit.why) for i in items if i.edit.action == "refuse"))
        failed = [i for i in items if i.error is not None and not isinstance(i.error, NotTried)]
        for sentence, group in grouped((str(i.error), i) for i in failed).items():
            objects = [printed(i.target) for i in group]
            # A server's refusal names the object; that of a conflict or of a lost connection does not.
            tell([sentence] if f'"{group[0].target.name}"' in sentence else [f"{sentence} ({few(objects)})"])
        tell(dict.fromkeys(i.error.hint for i in failed if i.error and i.error.hint))
        for why, group in grouped((str(i.error), i) for i in items if isinstance(i.error, NotTried)).items():
            tell([f"error: not changed, {why}: {few([printed(i.target) for i in group])}"])

    def _tell_after(self, done: list[Item]) -> None:
        change = self._change(done)
        if change is not None:
            self._tell_moves(change, ("in", "out"), "does")
            self._tell_no_restart(change, "does")
        changed = [item.edit for item in done]
        whole = not self._left_out and all(item.edit.changes for item in done)
        selection = selection_text(self._request, self._client.namespace) if whole else ""
        line = undo(changed, flags=connection_flags(self._request.connection), selection=selection)
        if line:
            tell([f"undo: {line}"])
