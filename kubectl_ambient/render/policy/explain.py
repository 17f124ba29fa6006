"""`policy explain` as text: where it is enforced, what ztunnel makes of its rules, on which pods, and what is wrong."""

from __future__ import annotations

from collections.abc import Sequence

from kubectl_ambient.cluster.policy_facts import AuthorizationPolicy, PeerAuthentication
from kubectl_ambient.foreign import Shown, one_line, shown, stacked
from kubectl_ambient.mesh.policy.judge import PolicyVerdict
from kubectl_ambient.mesh.policy.pods import PodPolicies
from kubectl_ambient.mesh.policy.rule_words import RuleFate, fates
from kubectl_ambient.render.policy.status import plain_text
from kubectl_ambient.render.sentences import folded, paragraphs, wrapped
from kubectl_ambient.render.steps import finding_text
from kubectl_ambient.render.terminal import Paint

_MOST_PODS = 10
_MARKS = {"enforced": ("✔", "green"), "dropped": ("✖", "red"), "never fires": ("✖", "red"), "not sent": ("·", "dim")}
_OUTCOME = {True: ("✔", "green"), False: ("✖", "red"), None: ("?", "yellow")}


def explanation(verdict: PolicyVerdict, *, width: int, paint: Paint) -> Shown:
    """One policy."""
    parts = [
        _headline(verdict, width, paint),
        _targets(verdict, width, paint),
        _rules(verdict, width, paint),
        _pods(verdict.on),
        wrapped(_word(verdict), width),
        stacked(finding_text(f, (), width, paint) for f in verdict.findings if f.message != f"it is {verdict.message}"),
    ]
    return paragraphs(parts)


def _headline(verdict: PolicyVerdict, width: int, paint: Paint) -> Shown:
    who = f"{verdict.kind} {verdict.policy.namespace}/{verdict.policy.name}"
    told = verdict.message if verdict.unknown else f"is {verdict.message}"
    colour = "yellow" if verdict.unknown else "green" if verdict.enforced_at else "red"
    return paint.within(wrapped(f"{who} {told}.", width), one_line(who), colour)


def _targets(verdict: PolicyVerdict, width: int, paint: Paint) -> Shown:
    lines = [_line(_OUTCOME[target.accepted], target.message, width, paint) for target in verdict.targets]
    return stacked(["It is attached to:", *lines]) if lines else Shown()


def _rules(verdict: PolicyVerdict, width: int, paint: Paint) -> Shown:
    policy = verdict.policy
    if not isinstance(policy, AuthorizationPolicy):
        return Shown()
    if not policy.rules:
        does = "refuses every connection" if policy.action == "ALLOW" else "matches no connection"
        return wrapped(f"It has no rules, and so {does}.", width)
    head = f"Its rules ({policy.action}), and what ztunnel makes of them:"
    if verdict.waypoint is not None:
        head = f"Its rules ({policy.action}), which are for waypoints:"
    lines = [_line(_MARKS[rule.fate], _told(rule), width, paint) for rule in fates(policy, verdict.as_sent)]
    return stacked([head, *lines])


def _told(rule: RuleFate) -> str:
    why = (
        f" ({rule.fate}: ztunnel cannot check {', '.join(rule.l7)})" if rule.fate in ("dropped", "never fires") else ""
    )
    return f"rules[{rule.number}] {rule.words}{why}"


def _line(mark: tuple[str, str], text: str, width: int, paint: Paint) -> Shown:
    first, *rest = folded(text, max(width - 4, 30))
    return stacked([shown("  ", paint(*mark), " ", first), *(shown("    ", line) for line in rest)])


def _pods(pods: Sequence[PodPolicies]) -> Shown:
    if not pods:
        return Shown()
    lines = [f"  Pod {found.pod.namespace}/{found.pod.name} ({_at(found)})" for found in pods[:_MOST_PODS]]
    more = len(pods) - _MOST_PODS
    return stacked(["It speaks on:", *lines, *([f"  … and {more} more: -o json lists them all"] if more > 0 else [])])


def _at(found: PodPolicies) -> str:
    return f"{found.mode}; plain text {plain_text(found)}" if found.mtls else found.mode


def _word(verdict: PolicyVerdict) -> str:
    """What istiod itself wrote."""
    if isinstance(verdict.policy, PeerAuthentication):
        return "istiod writes no condition on PeerAuthentications."
    taken = verdict.ztunnel or verdict.waypoint
    type_ = f"{'Ztunnel' if verdict.ztunnel else 'Waypoint'}Accepted"
    written = verdict.policy.condition(type_)
    if written is None or taken is None:
        return f"istiod wrote no condition {type_}."
    agrees = (written.status, written.reason) == (str(taken.accepted), taken.reason)
    beside = (
        "as judged here" if agrees else "which disagrees" if taken.accepted is not None else "what decides is unread"
    )
    return f"istiod wrote {type_} {written.status} ({written.reason}): {beside}."
