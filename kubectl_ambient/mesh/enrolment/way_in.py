"""The way in for a pod that is out as intended: what keeps it out now, and what would do so next."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ambient.cluster.facts import DATAPLANE_MODE, Namespace
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.catalogue import Reason, WaypointReason
from kubectl_ambient.mesh.commands import (
    RESTARTABLE,
    configure,
    home,
    is_literal,
    replaces_at_once,
    restart,
    roll_out,
    switch_on,
    when_replaced,
)
from kubectl_ambient.mesh.enrolment.mode_label import overwrite
from kubectl_ambient.mesh.evidence import Fix, either, offer
from kubectl_ambient.mesh.installation.origin import install
from kubectl_ambient.mesh.verdict import Judgement
from kubectl_ambient.shell.command import kubectl, remark
from kubectl_ambient.shell.words import inside, kind, name, named, namespace, patch, type_

_ISTIOS_OWN = {"ztunnel", "istio-cni-node", "istiod"}
_FOR_GOOD = {Reason.POD_FINISHED, Reason.NODE_UNSUPPORTED, Reason.HOST_NETWORK}
_NOT_ASKED = {Reason.NOT_LABELED, Reason.NOT_SELECTED, Reason.POD_OPTED_OUT, Reason.OTHER_DATA_PLANE}
_OF_THE_CLUSTER = {Reason.AMBIENT_NOT_INSTALLED, Reason.AMBIENT_DISABLED, Reason.NAMESPACE_EXCLUDED}


def way_in(judgement: Judgement, snapshot: Snapshot) -> Iterator[Fix]:
    """The steps; none for a pod that nothing brings in, and no label where it would have no effect."""
    pod, met, rules = judgement.pod, _obstacles(judgement), judgement.agents.worlds[-1]
    its_own = {pod.labels.get("app"), pod.labels.get("k8s-app")} & _ISTIOS_OWN
    if its_own or judgement.verdict.mode == "gateway" or met & _FOR_GOOD:
        return
    if met & _OF_THE_CLUSTER and judgement.decision.reason in _NOT_ASKED:
        return  # what all share is not changed for a pod that asks for nothing
    if Reason.AMBIENT_NOT_INSTALLED in met:
        yield from install(snapshot)
    elif Reason.AMBIENT_DISABLED in met:
        yield from switch_on(judgement)
    elif Reason.NOT_SELECTED in met:
        place = "daemonset istio-cni-node" if is_literal(rules.entries_told) else "configmap istio-cni-config"
        command = kubectl("get", place, *inside(home(judgement)), "-o yaml")
        yield from offer(command, "shows the selectors of this cluster, which decide here")
    elif Reason.NAMESPACE_EXCLUDED in met:
        yield from configure(judgement, rules.excluded_told, f"take {pod.namespace} off EXCLUDE_NAMESPACES")
    elif Reason.POD_OPTED_OUT in met:
        yield from _owner_alone(judgement)
    elif judgement.decision.reason == Reason.SIDECAR_PRESENT:
        yield from _without_sidecar(judgement)
    else:
        flag = overwrite(_namespace(judgement, snapshot).labels.get(DATAPLANE_MODE))
        effect = "moves in every pod of the namespace that can be"
        by_namespace = list(offer(kubectl("ambient enable ns", namespace(pod.namespace), *flag), effect))
        alone = list(_owner_alone(judgement))
        if alone:
            yield from either(by_namespace, alone)
        else:
            yield from (*by_namespace, *_without_sidecar(judgement))


def _obstacles(judgement: Judgement) -> set[Reason | WaypointReason]:
    """The reasons of the rules that keep the pod out, those that were not reached among them."""
    steps = judgement.decision.steps
    return {step.reason for step in steps if step.reason and step.outcome in ("out", "skipped")}


def _owner_alone(judgement: Judgement) -> Iterator[Fix]:
    """The owner without its neighbours; none where the pod would keep its sidecar."""
    pod, sidecar = judgement.pod, judgement.pod.annotations.sidecar_status is not None
    of, _, owner = (judgement.verdict.owner or "").partition("/")
    if of not in RESTARTABLE:
        if not sidecar:
            flag = overwrite(pod.labels.get(DATAPLANE_MODE))
            command = kubectl("ambient enable pod", name(pod.name), *inside(pod.namespace), *flag)
            yield from offer(command, "moves in this pod alone, at once")
        return
    if judgement.verdict.after_restart == "sidecar":
        yield from _stop_injection(judgement)
    value = _template_value(judgement)
    if value == "ambient":
        yield from roll_out(judgement, "its next pods have the label of their template, and are in")
        return
    target = (type_(RESTARTABLE[of]), name(owner), *inside(pod.namespace))
    how = "and restarts its pods" if replaces_at_once(judgement) else f"each pod {when_replaced(judgement)}"
    moved = kubectl("ambient enable", *target, *overwrite(value))
    yield from offer(moved, f"moves in this workload alone, {how}")


def _without_sidecar(judgement: Judgement) -> Iterator[Fix]:
    """The pod is asked for, and has a sidecar."""
    if judgement.injection.injected is None:
        return
    if judgement.injection.injected:
        yield from _stop_injection(judgement)
        if not judgement.injection.stop:
            return
    is_in = judgement.next_pod.decision.expected == "in"
    yield from restart(judgement, "its next pods come without a sidecar" + (", in ambient mode" if is_in else ""))


def _stop_injection(judgement: Judgement) -> Iterator[Fix]:
    """The command that keeps sidecars from the next pods; none where no single one does."""
    pod, command, workload = judgement.pod, judgement.injection.stop, judgement.workload
    of, _, owner = (judgement.verdict.owner or "").partition("/")
    if workload is not None and workload.template.annotations.sidecar_status is not None:
        by_hand = remark("take the sidecar out of the manifest of", kind(of), name(owner))
        yield from offer(by_hand, "istioctl kube-inject wrote it there")
    elif command:
        yield from offer(command, "no new pod gets a sidecar")
    elif of in RESTARTABLE:
        how = "this restarts them" if replaces_at_once(judgement) else f"each {when_replaced(judgement)}"
        target = (named(RESTARTABLE[of], owner), *inside(pod.namespace))
        patched = kubectl("patch", *target, "-p", patch({"spec": {"template": _NOT_INJECTED}}))
        yield from offer(patched, f"its next pods get no sidecar; {how}")


_NOT_INJECTED = {"metadata": {"labels": {"sidecar.istio.io/inject": "false"}}}


def _template_value(judgement: Judgement) -> str | None:
    return _template_labels(judgement).get(DATAPLANE_MODE)


def _template_labels(judgement: Judgement) -> dict[str, str]:
    """The labels of the next pod; those of this one where its template was not read."""
    workload = judgement.workload
    return (workload.template if workload else judgement.pod).labels


def _namespace(judgement: Judgement, snapshot: Snapshot) -> Namespace:
    found = snapshot.namespaces.get(judgement.pod.namespace)
    return found if isinstance(found, Namespace) else Namespace(name=judgement.pod.namespace)
