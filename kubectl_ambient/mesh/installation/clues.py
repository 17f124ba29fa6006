"""What tells the version of istio-cni or of istiod where nothing names it: its configuration, and what it wrote."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from kubectl_ambient.cluster.facts import Unread
from kubectl_ambient.cluster.installation_facts import ConfigMap
from kubectl_ambient.cluster.served import WAYPOINT_BOUND, WAYPOINT_MISSING
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.installation import istiod_versions, versions
from kubectl_ambient.mesh.installation.versions import Named
from kubectl_ambient.mesh.installation.which_version import Clue, in_chart_labels, in_image, most_exact

_SELECTORS = "AMBIENT_ENABLEMENT_SELECTOR"
_NAMED_FROM = 23  # CURRENT_AGENT_VERSION is rendered from 1.23 on


def of_cni(snapshot: Snapshot, config: ConfigMap | Unread | None) -> tuple[Clue, ...]:
    """What tells of istio-cni, the surest first.

    Source: the charts of istio-cni 1.22 to 1.31, templates/configmap-cni.yaml; what agents write on pods.
    """
    data = config.data if isinstance(config, ConfigMap) else {}
    # A ConfigMap that was not read, and selectors that stand elsewhere, tell nothing by a key that is missing.
    without = isinstance(config, ConfigMap) and _SELECTORS not in data and not _by_env(snapshot)
    # Who writes “pending” has ambient on by this key: without it somebody else wrote that, at another time.
    may_write = not isinstance(config, ConfigMap) or "AMBIENT_ENABLED" in data
    return (*_of_config(data, without), *_of_pods(snapshot, without, may_write), *_of_ztunnel(snapshot))


def _by_env(snapshot: Snapshot) -> bool:
    """Whether a container of istio-cni has selectors of its own, which beat the ConfigMap."""
    containers = [*(d.container for d in snapshot.cni_daemonsets), *(pod.agent for pod in snapshot.cni_pods)]
    return any(variable.name == _SELECTORS for container in containers if container for variable in container.env)


def _of_config(data: dict[str, str], without: bool) -> Iterator[Clue]:
    by_chart = "CURRENT_AGENT_VERSION" in data
    if _SELECTORS in data:
        yield Clue(versions.has_selectors, f"its ConfigMap has {_SELECTORS} (1.27+)")
    elif without and by_chart and "AMBIENT_ENABLED" in data:
        yield Clue(lambda v: not versions.has_selectors(v), f"its ConfigMap has no {_SELECTORS} (1.27+)")
    if "EXCLUDED_NAMESPACES" in data:
        yield Clue(versions.writes_excluded, "its ConfigMap has EXCLUDED_NAMESPACES (to 1.23.6, 1.24.4, 1.25.1)")
    if by_chart:
        yield Clue(lambda v: v.minor >= _NAMED_FROM, "its ConfigMap has CURRENT_AGENT_VERSION (1.23+)")


def _of_pods(snapshot: Snapshot, without: bool, may_write: bool) -> Iterator[Clue]:
    """What it wrote on pods. without: it has no selectors. may_write: a version that writes “pending” would be on."""
    written = {pod.annotations.redirection for pod in snapshot.pods}
    if "pending" in written and may_write:
        yield Clue(versions.has_pending, "it wrote “pending” on a pod (1.25+)")
    if written & {"enabled", "pending"} and without:
        why = f"it put pods in without {_SELECTORS}, which 1.27 and later cannot"
        yield Clue(lambda v: not versions.has_selectors(v), why)


def _of_ztunnel(snapshot: Snapshot) -> Iterator[Clue]:
    """istio-cni is updated before ztunnel, and goes with that of its own minor and of the one before [istio.io]."""
    found = [named for pod in snapshot.ztunnel_pods.known if (named := _named(pod.agent, pod.labels, pod.ref))]
    if found:
        oldest, newest = min(found), max(found)
        minors = range(oldest.version.minor, newest.version.minor + 2)
        why = f"ztunnel is {newest.text}, which goes with istio-cni of its minor or the next"
        yield Clue(lambda v: v.minor in minors, why)


def _named(container: object, labels: dict[str, str], ref: str) -> Named | None:
    image = getattr(container, "image", "")
    found = most_exact(
        [*in_image(image, Evidence(ref, "spec.containers[0].image", image)), *in_chart_labels(labels, ref)]
    )
    return found.named if found else None


def of_istiod(snapshot: Snapshot) -> tuple[Clue, ...]:
    """What istiod wrote on what it serves [model/service.go `GetConditions`]."""
    return tuple(_of_conditions(snapshot))


def _of_conditions(snapshot: Snapshot) -> Iterator[Clue]:
    for kind, found in (
        ("Service", snapshot.services),
        ("ServiceEntry", snapshot.service_entries),
        ("WorkloadEntry", snapshot.workload_entries),
    ):
        if any(of.condition(WAYPOINT_BOUND) for of in found):
            yield Clue(
                partial(istiod_versions.writes_waypoint_bound, kind=kind), f"it wrote {WAYPOINT_BOUND} on a {kind}"
            )
    if any(entry.condition(WAYPOINT_MISSING) for entry in snapshot.service_entries):
        yield Clue(
            istiod_versions.needs_waypoint_for_wildcards, f"it wrote {WAYPOINT_MISSING} on a ServiceEntry (1.28+)"
        )
