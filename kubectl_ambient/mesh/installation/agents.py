"""The agents of a node: what its istio-cni was told, and whether it and ztunnel are Ready.

The rules of enrolment follow the version and the settings of the istio-cni pod on the pod's own node.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Literal

from msgspec import Struct, structs

from kubectl_ambient.cluster.facts import AgentContainer, ConfigMap, DaemonSet, Pod, Unread
from kubectl_ambient.cluster.snapshot import Snapshot, read
from kubectl_ambient.mesh.enrolment import enablement
from kubectl_ambient.mesh.enrolment.enablement import Entry, Invalid
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.in_order import in_order
from kubectl_ambient.mesh.installation import versions
from kubectl_ambient.mesh.installation.versions import Version

DEFAULT_EXCLUDED = ("kube-system",)
# What the chart of the ambient profile renders, for a ConfigMap that may not be read.
_DOCUMENTED = {"AMBIENT_ENABLED": "true", "EXCLUDE_NAMESPACES": ",".join(DEFAULT_EXCLUDED)}
_GO_TRUE = {"1", "t", "T", "true", "TRUE", "True"}


class Told(Struct, frozen=True, gc=False):
    """One setting of the agent, and where it stands."""

    value: str | None
    evidence: Evidence


class Rules(Struct, frozen=True, kw_only=True, gc=False):
    """What the agent of one node goes by, at one version. `installed` is False where there is no istio-cni."""

    version: Version
    version_told: Told
    installed: bool
    installed_told: Told
    enabled: bool
    enabled_told: Told
    entries: tuple[Entry, ...] | Invalid
    entries_told: Told
    excluded: tuple[str, ...]
    excluded_told: Told

    @property
    def custom(self) -> bool:
        """Whether the selectors are other than the documented ones."""
        return self.entries != enablement.DEFAULT


class Health(Struct, frozen=True, kw_only=True, gc=False):
    """One agent on one node. `pod` is None where there is none, or where it could not be read."""

    program: Literal["istio-cni", "ztunnel"]
    status: Literal["ready", "not ready", "missing", "unread"]
    pod: Pod | None = None

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
    """Istio's node agents as the snapshot shows them; `assumptions` tell what was taken for granted."""

    nodes: dict[str, NodeAgents]
    elsewhere: NodeAgents
    installed: bool
    versions: list[Version]
    assumptions: list[str]

    def on(self, node: str) -> NodeAgents:
        """The agents of a node, or the cluster's settings for a node without any (or a pod without a node)."""
        return self.nodes.get(node, self.elsewhere)


def installation(snapshot: Snapshot) -> Installation:
    """Find the agents of every node, their versions and their settings.

    Source: the charts of istio-cni and ztunnel 1.22 to 1.31: DaemonSet istio-cni-node (label
    k8s-app=istio-cni-node), its ConfigMap istio-cni-config beside it, pods of ztunnel with label app=ztunnel.
    """
    snapshot = structs.replace(
        snapshot,
        cni_daemonsets=in_order(snapshot.cni_daemonsets),
        cni_config=in_order(snapshot.cni_config),
        cni_pods=in_order(snapshot.cni_pods),
        ztunnel_pods=in_order(snapshot.ztunnel_pods),
    )
    daemonsets = read(snapshot.cni_daemonsets) or []
    cni_pods = read(snapshot.cni_pods) or []
    homes = [*(daemonset.namespace for daemonset in daemonsets), *(pod.namespace for pod in cni_pods), ""]
    home, beside = homes[0], {place: _sources(snapshot, place) for place in set(homes)}
    sources = beside[home]
    elsewhere = NodeAgents(
        worlds=_worlds(sources, _typical_agent(sources.daemonset, cni_pods)),
        cni=_health("istio-cni", snapshot.cni_pods, None),
        ztunnel=_health("ztunnel", snapshot.ztunnel_pods, None),
    )
    by_cni, by_ztunnel = _by_node(cni_pods), _by_node(read(snapshot.ztunnel_pods) or [])
    nodes = {}
    for node in by_cni.keys() | by_ztunnel.keys():
        agent = by_cni.get(node)
        nodes[node] = NodeAgents(
            worlds=_worlds(beside[agent.namespace], _Agent(agent.ref, "spec", agent.agent))
            if agent and agent.agent
            else elsewhere.worlds,
            cni=_health("istio-cni", snapshot.cni_pods, agent),
            ztunnel=_health("ztunnel", snapshot.ztunnel_pods, by_ztunnel.get(node)),
        )
    found = {w.version for n in (*nodes.values(), elsewhere) if len(n.worlds) == 1 for w in n.worlds}
    return Installation(
        nodes=nodes,
        elsewhere=elsewhere,
        installed=sources.installed,
        versions=sorted(found) if sources.installed else [],
        assumptions=_assumptions(snapshot, sources, elsewhere, found),
    )


