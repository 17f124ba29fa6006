"""What `check` reads, which checks are made, and what came of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from kubectl_ambient.cluster.place import Places
from kubectl_ambient.kube.errors import UsageError
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.judged import Judged
from kubectl_ambient.mesh.check.run import SECTIONS, Report, run
from kubectl_ambient.mesh.check.table import all_checks
from kubectl_ambient.runs.origin import Origin
from kubectl_ambient.runs.place import opened
from kubectl_ambient.runs.told import Told, tell_assumptions, unknown_namespace


@dataclass(frozen=True, kw_only=True)
class CheckRequest:
    """Which checks of what; `checks` are those that were chosen."""

    origin: Origin
    checks: tuple[Check, ...]

    @classmethod
    def of(cls, origin: Origin, only: Iterable[str], skip: Iterable[str]) -> CheckRequest:
        """Check what was typed: ids and sections, which may be repeated or separated by commas. Raises UsageError."""
        chosen, left_out = _words(only, "--only"), _words(skip, "--skip")
        checks = [check for check in all_checks() if not chosen or {check.id, _typed(check.section)} & chosen]
        return cls(
            origin=origin,
            checks=tuple(check for check in checks if not {check.id, _typed(check.section)} & left_out),
        )


def words() -> list[str]:
    """All that --only and --skip take: the sections, `control-plane`, and the ids."""
    return [*map(_typed, SECTIONS), *(check.id for check in all_checks())]


def _words(typed: Iterable[str], flag: str) -> set[str]:
    found = [word for text in typed for word in text.split(",") if word]
    known = set(words())
    for word in found:
        if word not in known:
            sections = ", ".join(map(_typed, SECTIONS))
            raise UsageError(
                f'error: invalid {flag} "{word}": a section ({sections}) or the id of a check, as -o json tells it'
            )
    return set(found)


def _typed(section: str) -> str:
    return section.replace(" ", "-")


@dataclass(kw_only=True)
class CheckSource(Told):
    """What came of the checks, and what was wrong on the way. places: where the objects of files stand."""

    report: Report
    assumptions: Sequence[str]
    places: Places = field(default_factory=dict)

    def tell_beside(self, origin: Origin) -> None:
        """Print to stderr what was taken for granted."""
        tell_assumptions(self.assumptions, origin)


def read_check_source(request: CheckRequest) -> CheckSource:
    """Read and check. Raises KubeError where there can be no answer at all."""
    from kubectl_ambient.cluster.needs.check import CheckNeeds

    place = opened(request.origin)
    needs = CheckNeeds(namespace=place.namespace)
    snapshot = place.read(needs)
    judged = Judged(snapshot, place.namespace)
    report = run(request.checks, judged)
    return CheckSource(
        report=report,
        assumptions=[] if report.no_istio else judged.assumptions,
        places=needs.places,
        problems=[*unknown_namespace(snapshot, place.namespace, empty=not judged.verdicts), *place.problems],
    )
