"""The agents of every node: the settings of its istio-cni, and whether it and ztunnel are Ready.

The rules of enrolment follow the version and the settings of the istio-cni pod on the pod's own node.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, partial
from typing import Literal

from msgspec import Struct

from kubectl_ambient.cluster.facts import Pod, Unread
from kubectl_ambient.cluster.found import EVERYWHERE, Found
from kubectl_ambient.cluster.installation_facts import ConfigMap, DaemonSet
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.few import few
from kubectl_ambient.mesh.installation import versions
from kubectl_ambient.mesh.installation.clues import of_cni
from kubectl_ambient.mesh.installation.settings import Agent, Rules, Sources, Told, Worlds, assumed, rules_of, worlds_of
from kubectl_ambient.mesh.installation.versions import Version
from kubectl_ambient.mesh.installation.which_version import CHART_LABELS, narrowed


class Health(Struct, frozen=True, kw_only=True, gc=False):
    """One agent on one node. `pod` is None where there is none, or where it could not be read.

    nowhere: it is missing, as on every other node of the cluster, of which there are several.
    """

    program: Literal["istio-cni", "ztunnel"]
    status: Literal["ready", "not ready", "missing", "unread"]
    pod: Pod | None = None
    nowhere: bool = False

    @property
    def bad(self) -> bool:
        """Known to be unable to serve the node's pods."""
        return self.status in ("not ready", "missing")


class NodeAgents(Struct, frozen=True, kw_only=True, gc=False):
    """What decides on one node. `worlds` holds one set of rules, or one of each behaviour where the version is
    not known, oldest first."""

    worlds: tuple[Rules, ...]
    cni: Health
    ztunnel: Health


class Installation(Struct, kw_only=True):
    """Istio's node agents as the snapshot shows them; `assumptions` tell what was taken for granted.

    versions: those of istio-cni that are known, oldest first; names: the same as they are written. left: what is still
    there of an istio-cni that is gone (`ConfigMap/… and ztunnel`); empty where it is installed, or nothing is left.
    """

    nodes: dict[str, NodeAgents]
    elsewhere: NodeAgents
    installed: bool
    versions: list[Version]
    names: list[str]
    assumptions: list[str]
    left: str = ""

    def on(self, node: str) -> NodeAgents:
        """The agents of a node, or the cluster's settings for a node without any (or a pod without a node)."""
        return self.nodes.get(node, self.elsewhere)


def installation(snapshot: Snapshot, *, by_node: bool = False) -> Installation:
    """Find the agents of every node, their versions and their settings. by_node: that one runs nowhere is not asked.

    Source: the charts of istio-cni and ztunnel 1.22 to 1.31: DaemonSet istio-cni-node (label
    k8s-app=istio-cni-node), its ConfigMap istio-cni-config beside it, pods of ztunnel with label app=ztunnel.
    """
    daemonsets = snapshot.cni_daemonsets.known
    cni_pods = snapshot.cni_pods.known
    homes = [*(daemonset.namespace for daemonset in daemonsets), *(pod.namespace for pod in cni_pods), ""]
    home, beside = homes[0], {place: _sources(snapshot, place) for place in set(homes)}
    sources = beside[home]
    several = not by_node and sum(node.runs_daemonsets for node in snapshot.nodes) != 1
    elsewhere = NodeAgents(
        worlds=worlds_of(sources, _typical_agent(sources.daemonset, cni_pods)),
        cni=_health("istio-cni", snapshot.cni_pods, None, several),
        ztunnel=_health("ztunnel", snapshot.ztunnel_pods, None, several),
    )
    by_cni, by_ztunnel = _by_node(cni_pods), _by_node(snapshot.ztunnel_pods.known)
    nodes, told = {}, Worlds(beside)
    for node in by_cni.keys() | by_ztunnel.keys():
        agent = by_cni.get(node)
        nodes[node] = NodeAgents(
            worlds=told.of(agent, agent.agent) if agent and agent.agent else elsewhere.worlds,
            cni=_health("istio-cni", snapshot.cni_pods, agent, several),
            ztunnel=_health("ztunnel", snapshot.ztunnel_pods, by_ztunnel.get(node), several),
        )
    found = _known((*nodes.values(), elsewhere))
    return Installation(
        nodes=nodes,
        elsewhere=elsewhere,
        installed=sources.installed,
        versions=[rules.version for rules in found] if sources.installed else [],
        names=[rules.name for rules in found] if sources.installed else [],
        left="" if sources.installed else _left(snapshot),
        assumptions=_assumptions(snapshot, sources, elsewhere, found),
    )