class _Sources(Struct, frozen=True, kw_only=True):
    """What the agents of one namespace were told. There is mostly one; while it moves, each has its own settings."""

    daemonset: DaemonSet | None
    config: ConfigMap | Unread | None
    installed: bool
    installed_told: Told


def _sources(snapshot: Snapshot, home: str) -> _Sources:
    daemonsets = read(snapshot.cni_daemonsets) or []
    installed = _installed(snapshot)
    return _Sources(
        daemonset=next((d for d in daemonsets if d.namespace == home), daemonsets[0] if daemonsets else None),
        config=_config_of(snapshot, home),
        installed=bool(installed.value),
        installed_told=installed,
    )


class _Agent(Struct, frozen=True):
    """An istio-cni container, and the object and field below which it stands."""

    ref: str
    path: str
    container: AgentContainer | None = None

    def evidence(self, field: str, value: str | None) -> Evidence:
        return Evidence(self.ref, f"{self.path}.containers[0].{field}", value)


def _typical_agent(daemonset: DaemonSet | None, pods: list[Pod]) -> _Agent:
    """The container for nodes whose own agent was not seen: the DaemonSet's, or that of another node."""
    if daemonset is not None:
        return _Agent(daemonset.ref, "spec.template.spec", daemonset.container)
    if pods:
        return _Agent(pods[0].ref, "spec", pods[0].agent)
    return _Agent("DaemonSet/istio-cni-node", "spec.template.spec")


def _by_node(pods: list[Pod]) -> dict[str, Pod]:
    """The agent of each node. An upgrade runs two side by side: the one that serves counts, else the newest."""
    rising = sorted(pods, key=lambda pod: (_serves(pod), pod.created.timestamp() if pod.created else 0.0))
    return {pod.node: pod for pod in rising if pod.node and not pod.finished}


def _serves(pod: Pod) -> bool:
    return pod.ready and pod.deleting is None


def _installed(snapshot: Snapshot) -> Told:
    """Whether istio-cni is there: its DaemonSet, or a pod of it. Assumed where neither could be read."""
    daemonsets, pods = snapshot.cni_daemonsets, snapshot.cni_pods
    if not isinstance(daemonsets, Unread) and daemonsets:
        return Told("yes", Evidence(daemonsets[0].ref, "metadata.labels[k8s-app]", "istio-cni-node"))
    if not isinstance(pods, Unread) and pods:
        return Told("yes", Evidence(pods[0].ref, "metadata.labels[k8s-app]", "istio-cni-node"))
    if isinstance(daemonsets, Unread):
        return Told("assumed", _assumed("DaemonSet/istio-cni-node", "metadata", daemonsets, "it is there"))
    return Told(None, Evidence("DaemonSet/istio-cni-node", "metadata.labels[k8s-app]=istio-cni-node", None))


def _config_of(snapshot: Snapshot, home: str) -> ConfigMap | Unread | None:
    """The ConfigMap beside the agent; None where it was looked for and is not there."""
    configs = snapshot.cni_config
    if isinstance(configs, Unread):
        return configs
    return next((c for c in configs if c.namespace == home), configs[0] if configs else None)


def _worlds(sources: _Sources, agent: _Agent) -> tuple[Rules, ...]:
    version = _version(sources, agent)
    if isinstance(version, Told):
        return tuple(_rules(sources, agent, v, version) for v in versions.EVERY_BEHAVIOUR)
    known, told = version
    return (_rules(sources, agent, versions.judged_as(known), told, told_version=known),)


