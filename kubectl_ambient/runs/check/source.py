"""What `check` reads, which checks are made, and what came of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct, field

from kubectl_ambient.cluster.place import Places
from kubectl_ambient.kube.errors import UsageError
from kubectl_ambient.mesh.check.check import Check
from kubectl_ambient.mesh.check.judged import Judged
from kubectl_ambient.mesh.check.run import SECTIONS, Report, run
from kubectl_ambient.mesh.check.table import all_checks
from kubectl_ambient.runs.origin import Origin
from kubectl_ambient.runs.place import opened
from kubectl_ambient.runs.told import Told, tell_assumptions, unknown_namespace
from kubectl_ambient.shell.aim import Aim
from kubectl_ambient.shell.command import Command


class CheckRequest(Struct, frozen=True, kw_only=True):
    """Which checks of what; `checks` are those that were chosen. ztunnel: ask the ztunnels of the pods' nodes, too."""

    origin: Origin
    checks: tuple[Check, ...]
    ztunnel: bool = False

    @classmethod
    def of(cls, origin: Origin, only: Iterable[str], skip: Iterable[str], *, ztunnel: bool = False) -> CheckRequest:
        """Check what was typed: ids and sections, which may be repeated or separated by commas. Raises UsageError."""
        chosen, left_out = _words(only, "--only"), _words(skip, "--skip")
        # What takes asking ztunnels is no part of a run that does not, unless it is named.
        usual = [check for check in all_checks() if ztunnel or not check.proof]
        checks = [check for check in all_checks() if {check.id, _typed(check.section)} & chosen] if chosen else usual
        return cls(
            origin=origin,
            ztunnel=ztunnel,
            checks=tuple(check for check in checks if not {check.id, _typed(check.section)} & left_out),
        )


def words() -> dict[str, str]:
    """All that --only and --skip take, the sections (`control-plane`) and the ids, each with what it holds."""
    return {**{_typed(name): "all of this section" for name in SECTIONS}, **{c.id: c.title for c in all_checks()}}


def _words(typed: Iterable[str], flag: str) -> set[str]:
    found = [word for text in typed for word in text.split(",") if word]
    known = words()
    for word in found:
        if word not in known:
            sections = ", ".join(map(_typed, SECTIONS))
            raise UsageError(
                f'error: invalid {flag} "{word}": a section ({sections}) or the id of a check, as -o json tells it'
            )
    return set(found)


def _typed(section: str) -> str:
    return section.replace(" ", "-")


class BothAims(Aim, frozen=True):
    """Leads what reads to the files of this run, if there are any, and all else to the cluster."""

    reading: Aim = Aim()

    def text(self, command: Command) -> str | None:
        """As `Aim` has it."""
        return self.reading.text(command) if command.words[1:3] == _READS else super().text(command)


_READS = ("ambient", "explain")


def aim_of(origin: Origin) -> Aim:
    """Leads the commands that checks offer to where they were made."""
    return BothAims(origin.aim.flags, origin.aim.shell, reading=origin.aim_at_files)


class CheckSource(Told, kw_only=True):
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
    needs = CheckNeeds(namespace=place.namespace, ztunnel=request.ztunnel)
    snapshot = place.read(needs)
    if request.ztunnel:
        place.ask_ztunnels(snapshot)
    judged = Judged(snapshot, place.namespace)
    report = run(request.checks, judged)
    return CheckSource(
        report=report,
        assumptions=[] if report.no_istio else judged.assumptions,
        places=needs.places,
        problems=[*unknown_namespace(snapshot, place.namespace, empty=not judged.verdicts), *place.problems],
    )
