"""What a waypoint command was asked about: kinds and names, checked before anything is read."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from kubectl_ambient.cluster.served import KINDS
from kubectl_ambient.kube.errors import UsageError
from kubectl_ambient.kube.resources import Resource, Target, find_resource, parse_targets
from kubectl_ambient.kube.selectors import parse_label_selector
from kubectl_ambient.runs.origin import Origin
from kubectl_ambient.runs.output import check_names


class WaypointRequest(Struct, frozen=True, kw_only=True):
    """The scope: no targets and no names mean every object of the kinds; `names` are of whatever kind has them."""

    origin: Origin
    targets: tuple[Target, ...]
    names: tuple[str, ...]
    label_selector: str

    @classmethod
    def of(cls, origin: Origin, words: Sequence[str], *, label_selector: str, watch: bool = False) -> WaypointRequest:
        """Check what was typed. Raises UsageError in kubectl's words."""
        parse_label_selector(label_selector)
        targets, names = _parsed(words)
        named = bool(names) or any(target.name for target in targets)
        check_names(named=named, selected=bool(label_selector), all_namespaces=origin.all_namespaces)
        if origin.filenames and watch:
            raise UsageError("error: --watch needs a cluster: files do not change by themselves")
        return cls(origin=origin, targets=targets, names=names, label_selector=label_selector)

    @property
    def kinds(self) -> tuple[str, ...]:
        """The kinds that are asked about."""
        typed = {target.resource.kind for target in self.targets}
        return tuple(kind for kind in KINDS if not typed or kind in typed)

    @property
    def chosen(self) -> bool:
        """Whether kinds or names were typed, so that all of them are to be shown."""
        return bool(self.targets or self.names)

    def wants(self, kind: str, name: str) -> bool:
        """Whether an object of the scope's namespaces is asked about."""
        if self.names:
            return name in self.names
        return not self.targets or any(t.resource.kind == kind and t.name in (None, name) for t in self.targets)


def _parsed(words: Sequence[str]) -> tuple[tuple[Target, ...], tuple[str, ...]]:
    """`svc/cart pod/web-1`, `svc cart`, `svc,pods`, or names of whatever kind."""
    if not words:
        return (), ()
    slashed = any("/" in word for word in words)
    if not slashed and not all(_is_type(word) for word in words[0].split(",")):
        other = _resource(words[0])
        if other is not None and len(words) > 1:
            raise _wrong_type(words[0])
        return (), tuple(words)
    targets = parse_targets(words)
    for target in targets:
        if target.resource.kind not in KINDS:
            raise _wrong_type(target.resource.plural)
    return tuple(targets), ()


def _is_type(word: str) -> bool:
    found = _resource(word)
    return found is not None and found.kind in KINDS


def _resource(word: str) -> Resource | None:
    try:
        return find_resource(word)
    except UsageError:
        return None


def _wrong_type(word: str) -> UsageError:
    return UsageError(
        f'error: a waypoint serves services, serviceentries, pods and workloadentries, not "{word}": name one of these'
    )