def _left(snapshot: Snapshot) -> str:
    """What an uninstall would have taken away as well."""
    told = [config.ref for config in snapshot.cni_config.known]
    if snapshot.ztunnel_daemonsets.known or snapshot.ztunnel_pods.known:
        told.append("ztunnel")
    redirected = sum(pod.annotations.redirection == "enabled" and not pod.finished for pod in snapshot.pods)
    if told and redirected:
        told.append(f"{redirected} redirected pod{'' if redirected == 1 else 's'}")
    return ", ".join(told[:-1]) + f" and {told[-1]}" if len(told) > 1 else "".join(told)


def _sources(snapshot: Snapshot, home: str) -> Sources:
    daemonsets = snapshot.cni_daemonsets.known
    installed, config = _installed(snapshot), _config_of(snapshot, home)
    return Sources(
        daemonset=next((d for d in daemonsets if d.namespace == home), daemonsets[0] if daemonsets else None),
        config=config,
        installed=bool(installed.value),
        installed_told=installed,
        clues=cache(partial(of_cni, snapshot, config)),
    )


def _known(agents: Iterable[NodeAgents]) -> list[Rules]:
    """The rules of each version that is known, as it is written, oldest first."""
    named = {n.worlds[-1].name: n.worlds[-1] for n in agents if n.worlds[-1].version_told.value is not None}
    return sorted(named.values(), key=lambda rules: (rules.version, rules.name))


def _typical_agent(daemonset: DaemonSet | None, pods: list[Pod]) -> Agent:
    """The container for nodes whose own agent was not seen: the DaemonSet's, or that of another node."""
    if daemonset is not None:
        return Agent(daemonset.ref, "spec.template.spec", daemonset.container)
    if pods:
        return Agent(pods[0].ref, "spec", pods[0].agent)
    return Agent("DaemonSet/istio-cni-node", "spec.template.spec")


def _by_node(pods: list[Pod]) -> dict[str, Pod]:
    """The agent of each node. An upgrade runs two side by side: the one that serves counts, else the newest."""
    rising = sorted(pods, key=lambda pod: (_serves(pod), pod.created.timestamp() if pod.created else 0.0))
    return {pod.node: pod for pod in rising if pod.node and not pod.finished}


def _serves(pod: Pod) -> bool:
    return pod.ready and pod.deleting is None


def _installed(snapshot: Snapshot) -> Told:
    """Whether istio-cni is there: its DaemonSet, or a pod of it. Assumed where neither could be read."""
    daemonsets, pods = snapshot.cni_daemonsets, snapshot.cni_pods
    if daemonsets.known:
        return Told("yes", Evidence(daemonsets.known[0].ref, "metadata.labels[k8s-app]", "istio-cni-node"))
    if pods.known:
        return Told("yes", Evidence(pods.known[0].ref, "metadata.labels[k8s-app]", "istio-cni-node"))
    if daemonsets.refusal:
        return Told("assumed", assumed("DaemonSet/istio-cni-node", "metadata", daemonsets.refusal, "it is there"))
    return Told(None, Evidence("DaemonSet/istio-cni-node", "metadata.labels[k8s-app]=istio-cni-node", None))


def _config_of(snapshot: Snapshot, home: str) -> ConfigMap | Unread | None:
    """The ConfigMap beside the agent; None where it was looked for and is not there."""
    configs = snapshot.cni_config.known
    if snapshot.cni_config.refusal:
        return snapshot.cni_config.refusal
    return next((c for c in configs if c.namespace == home), configs[0] if configs else None)


