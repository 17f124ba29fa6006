"""What `labels` was asked for: keys of the reference, or objects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kubectl_ambient.cluster.labelled import KINDS, LISTED
from kubectl_ambient.kube.errors import UsageError
from kubectl_ambient.kube.options import ConnectionOptions
from kubectl_ambient.kube.resources import Target, find_resource, parse_targets
from kubectl_ambient.kube.selectors import parse_label_selector
from kubectl_ambient.mesh.label_entry import Entry
from kubectl_ambient.mesh.label_meaning import misspelt
from kubectl_ambient.mesh.label_reference import REFERENCE, find_entries

_FAIL_ON = {"error": ("error",), "any": ("error", "warning")}


@dataclass(frozen=True, kw_only=True)
class LabelsRequest:
    """What was typed, checked as far as can be without reading anything. With `entries` nothing is read at all."""

    connection: ConnectionOptions
    entries: tuple[Entry, ...] = ()
    targets: tuple[Target, ...] = ()
    all_namespaces: bool = False
    label_selector: str = ""
    filenames: tuple[str, ...] = ()
    recursive: bool = False
    chunk_size: int = 500

    @classmethod
    def of(
        cls,
        connection: ConnectionOptions,
        words: Sequence[str],
        *,
        all_namespaces: bool,
        label_selector: str,
        filenames: Sequence[str],
        recursive: bool,
        chunk_size: int,
    ) -> LabelsRequest:
        """Tell keys from objects. Raises UsageError in kubectl's words."""
        parse_label_selector(label_selector)
        scope = connection.namespace or all_namespaces or label_selector or filenames
        if not words and not scope:
            return cls(connection=connection, entries=REFERENCE)
        if words and all(map(_is_key, words)):
            if all_namespaces or filenames or label_selector:
                raise UsageError("error: the reference is the same everywhere: name a key, or objects, and not both")
            return cls(connection=connection, entries=tuple(entry for word in words for entry in _entries(word)))
        targets = parse_targets(words)
        for target in targets:
            _check(target, bool(filenames))
        named = any(target.name is not None for target in targets)
        if named and label_selector:
            raise UsageError("error: name cannot be provided when a selector is specified")
        if named and all_namespaces:
            raise UsageError("error: a resource cannot be retrieved by name across all namespaces")
        return cls(
            connection=connection,
            targets=tuple(targets),
            all_namespaces=all_namespaces,
            label_selector=label_selector,
            filenames=tuple(filenames),
            recursive=recursive,
            chunk_size=chunk_size,
        )


def check_fail_on(typed: Sequence[str]) -> frozenset[str]:
    """The severities that `--fail-on` names. Raises UsageError."""
    words = [word for text in typed for word in text.split(",") if word]
    for word in words:
        if word not in _FAIL_ON:
            raise UsageError(f'error: invalid --fail-on "{word}": one of {", ".join(_FAIL_ON)}')
    return frozenset(severity for word in words for severity in _FAIL_ON[word])


def _check(target: Target, files: bool) -> None:
    kind = target.resource.kind
    if kind not in KINDS:
        raise UsageError(f"error: no label of the reference has an effect on {target.resource.full_name}")
    if target.name is None and kind not in LISTED and not files:
        raise UsageError(f"error: labels does not list {target.resource.full_name}: name them")


def _is_key(word: str) -> bool:
    """Whether a word is a key (`istio.io/rev`, `use-waypoint`) and not a resource type (`pods`, `ns/shop`)."""
    prefix, slash, _ = word.partition("/")
    if find_entries(word):
        return True
    try:
        return bool(find_resource(prefix)) and False
    except UsageError:
        return not slash or "." in prefix or misspelt(word, "label") is not None


def _entries(word: str) -> tuple[Entry, ...]:
    found = find_entries(word)
    if not found:
        near = misspelt(word, "label") or misspelt(f"istio.io/{word}", "label")
        hint = f"; did you mean {near.key}?" if near else ": “kubectl ambient labels” prints those that are"
        raise UsageError(f'error: "{word}" is no label or annotation of the reference{hint}')
    return found
