"""Which objects of the files `--local` labels: those that were named or chosen, else Namespaces before all others."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from kubectl_ambient.cluster.objects import Object
from kubectl_ambient.kube.selectors import parse_label_selector
from kubectl_ambient.runs.change.request import ChangeRequest
from kubectl_ambient.runs.told import not_found


class Choice(Struct):
    """What was typed. `only_namespaces`: the files hold Namespaces, whose label their pods follow."""

    request: ChangeRequest
    only_namespaces: bool = False

    def wants(self, found: Object, namespace: str, name: str) -> bool:
        """Whether an object of that namespace and name gets the label."""
        if self.only_namespaces and found.kind != "Namespace":
            return False
        home = name if found.kind == "Namespace" else namespace
        return self._is_named(found.kind, name) and self._is_selected(found) and self.place in ("", home)

    @property
    def place(self) -> str:
        """The namespace that was typed; empty for all of them."""
        request = self.request
        return "" if request.flags.all_namespaces else request.connection.namespace

    @property
    def is_open(self) -> bool:
        """Whether neither names nor types were typed, so that the rule decides."""
        return not (self.request.targets or self.request.selected)

    def missing(self, there: Iterable[tuple[str, str]]) -> list[str]:
        """A sentence for each name that the files do not hold; `there` are kinds and names."""
        known = set(there)
        return [
            not_found(target.resource.full_name, target.name or "", in_files=True)
            for target in self.request.targets
            if (target.resource.kind, target.name) not in known
        ]

    def _is_named(self, kind: str, name: str) -> bool:
        request = self.request
        if request.targets:
            return any(target.resource.kind == kind and target.name == name for target in request.targets)
        return not request.selected or any(resource.kind == kind for resource in request.selected)

    def _is_selected(self, found: Object) -> bool:
        selector = parse_label_selector(self.request.flags.label_selector)
        labels = found.fields["metadata"].get("labels")
        texts = {key: value for key, value in labels.items() if isinstance(value, str)} if _is_map(labels) else {}
        return selector.matches(texts)


def _is_map(value: object) -> bool:
    return isinstance(value, dict)
