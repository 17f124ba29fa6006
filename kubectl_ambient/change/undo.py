"""The line that undoes a change: commands that put every label back to what it was."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import TypeVar

from kubectl_ambient.change.patch import merge_patch
from kubectl_ambient.change.plan import Edit
from kubectl_ambient.change.targets import key_of, names_of
from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Workload
from kubectl_ambient.shell.command import Command, Offer, chain, kubectl
from kubectl_ambient.shell.words import Word, inside, label, patch

E = TypeVar("E")
_FEW = 20  # so many names still fit the eye; a selector may mean others tomorrow


def undo(
    edits: Sequence[Edit],
    *,
    selection: Sequence[str | Word] = (),
    forced: Collection[tuple[str, str, str]] = (),
) -> list[Offer]:
    """One command, and why there is none for what it does not put back; empty where nothing was changed.

    `selection` (`ns -l team=a`) stands for the names where there are many: it must mean exactly the edited objects,
    and still do so after the change. `forced`: the keys of what `enable` would leave alone without --force.
    """
    groups: dict[tuple[str, str, str | None, bool], list[Edit]] = {}
    for edit in edits:
        if edit.changes:
            needs_force = _way(edit) == "enable" and key_of(edit.target) in forced
            groups.setdefault((*_group(edit), needs_force), []).append(edit)
    many = len(groups) == 1 and len(edits) > _FEW and not mentions(selection, DATAPLANE_MODE)
    chosen = selection if many else ()
    found = (whole_or_each(partial(_command, chosen, key[-1]), group) for key, group in groups.items())
    return in_a_row([offer for offers in found for offer in offers])


def mentions(selection: Sequence[str | Word], key: str) -> bool:
    """Whether a selection is by this label."""
    return any(key in str(word.text if isinstance(word, Word) else word) for word in selection)


def whole_or_each(command: Callable[[Sequence[E]], Offer], group: Sequence[E]) -> list[Offer]:
    """One command for the edits; where there is none, one for each, so that a name spoils nothing but its own."""
    whole = command(group)
    if isinstance(whole, Command) or len(group) == 1:
        return [whole]
    return [command([edit]) for edit in group]


def in_a_row(offers: Sequence[Offer]) -> list[Offer]:
    """The commands as one, and then each of which there is none."""
    commands = [offer for offer in offers if isinstance(offer, Command)]
    none = dict.fromkeys(offer for offer in offers if not isinstance(offer, Command))
    return [*([chain(*commands)] if commands else []), *none]


def _group(edit: Edit) -> tuple[str, str, str | None]:
    """What one command can undo: the same way back, in one namespace."""
    kind, namespace, name = key_of(edit.target)
    way = _way(edit)
    return way, namespace if way != "patch" else f"{kind}/{namespace}/{name}", edit.before


def _way(edit: Edit) -> str:
    """`enable`, `disable`, `opt-out`, or kubectl's own `label`; for a template, which that cannot reach, `patch`."""
    if edit.before == "ambient":
        return "enable"
    if edit.before is None and edit.after == "ambient":
        return "disable"
    if not isinstance(edit.target, Workload):
        return "label"
    return "opt-out" if edit.before == "none" else "patch"


def _command(selection: Sequence[str | Word], force: bool, group: Sequence[Edit]) -> Offer:
    first = group[0]
    objects = selection or (*names_of([edit.target for edit in group]), *inside(key_of(first.target)[1]))
    match _way(first):
        case "enable":
            flags = (*(("--overwrite",) if first.after is not None else ()), *(("--force",) if force else ()))
            return kubectl("ambient enable", *objects, *flags)
        case "disable":
            return kubectl("ambient disable", *objects)
        case "opt-out":
            return kubectl("ambient disable", *objects, "--opt-out")
        case "label":
            flags = () if first.before is None else ("--overwrite",)
            return kubectl("label", *objects, label(DATAPLANE_MODE, first.before), *flags)
    back = Edit(target=first.target, action="set", before=first.after, after=first.before)
    return kubectl("patch", *objects, "--type=merge -p", patch(merge_patch(back)))