def _health(program: Literal["istio-cni", "ztunnel"], pods: Found[Pod], pod: Pod | None, several: bool) -> Health:
    if pods.refusal:
        return Health(program=program, status="unread")
    if pod is None:
        nowhere = several and pods.covers(EVERYWHERE) and all(found.finished for found in pods.known)
        return Health(program=program, status="missing", nowhere=nowhere)
    return Health(program=program, status="ready" if _serves(pod) else "not ready", pod=pod)


def _assumptions(snapshot: Snapshot, sources: Sources, elsewhere: NodeAgents, found: list[Rules]) -> list[str]:
    told = []
    if sources.installed_told.value == "assumed":
        told.append(f"istio-cni is taken to be installed, with ambient on: {snapshot.cni_daemonsets.refusal}")
    elif not sources.installed and snapshot.whole:
        told.append(
            f"the files are taken for the whole cluster, {snapshot.whole}: they hold no istio-cni DaemonSet and no pod "
            "of it"
        )
    elif sources.installed and snapshot.cni_pods.refusal:
        told.append(f"on every node istio-cni is taken to run as its DaemonSet says: {snapshot.cni_pods.refusal}")
    elif sources.installed and snapshot.cni_daemonsets.refusal:
        unread = snapshot.cni_daemonsets.refusal
        told.append(f"nodes without an istio-cni pod are judged by that of another node: {unread}")
    if sources.installed and isinstance(sources.config, Unread):
        told.append(
            "istio-cni is taken to run with its documented settings (ambient on, kube-system excluded, "
            f"default selectors): {sources.config}"
        )
    if sources.installed and not found:
        _, seen = narrowed(versions.EVERY_BEHAVIOUR, sources.clues())
        told.append(
            f"the version of istio-cni is not known ({_why_no_version(snapshot, sources)}): "
            f"every version from {rules_of(elsewhere.worlds)} was asked{', as ' if seen else ''}{', and '.join(seen)}"
        )
    for rules in found if sources.installed else ():
        if rules.version.minor_version > versions.NEWEST_MINOR:
            told.append(f"istio-cni {rules.name} is newer than 1.31, the newest whose rules are known: judged as 1.31")
        elif not rules.exact:
            told.append(f"istio-cni is {rules.name}, which tells no patch: every one that behaves otherwise was asked")
    if sources.installed:
        told += [
            f"whether {program} is Ready on the pods' nodes is not known: {pods.refusal}"
            for program, pods in (("istio-cni", snapshot.cni_pods), ("ztunnel", snapshot.ztunnel_pods))
            if pods.refusal
        ]
    return told + _outdated(sources.config, snapshot)


def started_before(config: ConfigMap, snapshot: Snapshot) -> list[Pod]:
    """The agents that run with settings from before the last change of their ConfigMap, by node.

    They read them when they start, and the chart does not restart them [daemonset.yaml].
    """
    if config.changed is None or config.created is None:
        return []
    agents = sorted(_by_node(snapshot.cni_pods.known).items())
    return [pod for _, pod in agents if pod.started and config.created <= pod.started < config.changed]


def nodes_of(pods: Sequence[Pod]) -> str:
    """`n1, n2, n3 and 2 more`."""
    return few([pod.node for pod in pods])


def _outdated(config: ConfigMap | Unread | None, snapshot: Snapshot) -> list[str]:
    older = started_before(config, snapshot) if isinstance(config, ConfigMap) else []
    if not older or not isinstance(config, ConfigMap):
        return []
    nodes = nodes_of(older)
    return [
        f"istio-cni is taken to run with the settings that {config.ref} holds now, though they changed at "
        f"{config.changed:%Y-%m-%dT%H:%M:%SZ}, after it started on {nodes}: it reads them when it starts"
    ]


def _why_no_version(snapshot: Snapshot, sources: Sources) -> str:
    for part in (snapshot.cni_daemonsets.refusal, snapshot.cni_pods.refusal, sources.config):
        if isinstance(part, Unread):
            return str(part)
    labels = sources.daemonset.labels if sources.daemonset else {}
    chart = next((labels[key] for key in CHART_LABELS if key in labels), "")
    of_none = f", and its chart's label {chart} is no version of Istio" if versions.named(chart) else ""
    return f"neither its image tag nor CURRENT_AGENT_VERSION names one{of_none}"
