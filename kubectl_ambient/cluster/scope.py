"""Which pods a command is asked about: a namespace or all, names, selectors; and which namespaces."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from kubectl_ambient.cluster.facts import NOT_IN_FILES, Namespace, Pod, Workload
from kubectl_ambient.cluster.found import Found
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.kube.errors import KubeError
from kubectl_ambient.kube.field_selectors import parse_field_selector
from kubectl_ambient.kube.selectors import parse_label_selector

# Of the fields that an API server can select pods by, those that the facts hold.
POD_FIELDS = frozenset(("metadata.name", "metadata.namespace", "spec.nodeName", "spec.hostNetwork", "status.phase"))


# Those that every object has.
OBJECT_FIELDS = frozenset(("metadata.name", "metadata.namespace"))


class Scope(Struct, frozen=True, kw_only=True):
    """What was typed: no namespace means all of them, no names mean every pod. Selectors as `-l` takes them."""

    namespace: str = ""
    names: tuple[str, ...] = ()
    label_selector: str = ""
    field_selector: str = ""
    namespace_selector: str = ""


def check(scope: Scope, *, live: bool) -> None:
    """Raises UsageError for an invalid selector; live, which fields there are is left to the server."""
    parse_label_selector(scope.label_selector)
    parse_field_selector(scope.field_selector, known=None if live else POD_FIELDS)


def select(pods: Iterable[Pod], scope: Scope) -> list[Pod]:
    """The pods that are in the scope, in their order: what an API server does live.

    Raises UsageError for a selector that is invalid, or asks for a field that the facts do not hold.
    """
    labels = parse_label_selector(scope.label_selector)
    fields = parse_field_selector(scope.field_selector, known=POD_FIELDS)
    return [
        pod
        for pod in pods
        if scope.namespace in ("", pod.namespace)
        and (not scope.names or pod.name in scope.names)
        and labels.matches(pod.labels)
        and (not fields or fields.matches(_fields(pod)))
    ]


def chosen(snapshot: Snapshot, scope: Scope) -> list[Pod]:
    """The pods of a snapshot that are in the scope, in its order. Raises UsageError as `select` does, of files.

    A server has chosen by the selectors already, also by fields that the facts do not hold; of namespaces all are read.
    """
    asked = scope if snapshot.from_files else Scope(namespace=scope.namespace, names=scope.names)
    found = select(snapshot.pods, asked)
    homes = chosen_namespaces(snapshot.namespaces, scope.namespace_selector)
    return found if homes is None else [pod for pod in found if pod.namespace in homes]


def chosen_namespaces(namespaces: Found[Namespace], selector: str) -> frozenset[str] | None:
    """The names of those that the selector chooses; None where there is no selector, so that all are meant.

    Raises UsageError for an invalid selector, KubeError where the labels of all namespaces are not known: there is no
    answer without them.
    """
    if not selector:
        return None
    refused = namespaces.why_unread()
    if refused is not None and refused.why != NOT_IN_FILES:
        raise KubeError(f"error: --namespace-selector needs the labels of all namespaces: {refused}")
    chooses = parse_label_selector(selector)
    return frozenset(found.name for found in namespaces if chooses.matches(found.labels))


def selects(scope: Scope, found: Namespace | Workload) -> bool:
    """Whether the selectors choose this namespace or workload. Raises UsageError as `select` does."""
    namespace = found.namespace if isinstance(found, Workload) else ""
    fields = {"metadata.name": found.name, "metadata.namespace": namespace}
    return parse_label_selector(scope.label_selector).matches(found.labels) and parse_field_selector(
        scope.field_selector, known=OBJECT_FIELDS
    ).matches(fields)


def _fields(pod: Pod) -> dict[str, str]:
    return {
        "metadata.name": pod.name,
        "metadata.namespace": pod.namespace,
        "spec.nodeName": pod.node,
        "spec.hostNetwork": "true" if pod.host_network else "false",
        "status.phase": pod.phase,
    }
