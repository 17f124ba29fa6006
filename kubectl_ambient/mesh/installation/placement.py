"""Why an agent is not on a node: what its DaemonSet asks of nodes, what the node refuses, what refused the pod."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import Struct

from kubectl_ambient.cluster.facts import NOT_FOUND, Event, Node, Requirement, Taint, Unread
from kubectl_ambient.cluster.found import EVERYWHERE
from kubectl_ambient.cluster.installation_facts import DaemonSet, Toleration
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.foreign import without_middle
from kubectl_ambient.mesh.evidence import Evidence, Fix, either, label, offer
from kubectl_ambient.shell.command import kubectl
from kubectl_ambient.shell.words import inside, name, no_taint
from kubectl_ambient.shell.words import label as word

_SPEC = "spec.template.spec"
# What the controller of DaemonSets lets every pod of one tolerate [pkg/controller/daemon/util/daemonset_util.go,
# AddOrUpdateDaemonPodTolerations]; the last only on the host's network.
_ALWAYS = (
    ("node.kubernetes.io/not-ready", "NoExecute"),
    ("node.kubernetes.io/unreachable", "NoExecute"),
    ("node.kubernetes.io/disk-pressure", "NoSchedule"),
    ("node.kubernetes.io/memory-pressure", "NoSchedule"),
    ("node.kubernetes.io/pid-pressure", "NoSchedule"),
    ("node.kubernetes.io/unschedulable", "NoSchedule"),
)
_ON_HOST_NETWORK = ("node.kubernetes.io/network-unavailable", "NoSchedule")


class Cause(Struct, frozen=True, kw_only=True):
    """Why there is none. `message` goes on after “no ztunnel pod runs on n1: ”; `steps` end it."""

    message: str
    evidence: tuple[Evidence, ...] = ()
    steps: tuple[Fix, ...] = ()


def why_absent(program: str, node: str, snapshot: Snapshot) -> Cause | None:
    """Why no pod of `istio-cni` or `ztunnel` is on the node; None where nothing that was read tells it."""
    found = snapshot.cni_daemonsets if program == "istio-cni" else snapshot.ztunnel_daemonsets
    if found.refusal:
        return Cause(message=f"why is not known ({found.refusal})")
    if not found.covers(EVERYWHERE):
        return None
    if not found.known:
        return Cause(message=f"there is no DaemonSet of {program}") if program == "ztunnel" else None
    causes = [_of(daemonset, node, snapshot) for daemonset in found.known]
    return causes[0] if all(causes) else None


def _of(daemonset: DaemonSet, name_: str, snapshot: Snapshot) -> Cause | None:
    node = snapshot.nodes.get(name_)
    known = node if isinstance(node, Node) else None
    if known is not None:
        for cause in (_selector(daemonset, known), _affinity(daemonset, known), _taints(daemonset, known)):
            if cause:
                return cause
    if daemonset.desired == 0:
        evidence = Evidence(daemonset.ref, "status.desiredNumberScheduled", "0")
        return Cause(message=f"{daemonset.ref} wants none on any node", evidence=(evidence,), steps=_look(daemonset))
    if daemonset.lacks_pods:
        return _refused(daemonset, snapshot)
    if isinstance(node, Unread) and node.why != NOT_FOUND:
        return Cause(message=f"why is not known ({node})")
    if known is not None and known.taints is None:
        return Cause(message=f"why is not known (the taints of {known.name} were not read)")
    return None


def _selector(daemonset: DaemonSet, node: Node) -> Cause | None:
    for key, value in daemonset.node_selector.items():
        has = node.labels.get(key)
        if has == value:
            continue
        evidence = (
            Evidence(daemonset.ref, f"{_SPEC}.nodeSelector[{key}]", value),
            label(f"Node/{node.name}", key, has),
        )
        told = f"has {key}={has}" if has is not None else "has no such label"
        return Cause(
            message=f"{daemonset.ref} asks for nodes with the label {key}={value}, and {node.name} {told}",
            evidence=evidence,
            steps=tuple(_reach(daemonset, node, key, value)),
        )
    return None


def _reach(daemonset: DaemonSet, node: Node, key: str, value: str) -> Iterator[Fix]:
    """Where it runs nowhere its selector is the mistake; where it runs elsewhere, it may be the node's label."""
    overwrite = ("--overwrite",) if key in node.labels else ()
    by_label = list(
        offer(
            kubectl("label node", name(node.name), word(key, value), *overwrite),
            f"{node.name} is then one of its nodes",
        )
    )
    effect = f"take {key} out of {_SPEC}.nodeSelector (better: by the value nodeSelector of its chart)"
    by_selector = list(offer(kubectl("edit daemonset", name(daemonset.name), *inside(daemonset.namespace)), effect))
    yield from either(by_selector, by_label) if not daemonset.desired else either(by_label, by_selector)


def _affinity(daemonset: DaemonSet, node: Node) -> Cause | None:
    terms = daemonset.node_terms
    if terms is None or any(term and all(_holds(r, node) for r in term) for term in terms):
        return None
    asked = "; or ".join(", ".join(_as_text(r) for r in term) for term in terms) or "nothing that any node has"
    field = f"{_SPEC}.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"
    edit = kubectl("edit daemonset", name(daemonset.name), *inside(daemonset.namespace))
    return Cause(
        message=f"the node affinity of {daemonset.ref} asks for {asked}, and {node.name} does not have that",
        evidence=(Evidence(daemonset.ref, field, asked),),
        steps=tuple(offer(edit, f"change {_SPEC}.affinity (better: by the value affinity of its chart)")),
    )


