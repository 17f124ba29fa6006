"""What the agents of a node were told: the version and the settings that the rules of enrolment follow."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache

from msgspec import Struct, structs

from kubectl_ambient.cluster.facts import AgentContainer, Pod, Unread
from kubectl_ambient.cluster.installation_facts import ConfigMap, DaemonSet
from kubectl_ambient.mesh.enrolment import enablement
from kubectl_ambient.mesh.enrolment.enablement import Entry, Invalid
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.installation import versions
from kubectl_ambient.mesh.installation.versions import Version
from kubectl_ambient.mesh.installation.which_version import (
    Clue,
    Written,
    in_chart_labels,
    in_image,
    most_exact,
    narrowed,
)

DEFAULT_EXCLUDED = ("kube-system",)
# What the chart of the ambient profile renders, for a ConfigMap that may not be read.
_DOCUMENTED = {"AMBIENT_ENABLED": "true", "EXCLUDE_NAMESPACES": ",".join(DEFAULT_EXCLUDED)}
GO_TRUE = {"1", "t", "T", "true", "TRUE", "True"}


class Told(Struct, frozen=True, gc=False):
    """One setting of the agent, and where it stands."""

    value: str | None
    evidence: Evidence


class Rules(Struct, frozen=True, kw_only=True, gc=False):
    """What the agent of one node goes by, at one version. `installed` is False where there is no istio-cni.

    version: the one that is judged by; exact: not one of several that its tag may stand for. dns_capture: None where
    the ConfigMap that says it could not be read.
    """

    version: Version
    version_told: Told
    exact: bool
    installed: bool
    installed_told: Told
    enabled: bool
    enabled_told: Told
    entries: tuple[Entry, ...] | Invalid
    entries_told: Told
    excluded: tuple[str, ...]
    excluded_told: Told
    dns_capture: bool | None
    dns_capture_told: Told

    @property
    def name(self) -> str:
        """The version as it is written, else the one that is judged by."""
        return self.version_told.value or str(self.version)

    @property
    def custom(self) -> bool:
        """Whether the selectors are other than the documented ones."""
        return self.entries != enablement.DEFAULT


class Sources(Struct, frozen=True, kw_only=True):
    """What the agents of one namespace were told. There is mostly one; while it moves, each has its own settings.

    clues: asked where no version is named.
    """

    daemonset: DaemonSet | None
    config: ConfigMap | Unread | None
    installed: bool
    installed_told: Told
    clues: Callable[[], tuple[Clue, ...]] = tuple


class Agent(Struct, frozen=True):
    """An istio-cni container, and the object and field below which it stands."""

    ref: str
    path: str
    container: AgentContainer | None = None

    def evidence(self, field: str, value: str | None) -> Evidence:
        """What a field of the container holds."""
        return Evidence(self.ref, f"{self.path}.containers[0].{field}", value)


def worlds_of(sources: Sources, agent: Agent) -> tuple[Rules, ...]:
    """The rules of its version; those of every one that it may be, oldest first, where that is not known.

    Of a version without a patch (`1.24`) it may be any of that minor.
    """
    written = _version(sources, agent)
    if written is None:
        assumed_there = sources.installed_told.value == "assumed"
        image = agent.container.image if agent.container else None
        told = Told(None, sources.installed_told.evidence if assumed_there else agent.evidence("image", image))
        possible, _ = narrowed(versions.EVERY_BEHAVIOUR, sources.clues())
        return tuple(_rules(sources, agent, v, told) for v in possible)
    known, told = written.named, Told(written.named.text, written.evidence)
    if known.exact:
        return (_rules(sources, agent, versions.judged_as(known.version), told, told_version=known.version),)
    possible, _ = narrowed(versions.of_minor(known.version), sources.clues())
    return tuple(_rules(sources, agent, v, told, exact=False) for v in possible)


class Worlds:
    """The same of many agents: found once for all that are told the same by the same container.

    sources: what those of each namespace were told.
    """

    def __init__(self, sources: Mapping[str, Sources]) -> None:
        self._sources = sources
        self._known: dict[tuple[str, AgentContainer], tuple[str, tuple[Rules, ...]]] = {}

    def of(self, pod: Pod, container: AgentContainer) -> tuple[Rules, ...]:
        """Those of a pod with that container."""
        key = (pod.namespace, container)
        if key not in self._known:
            found = worlds_of(self._sources[pod.namespace], Agent(pod.ref, "spec", container))
            self._known[key] = pod.ref, found
        ref, worlds = self._known[key]
        return worlds if ref == pod.ref else tuple(_shown_by(rules, ref, pod.ref) for rules in worlds)


_TOLD = tuple(field for field in Rules.__struct_fields__ if field.endswith("_told"))


def _shown_by(rules: Rules, one: str, other: str) -> Rules:
    """The rules that one pod shows, as another shows them."""
    shown = {}
    for field in _TOLD:
        told: Told = getattr(rules, field)
        if told.evidence.object == one:
            shown[field] = Told(told.value, structs.replace(told.evidence, object=other))
    return structs.replace(rules, **shown)


def rules_of(worlds: tuple[Rules, ...]) -> str:
    """Whose rules are applied: `1.30.3`, `1.24` where the patch is not known, `1.25 to 1.26`."""
    newest = worlds[-1]
    if newest.version_told.value is not None and newest.exact:
        return str(versions.judged_as(newest.version))
    return versions.span([versions.judged_as(rules.version) for rules in worlds])


def _version(sources: Sources, agent: Agent) -> Written | None:
    """The agent's version and where it stands: image tag, else CURRENT_AGENT_VERSION, else a chart label.

    A later one that is more exact counts, if it is of the same minor.
    """
    config, daemonset = sources.config, sources.daemonset
    image = agent.container.image if agent.container else ""
    found = list(in_image(image, agent.evidence("image", image)))
    if isinstance(config, ConfigMap):
        tag = config.data.get("CURRENT_AGENT_VERSION", "")
        named = versions.named(tag)
        found += [Written(named, Evidence(config.ref, "data[CURRENT_AGENT_VERSION]", tag))] if named else []
    if daemonset:
        found += in_chart_labels(daemonset.labels, daemonset.ref)
    return most_exact(found)


def _rules(
    sources: Sources,
    agent: Agent,
    version: Version,
    told: Told,
    told_version: Version | None = None,
    *,
    exact: bool = True,
) -> Rules:
    enabled = _enabled(sources, agent, version)
    selectors = _setting(sources, agent, "AMBIENT_ENABLEMENT_SELECTOR")
    excluded, excluded_told = _excluded(sources, agent, version)
    captures_dns, dns_capture = _dns_capture(sources, agent, version)
    unasked = not sources.installed or (selectors.value is None and isinstance(sources.config, Unread))
    if unasked or not versions.has_selectors(version):
        entries: tuple[Entry, ...] | Invalid = enablement.DEFAULT
    else:
        entries = _parsed(selectors.value or "")
    return Rules(
        version=told_version or version,
        version_told=told,
        exact=exact,
        installed=sources.installed,
        installed_told=sources.installed_told,
        enabled=enabled.value in GO_TRUE,
        enabled_told=enabled,
        entries=entries,
        entries_told=selectors,
        excluded=excluded,
        excluded_told=excluded_told,
        dns_capture=captures_dns,
        dns_capture_told=dns_capture,
    )


_parsed = lru_cache(maxsize=64)(enablement.parse)


def _setting(sources: Sources, agent: Agent, key: str) -> Told:
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
    return Told(None, assumed("ConfigMap/istio-cni-config", f"data[{source_key}]", config, default))


def assumed(ref: str, field: str, unread: Unread, default: str) -> Evidence:
    """Evidence that could not be read, and what was taken instead."""
    return Evidence(ref, field, f"({unread}; assumed: {default})", seen=False)


def _enabled(sources: Sources, agent: Agent, version: Version) -> Told:
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


def _excluded(sources: Sources, agent: Agent, version: Version) -> tuple[tuple[str, ...], Told]:
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


def _dns_capture(sources: Sources, agent: Agent, version: Version) -> tuple[bool | None, Told]:
    """`AMBIENT_DNS_CAPTURE`, as the chart of this version has it where nothing says it."""
    told = _setting(sources, agent, "AMBIENT_DNS_CAPTURE")
    if told.value is not None:
        return told.value in GO_TRUE, told
    if isinstance(sources.config, Unread):
        unread = Evidence(told.evidence.object, f"data[AMBIENT_DNS_CAPTURE] ({sources.config})", None)
        return None, Told(None, unread)
    return versions.captures_dns(version), told


def _network_config(sources: Sources) -> dict[str, object]:
    """1.22's `cni_network_config`; empty where it is absent or no JSON (it holds placeholders, but quoted ones)."""
    if not isinstance(sources.config, ConfigMap):
        return {}
    try:
        found = json.loads(sources.config.data.get("cni_network_config", "{}"))
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _config_ref(sources: Sources) -> str:
    return sources.config.ref if isinstance(sources.config, ConfigMap) else "ConfigMap/istio-cni-config"


def _text(value: object) -> str | None:
    return None if value is None else json.dumps(value)
