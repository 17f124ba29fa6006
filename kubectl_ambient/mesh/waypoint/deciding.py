"""Which waypoint serves an object? The rules are asked in order: the first that refuses decides.

The trace is the same run of the same rules.
"""

from __future__ import annotations

from msgspec import Struct, structs

from kubectl_ambient.cluster.facts import Namespace, Unread
from kubectl_ambient.cluster.kinds.workload_entries import WorkloadEntry
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.catalogue import WaypointReason
from kubectl_ambient.mesh.evidence import Step
from kubectl_ambient.mesh.installation.control_plane import World
from kubectl_ambient.mesh.waypoint.reference import Reference, reference
from kubectl_ambient.mesh.waypoint.rules import RULES, Case, Target

# A waypoint is named and cannot be used: the traffic goes past it.
UNUSABLE = (WaypointReason.NOT_READY, WaypointReason.DENIED, WaypointReason.UNSUPPORTED, WaypointReason.FORBIDDEN)
# Decided before any label is looked at.
UNASKED = (WaypointReason.NOT_SERVED, WaypointReason.IS_GATEWAY)


class Decision(Struct, frozen=True, gc=False):
    """The waypoint (`shop/waypoint`, or None), the reason, and the step that decided.

    `steps` holds the trace where one was wanted.
    """

    waypoint: str | None
    reason: WaypointReason
    because: Step
    named: Reference
    steps: tuple[Step, ...] = ()


def decide(
    target: Target, namespace: Namespace | Unread, snapshot: Snapshot, world: World, *, trace: bool = False
) -> Decision:
    """Ask the rules in order: the first that refuses decides; with none, the waypoint that is named serves."""
    in_spec = target.spec_keys if isinstance(target, WorkloadEntry) else ()
    named = reference(target.ref, target.labels, target.namespace, namespace, world.version, in_spec)
    gateway = snapshot.gateway(*named.waypoint) if named.waypoint else None
    case = Case(target, namespace, snapshot, world, named, gateway)
    decided: Step | None = None
    steps: list[Step] = []
    for rule in RULES:
        step = rule.ask(case)
        if decided is None:
            steps.append(step)
            if step.outcome in ("out", "unknown"):
                decided = step
                if not trace:
                    break
        else:
            steps.append(structs.replace(step, outcome="skipped"))
    last = decided or _accepted(case)
    assert isinstance(last.reason, WaypointReason)  # a rule that decides says why
    waypoint = None if decided else named.key
    return Decision(waypoint, last.reason, last, named, tuple(steps) if trace else ())


def _accepted(case: Case) -> Step:
    message = f"waypoint {case.named.key} serves it"
    evidence = case.named.evidence
    return Step(rule="Accepted", outcome="in", message=message, evidence=evidence, reason=WaypointReason.ACCEPTED)
