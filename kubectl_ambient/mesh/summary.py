"""Sums over verdicts: of a whole listing, of a namespace, of a workload."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from msgspec import Struct

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Namespace, Unread
from kubectl_ambient.mesh.catalogue import Code
from kubectl_ambient.mesh.evidence import Finding, breaks, tells, warns
from kubectl_ambient.mesh.state import STATES
from kubectl_ambient.mesh.verdict import Verdict

FAIL_ON = ("drift", "pending", "conflict", "unknown", "error", "any")


class NamespaceRow(Struct, frozen=True, kw_only=True, gc=False):
    """One namespace in numbers. `label` is its istio.io/dataplane-mode; None where it could not be read.

    unserved: how many of those that are inside are NOT served. terminating: it is being deleted.
    """

    name: str
    label: str | None
    pods: int
    inside: int
    unserved: int
    out: int
    pending: int
    disagree: int
    unknown: int
    attention: int
    terminating: bool = False


def count(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """How many pods are in each state, `pods` in all, and `unserved` of the Enrolled; every state is named."""
    states = Counter((v.state, v.unserved) for v in verdicts)
    by_state: dict[str, int] = {state: states[state, False] + states[state, True] for state in STATES}
    return {"pods": states.total(), **by_state, "unserved": states["Enrolled", True]}


def by_namespace(
    verdicts: Iterable[Verdict], namespaces: dict[str, Namespace | Unread], marked: Collection[str] = ()
) -> list[NamespaceRow]:
    """One row a namespace, by name; those without a pod are rows too. `marked` need attention themselves."""
    found = at_home(verdicts, namespaces)
    return [_row(name, found[name], namespaces.get(name), name in marked) for name in sorted(found)]


def at_home(verdicts: Iterable[Verdict], namespaces: Iterable[str]) -> dict[str, list[Verdict]]:
    """The verdicts by their namespaces, and those that have none."""
    found: dict[str, list[Verdict]] = {name: [] for name in namespaces}
    for verdict in verdicts:
        found.setdefault(verdict.namespace, []).append(verdict)
    return found


def _row(name: str, verdicts: list[Verdict], namespace: Namespace | Unread | None, marked: bool) -> NamespaceRow:
    n = count(verdicts)
    return NamespaceRow(
        name=name,
        label=namespace.labels.get(DATAPLANE_MODE, "-") if isinstance(namespace, Namespace) else None,
        pods=n["pods"],
        inside=n["Enrolled"],
        unserved=n["unserved"],
        out=n["NotAmbient"],
        pending=n["Pending"] + n["Starting"],
        disagree=n["NotEnrolled"] + n["Stale"],
        unknown=n["Unknown"],
        attention=marked + sum(needs_attention(v) or v.unserved for v in verdicts),
        terminating=isinstance(namespace, Namespace) and namespace.deleting is not None,
    )


def needs_attention(verdict: Verdict) -> bool:
    """Whether a person should look at it: it is not as intended, cannot be told, or has a warning or an error."""
    return verdict.state in ("NotEnrolled", "Stale", "Pending", "Unknown") or warns(verdict.findings)


def fails(verdicts: Sequence[Verdict], conditions: Iterable[str], findings: Iterable[Finding] = ()) -> bool:
    """Whether any verdict meets a condition of --fail-on: drift, pending, conflict, unknown, error, any.

    findings: those on the mesh and on namespaces as a whole, on which `error` and `any` fail as well.
    """
    wanted, found = set(conditions), list(findings)
    if ("any" in wanted and warns(found)) or ("error" in wanted and breaks(found)):
        return True
    return any(meets(verdict, condition) for condition in wanted for verdict in verdicts)


def meets(verdict: Verdict, condition: str) -> bool:
    """Whether a verdict meets a condition of --fail-on."""
    match condition:
        case "drift":
            return verdict.disagrees or verdict.unserved
        case "pending":
            return verdict.state == "Pending"
        case "conflict":
            return tells(verdict.findings, Code.BOTH_MODES)
        case "unknown":
            return verdict.state == "Unknown"
        case "error":
            return breaks(verdict.findings)
        case _:
            return needs_attention(verdict) or verdict.unserved