def _holds(r: Requirement, node: Node) -> bool:
    """As the scheduler matches nodes [component-helpers scheduling/corev1/nodeaffinity]; the name is a field."""
    value = node.name if r.key == "metadata.name" else node.labels.get(r.key)
    match r.operator:
        case "In":
            return value in r.values
        case "NotIn":
            return value not in r.values
        case "Exists":
            return value is not None
        case "DoesNotExist":
            return value is None
        case "Gt" | "Lt":
            return _compares(r, value)
    return False


def _compares(r: Requirement, value: str | None) -> bool:
    try:
        mine, asked = int(value or ""), int("".join(r.values))
    except ValueError:
        return False
    return mine > asked if r.operator == "Gt" else mine < asked


def _as_text(r: Requirement) -> str:
    return " ".join(part for part in (r.key, r.operator, f"({', '.join(r.values)})" if r.values else "") if part)


def _taints(daemonset: DaemonSet, node: Node) -> Cause | None:
    for taint in node.taints or ():
        if taint.effect not in ("NoSchedule", "NoExecute") or _tolerated(taint, daemonset):
            continue
        evidence = (
            Evidence(f"Node/{node.name}", f"spec.taints[{taint.key}]", str(taint)),
            Evidence(daemonset.ref, f"{_SPEC}.tolerations", f"none for {taint.key}"),
        )
        return Cause(
            message=f"{node.name} has the taint {taint}, which {daemonset.ref} does not tolerate",
            evidence=evidence,
            steps=tuple(_tolerate(daemonset, node, taint)),
        )
    return None


def _tolerate(daemonset: DaemonSet, node: Node, taint: Taint) -> Iterator[Fix]:
    edit = kubectl("edit daemonset", name(daemonset.name), *inside(daemonset.namespace))
    effect = (
        f"add {{key: {taint.key}, operator: Exists, effect: {taint.effect}}} to {_SPEC}.tolerations (better: by the "
        "value tolerations of its chart)"
    )
    yield from offer(edit, effect)
    untaint = kubectl("taint node", name(node.name), no_taint(taint.key, taint.effect))
    yield from offer(untaint, f"takes the taint off {node.name}, for every pod", alternative=True)


def _tolerated(taint: Taint, daemonset: DaemonSet) -> bool:
    always = (*_ALWAYS, _ON_HOST_NETWORK) if daemonset.host_network else _ALWAYS
    return (taint.key, taint.effect) in always or any(_tolerates(t, taint) for t in daemonset.tolerations)


def _tolerates(toleration: Toleration, taint: Taint) -> bool:
    """Source: k8s.io/api/core/v1/toleration.go, ToleratesTaint."""
    if toleration.effect not in ("", taint.effect) or toleration.key not in ("", taint.key):
        return False
    if toleration.operator == "Exists":
        return True
    return bool(toleration.key) and toleration.value == taint.value


def _refused(daemonset: DaemonSet, snapshot: Snapshot) -> Cause | None:
    if snapshot.agent_events.refusal:
        why = snapshot.agent_events.refusal
        return Cause(message=f"{daemonset.ref} has fewer pods than it wants, and why is not known ({why})")
    told = [e for e in snapshot.agent_events if (e.namespace, e.name) == (daemonset.namespace, daemonset.name)]
    event = last(told)
    if event is None:
        return None
    return Cause(
        message=f"its pod was refused: {without_middle(event.message.strip())}",
        evidence=(
            Evidence(f"Event/{event.namespace}/{event.name}", "reason", event.reason),
            Evidence(f"Event/{event.namespace}/{event.name}", "message", event.message),
        ),
        steps=tuple(_allow(event, daemonset)),
    )


def _allow(event: Event, daemonset: DaemonSet) -> Iterator[Fix]:
    if "quota" in event.message:
        quotas = kubectl("describe resourcequota", *inside(daemonset.namespace))
        yield from offer(quotas, _what_quotas_show(event.message, daemonset.namespace))


def _what_quotas_show(message: str, namespace: str) -> str:
    """That one refuses the pod, or that none takes its priority class, which is then not allowed there.

    Source: kubernetes plugin/pkg/admission/resourcequota, `limitedResources`; GKE has it for the classes of the system.
    """
    if "insufficient quota to match these scopes" in message:
        return (
            f"shows the quotas of {namespace}: none takes the pod's priority class, and it is allowed only where one"
            " does (GKE has one in kube-system alone): create one with a scopeSelector for it"
        )
    return f"shows which quota of {namespace} refuses it: raise it, or let it allow the priority class"


def last(events: Sequence[Event]) -> Event | None:
    """The one that was seen last; None of none."""
    return max(events, key=lambda e: (e.last_seen is not None, e.last_seen or "", e.message), default=None)


def _look(daemonset: DaemonSet) -> tuple[Fix, ...]:
    look = kubectl("describe daemonset", name(daemonset.name), *inside(daemonset.namespace))
    return tuple(offer(look, "shows what its controller says of it"))
