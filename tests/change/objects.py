"""Things to label, and what makes random ones."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from kubectl_ambient.change.targets import Target, with_value
from kubectl_ambient.cluster.facts import DATAPLANE_MODE, LabelSelector, Namespace, Owner, Pod, Template, Workload

VALUES = (None, "ambient", "none", "Kmesh", "")
KINDS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "CronJob")


def namespace(value: str | None = None, name: str = "shop") -> Namespace:
    found = with_value(Namespace(name=name), value)
    assert isinstance(found, Namespace)
    return found


def pod(value: str | None = None, name: str = "web-1", **fields: Any) -> Pod:
    settings: dict[str, Any] = {"namespace": "shop", "node": "n1", "phase": "Running", "has_ip": True, "ready": True}
    found = with_value(Pod(name=name, **(settings | fields)), value)
    assert isinstance(found, Pod)
    return found


def workload(kind: str = "Deployment", value: str | None = None, name: str = "web", **fields: Any) -> Workload:
    settings: dict[str, Any] = {"namespace": "shop", "desired": 1, "template": Template(labels={"app": name})}
    settings["selector"] = LabelSelector(match_labels={"app": name})
    found = with_value(Workload(kind=kind, name=name, **(settings | fields)), value)
    assert isinstance(found, Workload)
    return found


def owner(kind: str, name: str) -> Owner:
    return Owner(kind=kind, name=name)


def label(value: str) -> dict[str, str]:
    return {DATAPLANE_MODE: value}


@st.composite
def targets(draw: st.DrawFn) -> Target:
    value = draw(st.sampled_from(VALUES))
    name = draw(st.sampled_from(("a", "b", "c.d")))
    place = draw(st.sampled_from(("shop", "bank")))
    what = draw(st.sampled_from(("namespace", "pod", "workload")))
    if what == "namespace":
        return namespace(value, name.replace(".", "-"))
    if what == "pod":
        return pod(value, name, namespace=place)
    return workload(draw(st.sampled_from(KINDS)), value, name, namespace=place)
