"""What a command reads of a cluster, declared, so that nothing else is fetched."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from kubectl_ambient.cluster.facts import Owner
from kubectl_ambient.cluster.scope import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """Whose pods are wanted; what decides about them (agents, configuration, webhooks) is read in any case.

    namespaces: of these; empty: of all. pod_names, workloads: only these, of the one namespace. chunk_size: objects
    a page, 0 for all at once. nearby: nodes, agents, owners and events of just these pods, which takes a second
    round; else those of the whole scope in one. waypoints: the Gateways that labels name as waypoints, in the second
    round, and with nearby the Services of the pods' namespace. selected: the kinds (`Namespace`, `CronJob`) that are
    chosen by selectors, so that there is no answer where they cannot be listed.
    """

    namespaces: tuple[str, ...] = ()
    pod_names: tuple[str, ...] = ()
    workloads: tuple[Owner, ...] = ()
    label_selector: str = ""
    field_selector: str = ""
    chunk_size: int | None = None
    nearby: bool = False
    waypoints: bool = False
    selected: tuple[str, ...] = ()

    @property
    def everything(self) -> bool:
        """Whether every pod of the cluster is read, the agents among them."""
        return not (self.namespaces or self.label_selector or self.field_selector)


def of_scope(scope: Scope, *, chunk_size: int | None = None, waypoints: bool = False) -> Needs:
    """For `status`: the pods of a namespace or of all, by name or by selectors."""
    return Needs(
        namespaces=(scope.namespace,) if scope.namespace else (),
        pod_names=scope.names,
        label_selector=scope.label_selector,
        field_selector=scope.field_selector,
        chunk_size=chunk_size,
        waypoints=waypoints,
    )


def of_pods(namespace: str, names: Iterable[str], *, chunk_size: int | None = None) -> Needs:
    """For `explain pod`, and for `enable` and `disable` of pods."""
    return Needs(namespaces=(namespace,), pod_names=tuple(names), chunk_size=chunk_size, nearby=True)


def of_namespaces(names: Iterable[str], *, chunk_size: int | None = None, selected: Iterable[str] = ()) -> Needs:
    """For `explain ns`, and for `enable` and `disable` of namespaces; no names mean all of them."""
    return Needs(namespaces=tuple(names), chunk_size=chunk_size, selected=tuple(selected))


def of_workloads(namespace: str, workloads: Iterable[Owner], *, chunk_size: int | None = None) -> Needs:
    """For `explain deploy`, and for `enable` and `disable` of workloads: those, and their pods."""
    return Needs(namespaces=(namespace,), workloads=tuple(workloads), chunk_size=chunk_size)
