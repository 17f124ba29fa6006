"""What labels are judged by: the versions that run, the selectors, the webhooks, and what is not known of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from msgspec import Struct, field

from kubectl_ambient.cluster.facts import NO_ANNOTATIONS, Unread
from kubectl_ambient.cluster.kinds.labelled import Labelled
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.enrolment.enablement import Invalid
from kubectl_ambient.mesh.gateways import (
    INGRESS_CLASSES,
    INGRESS_CONTROLLERS,
    ISTIOS_CLASSES,
    ISTIOS_CONTROLLERS,
    copies_labels,
)
from kubectl_ambient.mesh.injection import Injection, Injector, Newborn, inject, injector, stopped
from kubectl_ambient.mesh.installation.agents import Installation, installation
from kubectl_ambient.mesh.installation.control_plane import running_versions
from kubectl_ambient.mesh.installation.istiod_pods import running
from kubectl_ambient.mesh.installation.versions import OLDEST, Version
from kubectl_ambient.mesh.labels.entry import INJECTION, REVISION, Entry


class Context(Struct, kw_only=True):
    """One cluster, as far as labels go. `assumptions` grow with what is asked: only what mattered is told.

    cni_versions, istiod_versions: those that run, oldest first; empty where they are not known. custom: the
    enablement selectors are this cluster's own, and `selector_keys` are the keys that they mention. gateways: the
    names that were seen. istios_classes, ingress_classes: the GatewayClasses whose pods istiod makes, and those among
    them that are not waypoints. copies_labels: istiod copies a Gateway's own labels to its pods.
    """

    cni_versions: tuple[Version, ...]
    istiod_versions: tuple[Version, ...]
    custom: bool
    selector_keys: frozenset[str]
    gateways: frozenset[str]
    injector: Injector
    webhooks_unread: Unread | None
    selectors_unread: Unread | None
    why_unknown: dict[str, str]
    istios_classes: frozenset[str] = frozenset(ISTIOS_CLASSES)
    ingress_classes: frozenset[str] = frozenset(INGRESS_CLASSES)
    copies_labels: bool = True
    assumptions: list[str] = field(default_factory=list)

    def has_custom_selectors(self) -> bool:
        """Whether the mode's label means what this cluster's own selectors say; where unread, the documented ones."""
        if self.selectors_unread is not None:
            self.assumptions.append(f"istio-cni is taken to have its documented selectors: {self.selectors_unread}")
        return self.custom

    def versions_of(self, entry: Entry) -> tuple[Version, ...]:
        """The versions of the component that reads a key; empty where they are not known."""
        return self.cni_versions if entry.read_by == "istio-cni" else self.istiod_versions

    def too_old_for(self, entry: Entry, since: Version) -> Version | None:
        """The newest version that runs, where none of them knows the key yet; else None.

        What 1.22 knows older versions may know as well: no older one was looked at.
        """
        running = self.versions_of(entry)
        if since <= OLDEST:
            return None
        if not running:
            why = self.why_unknown[entry.read_by]
            self.assumptions.append(f"{entry.read_by} is taken to know {entry.key} ({_minor(since)}+): {why}")
            return None
        newest = max(running)
        return newest if newest.minor_version < since.minor_version else None

    def injects(self, namespace: Labelled) -> Injection:
        """Whether a pod without labels of its own would get a sidecar in this namespace."""
        if self.webhooks_unread is not None:
            told = f"sidecars are taken to be injected as the labels of a namespace say: {self.webhooks_unread}"
            self.assumptions.append(told)
            if namespace.labels.get(REVISION) and INJECTION not in namespace.labels:
                stop = stopped(namespace.name, "disabled")
                return Injection(True, f"namespace label {REVISION}={namespace.labels[REVISION]}", stop=stop)
        newborn = Newborn(
            namespace=namespace.name,
            namespace_labels=namespace.labels,
            ref=f"Pod/{namespace.name}/",
            labels={},
            annotations=NO_ANNOTATIONS,
            host_network=False,
        )
        return inject(newborn, self.injector)


def _minor(version: Version) -> str:
    return f"{version.major}.{version.minor}"


def context_of(snapshot: Snapshot) -> Context:
    """The context that a snapshot gives."""
    installed = installation(snapshot)
    worlds = [rules for node in (*installed.nodes.values(), installed.elsewhere) for rules in node.worlds]
    return Context(
        cni_versions=tuple(installed.versions),
        istiod_versions=tuple(running_versions(snapshot)),
        custom=any(rules.custom for rules in worlds),
        selector_keys=frozenset(key for rules in worlds if rules.custom for key in _keys(rules.entries)),
        gateways=frozenset(labelled.name for labelled in snapshot.labelled if labelled.kind == "Gateway"),
        injector=injector(snapshot),
        webhooks_unread=snapshot.webhooks.refusal,
        selectors_unread=snapshot.cni_config.refusal,
        istios_classes=_classes(snapshot, ISTIOS_CLASSES, ISTIOS_CONTROLLERS),
        ingress_classes=_classes(snapshot, INGRESS_CLASSES, INGRESS_CONTROLLERS),
        copies_labels=all(map(copies_labels, snapshot.istiods.known)),
        why_unknown={"istio-cni": _why(snapshot, installed), "istiod": _why_istiod(snapshot)},
    )


def _classes(snapshot: Snapshot, names: Iterable[str], controllers: Collection[str]) -> frozenset[str]:
    """Those that istiod makes by these names, as far as nobody else has them, and all of these controllers."""
    told = {o.name: o.controller for o in snapshot.labelled if o.kind == "GatewayClass" and o.controller}
    return frozenset(
        {name for name in names if told.get(name) in (None, *controllers)}
        | {name for name, controller in told.items() if controller in controllers}
    )


def _keys(entries: object) -> set[str]:
    """The label keys that selectors mention."""
    if isinstance(entries, Invalid) or not isinstance(entries, tuple):
        return set()
    found: set[str] = set()
    for entry in entries:
        for selector in (entry.pod, entry.namespace):
            found.update(selector.match_labels)
            found.update(requirement.key for requirement in selector.match_expressions)
    return found


def _why(snapshot: Snapshot, installed: Installation) -> str:
    if snapshot.cni_daemonsets.refusal:
        return str(snapshot.cni_daemonsets.refusal)
    return "its image names no version" if installed.installed else "there is no DaemonSet of it"


def _why_istiod(snapshot: Snapshot) -> str:
    if snapshot.istiods.refusal and not running(snapshot):
        return str(snapshot.istiods.refusal)
    return "its image names no version" if snapshot.istiods or running(snapshot) else "there is no Deployment of it"
