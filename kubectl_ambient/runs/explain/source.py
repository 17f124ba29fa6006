"""What `explain` reads: the pods that were named, or those of the namespaces and workloads that were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from kubectl_ambient.cluster.facts import Owner, Pod
from kubectl_ambient.cluster.scope import Scope, chosen, selects
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.foreign import stacked
from kubectl_ambient.kube.resources import Target
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.verdict import Judgement
from kubectl_ambient.runs.explain.request import ExplainRequest
from kubectl_ambient.runs.place import Place, opened
from kubectl_ambient.runs.told import Told, not_found, nothing_found
from kubectl_ambient.shell.command import kubectl
from kubectl_ambient.shell.words import inside, name

if TYPE_CHECKING:
    from kubectl_ambient.cluster.needs.ask import Needs
    from kubectl_ambient.cluster.needs.pods import PodNeeds
    from kubectl_ambient.mesh.policy.judge import PolicyJudge
    from kubectl_ambient.mesh.policy.pods import PodPolicies
    from kubectl_ambient.mesh.subjects import Subject
    from kubectl_ambient.shell.aim import Aim


class Part(Struct, kw_only=True):
    """What one reading told: its judge, the judged pods, and the namespaces or workloads that were named.

    policies: tells of those that speak on the pods; None where nobody asked.
    """

    judge: Judge
    policies: PolicyJudge | None = None
    judgements: list[Judgement] = field(default_factory=list)
    subjects: list[Subject] = field(default_factory=list)

    def policies_on(self, pod: Pod) -> PodPolicies | None:
        """What is enforced at a pod; None where nobody asked."""
        return self.policies.of_pod(pod) if self.policies else None

    @property
    def assumptions(self) -> list[str]:
        """What was taken for granted."""
        of_policies = self.policies.assumptions if self.policies else []
        return list(dict.fromkeys([*self.judge.assumptions, *of_policies]))


class Explained(Told, kw_only=True):
    """All parts, and what was wrong on the way. `several`: more than one pod could have been meant."""

    parts: list[Part] = field(default_factory=list)
    several: bool = False

    @property
    def judged(self) -> list[tuple[Part, Judgement]]:
        """The judged pods of all parts, each once: a pod may be named, and be one of a named workload."""
        found = ((part, judgement) for part in self.parts for judgement in part.judgements)
        return list({judgement.pod.ref: (part, judgement) for part, judgement in found}.values())

    @property
    def judgements(self) -> list[Judgement]:
        """The same without their parts."""
        return [judgement for _, judgement in self.judged]

    @property
    def subjects(self) -> list[Subject]:
        """The namespaces and workloads of all parts."""
        return [subject for part in self.parts for subject in part.subjects]

    @property
    def assumptions(self) -> list[str]:
        """What was taken for granted, each once."""
        return list(dict.fromkeys(told for part in self.parts for told in part.assumptions))


def read_explained(request: ExplainRequest) -> Explained:
    """Read, judge and sum up: one reading for the pods, one for the namespaces, one for the workloads that were named.

    Raises KubeError where there can be no answer at all.
    """
    found = Explained(several=len(request.targets) > 1 or any(t.name is None for t in request.targets))
    place = opened(request.origin)
    for targets in _alike(request.targets):
        needs = _with_policies(_needs(request, targets, place.namespace), request)
        snapshot = place.read(needs)
        if request.ztunnel:
            place.ask_ztunnels(snapshot)
        for ref, sentence in snapshot.missing.items():
            elsewhere = _elsewhere(place, ref, request.origin.aim_at_files)
            found.problems.append(stacked([sentence, *elsewhere]))
        _explain(snapshot, request, targets, place.namespace, found)
    found.problems += place.problems
    if any(part.judgements or part.subjects for part in found.parts):
        found.remarks = []  # of several types it is enough that one has something
    return found


def _alike(targets: Sequence[Target]) -> list[list[Target]]:
    groups: dict[str, list[Target]] = {}
    for target in targets:
        kind = target.resource.kind if target.resource.kind in ("Pod", "Namespace") else "workload"
        groups.setdefault(kind, []).append(target)
    return list(groups.values())


def _needs(request: ExplainRequest, targets: Sequence[Target], namespace: str) -> PodNeeds:
    from kubectl_ambient.cluster.needs.pods import of_namespaces, of_pods, of_pods_in, of_workloads

    names = [target.name for target in targets if target.name is not None]
    if targets[0].resource.kind == "Namespace":
        needs = of_namespaces(names, selected=() if names else ("Namespace",))
    elif targets[0].resource.kind == "Pod":
        needs = of_pods(namespace, names) if names else of_pods_in(_scope(request, namespace, None))
    elif names:
        owners = [Owner(kind=target.resource.kind, name=target.name) for target in targets if target.name is not None]
        needs = of_workloads(namespace, owners)
    else:
        needs = of_namespaces([namespace], selected=(target.resource.kind for target in targets))
    return replace(needs, waypoints=True, ztunnel=request.ztunnel)


def _with_policies(needs: PodNeeds, request: ExplainRequest) -> Needs:
    if not request.policies:
        return needs
    from kubectl_ambient.cluster.needs.policies import WithPolicies

    return WithPolicies(pods=needs)


def _policy_judge(snapshot: Snapshot) -> PolicyJudge:
    from kubectl_ambient.mesh.policy.judge import PolicyJudge

    return PolicyJudge(snapshot)


def _elsewhere(place: Place, ref: str, aim: Aim) -> list[str]:
    """Where a pod of that name is instead, for those who may list all pods; else nothing."""
    from kubectl_ambient.cluster.needs.pods import PodsCalled
    from kubectl_ambient.kube.errors import KubeError

    kind, namespace, name = ref.split("/")
    if kind != "Pod":
        return []
    try:
        pods = place.read(PodsCalled(name)).pods
    except KubeError:
        return []
    return [_found_in(pod, aim) for pod in pods if pod.namespace != namespace]


def _found_in(pod: Pod, aim: Aim) -> str:
    there = kubectl("ambient explain pod", name(pod.name), *inside(pod.namespace))
    return f"It is in namespace {pod.namespace}: {aim.say(there)}"


def _explain(
    snapshot: Snapshot, request: ExplainRequest, targets: Sequence[Target], namespace: str, found: Explained
) -> None:
    """Find the targets in a snapshot and judge them; what is not there becomes a problem in kubectl's words."""
    by_node = all(target.resource.kind == "Pod" and target.name for target in targets)
    judge = Judge(snapshot, waypoints=True, by_node=by_node)
    part = Part(judge=judge, policies=_policy_judge(snapshot) if request.policies else None)
    found.parts.append(part)
    for target in targets:
        kind = target.resource.kind
        if kind == "Pod":
            problem = _pods(part, request, target, namespace)
        elif kind == "Namespace":
            problem = _namespaces(part, request, target)
        else:
            problem = _workloads(part, request, target, namespace)
        if problem and target.name is None:
            found.remarks = [problem]
        elif problem and f"{kind}/{namespace}/{target.name}" not in snapshot.missing:
            found.problems.append(problem)
    found.several = found.several or len(part.judgements) > 1


