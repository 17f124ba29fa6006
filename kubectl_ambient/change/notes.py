"""What has to be told about a change before it is made. One small function a matter, here and in its neighbours."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from kubectl_ambient.change.change import Change
from kubectl_ambient.change.notes_of_agents import cut_off, held_in, new_pods
from kubectl_ambient.change.notes_of_gateways import gateways_swept_in
from kubectl_ambient.change.notes_of_owners import lost_with_the_pod, restarts, undone_by_owner
from kubectl_ambient.change.notes_of_serving import unserved
from kubectl_ambient.change.notes_of_stayers import in_by_own_label, need_no_label, stays_in
from kubectl_ambient.change.plan import Edit
from kubectl_ambient.change.targets import printed
from kubectl_ambient.change.words import grouped, verb
from kubectl_ambient.cluster.facts import Namespace, Workload
from kubectl_ambient.mesh.catalogue import Reason
from kubectl_ambient.mesh.few import MOST, few
from kubectl_ambient.mesh.next_pod import NextPod
from kubectl_ambient.mesh.risks.catalogue import RiskCode
from kubectl_ambient.mesh.risks.risk import Risk
from kubectl_ambient.shell.command import Sentence, chain, joined

_NO_EFFECT = (
    Reason.AMBIENT_NOT_INSTALLED,
    Reason.AMBIENT_DISABLED,
    Reason.SELECTOR_INVALID,
    Reason.NOT_SELECTED,
    Reason.NAMESPACE_EXCLUDED,
    Reason.EVIDENCE_MISSING,
)


def notes(change: Change) -> list[Sentence]:
    """Sentences for the user, most important first."""
    return [note for tell in TELLERS for note in tell(change)]


def _no_effect(change: Change) -> Iterator[Sentence]:
    """Ambient is not there, or this cluster's rules do not heed the label."""
    if change.goal != "enable":
        return
    asking = [(change.afterwards(e), e) for e in change.edits if e.after == "ambient"]
    heedless = (
        ((d.because.message, e.changes), printed(e.target))
        for d, e in asking
        if d.expected == "out" and d.reason in _NO_EFFECT
    )
    for (why, is_new), objects in grouped(heedless).items():
        yield f"the label on {few(objects)} {'will have' if is_new else 'has'} no effect: {why}"
    unknown = ((d.because.message, printed(e.target)) for d, e in asking if e.changes and d.expected == "unknown")
    for why, objects in grouped(unknown).items():
        yield f"whether the label on {few(objects)} will have an effect cannot be told: {why}"


def _ending(change: Change) -> Iterator[Sentence]:
    """A namespace that is about to go."""
    going = [printed(e.target) for e in change.changing if isinstance(e.target, Namespace) and e.target.deleting]
    if going:
        are, them = ("is", "it") if len(going) == 1 else ("are", "them")
        yield f"{few(going)} {are} being deleted, and all that is in {them}"


def _overwritten(change: Change) -> Iterator[Sentence]:
    """An opt-out, which somebody set on purpose, is replaced."""
    if change.goal == "enable":
        opted_out = [printed(e.target) for e in change.changing if e.before == "none"]
        if opted_out:
            yield f"{few(opted_out)} had opted out: none → ambient"


def _sidecars(change: Change) -> Iterator[Sentence]:
    """Both modes are asked for: pods without a sidecar move in now, and get one when they restart."""
    if change.goal != "enable":
        return
    moving = change.effects.of("in", at="now")
    entered = {m.pod.namespace for m in moving}
    asking = [(e, n) for e in change.changing if (n := _next(e, change)) is not None and n.becomes == "sidecar"]
    told = set()
    ways = (((n.why, not isinstance(e.target, Workload) and _namespace(e) in entered), e) for e, n in asking)
    for (why, some_move), edits in grouped(ways).items():
        told |= {_namespace(e) for e in edits}
        asks = sidecars_too([printed(e.target) for e in edits], why, some_move=some_move)
        yield joined(asks, _to_end_that(edits, change))
    moved = [m for m in moving if m.after_restart == "sidecar" and m.pod.namespace not in told]
    if moved:
        names = list(dict.fromkeys(m.owner.name if m.owner else m.pod.name for m in moved))
        yield f"{few(names)}: in ambient mode from now on, with a sidecar instead after the next restart"


def sidecars_too(names: list[str], why: str, *, some_move: bool) -> str:
    """That objects ask for both modes; some_move: pods that have no sidecar yet move in at once."""
    what = "the new pods get one, and that keeps them out"
    if some_move:
        what = "pods without one move in now, and get one when they restart"
    return f"{few(names)} {verb(len(names), 'ask')} for sidecars too ({why}): {what}"


def _next(edit: Edit, change: Change) -> NextPod | None:
    """The next pod by an edit; None for a pod's own label, which the next one does not have."""
    target, judge = edit.edited, change.effects.after
    if isinstance(target, Namespace):
        return judge.next_in(target.name)
    return judge.next_of(target) if isinstance(target, Workload) else None


def _namespace(edit: Edit) -> str:
    return edit.target.name if isinstance(edit.target, Namespace) else edit.target.namespace


def _to_end_that(edits: list[Edit], change: Change) -> Sentence:
    """The command that ends the injection of these, one after the other where they are few."""
    stops = dict.fromkeys(found.injection.stop for e in edits if (found := _next(e, change)) is not None)
    known = [stop for stop in stops if stop is not None]
    if not known or len(known) < len(stops) or len(known) > MOST:
        return ""
    return ("; to end that: ", chain(*known))


def _left_alone(change: Change) -> Iterator[Sentence]:
    """Values that are not ours to take off."""
    told = [e.why for e in change.edits if e.action == "nothing" and e.why]
    yield from told[:MOST]
    if len(told) > MOST:
        yield f"and {len(told) - MOST} more that keep the value they have"


def beside_risks(change: Change) -> list[Sentence]:
    """The sentences of a plan that tell of no risk: those are told by themselves."""
    return [note for tell in TELLERS if tell not in _OF_RISKS for note in tell(change)]


def beside_notes(risks: Sequence[Risk]) -> list[Risk]:
    """The risks that no sentence above tells of."""
    return [risk for risk in risks if risk.code not in _TOLD]


_TOLD = frozenset(
    (
        RiskCode.GATEWAY_SWEPT_IN,
        RiskCode.SIDECAR_AFTER_RESTART,
        RiskCode.OUT_AFTER_RESTART,
        RiskCode.PODS_CUT_OFF,
        RiskCode.NODE_KEEPS_OUT,
        RiskCode.NODE_KEEPS_IN,
    )
)
_OF_RISKS: tuple[Callable[[Change], Iterator[Sentence]], ...] = (cut_off, gateways_swept_in, held_in)

TELLERS: tuple[Callable[[Change], Iterator[Sentence]], ...] = (
    _ending,
    _overwritten,
    _no_effect,
    cut_off,
    unserved,
    _sidecars,
    gateways_swept_in,
    held_in,
    stays_in,
    in_by_own_label,
    need_no_label,
    restarts,
    new_pods,
    undone_by_owner,
    lost_with_the_pod,
    _left_alone,
)
