"""`policy status` as text: the policies, with --pods the pods, and what needs attention."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kubectl_ambient.foreign import Shown
from kubectl_ambient.mesh.evidence import Finding
from kubectl_ambient.mesh.policy.acceptance import Accepted
from kubectl_ambient.mesh.policy.judge import PolicyVerdict
from kubectl_ambient.mesh.policy.pods import PodPolicies
from kubectl_ambient.render.sentences import MARK, gravest_first, note, notes_text, sentence
from kubectl_ambient.render.table import fitting, marked, table
from kubectl_ambient.render.terminal import Paint
from kubectl_ambient.shell.command import Command

_NONE = "<none>"
_UNKNOWN = "?"


def policy_table(
    verdicts: Sequence[PolicyVerdict], *, namespaced: bool, headers: bool, width: int, paint: Paint
) -> Shown:
    """One row a policy, marked where it needs attention. Narrow terminals lose REASON."""
    names = ["NAMESPACE"] if namespaced else []
    names += ["KIND", "NAME", "ENFORCED-AT", "PODS", "REASON"]
    names, rows = marked(names, [_row(verdict, namespaced, paint) for verdict in verdicts])
    return table(*fitting(names, rows, width, ("REASON",)), with_headers=headers)


def _row(verdict: PolicyVerdict, namespaced: bool, paint: Paint) -> list[str]:
    row = [verdict.policy.namespace] if namespaced else []
    at = _UNKNOWN if verdict.unknown else ",".join(verdict.enforced_at) or _NONE
    pods = "-" if verdict.waypoint else _UNKNOWN if verdict.pods is None else str(verdict.pods)
    row += [verdict.kind, verdict.policy.name, at, pods, _reason(verdict.ztunnel or verdict.waypoint)]
    return [*row, paint(MARK, "red") if verdict.needs_attention else ""]


def _reason(taken: Accepted | None) -> str:
    if taken is None:
        return "-"
    return taken.reason or _UNKNOWN


def pod_table(pods: Sequence[PodPolicies], *, namespaced: bool, headers: bool, width: int) -> Shown:
    """One row a pod in the mesh: what it does with plain text, and which policies speak on it."""
    names = [*(["NAMESPACE"] if namespaced else []), "POD", "PLAIN-TEXT", "DECIDED-BY", "POLICIES"]
    rows = [_pod_row(pod, namespaced) for pod in pods if pod.mtls is not None]
    return table(*fitting(names, rows, width, ("DECIDED-BY",)), with_headers=headers)


def plain_text(found: PodPolicies) -> str:
    """`refused (8080 allowed)`."""
    words = {"STRICT": "refused", "PERMISSIVE": "allowed", None: _UNKNOWN}
    ports = ", ".join(f"{port} {words[mode]}" for port, mode in found.ports.items())
    return f"{words[found.default]} ({ports})" if ports else words[found.default]


def _pod_row(found: PodPolicies, namespaced: bool) -> list[str]:
    by = ", ".join(f"{pa.namespace}/{pa.name}" for pa in found.decided_by)
    policies = ", ".join(sorted(f"{sent.policy.namespace}/{sent.policy.name}" for sent in found.policies))
    row = [found.pod.namespace] if namespaced else []
    return [*row, found.pod.name, plain_text(found), by or _NONE, policies or _NONE]


def summary(verdicts: Sequence[PolicyVerdict]) -> str:
    """`4 policies: 2 enforced by ztunnel, 1 by waypoints, 1 nowhere.`"""
    n = len(verdicts)
    counts = {
        "by ztunnel": sum("ztunnel" in verdict.enforced_at for verdict in verdicts),
        "by waypoints": sum("waypoint" in verdict.enforced_at for verdict in verdicts),
        "by sidecars": sum("sidecar" in verdict.enforced_at for verdict in verdicts),
        "by gateways": sum("gateway" in verdict.enforced_at for verdict in verdicts),
        "nowhere": sum(not (verdict.enforced_at or verdict.unknown) for verdict in verdicts),
    }
    told = [f"{count} {where}" for where, count in counts.items() if count]
    unknown = sum(verdict.unknown for verdict in verdicts)
    sentences = [f"{n} polic{'y' if n == 1 else 'ies'}, enforced: {', '.join(told)}." if told else ""]
    sentences.append(f"{unknown} cannot be told." if unknown else "")
    return " ".join(filter(None, sentences))


def notes(verdicts: Iterable[PolicyVerdict], *, namespaced: bool, width: int, paint: Paint) -> Shown:
    """Why each marked policy is marked, the gravest first."""
    marked_ones = (verdict for verdict in verdicts if verdict.needs_attention)
    told = [note([_name(verdict, namespaced)], _why(verdict), width, paint, _fixes(verdict)) for verdict in marked_ones]
    return notes_text(told)


def _grave(verdict: PolicyVerdict) -> list[Finding]:
    return [finding for finding in gravest_first(verdict.findings) if finding.severity != "info"]


def _fixes(verdict: PolicyVerdict) -> list[Command | None]:
    return [finding.fix for finding in _grave(verdict)[:1]]


def _why(verdict: PolicyVerdict) -> str:
    grave = _grave(verdict)
    return sentence(grave[0]) if grave else f"{verdict.message[:1].upper()}{verdict.message[1:]}."


def _name(verdict: PolicyVerdict, namespaced: bool) -> str:
    where = f"{verdict.policy.namespace}/" if namespaced else ""
    return f"{verdict.kind} {where}{verdict.policy.name}"
