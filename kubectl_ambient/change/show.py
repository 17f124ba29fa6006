"""The line that shows which labels objects have now, where that is not known."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_ambient.change.patch import LabelEdit, labels_path
from kubectl_ambient.change.targets import kind_of, names_of, namespace_of
from kubectl_ambient.change.undo import in_a_row, whole_or_each
from kubectl_ambient.change.words import grouped
from kubectl_ambient.shell.command import Offer, kubectl
from kubectl_ambient.shell.words import Word, inside, typed


def show(edits: Sequence[LabelEdit]) -> list[Offer]:
    """One command, and why there is none for what it does not show."""
    groups = grouped(((kind_of(edit.target), namespace_of(edit.target), tuple(edit.labels)), edit) for edit in edits)
    offers = [offer for group in groups.values() for offer in whole_or_each(_command, group)]
    return in_a_row(offers)


def _command(group: Sequence[LabelEdit]) -> Offer:
    first = group[0]
    objects = names_of([edit.target for edit in group])
    return kubectl("get", *objects, *inside(namespace_of(first.target)), *_columns(first))


def _columns(edit: LabelEdit) -> list[str | Word]:
    """Each label as a column; that of a pod template is out of the reach of -L."""
    path = labels_path(kind_of(edit.target))
    if path == ("metadata", "labels"):
        return [word for key in edit.labels for word in ("-L", key)]
    at = ".".join(path)
    columns = ["NAME:.metadata.name", *(f"{key}:.{at}.{key.replace('.', chr(92) + '.')}" for key in edit.labels)]
    return ["-o", typed(f"custom-columns={','.join(columns)}")]
