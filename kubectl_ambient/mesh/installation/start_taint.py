"""Istio's taint for new nodes: which node keeps it though istio-cni is Ready there, and whether istiod takes it off."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

from kubectl_ambient.cluster.facts import NOT_READY_TAINT, Pod, Unread
from kubectl_ambient.cluster.installation_facts import Istiod
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.evidence import Evidence, Finding, Fix, offer
from kubectl_ambient.mesh.state import YOUNG
from kubectl_ambient.shell.command import kubectl, remark
from kubectl_ambient.shell.words import inside, name, named, no_taint

_UNTAINT = "PILOT_ENABLE_NODE_UNTAINT_CONTROLLERS"
_GO_TRUE = ("1", "t", "T", "true", "TRUE", "True")


class Kept(Struct, frozen=True, kw_only=True):
    """A node with the taint and its istio-cni, None where none is there. `effect` is the taint's."""

    node: str
    effect: str
    agent: Pod | None

    def outdated(self, now: datetime | None) -> bool:
        """Whether istio-cni is Ready there, and not only since a moment: istiod needs one to take the taint off."""
        if self.agent is None or not self.agent.ready or self.agent.deleting is not None:
            return False
        return now is None or self.agent.ready_since is None or now - self.agent.ready_since >= YOUNG


def kept_taints(snapshot: Snapshot) -> list[Kept] | Unread:
    """The nodes that have the taint; an Unread where the nodes or istio-cni's pods are not known."""
    unread = snapshot.nodes.refusal or snapshot.cni_pods.refusal
    if unread:
        return unread
    agents = {pod.node: pod for pod in snapshot.cni_pods.known if not pod.finished}
    return [
        Kept(node=node.name, effect=taint.effect, agent=agents.get(node.name))
        for node in snapshot.nodes.known
        for taint in node.taints or ()
        if taint.key == NOT_READY_TAINT
    ]


def overdue(one: Kept, snapshot: Snapshot) -> Finding | None:
    """That a node keeps it though istio-cni is Ready there; None where it does not, or is only about to lose it."""
    if not one.outdated(snapshot.now) or one.agent is None:
        return None
    why, setting = untaints(snapshot)
    evidence = Evidence(f"Node/{one.node}", f"spec.taints[{NOT_READY_TAINT}]", one.effect)
    ready = Evidence(one.agent.ref, "status.conditions[Ready]", one.agent.ready_status)
    message = f"node {one.node} keeps the taint {NOT_READY_TAINT} though istio-cni is Ready there: {why}"
    return Finding.of(Code.START_TAINT_KEPT, message, evidence, ready, *setting)


def untaints(snapshot: Snapshot) -> tuple[str, tuple[Evidence, ...]]:
    """Whether an istiod takes the taint off, as a part of a sentence, and its evidence.

    Source: pilot/pkg/features/pilot.go (false by default), pilot/pkg/bootstrap/server.go; the charts set it by
    `taint.enabled` from 1.30 on, and before only by `env`.
    """
    if snapshot.istiods.refusal:
        return f"whether istiod takes it off is not known ({snapshot.istiods.refusal})", ()
    found = [(istiod, _value(istiod)) for istiod in snapshot.istiods.known]
    if not found:
        return "there is no istiod to take it off", ()
    evidence = tuple(Evidence(_ref(i), f"spec.template.spec.containers[0].env[{_UNTAINT}]", v) for i, v in found)
    if any(value in _GO_TRUE for _, value in found):
        return "istiod is to take it off, and has not", evidence
    return f"no istiod takes it off: its {_UNTAINT} is not on", evidence


def take_off(kept: list[Kept], snapshot: Snapshot) -> Iterator[Fix]:
    """Take it off now, and have istiod do so for the next node."""
    for one in kept:
        command = kubectl("taint node", name(one.node), no_taint(NOT_READY_TAINT, one.effect))
        yield from offer(command, f"takes it off {one.node}, where istio-cni is Ready: pods can start there")
    if snapshot.istiods.refusal or not snapshot.istiods.known:
        return
    on = [istiod for istiod in snapshot.istiods.known if _value(istiod) in _GO_TRUE]
    if on:
        where = (named("deployment", on[0].name), *inside(on[0].namespace))
        yield from offer(kubectl("logs", *where, "--since=1h"), "shows why istiod does not take it off new nodes")
        return
    settings = "taint.enabled=true and pilot.env.PILOT_ENABLE_NODE_UNTAINT_CONTROLLERS=true"
    yield from offer(
        remark("set taint.enabled=true in the values of the chart of istiod"),
        f"istiod then takes it off new nodes; before 1.30 set {settings}",
    )


def _value(istiod: Istiod) -> str | None:
    env = istiod.container.env if istiod.container else ()
    return next((variable.value for variable in env if variable.name == _UNTAINT), None)


def _ref(istiod: Istiod) -> str:
    return f"Deployment/{istiod.namespace}/{istiod.name}"
