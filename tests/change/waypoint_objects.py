"""Things that may have a waypoint, what makes random ones, and what understands the commands that undo a change."""

from __future__ import annotations

import shlex
from typing import Any

from hypothesis import strategies as st

from kubectl_ambient.change.targets import WaypointTarget, key_of
from kubectl_ambient.change.waypoint.plan import Wish, plan
from kubectl_ambient.change.waypoint.use_waypoint import UseWaypoint, with_waypoint
from kubectl_ambient.cluster.facts import Namespace, Pod
from kubectl_ambient.cluster.kinds.service_entries import ServiceEntry
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.kinds.workload_entries import WorkloadEntry
from kubectl_ambient.kube.resources import parse_targets

Key = tuple[str, str, str]
NAMES = (None, "wp", "other", "none", "")
HOMES = (None, "shop", "infra", "")


def target(kind: str = "Service", name: str = "cart", namespace: str = "shop", **labels: str | None) -> WaypointTarget:
    """An object with the labels `name_` and `home` of its waypoint."""
    value = UseWaypoint(labels.get("waypoint"), labels.get("home"))
    types: dict[str, Any] = {
        "Service": Service,
        "Pod": Pod,
        "ServiceEntry": ServiceEntry,
        "WorkloadEntry": WorkloadEntry,
    }
    other = {"app": "cart"}
    if kind == "Namespace":
        return with_waypoint(Namespace(name=name, labels=other), value)
    return with_waypoint(types[kind](namespace=namespace, name=name, labels=other), value)


@st.composite
def targets(draw: st.DrawFn) -> WaypointTarget:
    kind = draw(st.sampled_from(("Namespace", "Service", "Pod", "ServiceEntry", "WorkloadEntry")))
    name = draw(st.sampled_from(("a", "b", "c.d")))
    place = draw(st.sampled_from(("shop", "bank")))
    name = name.replace(".", "-") if kind == "Namespace" else name
    return target(kind, name, place, waypoint=draw(st.sampled_from(NAMES)), home=draw(st.sampled_from(HOMES)))


wishes = st.builds(
    Wish,
    goal=st.sampled_from(("enable", "disable", "opt-out")),
    waypoint=st.sampled_from(("wp", "new")),
    namespace=st.sampled_from(("", "shop", "infra")),
    overwrite=st.booleans(),
)


def by_key(found: list[WaypointTarget]) -> dict[Key, WaypointTarget]:
    return {key_of(t): t for t in found}


def run(line: str, objects: dict[Key, WaypointTarget]) -> None:
    """Do each command of the line; anything that it would refuse is an error of the test."""
    for command in line.split(" && "):
        program, *words = shlex.split(command)
        assert program == "kubectl"
        ours = words[:3] == ["ambient", "waypoint", "disable"]
        assert ours or words[0] == "label"
        words = words[3:] if ours else words[1:]
        namespace = ""
        if "-n" in words:
            at = words.index("-n")
            namespace = words[at + 1]
            del words[at : at + 2]
        overwrite = "--overwrite" in words
        changes = [word for word in words if word.startswith("istio.io/use-waypoint")]
        named = [word for word in words if word not in changes and not word.startswith("--")]
        for found in parse_targets(named):
            key = (found.resource.kind, namespace if found.resource.namespaced else "", found.name or "")
            if ours:
                objects[key] = plan(objects[key], Wish(goal="disable")).edited
            else:
                objects[key] = _labelled(objects[key], changes, overwrite)


def _labelled(found: WaypointTarget, changes: list[str], overwrite: bool) -> WaypointTarget:
    """As `kubectl label`: `key=value` sets, and needs --overwrite where there is one; `key-` takes off."""
    labels = dict(found.labels)
    for change in changes:
        key, equals, value = change.partition("=")
        if not equals:
            labels.pop(key.removesuffix("-"), None)
        else:
            assert key not in labels or overwrite
            labels[key] = value
    return with_labels(found, labels)


def with_labels(found: WaypointTarget, labels: dict[str, str]) -> WaypointTarget:
    from msgspec import structs

    return structs.replace(found, labels=labels)
