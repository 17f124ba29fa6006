"""What `labels` needs: labels of objects and of their namespaces, and Istio's versions and settings."""

from __future__ import annotations

from functools import partial

from msgspec import Struct

from kubectl_ambient.cluster.facts import NOT_FOUND, Namespace
from kubectl_ambient.cluster.kinds.configmaps import CNI_CONFIGS
from kubectl_ambient.cluster.kinds.kind import Kind
from kubectl_ambient.cluster.kinds.labelled import LISTED
from kubectl_ambient.cluster.kinds.labels import LABELLED_NAMESPACES, LABELS
from kubectl_ambient.cluster.kinds.namespaces import NAMESPACES
from kubectl_ambient.cluster.kinds.pods import ISTIOD_PODS
from kubectl_ambient.cluster.kinds.webhooks import WEBHOOKS
from kubectl_ambient.cluster.kinds.workloads import CNI_DAEMONSETS, ISTIODS
from kubectl_ambient.cluster.needs.ask import Ask, FilesReader
from kubectl_ambient.cluster.snapshot import Snapshot

SETTINGS = (CNI_CONFIGS, CNI_DAEMONSETS, ISTIODS, WEBHOOKS)


class LabelNeeds(Struct, frozen=True, kw_only=True):
    """What `labels` is asked about.

    named: kind and name, in `namespace` where they have one. kinds: all of these kinds, in `namespace` or (empty)
    in all. Their namespaces, the versions and the settings of Istio are read in any case. chooses: namespaces are
    chosen by all their labels, of which `labelled_namespaces` have Istio's alone.
    """

    namespace: str = ""
    named: tuple[tuple[str, str], ...] = ()
    kinds: tuple[str, ...] = ()
    label_selector: str = ""
    chooses: bool = False

    @property
    def of_files(self) -> FilesReader:
        """Istio's settings; of all else the labels are taken as they were written."""
        from kubectl_ambient.cluster.reading.label_files import read_label_files

        return partial(read_label_files, (*SETTINGS, ISTIOD_PODS, *self._whole_namespaces), self.label_selector)

    def first(self) -> list[Ask]:
        """All of it."""
        objects = [
            Ask(kind=LABELS[kind], namespace=self._home(kind), name=name, named=True)
            for kind, name in self.named
            if kind != "Namespace"
        ]
        lists = [
            Ask(kind=LABELS[kind], namespace=self._home(kind), label_selector=self.label_selector, counts=True)
            for kind in self._listed
        ]
        settings = [Ask(kind=kind) for kind in (*self._whole_namespaces, *SETTINGS)]
        return [*self._namespaces(), *objects, *lists, *settings]

    def second(self, snapshot: Snapshot) -> list[Ask]:
        """Nothing more."""
        return []

    def settle(self, snapshot: Snapshot) -> None:
        """The namespaces that were asked for are objects as well, and come before what is in them."""
        known = snapshot.labelled_namespaces.facts
        if "Namespace" in self.kinds and not self.label_selector:
            wanted = list(known)
        else:
            wanted = [name for kind, name in self.named if kind == "Namespace" and name in known]
        snapshot.labelled.facts = {known[n].ref: known[n] for n in wanted} | snapshot.labelled.facts

    @property
    def _whole_namespaces(self) -> tuple[Kind[Namespace], ...]:
        return (NAMESPACES,) if self.chooses else ()

    @property
    def _listed(self) -> list[str]:
        """The kinds that are listed; of a single namespace, that one is read by `get` instead."""
        return [k for k in self.kinds if k != "Namespace" or (self.label_selector and not self.namespace)]

    def _home(self, kind: str) -> str:
        return self.namespace if LABELS[kind].resource.namespaced else ""

    def _namespaces(self) -> list[Ask]:
        """All of them for all namespaces; else those that are named, and the one of the scope."""
        if self.kinds and not self.namespace:
            return [Ask(kind=LABELLED_NAMESPACES, counts=True)]
        typed = [name for kind, name in self.named if kind == "Namespace"]
        names = set(typed)
        if self.kinds or any(LABELS[kind].resource.namespaced for kind, _ in self.named):
            names.add(self.namespace)
        return [Ask(kind=LABELLED_NAMESPACES, name=name, named=name in typed) for name in sorted(names)]


def of_scope(namespace: str, *, label_selector: str = "", chooses: bool = False) -> LabelNeeds:
    """Everything that carries labels, in a namespace or (empty) in all."""
    kinds = tuple(k for k in LISTED if not namespace or LABELS[k].resource.namespaced or k == "Namespace")
    return LabelNeeds(namespace=namespace, kinds=kinds, label_selector=label_selector, chooses=chooses)


def refused_lists(snapshot: Snapshot) -> list[str]:
    """A sentence for each list of objects that was refused, and for each Namespace whose labels they inherit.

    Of what was named kubectl's own sentence tells.
    """
    namespaces = [
        unread
        for name, unread in snapshot.labelled_namespaces.unread.items()
        if not (snapshot.from_files or unread.why == NOT_FOUND or f"Namespace/{name}" in snapshot.missing)
    ]
    lists = [unread for unread in snapshot.labelled.unread.values() if unread.what.startswith("list ")]
    return list(dict.fromkeys(str(unread) for unread in namespaces + lists))
