"""What a change of waypoint labels is waited for: the labels, istiod's word, and a waypoint that lives."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct, field

from kubectl_ambient.change.targets import WaypointTarget, key_of, printed
from kubectl_ambient.change.waypoint.plan import WaypointEdit
from kubectl_ambient.change.waypoint.use_waypoint import use_waypoint
from kubectl_ambient.cluster.facts import Namespace, Pod
from kubectl_ambient.cluster.kinds.gateways import Gateway
from kubectl_ambient.cluster.kinds.services import Service
from kubectl_ambient.cluster.served import objects_of
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.catalogue import WaypointReason
from kubectl_ambient.mesh.installation import istiod_versions
from kubectl_ambient.mesh.settling import Standing, Straggler, Wanted
from kubectl_ambient.mesh.waypoint.binding import Binding
from kubectl_ambient.mesh.waypoint.findings import attached_to
from kubectl_ambient.mesh.waypoint.fixes import fixes
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.mesh.waypoint.reference import USE_WAYPOINT
from kubectl_ambient.mesh.waypoint.rules import Target, condition_of, kind_of
from kubectl_ambient.mesh.waypoint.usable import not_programmed
from kubectl_ambient.shell.command import Command

_SERVED = Wanted("object", "served by its waypoint", "served by their waypoint")
_AS_LABELLED = Wanted("object", "as its labels have it", "as their labels have them")
_MISSING = WaypointReason.EVIDENCE_MISSING
# What inherits these is as it is meant to be: no waypoint of a namespace is for it.
_NOT_MEANT = (WaypointReason.NOT_FOR_WORKLOADS, WaypointReason.IS_GATEWAY, WaypointReason.UNSUPPORTED)


class _Found(Struct):
    """How far the objects are."""

    arrived: int = 0
    waits: list[Straggler] = field(default_factory=list)
    others: list[Straggler] = field(default_factory=list)
    unknown: list[Straggler] = field(default_factory=list)
    lost: list[Straggler] = field(default_factory=list)


class WaypointSettling:
    """What the edits reach, and how far that is. enables: a waypoint is to serve it; else the labels are to be over."""

    def __init__(self, edits: Sequence[WaypointEdit], *, enables: bool) -> None:
        wanted = [edit for edit in edits if edit.action != "refuse"]
        self._own = {key_of(edit.target): edit for edit in wanted if not isinstance(edit.target, Namespace)}
        self._homes = {edit.target.name: edit for edit in wanted if isinstance(edit.target, Namespace)}
        self._enables = enables

    def standing(self, judge: WaypointJudge) -> Standing:
        """How far they are in the snapshot of this judge."""
        found, snapshot = _Found(), judge.snapshot
        homes = {name: _other_label(edit, snapshot.namespaces.fact(name)) for name, edit in self._homes.items()}
        found.others += [Straggler(name=f"Namespace/{name}", why=why) for name, why in homes.items() if why]
        reached = set()
        for target in judge.targets():
            key = key_of(target)
            edit = self._own.get(key) or self._inherits(target)
            if edit is None:
                continue
            reached |= {key, ("Namespace", "", target.namespace)} if self._put(found, target, edit, judge) else {key}
        for key, edit in self._own.items():
            if key not in reached:
                _absent(found, edit, snapshot)
        for name, edit in self._homes.items():
            if self._enables and not homes[name] and ("Namespace", "", name) not in reached:
                self._nothing_there(found, name, edit, judge)
        return Standing(
            pods=found.arrived + len(found.waits),
            stragglers=tuple(found.waits),
            others=tuple(found.others),
            unknown=tuple(found.unknown),
            lost=tuple(found.lost),
            wanted=_SERVED if self._enables else _AS_LABELLED,
        )

    def _inherits(self, target: Target) -> WaypointEdit | None:
        """The edit of its namespace, where that counts for it and istiod is going to serve it at all."""
        edit = self._homes.get(target.namespace)
        if edit is None or USE_WAYPOINT in target.labels or (isinstance(target, Service) and _is_a_name(target)):
            return None
        # istiod writes nothing on a pod, so that without a waypoint there is nothing to wait for.
        idle = isinstance(target, Pod) and (not self._enables or target.finished or not target.has_ip)
        return None if idle else edit

    def _put(self, found: _Found, target: Target, edit: WaypointEdit, judge: WaypointJudge) -> bool:
        """Put an object where it belongs; whether it counts."""
        inherits, binding = isinstance(edit.target, Namespace), judge.of(target)
        if inherits and binding.reason in _NOT_MEANT:
            return False
        if (never := _never(target)) and not inherits:
            found.lost.append(Straggler(name=target.ref, why=never))
            return True
        now: WaypointTarget | None = judge.snapshot.namespaces.fact(target.namespace) if inherits else target
        label = _other_label(edit, now)
        ask = self._why_not_served if self._enables else self._why_not_over
        why = label or ask(target, edit, binding, judge)
        if why is None:
            found.unknown.append(Straggler(name=target.ref, why=_untold(binding, judge)))
            # What istiod tells is enough to count it; where it writes nothing, nothing is known.
            found.arrived += bool(binding.condition and binding.condition.true)
        elif why:
            fix = _fix(judge, target) if self._enables and not label else None
            found.waits.append(Straggler(name=target.ref, why=why, fix=fix))
        else:
            found.arrived += 1
        return True

    def _why_not_served(self, target: Target, edit: WaypointEdit, binding: Binding, judge: WaypointJudge) -> str | None:
        """Empty where the waypoint of the edit serves it, by istiod's own word where it has one; None: not known."""
        written, wanted = condition_of(target), edit.names
        waits_for_word = istiod_versions.writes_waypoint_bound(judge.control_plane.newest.version, kind_of(target))
        if binding.reason == _MISSING and not waits_for_word:
            return None
        if binding.reason != _MISSING and binding.waypoint != wanted:
            return binding.message
        if waits_for_word and (written is None or not written.true or attached_to(written) not in (None, wanted)):
            return _not_written(binding, judge)
        gateway = judge.snapshot.gateways.fact(wanted or "")
        return None if gateway is None else _why_dead(gateway, judge)

    def _why_not_over(self, target: Target, edit: WaypointEdit, binding: Binding, judge: WaypointJudge) -> str | None:
        """Empty where what istiod wrote is what the labels have now; None: not known."""
        written = condition_of(target)
        waits_for_word = istiod_versions.writes_waypoint_bound(judge.control_plane.newest.version, kind_of(target))
        if binding.reason == _MISSING and not waits_for_word:
            return None
        has = attached_to(written) if written is not None and written.true else None
        if not waits_for_word or has in (None, binding.named if binding.reason == _MISSING else binding.waypoint):
            return ""
        return f"istiod has it served by waypoint {has} yet (condition istio.io/WaypointBound)."

    def _nothing_there(self, found: _Found, name: str, edit: WaypointEdit, judge: WaypointJudge) -> None:
        """A namespace that holds nothing to be served: its waypoint is to be ready all the same."""
        probe = Service(namespace=name, name="")
        decision = judge.decide(probe)
        gateway = judge.snapshot.gateways.fact(edit.names or "")
        named = f"Namespace/{name}"
        if decision.reason == _MISSING:
            found.unknown.append(Straggler(name=named, why=f"Cannot be told: {decision.because.message}."))
        elif decision.reason == WaypointReason.NOT_READY:
            why = f"{decision.because.message[:1].upper()}{decision.because.message[1:]}."
            found.others.append(Straggler(name=named, why=why, fix=_fix(judge, probe)))
        elif gateway is not None and (why := _why_dead(gateway, judge) or ""):
            found.others.append(Straggler(name=named, why=why, fix=_fix(judge, probe)))