def _scope(request: ExplainRequest, namespace: str, name: str | None) -> Scope:
    return Scope(
        namespace=namespace,
        names=(name,) if name else (),
        label_selector=request.label_selector,
        field_selector=request.field_selector,
    )


def _pods(part: Part, request: ExplainRequest, target: Target, namespace: str) -> str:
    snapshot = part.judge.snapshot
    pods = chosen(snapshot, _scope(request, namespace, target.name))
    part.judgements += [part.judge.explain(pod) for pod in pods]
    if pods:
        return ""
    elsewhere = (_found_in(pod, request.origin.aim_at_files) for pod in snapshot.pods if pod.name == target.name)
    return stacked([_not_found(snapshot, "pods", target.name, namespace), *elsewhere])


def _not_found(snapshot: Snapshot, plural: str, name: str | None, namespace: str) -> str:
    """kubectl's sentence."""
    if name is None:
        return nothing_found(namespace)
    return not_found(plural, name, in_files=snapshot.from_files)


def _namespaces(part: Part, request: ExplainRequest, target: Target) -> str:
    from kubectl_ambient.mesh.subjects import namespace_subject

    snapshot = part.judge.snapshot
    known = snapshot.namespaces.facts
    names = [target.name] if target.name else [n for n, ns in known.items() if selects(_scope(request, "", None), ns)]
    for home in names:
        pods = [pod for pod in snapshot.pods if pod.namespace == home]
        if home not in known and not pods:
            return _not_found(snapshot, "namespaces", home, "")
        judgements = [part.judge.explain(pod) for pod in pods]
        part.judgements += judgements
        part.subjects.append(namespace_subject(part.judge, home, judgements))
    return "" if names else _not_found(snapshot, "namespaces", None, "")


def _workloads(part: Part, request: ExplainRequest, target: Target, namespace: str) -> str:
    from kubectl_ambient.mesh.subjects import belongs, workload_subject

    snapshot = part.judge.snapshot
    workloads = [
        workload
        for workload in snapshot.workloads
        if workload.kind == target.resource.kind
        and namespace in ("", workload.namespace)
        and target.name in (None, workload.name)
        and selects(_scope(request, namespace, None), workload)
    ]
    for workload in workloads:
        made = (pod for pod in snapshot.pods if belongs(pod, workload, snapshot.workloads.facts))
        judgements = [part.judge.explain(pod) for pod in made]
        part.judgements += judgements
        part.subjects.append(workload_subject(part.judge, workload, judgements))
    return "" if workloads else _not_found(snapshot, target.resource.full_name, target.name, namespace)
