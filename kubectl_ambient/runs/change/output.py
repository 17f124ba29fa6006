"""What `enable` and `disable` print as data, and what a command to copy says of the objects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kubectl_ambient.change.patch import applied
from kubectl_ambient.change.targets import printed, typed
from kubectl_ambient.runs.change.request import ChangeRequest
from kubectl_ambient.runs.change.targets import E, Fields, Item
from kubectl_ambient.shell import words
from kubectl_ambient.shell.words import Word, inside, option

_SUFFIX = {"none": "", "client": " (dry run)", "server": " (server dry run)"}


def line_of(item: Item[E], request: ChangeRequest) -> str:
    """kubectl's line of an object that is done, or its name."""
    name = printed(item.target)
    return name if request.flags.output == "name" else f"{name} {item.edit.word}{_SUFFIX[request.dry_run]}"


def final(item: Item[E]) -> Fields:
    """The object afterwards. Where nothing was sent: with the edit done here."""
    fields = applied(item.edit, item.fields) if item.final is None else item.final
    return {**fields, "apiVersion": item.resource.api_version, "kind": item.resource.kind}


def objects_text(objects: Sequence[Fields], output: str, *, keep_order: bool = False) -> str:
    """One object as it is, several as a List, without managedFields; keys sorted, as kubectl prints them."""
    from kubectl_ambient.render.documents import as_text

    plain = [_without_managed_fields(fields) for fields in objects]
    shown = plain if keep_order else [_sorted(fields) for fields in plain]
    document = shown[0]
    if len(shown) > 1:
        document = {"apiVersion": "v1", "items": shown, "kind": "List", "metadata": {"resourceVersion": ""}}
    return as_text(document, output)


def _without_managed_fields(fields: Fields) -> Fields:
    metadata = {key: value for key, value in (fields.get("metadata") or {}).items() if key != "managedFields"}
    return {**fields, "metadata": metadata}


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def selection_words(request: ChangeRequest, namespace: str) -> tuple[str | Word, ...]:
    """`pod -l app=web -n shop`: what was selected, for a command that means the same; empty where names were given."""
    if len(request.selected) != 1:
        return ()
    resource, flags = request.selected[0], request.flags
    found: list[str | Word] = [typed(resource.kind)]
    found += ["--all"] if flags.all else []
    found += option("-l", words.typed(flags.label_selector)) if flags.label_selector else ()
    found += option("--field-selector", words.typed(flags.field_selector)) if flags.field_selector else ()
    if resource.namespaced:
        found += ["-A"] if flags.all_namespaces else inside(namespace)
    return tuple(found)
