"""The label reference as text: all keys in short, or one in full."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubectl_ambient.foreign import Shown, shown, stacked
from kubectl_ambient.mesh.labels.entry import Entry
from kubectl_ambient.render.labels.documents import since
from kubectl_ambient.render.sentences import folded, paragraphs
from kubectl_ambient.render.terminal import Paint

_INDENT = "  "
_WIDEST = 100


def reference(entries: Iterable[Entry], *, width: int, paint: Paint, full: bool) -> Shown:
    """The entries under LABELS and ANNOTATIONS; in full, with what misleads people."""
    width = min(width, _WIDEST)
    parts: list[str] = []
    source = ""
    for entry in entries:
        if entry.source != source and not full:
            parts.append(f"{entry.source.upper()}S")
        source = entry.source
        parts.append(stacked(_full(entry, width, paint) if full else _brief(entry, width, paint)))
    return paragraphs(parts)


def _brief(entry: Entry, width: int, paint: Paint) -> Iterator[str]:
    yield shown(paint(entry.key, "bold"), f" ({entry.status})")
    yield from _wrapped(entry.effect, width)
    yield from _wrapped(f"on {places(entry)}", width)
    yield from _wrapped(f"values: {entry.values.text or 'any'}", width)


def _full(entry: Entry, width: int, paint: Paint) -> Iterator[str]:
    yield shown(paint(entry.key, "bold"), f" ({entry.source})")
    yield from _wrapped(entry.effect, width)
    yield ""
    rows = [
        ("on", places(entry)),
        ("values", entry.values.text or "any"),
        ("status", entry.status),
        ("read by", entry.read_by + (", and written by Istio" if entry.by_istio else "")),
    ]
    for name, text in rows:
        yield from _wrapped(text, width, first=f"{_INDENT}{name:<9}")
    if entry.pitfalls:
        yield ""
    for pitfall in entry.pitfalls:
        yield from _wrapped(pitfall, width, first=f"{_INDENT}! ")


def places(entry: Entry) -> str:
    """`Service (1.24+), Namespace (1.25+)`, or `Service, Namespace: 1.31+` where it is the same for all."""
    versions = {since(place.since) for place in entry.places}
    if len(versions) == 1 and len(entry.places) > 1:
        (version,) = versions
        return ", ".join(entry.kinds) + (f": {version}+" if version else "")
    told = [f"{place.kind} ({version}+)" if (version := since(place.since)) else place.kind for place in entry.places]
    return ", ".join(told)


def _wrapped(text: str, width: int, *, first: str = _INDENT) -> list[str]:
    return folded(text, max(width, 40), first=first, rest=" " * len(first))
