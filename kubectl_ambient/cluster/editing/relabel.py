"""Labels changed in one YAML text, and the result proved: it reads as exactly what was meant, or is not used."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import yaml

from kubectl_ambient.cluster.documents import Value
from kubectl_ambient.cluster.editing.label_edit import NotEditable, Splice, apply, remove_label, set_label
from kubectl_ambient.cluster.editing.yaml_nodes import Node, compose
from kubectl_ambient.kube.yaml_text import values

_ODD = "its labels are laid out in a way that cannot be edited"


class Place(msgspec.Struct, frozen=True):
    """Where labels stand (document from 0, path in it), and the value that the label gets there; None: off."""

    document: int
    path: tuple[str | int, ...]
    value: str | None


def relabel(text: str, key: str, places: Sequence[Place]) -> tuple[str, dict[Place, str]]:
    """The text with the label changed in all these places, but for those that cannot be edited, with the reason.

    `text` is YAML that could be read; the label is to change in each of the places.
    """
    if not places:
        return text, {}
    before, roots = list(values(text)), compose(text)
    splices: dict[Place, list[Splice]] = {}
    refused: dict[Place, str] = {}
    for place in places:
        try:
            splices[place] = _splices(text, roots[place.document], place, key)
        except NotEditable as error:
            refused[place] = str(error)

    def attempt(tried: Sequence[Place]) -> str | None:
        edited = apply(text, [splice for place in tried for splice in splices[place]])
        expected = list(before)
        for place in tried:
            expected[place.document] = with_label(expected[place.document], place.path, key, place.value)
        try:
            return edited if list(values(edited)) == expected else None
        except (yaml.YAMLError, RecursionError):
            return None

    edited = attempt(list(splices))
    if edited is None:  # one odd place must not spoil the others
        good = [place for place in splices if attempt([place]) is not None]
        edited = attempt(good)
        good = good if edited is not None else []
        refused |= dict.fromkeys(splices.keys() - set(good), _ODD)
    return text if edited is None else edited, refused


def _splices(text: str, root: Node, place: Place, key: str) -> list[Splice]:
    """The path is that of lists (`items`, 3), then that of an object's labels."""
    node = root
    path = list(place.path)
    while any(isinstance(step, int) for step in path):
        step = path.pop(0)
        found = node.find(step) if isinstance(step, str) else (node, node.items[step])
        if found is None:
            raise NotEditable(f"{step} is brought in from elsewhere (<<)")
        node = found[1]
        if node.kind == "alias":
            raise NotEditable(f"it is an alias (*{node.text})")
    fields = tuple(str(step) for step in path)
    if place.value is None:
        return remove_label(text, node, fields, key)
    return set_label(text, node, fields, key, place.value)


def with_label(value: Value, path: Sequence[str | int], key: str, label: str | None) -> Value:
    """A copy of a document in which the labels at `path` have the label, or (None) have it not."""
    if isinstance(value, list):
        return [with_label(v, path[1:], key, label) if i == path[0] else v for i, v in enumerate(value)]
    fields = dict(value) if isinstance(value, dict) else {}
    if path:
        step = str(path[0])
        fields[step] = with_label(fields.get(step), path[1:], key, label)
    elif label is None:
        fields.pop(key, None)
    else:
        fields[key] = label
    return fields