def _version(sources: _Sources, agent: _Agent) -> tuple[Version, Told] | Told:
    """The agent's version and where it stands: image tag, else CURRENT_AGENT_VERSION, else a chart label."""
    config, daemonset = sources.config, sources.daemonset
    image = agent.container.image if agent.container else None
    candidates = [(versions.of_image(image or ""), agent.evidence("image", image))]
    if isinstance(config, ConfigMap):
        tag = config.data.get("CURRENT_AGENT_VERSION", "")
        candidates.append((versions.parse(tag), Evidence(config.ref, "data[CURRENT_AGENT_VERSION]", tag)))
    if daemonset:
        for key in ("app.kubernetes.io/version", "helm.sh/chart"):
            tag = daemonset.labels.get(key, "")
            candidates.append((versions.parse(tag), Evidence(daemonset.ref, f"metadata.labels[{key}]", tag)))
    for version, evidence in candidates:
        if version:
            return version, Told(str(version), evidence)
    if sources.installed_told.value == "assumed":
        return Told(None, sources.installed_told.evidence)
    return Told(None, agent.evidence("image", image))


def _rules(
    sources: _Sources,
    agent: _Agent,
    version: Version,
    told: Told,
    told_version: Version | None = None,
) -> Rules:
    enabled = _enabled(sources, agent, version)
    selectors = _setting(sources, agent, "AMBIENT_ENABLEMENT_SELECTOR")
    excluded, excluded_told = _excluded(sources, agent, version)
    unasked = not sources.installed or (selectors.value is None and isinstance(sources.config, Unread))
    if unasked or not versions.has_selectors(version):
        entries: tuple[Entry, ...] | Invalid = enablement.DEFAULT
    else:
        entries = _parsed(selectors.value or "")
    return Rules(
        version=told_version or version,
        version_told=told,
        installed=sources.installed,
        installed_told=sources.installed_told,
        enabled=enabled.value in _GO_TRUE,
        enabled_told=enabled,
        entries=entries,
        entries_told=selectors,
        excluded=excluded,
        excluded_told=excluded_told,
    )


_parsed = lru_cache(maxsize=64)(enablement.parse)


def _setting(sources: _Sources, agent: _Agent, key: str) -> Told:
    """A setting as the agent reads it: a literal `env` of its container beats the ConfigMap.

    An empty value counts as unset, as viper's AutomaticEnv has it [cni/pkg/cmd/root.go].
    """
    config = sources.config
    source_key = key
    for variable in agent.container.env if agent.container else ():
        if variable.name == key:
            if variable.value is not None:
                return Told(variable.value or None, agent.evidence(f"env[{key}]", variable.value))
            source_key = variable.config_map_key or key
    if isinstance(config, ConfigMap):
        value = config.data.get(source_key)
        return Told(value or None, Evidence(config.ref, f"data[{source_key}]", value))
    if config is None:
        return Told(None, Evidence("ConfigMap/istio-cni-config", f"data[{source_key}]", None))
    default = _DOCUMENTED.get(key, "the default")
    return Told(None, _assumed("ConfigMap/istio-cni-config", f"data[{source_key}]", config, default))


def _assumed(ref: str, field: str, unread: Unread, default: str) -> Evidence:
    """Evidence that could not be read, and what was taken instead."""
    return Evidence(ref, field, f"({unread}; assumed: {default})")


def _enabled(sources: _Sources, agent: _Agent, version: Version) -> Told:
    """`AMBIENT_ENABLED`; up to 1.22 also `ambient_enabled` in the JSON of `cni_network_config`."""
    told = _setting(sources, agent, "AMBIENT_ENABLED")
    if told.value is not None:
        return told
    if isinstance(sources.config, Unread):
        return Told("true", told.evidence)
    if versions.excludes_in_json(version):
        enabled = _network_config(sources).get("ambient_enabled")
        where = Evidence(_config_ref(sources), "data[cni_network_config].ambient_enabled", _text(enabled))
        return Told("true" if enabled is True else None, where)
    return told


def _excluded(sources: _Sources, agent: _Agent, version: Version) -> tuple[tuple[str, ...], Told]:
    """The exclude list as this version reads it, split as it splits it."""
    if isinstance(sources.config, Unread):
        told = _setting(sources, agent, "EXCLUDE_NAMESPACES")
        if told.value is None:
            return DEFAULT_EXCLUDED, Told(",".join(DEFAULT_EXCLUDED), told.evidence)
    elif versions.excludes_in_json(version):
        kubernetes = _network_config(sources).get("kubernetes")
        names = kubernetes.get("exclude_namespaces") if isinstance(kubernetes, dict) else None
        found = tuple(n for n in names if isinstance(n, str)) if isinstance(names, list) else ()
        field = "data[cni_network_config].kubernetes.exclude_namespaces"
        return found, Told(",".join(found) or None, Evidence(_config_ref(sources), field, ",".join(found) or None))
    else:
        told = _setting(sources, agent, "EXCLUDE_NAMESPACES")
    names_text = (told.value or "").split(",")
    trimmed = (n.strip() for n in names_text) if versions.trims_exclusions(version) else names_text
    return tuple(n for n in trimmed if n), told


