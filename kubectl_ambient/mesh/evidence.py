"""Evidence: the object, the field and the value that an answer stands on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, Self

from msgspec import Struct

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.mesh.catalogue import Code, Reason, Severity, WaypointReason
from kubectl_ambient.shell.command import Command, Offer

Outcome = Literal["pass", "in", "out", "unknown", "skipped"]


class Evidence(Struct, frozen=True, gc=False):
    """One fact: `Namespace/shop`, `metadata.labels[istio.io/dataplane-mode]`, `ambient`.

    `value` is None where the field is absent. seen: it was read; else the field or the value says why not.
    """

    object: str
    field: str
    value: str | None
    seen: bool = True


class Step(Struct, frozen=True, kw_only=True, gc=False):
    """What one rule said. `reason` is the word where it decides. taken: it was taken for granted that it passes."""

    rule: str
    outcome: Outcome
    message: str
    evidence: tuple[Evidence, ...] = ()
    reason: Reason | WaypointReason | None = None
    taken: bool = False

    @property
    def assumed(self) -> bool:
        """Whether it passes because something was taken for granted that could not be read."""
        return self.outcome in ("pass", "in") and (self.taken or not all(e.seen for e in self.evidence))

    @property
    def docs(self) -> str | None:
        """The page of the reason; None where the rule gives none. Those about waypoints share a page."""
        return self.reason.page if isinstance(self.reason, Reason) else None


class Finding(Struct, frozen=True, kw_only=True, gc=False):
    """Something about a pod that its user should know. `fix` is a command, or None where there is none."""

    code: Code
    severity: Severity
    message: str
    evidence: tuple[Evidence, ...] = ()
    fix: Command | None = None

    @classmethod
    def of(
        cls,
        code: Code,
        message: str,
        *evidence: Evidence,
        fix: Command | None = None,
        severity: Severity | None = None,
    ) -> Self:
        """What is raised: of the usual severity of its code, or of another that the code can have."""
        grave = severity or code.severities[0]
        assert grave in code.severities, f"{code} is not declared as {grave}"
        return cls(code=code, severity=grave, message=message, evidence=evidence, fix=fix)


def warns(findings: Iterable[Finding]) -> bool:
    """Whether any of the findings is a warning or an error: what a person should look at, and `--fail-on any` names."""
    return any(finding.severity != "info" for finding in findings)


def breaks(findings: Iterable[Finding]) -> bool:
    """Whether any of the findings is an error: what does not work or may do harm, and `--fail-on error` names."""
    return any(finding.severity == "error" for finding in findings)


def tells(findings: Iterable[Finding], *codes: Code) -> bool:
    """Whether any of the findings has one of these codes."""
    return any(finding.code in codes for finding in findings)


class Fix(Struct, frozen=True, gc=False):
    """A command to type, and what it does.

    alternative: it begins another way to the same end, instead of all that stands before it; else it is the next step.
    """

    command: Command
    effect: str
    alternative: bool = False


def offer(command: Offer | None, effect: str, *, alternative: bool = False) -> Iterator[Fix]:
    """The command with its effect; nothing where there is none to offer."""
    if isinstance(command, Command):
        yield Fix(command, effect, alternative)


def either(*ways: Iterable[Fix]) -> Iterator[Fix]:
    """Several ways to one end, of which each may take several steps: the first of each begins an alternative."""
    before = False
    for way in ways:
        fixes = list(way)
        for number, fix in enumerate(fixes):
            yield Fix(fix.command, fix.effect, fix.alternative or (before and number == 0))
        before = before or bool(fixes)


def label(ref: str, key: str, value: str | None) -> Evidence:
    """Evidence of a label; value None where it is not set."""
    return Evidence(ref, f"metadata.labels[{key}]", value)


def unread_labels(ref: str, unread: object) -> Evidence:
    """Evidence that the labels of an object could not be read: `unread` says why, None that nobody asked for them."""
    return Evidence(ref, f"metadata.labels ({unread or 'not read'})", None, seen=False)


def annotation(ref: str, key: str, value: str | None) -> Evidence:
    """Evidence of an annotation; value None where it is not set."""
    return Evidence(ref, f"metadata.annotations[{key}]", value)


def not_serving(pod: Pod) -> Evidence:
    """Evidence that a pod serves nobody: one that is Ready, and ends, does not either."""
    if pod.deleting is not None and pod.ready:
        return Evidence(pod.ref, "metadata.deletionTimestamp", f"{pod.deleting:%Y-%m-%dT%H:%M:%SZ}")
    return Evidence(pod.ref, "status.conditions[Ready]", pod.ready_status)
