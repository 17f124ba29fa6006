"""What a pod is in: what was observed on it, what its traffic goes through, its state, and the sentence about it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, get_args

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.mesh.ages import human, since
from kubectl_ambient.mesh.catalogue import Expected
from kubectl_ambient.mesh.enrolment.deciding import Decision
from kubectl_ambient.mesh.gateways import what_makes_it_a_gateway
from kubectl_ambient.mesh.installation import versions
from kubectl_ambient.mesh.installation.agents import Health, NodeAgents
from kubectl_ambient.mesh.stuck import Stuck

Observed = Literal["enabled", "pending", "absent"]
State = Literal["Enrolled", "Pending", "Starting", "NotEnrolled", "Stale", "NotAmbient", "Unknown"]
Mode = Literal["ambient", "sidecar", "gateway", "none"]

STATES: tuple[State, ...] = get_args(State)
YOUNG = timedelta(seconds=30)


def observed_of(pod: Pod, agents: NodeAgents) -> Observed:
    """What the agent wrote on the pod: `enabled`, `pending` (1.25+), or nothing that it could have written."""
    value = pod.annotations.redirection
    if value == "enabled":
        return "enabled"
    if value == "pending" and any(versions.has_pending(rules.version) for rules in agents.worlds):
        return "pending"
    return "absent"


def state_of(expected: Expected, observed: Observed, pod: Pod, now: datetime | None) -> State:
    """Intent against observation. Ages are judged only where there is a clock (`now`)."""
    if expected == "unknown":
        return "Unknown"
    if expected == "out":
        return "NotAmbient" if observed == "absent" else "Stale"
    if observed == "enabled":
        return "Enrolled"
    if observed == "pending":
        return "Pending"
    if not pod.node or not pod.has_ip or _young(pod, now):
        return "Starting"
    return "NotEnrolled"


def _young(pod: Pod, now: datetime | None) -> bool:
    """A moment that lies far ahead is of a clock that is wrong, such as its node's, and tells no age."""
    return now is not None and any(moment and abs(now - moment) < YOUNG for moment in (pod.created, pod.started))


def mode_of(pod: Pod, observed: Observed) -> Mode:
    """What the pod's traffic goes through now; a gateway of Istio is one whether it is captured or not."""
    if not pod.finished and what_makes_it_a_gateway(pod) is not None:
        return "gateway"
    if observed != "absent":
        return "ambient"
    if pod.finished:
        return "none"
    return "none" if pod.annotations.sidecar_status is None else "sidecar"


def message_of(
    state: State,
    pod: Pod,
    decision: Decision,
    agents: NodeAgents,
    now: datetime | None,
    stuck: Stuck | None = None,
    left: str = "",
) -> str:
    """The sentence of a verdict: the state, and why. `stuck` and `left` as in a finding's Subject."""
    why = decision.because.message
    trouble = " and ".join(sick(h, pod.node, now) for h in (agents.cni, agents.ztunnel) if h.bad)
    match state:
        case "Enrolled":
            text = f"In ambient mode: {why}"
        case "Pending":
            who, until = f"ztunnel on {pod.node} has not accepted it yet", "then"
            if trouble:
                who, until = trouble, "ztunnel accepts it,"
            text = f"Redirected, but {who}: until {until} it can neither send nor receive TCP"
        case "Starting":
            waits = f"is still starting: {_what_it_waits_for(pod, now)}"
            text = f"Should be in ambient mode ({why}), and {_hindrance(stuck, pod) or waits}"
        case "NotEnrolled":
            who = trouble or f"the agents on {pod.node} have not put it in"
            text = f"Should be in ambient mode ({why}), and is not: {who}"
        case "Stale" if left:
            text = f"Still redirected, and istio-cni is gone, while {left} are there"
        case "Stale" if not agents.worlds[-1].installed and not pod.finished:
            whereto = " to a ztunnel that is not there" if agents.ztunnel.status == "missing" else ""
            text = f"Should not be in ambient mode ({why}), and its traffic stays redirected{whereto} until it restarts"
        case "Stale":
            still = "its annotation still says that it is" if pod.finished else "its traffic is still redirected"
            text = f"Should not be in ambient mode ({why}), and {still}"
            text += f": {trouble}" if trouble else ""
        case "NotAmbient":
            text = f"Not in ambient mode: {why}"
        case "Unknown":
            text = f"Cannot be told: {why}"
    return text + "."


def _hindrance(stuck: Stuck | None, pod: Pod) -> str:
    """What keeps it from starting; empty where nothing is known to."""
    if stuck is None or stuck.what == "end":
        return ""
    if stuck.what == "node":
        return "cannot start: no node takes it"
    if stuck.plugin_path:
        return f"cannot start: {pod.node} does not find the plugin of istio-cni"
    return "cannot start: its network could not be set up"


def _what_it_waits_for(pod: Pod, now: datetime | None) -> str:
    if not pod.node:
        return "it has no node yet"
    if not pod.has_ip:
        return "it has no IP yet"
    age = human(now - pod.created) if now and pod.created and pod.created <= now else "moments"
    return f"it is {age} old"


def sick(health: Health, node: str, now: datetime | None) -> str:
    """`ztunnel on n3 is not Ready (2h)`, or that there is none."""
    if health.nowhere:
        return f"no {health.program} pod runs in this cluster"
    if health.status == "missing":
        return f"no {health.program} pod runs on {node or 'any node'}"
    since_when = since(health.pod.ready_since, now) if health.pod else ""
    return f"{health.program} on {node} is not Ready{since_when}"
