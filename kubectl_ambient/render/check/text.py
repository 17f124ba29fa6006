"""`check` as text: section by section one line a check, and below it what speaks against it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kubectl_ambient.cluster.facts import NOT_IN_FILES
from kubectl_ambient.foreign import Shown, shown, stacked
from kubectl_ambient.mesh.catalogue import RIGHTS
from kubectl_ambient.mesh.check.check import Hit, Outcome
from kubectl_ambient.mesh.check.proven import UNASKED
from kubectl_ambient.mesh.check.run import Report, Result
from kubectl_ambient.render.sentences import folded
from kubectl_ambient.render.terminal import Paint

MARKS: dict[Outcome, str] = {"ok": "✔", "warning": "‼", "error": "✖", "unknown": "?", "skipped": "·"}
_COLOURS: dict[Outcome, str] = {
    "ok": "green",
    "warning": "yellow",
    "error": "red",
    "unknown": "yellow",
    "skipped": "dim",
}
_MOST_HITS = 5
_MOST_OBJECTS = 3
_HIT = " " * 6


def report(found: Report, *, width: int, paint: Paint) -> Shown:
    """All sections, and the sum below them; where there is no Istio, one line."""
    if found.no_istio:
        return shown(paint(MARKS["error"], "red"), f" {_capital(found.no_istio)}.")
    parts = [
        stacked([name, *(_check(one, width, paint) for one in told)])
        for name, results in found.sections()
        if (told := [one for one in results if one.outcome != "skipped"])
    ]
    return stacked([*parts, summary(found, paint)], "\n\n")


def _check(result: Result, width: int, paint: Paint) -> Shown:
    mark = paint(MARKS[result.outcome], _COLOURS[result.outcome])
    why = f": {result.message}" if result.outcome == "unknown" else ""
    lines = folded(f"{result.check.title}{why}", max(width - 4, 40))
    head = shown("  ", mark, " ", stacked(lines, "\n    "))
    return stacked([head, *_below(result, max(width, 50), paint)])


def _below(result: Result, width: int, paint: Paint) -> Iterator[str]:
    if not result.hits:
        return
    groups = _grouped(result.hits)
    for hits in groups[:_MOST_HITS]:
        text = f"{_about(hits)}{hits[0].message}."
        yield stacked(folded(text, width, first=_HIT, rest=_HIT))
        command = paint.command(hits[0].fix)
        if command:
            yield shown(f"{_HIT}→ {command}")
    if more := len(groups) - _MOST_HITS:
        yield from [shown(f"{_HIT}… and {more} more: -o json lists them all")] if more > 0 else []
    for unread in result.unread if all(one.why != NOT_IN_FILES for one in result.unread) else ():
        yield stacked(folded(f"There may be more: {unread}.", width, first=_HIT, rest=_HIT))
    yield shown(f"{_HIT}more: {result.check.page}")


def _grouped(hits: Iterable[Hit]) -> list[list[Hit]]:
    """Those that say the same of several objects, together."""
    groups: dict[object, list[Hit]] = {}
    for hit in hits:
        groups.setdefault((hit.message, hit.object.partition("/")[0]), []).append(hit)
    return list(groups.values())


def _about(hits: Sequence[Hit]) -> str:
    """The objects, unless the message names its own, or all are meant."""
    ref = hits[0].object
    return "" if ref in hits[0].message or ref.endswith("/*") or "/" not in ref else f"{_names(hits)}: "


def _names(hits: Sequence[Hit]) -> str:
    """`Pod shop/a`, `Pods shop/a, shop/b, shop/c and 3 more`."""
    kind, _, name = hits[0].object.partition("/")
    if len(hits) == 1:
        return f"{kind} {name}".rstrip()
    names = ", ".join(hit.object.partition("/")[2] for hit in hits[:_MOST_OBJECTS])
    more = len(hits) - _MOST_OBJECTS
    return f"{plural(kind)} {names}{f' and {more} more' if more > 0 else ''}"


def plural(kind: str) -> str:
    """`Policies`."""
    return f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}es" if kind.endswith("s") else f"{kind}s"


def summary(found: Report, paint: Paint) -> Shown:
    """`17 ✔  1 ‼  1 ✖  1 could not tell`, and which role would tell it."""
    counts = found.count()
    told = [paint(f"{counts[o]} {MARKS[o]}", _COLOURS[o]) for o in ("ok", "warning", "error") if counts[o] or o == "ok"]
    if counts["unknown"]:
        told.append(shown(f"{counts['unknown']} could not tell"))
    unasked = sum(result.outcome == "skipped" and result.why == UNASKED for result in found.results)
    if skipped := counts["skipped"] - unasked:
        told.append(shown(f"{skipped} that these files cannot tell"))
    if unasked:
        told.append(shown(f"{unasked} more with --ztunnel"))
    line = stacked(told, "  ")
    role = f"To have all of them told, ask for the role of {RIGHTS}." if counts["unknown"] else ""
    return stacked([line, role]) if role else line


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
