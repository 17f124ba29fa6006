"""Namespaces that ask for ambient and get none: each of their pods is out as intended, so that no pod tells of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct, structs

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Namespace, Pod
from kubectl_ambient.mesh.catalogue import Code, Reason
from kubectl_ambient.mesh.evidence import Evidence, Finding, label
from kubectl_ambient.mesh.few import few
from kubectl_ambient.mesh.gateways import what_makes_it_a_gateway
from kubectl_ambient.mesh.judge import Judge
from kubectl_ambient.mesh.verdict import Verdict

_NOT_THE_PODS = (
    Reason.AMBIENT_NOT_INSTALLED,
    Reason.AMBIENT_DISABLED,
    Reason.NODE_UNSUPPORTED,
    Reason.NAMESPACE_EXCLUDED,
)
"""What keeps a pod out that asks for ambient, and is nothing of its own."""


class InVain(Struct, frozen=True):
    """A namespace that asks in vain; `cause` goes on after “: ”."""

    namespace: str
    cause: str
    finding: Finding


def may_be_in_vain(verdicts: Iterable[Verdict]) -> list[str]:
    """The namespaces to ask about, in order: those with a pod that is kept out by nothing of its own."""
    return list(dict.fromkeys(v.namespace for v in verdicts if v.reason in _NOT_THE_PODS))


def in_vain(judge: Judge, namespaces: Iterable[str]) -> list[InVain]:
    """Those of these namespaces, of which all pods have to be read, that ask for ambient and get none."""
    asked = set(namespaces)
    homes: dict[str, list[tuple[Pod, Verdict]]] = {}
    for pod in judge.snapshot.pods if asked else ():
        if pod.namespace in asked:
            homes.setdefault(pod.namespace, []).append((pod, judge.judge_kind(pod)))
    return [found for name in sorted(homes) for found in _of(judge, name, homes[name])]


def _of(judge: Judge, name: str, pods: list[tuple[Pod, Verdict]]) -> Iterator[InVain]:
    namespace = judge.snapshot.namespaces.get(name)
    if not isinstance(namespace, Namespace) or namespace.labels.get(DATAPLANE_MODE) != "ambient":
        return
    if namespace.deleting is not None:
        return  # nothing comes there any more
    if any(verdict.expected != "out" or verdict.observed != "absent" for _, verdict in pods):
        return  # some are in, or on their way, or told by themselves
    kept_out = [(pod, verdict) for pod, verdict in pods if verdict.reason in _NOT_THE_PODS and _would_be_in(pod)]
    if not kept_out:
        return
    first, _ = min(kept_out, key=lambda found: found[0].name)
    because = judge.expected_of(first).because
    yield InVain(name, because.message, _finding([name], because.message, namespace, because.evidence))


def _would_be_in(pod: Pod) -> bool:
    """Whether nothing of the pod itself keeps it out."""
    of_its_own = pod.finished or pod.host_network or pod.annotations.sidecar_status is not None
    return not of_its_own and what_makes_it_a_gateway(pod) is None


def _finding(names: list[str], cause: str, namespace: Namespace, evidence: tuple[Evidence, ...]) -> Finding:
    asks = label(f"Namespace/{namespace.name}", DATAPLANE_MODE, namespace.labels.get(DATAPLANE_MODE))
    return Finding.of(Code.NAMESPACE_WITHOUT_AMBIENT, _sentence(names, cause), asks, *evidence)


def _sentence(names: list[str], cause: str) -> str:
    if len(names) == 1:
        return f"namespace {names[0]} asks for ambient, and none of its pods is in: {cause}"
    return f"namespaces {few(names)} ask for ambient, and none of their pods is in: {cause}"


def summed(found: Iterable[InVain]) -> list[Finding]:
    """The same for a screen: namespaces with one cause are one sentence."""
    groups: dict[str, list[InVain]] = {}
    for one in found:
        groups.setdefault(one.cause, []).append(one)
    return [
        structs.replace(group[0].finding, message=_sentence([one.namespace for one in group], cause))
        for cause, group in groups.items()
    ]