def _network_config(sources: _Sources) -> dict[str, object]:
    """1.22's `cni_network_config`; empty where it is absent or no JSON (it holds placeholders, but quoted ones)."""
    if not isinstance(sources.config, ConfigMap):
        return {}
    try:
        found = json.loads(sources.config.data.get("cni_network_config", "{}"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _config_ref(sources: _Sources) -> str:
    return sources.config.ref if isinstance(sources.config, ConfigMap) else "ConfigMap/istio-cni-config"


def _text(value: object) -> str | None:
    return None if value is None else json.dumps(value)


def _health(program: Literal["istio-cni", "ztunnel"], pods: list[Pod] | Unread, pod: Pod | None) -> Health:
    if isinstance(pods, Unread):
        return Health(program=program, status="unread")
    if pod is None:
        return Health(program=program, status="missing")
    return Health(program=program, status="ready" if _serves(pod) else "not ready", pod=pod)


def _assumptions(snapshot: Snapshot, sources: _Sources, elsewhere: NodeAgents, found: set[Version]) -> list[str]:
    told = []
    if sources.installed_told.value == "assumed":
        told.append(f"istio-cni is taken to be installed, with ambient on: {snapshot.cni_daemonsets}")
    elif not sources.installed and snapshot.from_files:
        told.append("the files are taken for the whole cluster: they hold no istio-cni DaemonSet and no pod of it")
    elif sources.installed and isinstance(snapshot.cni_pods, Unread):
        told.append(f"on every node istio-cni is taken to run as its DaemonSet says: {snapshot.cni_pods}")
    elif sources.installed and isinstance(snapshot.cni_daemonsets, Unread):
        told.append(f"nodes without an istio-cni pod are judged by that of another node: {snapshot.cni_daemonsets}")
    if sources.installed and isinstance(sources.config, Unread):
        told.append(
            "istio-cni is taken to run with its documented settings (ambient on, kube-system excluded, "
            f"default selectors): {sources.config}"
        )
    if sources.installed and len(elsewhere.worlds) > 1 and not found:
        told.append(
            f"the version of istio-cni is not known ({_why_no_version(snapshot, sources)}): "
            "every version from 1.22 to 1.31 was asked"
        )
    for version in sorted(found):
        if sources.installed and version.minor_version > versions.NEWEST_MINOR:
            told.append(f"istio-cni {version} is newer than 1.31, the newest whose rules are known: judged as 1.31")
    if sources.installed:
        told += [
            f"whether {program} is Ready on the pods' nodes is not known: {pods}"
            for program, pods in (("istio-cni", snapshot.cni_pods), ("ztunnel", snapshot.ztunnel_pods))
            if isinstance(pods, Unread)
        ]
    return told + _outdated(sources.config, _by_node(read(snapshot.cni_pods) or []))


def _outdated(config: ConfigMap | Unread | None, agents: dict[str, Pod]) -> list[str]:
    """The agents read their settings when they start, and the chart does not restart them [daemonset.yaml]."""
    if not isinstance(config, ConfigMap) or config.changed is None or config.created is None:
        return []
    older = [node for node, p in agents.items() if p.started and config.created <= p.started < config.changed]
    if not older:
        return []
    nodes = ", ".join(sorted(older)[:3]) + (f" and {len(older) - 3} more" if len(older) > 3 else "")
    return [
        f"istio-cni is taken to run with the settings that {config.ref} holds now, though they changed at "
        f"{config.changed:%Y-%m-%dT%H:%M:%SZ}, after it started on {nodes}: it reads them when it starts"
    ]


def _why_no_version(snapshot: Snapshot, sources: _Sources) -> str:
    for part in (snapshot.cni_daemonsets, snapshot.cni_pods, sources.config):
        if isinstance(part, Unread):
            return str(part)
    return "neither its image tag nor CURRENT_AGENT_VERSION names one"
