"""What was read of a cluster, in one place, for the rules to look at."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from msgspec import Struct, field

from kubectl_ambient.cluster.facts import (
    ConfigMap,
    DaemonSet,
    Event,
    Istiod,
    Namespace,
    Node,
    Pod,
    Unread,
    Webhook,
    Workload,
)
from kubectl_ambient.cluster.l7.snapshot import L7

T = TypeVar("T")


class Snapshot(Struct, kw_only=True):
    """Facts of one moment.

    A collection is an `Unread` where it could not be read; an empty one was read and is empty. `now` is the
    clock for ages: None where the facts come from files, which have no present. `workloads` and `unread_workloads`
    are keyed `Deployment/shop/web`, as is `missing`: objects that were asked for by name and are not to be had,
    with kubectl's sentence.
    """

    pods: list[Pod] = field(default_factory=list)
    namespaces: dict[str, Namespace | Unread] = field(default_factory=dict)
    nodes: dict[str, Node] | Unread = field(default_factory=dict)
    workloads: dict[str, Workload] = field(default_factory=dict)
    unread_workloads: dict[str, Unread] = field(default_factory=dict)
    cni_daemonsets: list[DaemonSet] | Unread = field(default_factory=list)
    cni_config: list[ConfigMap] | Unread = field(default_factory=list)
    cni_pods: list[Pod] | Unread = field(default_factory=list)
    ztunnel_pods: list[Pod] | Unread = field(default_factory=list)
    webhooks: list[Webhook] | Unread = field(default_factory=list)
    injectors: list[ConfigMap] | Unread = field(default_factory=list)
    istiods: list[Istiod] | Unread = field(default_factory=list)
    events: list[Event] | Unread = field(default_factory=list)
    l7: L7 = field(default_factory=L7)
    missing: dict[str, str] = field(default_factory=dict)
    now: datetime | None = None
    from_files: bool = False

    def workload(self, kind: str, namespace: str, name: str) -> Workload | None:
        """The workload of that kind and name, or None where it was not read or is not there."""
        return self.workloads.get(f"{kind}/{namespace}/{name}")


def read(value: T | Unread) -> T | None:
    """The value, or None where it could not be read."""
    return None if isinstance(value, Unread) else value
