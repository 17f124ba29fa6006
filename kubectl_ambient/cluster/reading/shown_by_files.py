"""What files show of a cluster: which kinds they hold whole, and where. What is not in them follows from it.

A repository, or one namespace as somebody saved it, holds no istio-cni: that is not read, and not a cluster without.
So what is absent is only known to be absent where the files show that they hold all of it: see `Shown`.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePath
from typing import Any

from kubectl_ambient.cluster.kinds.kind import Kind
from kubectl_ambient.cluster.kinds.namespaces import NAMESPACES
from kubectl_ambient.cluster.kinds.nodes import NODES
from kubectl_ambient.cluster.kinds.pods import CNI_LABEL, PODS, ZTUNNEL_LABEL
from kubectl_ambient.cluster.kinds.workloads import CNI_DAEMONSETS
from kubectl_ambient.cluster.objects import Object, identity
from kubectl_ambient.cluster.reading.taking import part
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.cluster.taking import not_in_files
from kubectl_ambient.kube.resources import Resource

# Namespaces that every API server makes [pkg/controlplane/controller/systemnamespaces].
_OF_THE_SERVER = ("kube-system", "kube-public", "kube-node-lease")
_ISTIOS = "istio-system"
_OF_ISTIO = (CNI_LABEL, ZTUNNEL_LABEL, ("app", "istiod"))
_FROM_A_SERVER = ("uid", "resourceVersion", "creationTimestamp")

BY_FLAG = "as --whole-cluster says"


class Shown:
    """What was seen of a cluster's own parts while files were read; `by_flag`: somebody says that they hold all of it.

    Files hold the whole cluster where something that was read of a server is in one of the server's own namespaces, or
    where they hold Nodes and a namespace of Istio (nobody writes a Node by hand). A kind that occurs nowhere was not
    asked for, though. A tree of must-gather holds whole lists by their folders, and tells nothing of other namespaces.

    homes_named: the namespaces of all objects that name one, in their order.
    """

    def __init__(self, *, by_flag: bool = False) -> None:
        self._by_flag = by_flag
        self.homes_named: dict[str, None] = {}
        self._kinds: set[tuple[str, str]] = set()
        self._namespaces: set[str] = set()
        self._of_server: set[str] = set()
        self._of_istio: set[str] = set()
        self._pods_in: set[str] = set()
        self._agents = False
        self._folders: dict[tuple[str, str], set[str]] = {}
        self._served = False

    def saw(self, found: Object, namespace: str) -> None:
        """Note an object; `namespace` is that of objects without one."""
        try:
            home, name = identity(found, namespace)
        except ValueError:
            return
        self._kinds.add((found.group, found.kind))
        if own := found.fields["metadata"].get("namespace"):
            self.homes_named[own] = None
        served = _is_served(found)
        self._served = self._served or served
        if _is(found, NAMESPACES.resource):
            self._namespaces.add(name)
        elif served and home in _OF_THE_SERVER:
            self._of_server.add(home)
        if home and _is(found, PODS.resource):
            self._pods_in.add(home)
            self._agents = self._agents or _has(found, CNI_LABEL)
        if name == _ISTIOS if _is(found, NAMESPACES.resource) else _has(found, *_OF_ISTIO):
            self._of_istio.add(home or name)

    def saw_file(self, path: str) -> None:
        """Note a file by its place: `…/namespaces/shop/core/pods.yaml`, `…/shop/apps/deployments/web.yaml`.

        Source: openshift/oc pkg/cli/admin/inspect: a list, or a file for each object of it.
        """
        parts = PurePath(path).parts
        for at, folder in enumerate(parts[:-3]):
            if folder == "namespaces" and len(parts) - at in (4, 5):
                home, group, resource = parts[at + 1 : at + 4]
                plural = PurePath(resource).stem if at + 4 == len(parts) else resource
                self._folders.setdefault(("" if group == "core" else group, plural), set()).add(home)

    @property
    def why_whole(self) -> str:
        """Why the files are taken for the whole cluster, as the rest of a sentence; empty where they are not."""
        if self._by_flag:
            return BY_FLAG
        if self._gathered:
            return ""
        if self._of_server:
            return f"for they hold objects of {min(self._of_server)}"
        # A list of one namespace's objects with all Namespaces holds that of the server, and nothing in it.
        if self._of_istio and _group_kind(NODES) in self._kinds and not self._namespaces & {*_OF_THE_SERVER}:
            return f"for they hold Nodes and namespace {min(self._of_istio)}"
        return ""

    def everywhere(self, kind: Kind[Any]) -> bool:
        """Whether the files hold all objects of the kind that the cluster has."""
        if self._by_flag:
            return True
        if not self.why_whole:
            return False
        if kind.part == CNI_DAEMONSETS.part and self.everywhere(PODS) and not self._agents:
            return True  # without a pod it runs nowhere
        if _group_kind(kind) == _group_kind(PODS) and self._of_server:
            return bool(self._pods_in & {*_OF_THE_SERVER, *self._of_istio})  # there are always some
        return _group_kind(kind) in self._kinds

    def homes(self, kind: Kind[Any]) -> Collection[str]:
        """The namespaces of which the files hold all objects of the kind, whatever they hold of others."""
        return self._folders.get((kind.resource.group, kind.resource.plural), ()) if self._gathered else ()

    @property
    def _gathered(self) -> bool:
        return self._served and any(self._folders.values())


def settle(snapshot: Snapshot, kinds: Collection[Kind[Any]], silent: Collection[Kind[Any]], shown: Shown) -> None:
    """Write into the snapshot what is known of what it does not hold. silent: kinds of which the files hold nothing."""
    snapshot.whole = shown.why_whole
    for kind in kinds:
        to = part(snapshot, kind)
        to.places |= {kind.path(home) for home in shown.homes(kind)}
        held = kind.in_files or kind not in silent or (kind.among and shown.why_whole == BY_FLAG)
        if shown.everywhere(kind) and held:
            to.places.add(kind.path())
        elif to.beyond is None and kind is not NAMESPACES:  # of these each is told by its name, where it is used
            to.beyond = not_in_files(kind.list_words)
    installed = snapshot.cni_daemonsets or snapshot.cni_pods or snapshot.cni_daemonsets.refusal
    if not installed:
        snapshot.cni_config.beyond = None  # there is nothing that it could configure


def _group_kind(kind: Kind[Any]) -> tuple[str, str]:
    return kind.resource.group, kind.kind


def _is(found: Object, resource: Resource) -> bool:
    return (found.group, found.kind) == (resource.group, resource.kind)


def _is_served(found: Object) -> bool:
    """Whether it was read of a server: a manifest has none of these, and no pod that somebody wrote has a node."""
    spec = found.fields.get("spec")
    placed = _is(found, PODS.resource) and isinstance(spec, dict) and bool(spec.get("nodeName"))
    return placed or any(found.fields["metadata"].get(field) for field in _FROM_A_SERVER)


def _has(found: Object, *labels: tuple[str, str]) -> bool:
    """Whether it has one of these labels."""
    own = found.fields["metadata"].get("labels")
    return isinstance(own, dict) and any(own.get(key) == value for key, value in labels)
