"""Carries checks out on a snapshot: what was found, or why it could not be told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, get_args

from msgspec import Struct

from kubectl_ambient.cluster.facts import NOT_IN_FILES, Unread
from kubectl_ambient.cluster.found import Found
from kubectl_ambient.mesh.check.check import Check, Hit, Outcome, Section
from kubectl_ambient.mesh.check.judged import Judged
from kubectl_ambient.mesh.check.proven import UNASKED

SECTIONS: tuple[Section, ...] = get_args(Section)
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
FAIL_ON = ("error", "warning", "unknown", "any", "none")
_ALONE = "istio-installed"


class Result(Struct, frozen=True, kw_only=True):
    """One check that was made. unread: what of its input could not be read. why: of what was skipped."""

    check: Check
    outcome: Outcome
    hits: tuple[Hit, ...] = ()
    unread: tuple[Unread, ...] = ()
    why: str = ""

    @property
    def message(self) -> str:
        """One sentence, without its full stop."""
        if self.hits:
            more = len(self.hits) - 1
            return f"{self.hits[0].message}{f' (and {more} more)' if more else ''}"
        if self.outcome == "unknown":
            return f"could not tell: {'; '.join(map(str, self.unread))}"
        return self.why or self.check.title

    @property
    def objects(self) -> list[str]:
        """The objects that speak against it, each once."""
        return list(dict.fromkeys(hit.object for hit in self.hits))


class Report(Struct, frozen=True, kw_only=True):
    """All that were made, in their order. no_istio: the one line for where there is none; empty else."""

    results: tuple[Result, ...]
    no_istio: str = ""

    def sections(self) -> Iterator[tuple[Section, list[Result]]]:
        """Section by section; those without a check are left out."""
        for section in SECTIONS:
            of_it = [result for result in self.results if result.check.section == section]
            if of_it:
                yield section, of_it

    def count(self) -> dict[Outcome, int]:
        """How many of each outcome."""
        return {outcome: sum(r.outcome == outcome for r in self.results) for outcome in OUTCOMES}


def run(checks: Iterable[Check], judged: Judged) -> Report:
    """Make the checks. Where there is no Istio, only those are asked that look for what is left of one."""
    nothing = judged.no_istio
    results = tuple(
        Result(check=check, outcome="skipped", why=nothing) if nothing and not check.always else _made(check, judged)
        for check in checks
    )
    left = any(result.hits for result in results if result.check.id != _ALONE)
    return Report(results=results, no_istio="" if left else nothing)


def _made(check: Check, judged: Judged) -> Result:
    if check.proof and not judged.proven.asked:
        return Result(check=check, outcome="skipped", why=UNASKED)
    hits = tuple(_once(check, judged))
    unread = tuple(dict.fromkeys(_unread(check, judged)))
    if hits:
        worst: Outcome = "error" if any(hit.severity == "error" for hit in hits) else "warning"
        return Result(check=check, outcome=worst, hits=hits, unread=unread)
    if not unread:
        return Result(check=check, outcome="ok")
    if all(one.why == NOT_IN_FILES for one in unread):
        return Result(check=check, outcome="skipped", unread=unread, why=f"not in the files: {_named(unread)}")
    return Result(check=check, outcome="unknown", unread=tuple(u for u in unread if u.why != NOT_IN_FILES))


def _named(unread: Sequence[Unread]) -> str:
    return ", ".join(one.what.removeprefix("list ").removeprefix("get ") for one in unread)


def _unread(check: Check, judged: Judged) -> Iterator[Unread]:
    snapshot = judged.snapshot
    parts: dict[str, Found[Any]] = {part: getattr(snapshot, part) for part in (*check.reads, *check.also)}
    some = any(found.facts for part, found in parts.items() if part in _WHERE_THERE_ARE_SOME)
    for part, found in parts.items():
        why = found.refusal
        if why is None:
            continue
        seldom = part in _WHERE_THERE_ARE_SOME and (some or snapshot.takes_for_absent(why))
        if why.why != NOT_IN_FILES or not (found.facts or seldom or part in check.also):
            yield why  # of files it is told what they hold
    yield from judged.proven.unread if check.proof else ()


# Not every mesh has these. Files that hold some of what a check is about are taken to hold all that there is of it, and
# whole clusters in files to have none of what is missing: who fetched the one fetched the other.
_WHERE_THERE_ARE_SOME = (
    "services",
    "service_entries",
    "workload_entries",
    "gateways",
    "gateway_classes",
    "authorization_policies",
    "peer_authentications",
    "network_policies",
    "cilium_config",
    "felix_configurations",
    "cluster_networks",
)


def _once(check: Check, judged: Judged) -> Iterator[Hit]:
    """Warnings and errors, each once; not those that an ask before them told, by the same evidence or the same cure."""
    said: set[tuple[str, str]] = set()
    evidence: set[object] = set()
    for ask in check.asks:
        now: set[object] = set()
        for hit in ask(judged):
            facts = {(e.object, e.field) for e in hit.evidence}
            told = bool(facts and facts <= evidence) or hit.fix in evidence
            if hit.severity == "info" or (hit.object, hit.message) in said or told:
                continue
            said.add((hit.object, hit.message))
            now |= {*facts, *([hit.fix] if hit.fix else ())}
            yield hit
        evidence |= now


def fails(report: Report, conditions: Iterable[str]) -> bool:
    """Whether a check meets a condition of --fail-on: error, warning (or error), unknown, any of these, none."""
    wanted = set(conditions)
    failing: set[Outcome] = set()
    if wanted & {"error", "warning", "any"}:
        failing.add("error")
    if wanted & {"warning", "any"}:
        failing.add("warning")
    if wanted & {"unknown", "any"}:
        failing.add("unknown")
    return any(result.outcome in failing for result in report.results)
