"""Which version runs: what names one, which of that is believed, and what narrows it down where nothing does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct

from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.installation.versions import OLDEST, Named, Version, named, tag_of

CHART_LABELS = ("app.kubernetes.io/version", "helm.sh/chart")


class Written(Struct, frozen=True, gc=False):
    """A version, and where it is written."""

    named: Named
    evidence: Evidence


class Clue(Struct, frozen=True, gc=False):
    """Something that only some versions do. why: what was seen, as the rest of “as …”."""

    fits: Callable[[Version], bool]
    why: str


def in_image(image: str, evidence: Evidence) -> Iterator[Written]:
    """The version in the tag of an image, if there is one."""
    found = named(tag_of(image))
    if found:
        yield Written(found, evidence)


def in_chart_labels(labels: Mapping[str, str], ref: str) -> Iterator[Written]:
    """Those of the labels that charts set, as far as they can be true: a chart of a checkout says 1.0.0."""
    for key in CHART_LABELS:
        found = named(labels.get(key, ""))
        if found and found.version.minor_version >= OLDEST.minor_version:
            yield Written(found, Evidence(ref, f"metadata.labels[{key}]", labels[key]))


def most_exact(found: Iterable[Written]) -> Written | None:
    """The first; one that says no patch (`1.24`) gives way to a later one of its minor that does."""
    written = list(found)
    if not written or written[0].named.exact:
        return written[0] if written else None
    minor = written[0].named.version.minor_version
    better = (w for w in written if w.named.exact and w.named.version.minor_version == minor)
    return next(better, written[0])


def narrowed(every: Iterable[Version], clues: Iterable[Clue]) -> tuple[tuple[Version, ...], tuple[str, ...]]:
    """The versions that all clues fit, and the clues that told something; one that would leave none is passed over."""
    left, why = tuple(every), []
    for clue in clues:
        fitting = tuple(version for version in left if clue.fits(version))
        if fitting and fitting != left:
            left = fitting
            why.append(clue.why)
    return left, tuple(why)
