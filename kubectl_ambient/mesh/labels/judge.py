"""Judges the labels of objects: what is set, what is inherited, what is wrong."""

from __future__ import annotations

from msgspec import Struct

from kubectl_ambient.cluster.kinds.labelled import KINDS, TEMPLATED, Labelled
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.evidence import Finding
from kubectl_ambient.mesh.labels.context import context_of
from kubectl_ambient.mesh.labels.lint import lint
from kubectl_ambient.mesh.labels.reference import entry_of
from kubectl_ambient.mesh.labels.settings import Inherited, Setting, inherited, settings


class Report(Struct, frozen=True, kw_only=True):
    """One object: what is set on it, what it inherits, and what is wrong.

    `own` are its own words of the reference, and those that are wrong: not what Istio wrote, nor what it has from
    the template of a workload, where it stands.
    """

    labelled: Labelled
    settings: tuple[Setting, ...]
    own: tuple[Setting, ...]
    inherited: tuple[Inherited, ...]
    findings: tuple[Finding, ...]


class LabelJudge:
    """Judges the objects of one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.context = context_of(snapshot)
        self._snapshot = snapshot
        self._workloads = snapshot.labelled.facts

    @property
    def assumptions(self) -> list[str]:
        """What was taken for granted, each once; all of it is known when everything is judged."""
        return list(dict.fromkeys(self.context.assumptions))

    def judge_all(self) -> list[Report]:
        """The objects that were asked for, by namespace (each before what is in it), kind and name."""
        return [self.judge(labelled) for labelled in sorted(self._snapshot.labelled, key=_order)]

    def judge(self, labelled: Labelled) -> Report:
        """One object. Nothing is wrong with what Istio itself made."""
        found = tuple(settings(labelled))
        judged = [s for s in found if not (s.by_istio or s.beaten or self._is_told_elsewhere(labelled, s))]
        judged = [] if labelled.istios else judged
        above = self._snapshot.labelled_namespaces.fact(labelled.namespace)
        place = {setting.field: at for at, setting in enumerate(found)}
        told = () if labelled.istios else lint(labelled, judged, above, self.context)
        findings = tuple(sorted(told, key=lambda finding: min(place.get(e.field, 0) for e in finding.evidence)))
        wrong = {evidence.field for finding in findings for evidence in finding.evidence}
        return Report(
            labelled=labelled,
            settings=found,
            own=tuple(s for s in found if s.field in wrong or (s in judged and entry_of(s.key, s.source))),
            inherited=inherited(labelled, above, custom=self.context.custom) if above else (),
            findings=findings,
        )

    def _is_told_elsewhere(self, labelled: Labelled, setting: Setting) -> bool:
        """Whether it has it from a template, where it is judged once for all that is made of it."""
        maker = self._maker(labelled)
        if maker is None:
            return labelled.kind in _LABELLED_AS_TEMPLATE and setting.holder == "own" and _has(labelled, setting)
        # All that a CronJob's Job has is the CronJob's, or was: what it has no more, the next Job will not have.
        return labelled.kind != "Pod" or _has(maker, setting)

    def _maker(self, labelled: Labelled) -> Labelled | None:
        """The workload that made a pod or a workload, where it was asked for too."""
        owner = labelled.owner
        if owner is None or labelled.kind not in _MADE or owner.kind not in TEMPLATED:
            return None
        return self._workloads.get(f"{owner.kind}/{labelled.namespace}/{owner.name}")


_MADE = ("Pod", "Job", "ReplicaSet")
# Without labels of its own, an API server gives it those of its template [pkg/apis/batch/v1 and core/v1, defaults.go].
_LABELLED_AS_TEMPLATE = ("Job", "ReplicationController")


def _has(workload: Labelled, setting: Setting) -> bool:
    """Whether its pod template says the same."""
    held = workload.template_labels if setting.source == "label" else workload.template_annotations
    return held.get(setting.key) == setting.value


def _order(labelled: Labelled) -> tuple[str, int, str, str]:
    if labelled.kind == "Namespace":
        return (labelled.name, -1, "", labelled.place)
    return (labelled.namespace, KINDS.index(labelled.kind), labelled.name, labelled.place)