def _why_dead(gateway: Gateway, judge: WaypointJudge) -> str | None:
    """Empty where the waypoint has a proxy that is Ready and is Programmed; None where that is not known."""
    life = judge.life_of(gateway)
    if life.alive is False:
        return f"Waypoint {gateway.key} has no proxy that is Ready: {life.why}."
    if why := not_programmed(gateway):
        return f"Gateway {gateway.key} is not Programmed: {why}."
    return "" if life.alive else None


def _untold(binding: Binding, judge: WaypointJudge) -> str:
    if binding.condition is None or not binding.condition.true:
        return binding.message
    unread = judge.snapshot.gateways.refusal or judge.snapshot.instances.refusal
    why = f": {unread}" if unread else ""
    return f"istiod tells that its waypoint serves it; whether that has a proxy that is Ready cannot be told{why}."


def _not_written(binding: Binding, judge: WaypointJudge) -> str:
    written, whose = binding.condition, "istio.io/WaypointBound"
    if written is None:
        assumed = "" if judge.control_plane.known else " (istiod 1.24 and newer do; its version is not known)"
        return f"istiod has not written the condition {whose} on it{assumed}."
    return f"istiod wrote {whose} {written.status} ({written.reason}): {written.message.rstrip('.')}."


def _never(target: Target) -> str:
    """Why nothing will ever serve it."""
    if isinstance(target, Pod) and target.finished:
        return f"It has ended ({target.phase})."
    if isinstance(target, Service) and _is_a_name(target):
        return "It is an ExternalName Service, no more than a DNS name."
    return ""


def _is_a_name(service: Service) -> bool:
    return service.type == "ExternalName"


def _absent(found: _Found, edit: WaypointEdit, snapshot: Snapshot) -> None:
    """An object with a label of its own that is not among those that are watched."""
    kind, namespace, name = key_of(edit.target)
    unread = objects_of(snapshot)[kind].why_unread(f"{namespace}/{name}")
    one = Straggler(name=f"{kind}/{namespace}/{name}", why=f"Cannot be told: {unread}." if unread else "It is gone.")
    (found.unknown if unread else found.lost).append(one)


def _other_label(edit: WaypointEdit, now: WaypointTarget | None) -> str:
    """That the labels are not as they were set: not seen yet, or set anew by somebody else."""
    if now is None:
        return ""
    own, wanted = use_waypoint(now.labels), edit.after.over(edit.beneath)
    if own == wanted:
        return ""
    was = f"set to “{wanted.text}”" if wanted.text else "taken off"
    now_is = f"“{own.text}”" if own.text else "not set"
    what = f"The label {USE_WAYPOINT} of {printed(edit.target)}"
    return f"{what} was {was}, and is {now_is}: somebody else may have changed it."


def _fix(judge: WaypointJudge, target: Target) -> Command | None:
    """What helps the waypoint, or its label; None where only istiod is waited for."""
    decision = judge.decide(target)
    gateway = judge.snapshot.gateways.fact(decision.named.key)
    if decision.waypoint and (gateway is None or judge.life_of(gateway).alive is not False):
        return None
    return next((fix.command for fix in fixes(judge, target, decision)), None)
