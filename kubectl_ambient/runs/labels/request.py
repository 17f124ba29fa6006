"""What `labels` was asked for: keys of the reference, or objects."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from kubectl_ambient.cluster.kinds.labelled import KINDS, LISTED
from kubectl_ambient.kube.errors import UsageError
from kubectl_ambient.kube.resources import Target, find_resource, parse_targets
from kubectl_ambient.kube.selectors import parse_label_selector
from kubectl_ambient.mesh.labels.entry import Entry
from kubectl_ambient.mesh.labels.meaning import misspelt
from kubectl_ambient.mesh.labels.reference import REFERENCE, find_entries
from kubectl_ambient.runs.origin import Origin
from kubectl_ambient.runs.output import check_fail_on, check_names

_FAIL_ON = {"error": ("error",), "any": ("error", "warning")}


class LabelsRequest(Struct, frozen=True, kw_only=True):
    """What was typed, checked as far as can be without reading anything. With `entries` nothing is read at all."""

    origin: Origin
    entries: tuple[Entry, ...] = ()
    targets: tuple[Target, ...] = ()
    label_selector: str = ""
    only_mistakes: bool = False

    @classmethod
    def of(
        cls,
        origin: Origin,
        words: Sequence[str],
        *,
        label_selector: str,
        fails: bool = False,
        only_mistakes: bool = False,
    ) -> LabelsRequest:
        """Tell keys from objects; `fails`: --fail-on was typed. Raises UsageError in kubectl's words."""
        parse_label_selector(label_selector)
        scope = bool(origin.all_namespaces or label_selector or origin.filenames or origin.connection.namespace)
        if not words and not scope:
            if fails or only_mistakes:
                flag = "--fail-on" if fails else "--only-mistakes"
                raise UsageError(f"error: {flag} is for objects: type -A, -n NAMESPACE, -f FILE, or name objects")
            return cls(origin=origin, entries=REFERENCE)
        if words and all(map(_is_key, words)):
            if scope or fails or only_mistakes:
                raise UsageError(
                    "error: the reference is the same everywhere: type only the key, or objects instead of it"
                    " (“kubectl ambient labels svc/web -n NAMESPACE”)"
                )
            return cls(origin=origin, entries=tuple(entry for word in words for entry in _entries(word)))
        targets = parse_targets(words)
        for target in targets:
            _check(target, bool(origin.filenames))
        named = any(target.name is not None for target in targets)
        check_names(named=named, selected=bool(label_selector), all_namespaces=origin.all_namespaces)
        return cls(origin=origin, targets=tuple(targets), label_selector=label_selector, only_mistakes=only_mistakes)


def failing(typed: Sequence[str]) -> frozenset[str]:
    """The severities that `--fail-on` names. Raises UsageError."""
    return frozenset(severity for word in check_fail_on(typed, _FAIL_ON) for severity in _FAIL_ON[word])


def _check(target: Target, files: bool) -> None:
    kind = target.resource.kind
    if kind not in KINDS:
        raise UsageError(f"error: no label of the reference has an effect on {target.resource.full_name}")
    if target.name is None and kind not in LISTED and not files:
        raise UsageError(f"error: labels does not list {target.resource.full_name}: name them")


def _is_key(word: str) -> bool:
    """Whether a word is a key (`istio.io/rev`, `use-waypoint`) and no resource types (`svc,pods`, `ns/shop`)."""
    types, slash, _ = word.partition("/")
    if find_entries(word):
        return True
    if any(map(_is_type, types.split(","))):
        return False
    return not slash or "." in types or misspelt(word, "label") is not None


def _is_type(word: str) -> bool:
    try:
        find_resource(word)
    except UsageError:
        return False
    return True


def _entries(word: str) -> tuple[Entry, ...]:
    found = find_entries(word)
    if not found:
        near = misspelt(word, "label") or misspelt(f"istio.io/{word}", "label")
        hint = f"; did you mean {near.key}?" if near else ": “kubectl ambient labels” prints those that are"
        raise UsageError(f'error: "{word}" is no label or annotation of the reference{hint}')
    return found
