"""Whom a check asks: for findings that a judge raises anyway, for pods in a state, or for settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Pod
from kubectl_ambient.mesh.catalogue import Code, Severity
from kubectl_ambient.mesh.check.check import Hit
from kubectl_ambient.mesh.evidence import annotation
from kubectl_ambient.mesh.state import State
from kubectl_ambient.mesh.verdict import Verdict
from kubectl_ambient.shell.command import Command, kubectl, offered
from kubectl_ambient.shell.words import inside, name

if TYPE_CHECKING:
    from kubectl_ambient.mesh.check.judged import Judged
    from kubectl_ambient.mesh.risks.platform import Fault


class Findings(Struct, frozen=True):
    """Those of a list of `Judged`, of these codes; with `where`, those that it chooses."""

    of: str
    codes: tuple[Code, ...]
    where: Callable[[Hit], bool] | None = None

    def __call__(self, judged: Judged) -> Iterator[Hit]:
        """The hits, in the order of the list."""
        for hit in getattr(judged, self.of):
            if hit.code in self.codes and (self.where is None or self.where(hit)):
                yield hit


def of_pods(*codes: Code) -> Findings:
    """On pods, and on namespaces as a whole."""
    return Findings("of_pods", codes)


def of_mesh(*codes: Code) -> Findings:
    """On the mesh."""
    return Findings("of_mesh", codes)


def of_labels(*codes: Code, where: Callable[[Hit], bool] | None = None) -> Findings:
    """On labels and annotations."""
    return Findings("of_labels", codes, where)


def is_of_mode(hit: Hit) -> bool:
    """Whether it is about the label that asks for the mode."""
    return any(f"[{DATAPLANE_MODE}]" in evidence.field for evidence in hit.evidence)


def of_bindings(*codes: Code) -> Findings:
    """On what has a waypoint, or names one."""
    return Findings("of_bindings", codes)


def of_waypoints(*codes: Code) -> Findings:
    """On waypoints themselves."""
    return Findings("of_waypoints", codes)


def of_policies(*codes: Code) -> Findings:
    """On policies."""
    return Findings("of_policies", codes)


def of_ztunnels(*codes: Code) -> Findings:
    """On pods and nodes, by what ztunnels say."""
    return Findings("of_ztunnels", codes)


class InState(Struct, frozen=True):
    """The pods in this state."""

    state: State
    severity: Severity

    def __call__(self, judged: Judged) -> Iterator[Hit]:
        """Each with the sentence of its verdict."""
        for pod, verdict in judged.verdicts:
            if verdict.state == self.state:
                yield told_of(pod, verdict, self.severity)


class Settings(Struct, frozen=True):
    """The faults of the objects of this part, of which a plan warns, too. Where there is none, nothing is wrong."""

    part: str
    faults: Callable[[Any], Iterable[Fault]]

    def __call__(self, judged: Judged) -> Iterator[Hit]:
        """Each with its cure."""
        for settings in getattr(judged.snapshot, self.part).known:
            for fault in self.faults(settings):
                message = f"{fault.why}: {fault.remedy}"
                yield Hit(object=settings.ref, message=message, severity="warning", evidence=fault.evidence)


def told_of(pod: Pod, verdict: Verdict, severity: Severity) -> Hit:
    """A pod by the sentence of its verdict, and the command that explains it."""
    key = "ambient.istio.io/redirection"
    return Hit(
        object=pod.ref,
        message=_lowered(verdict.message),
        severity=severity,
        evidence=(annotation(pod.ref, key, pod.annotations.redirection),),
        fix=explain(pod),
    )


def explain(pod: Pod) -> Command | None:
    """The command that tells why."""
    return offered(kubectl("ambient explain pod", name(pod.name), *inside(pod.namespace)))


def _lowered(sentence: str) -> str:
    return f"{sentence[:1].lower()}{sentence[1:]}".removesuffix(".")
