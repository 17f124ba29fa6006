"""What moving means for single pods: sidecars, the next restart, Jobs, long connections, and their own redirection."""

from __future__ import annotations

from collections.abc import Iterator

from kubectl_ambient.cluster.facts import Pod
from kubectl_ambient.cluster.kinds.services import ServicePort
from kubectl_ambient.mesh.catalogue import Reason
from kubectl_ambient.mesh.evidence import Evidence, annotation, label
from kubectl_ambient.mesh.risks.catalogue import RiskCode
from kubectl_ambient.mesh.risks.risk import Risk
from kubectl_ambient.mesh.risks.strict import pods
from kubectl_ambient.mesh.risks.turn import Turn
from kubectl_ambient.shell.command import Command, kubectl, offered
from kubectl_ambient.shell.words import inside, named

_RESTARTED = {"Deployment": "deploy", "StatefulSet": "sts", "DaemonSet": "ds"}
# The names that Kubernetes and Istio have for protocols whose connections are kept open.
_LONG = ("amqp", "grpc", "kafka", "mongo", "mysql", "nats", "postgres", "postgresql", "redis", "tcp", "ws", "wss")
_KUBEVIRT = ("kubevirt.io", "virt-launcher")
REROUTE = "istio.io/reroute-virtual-interfaces"


def sidecars_left(turn: Turn) -> Iterator[Risk]:
    """Pods with a sidecar that nothing injects any more: they come in by a restart alone."""
    found: dict[tuple[str, str], list[Pod]] = {}
    for pod in turn.pods:
        move = turn.move_of(pod)
        if move is not None and move.reason == Reason.SIDECAR_PRESENT and move.after_restart == "ambient":
            found.setdefault((pod.namespace, str(move.owner or pod.name)), []).append(pod)
    for (home, owner), hit in found.items():
        yield Risk.of(
            RiskCode.SIDECAR_LEFT,
            f"{pods(hit)} of {home}/{owner.rpartition('/')[2]} would keep the sidecar, and stay out until restarted",
            annotation(hit[0].ref, "sidecar.istio.io/status", hit[0].annotations.sidecar_status),
            affects=[pod.ref for pod in hit],
            fix=_restart(home, owner),
        )


def _restart(home: str, owner: str) -> Command | None:
    kind, _, owned = owner.partition("/")
    if kind not in _RESTARTED:
        return None
    return offered(kubectl("rollout restart", named(_RESTARTED[kind], owned), *inside(home)))


def next_restart(turn: Turn) -> Iterator[Risk]:
    """Pods that come in at once, and whose successors are something else."""
    for becomes, code, what in (
        (
            "sidecar",
            RiskCode.SIDECAR_AFTER_RESTART,
            "get a sidecar at the next restart, which wins",
        ),
        ("none", RiskCode.OUT_AFTER_RESTART, "be out of ambient mode again after the next restart"),
    ):
        hit = [pod for pod in turn.entering if _becomes(turn, pod) == becomes]
        if not hit:
            continue
        injection = turn.judge.explain(hit[0]).next_pod.injection
        there = [e for e in injection.evidence if not e.object.startswith("Mutating") or turn.after.webhooks]
        told = there if becomes == "sidecar" else ()
        own = label(hit[0].ref, "istio.io/dataplane-mode", hit[0].labels.get("istio.io/dataplane-mode"))
        yield Risk.of(
            code,
            f"{pods(hit)} would come in at once, and {what}",
            *(told or (own,)),
            affects=[pod.ref for pod in hit],
            remedy="" if becomes == "sidecar" else "label the owner or the namespace: a label on a pod is lost with it",
            fix=injection.stop if becomes == "sidecar" else None,
        )


def _becomes(turn: Turn, pod: Pod) -> str:
    move = turn.move_of(pod)
    return move.after_restart if move is not None and move.now else ""


def jobs(turn: Turn) -> Iterator[Risk]:
    """Jobs that run now: their connections are cut in the middle of the work."""
    hit = [pod for pod in _at_once(turn) if pod.owner is not None and pod.owner.kind == "Job"]
    if hit:
        yield Risk.of(
            RiskCode.JOB_INTERRUPTED,
            f"{pods(hit)} of Jobs {'runs' if len(hit) == 1 else 'run'} now, and would lose open connections at work",
            *(Evidence(pod.ref, "metadata.ownerReferences[0]", str(pod.owner)) for pod in hit[:3]),
            affects=[pod.ref for pod in hit],
            remedy="wait until they have ended: the label holds for the next ones too",
        )


def long_connections(turn: Turn) -> Iterator[Risk]:
    """Pods behind ports whose protocol keeps connections open: those that are open now are cut."""
    hit: dict[str, Pod] = {}
    told: dict[str, Evidence] = {}
    for pod in _at_once(turn):
        for service in turn.services_of(pod):
            for port in (port for port in service.ports if _is_long(port)):
                field, value = ("appProtocol", port.app_protocol) if port.app_protocol else ("name", port.name)
                hit[pod.ref] = pod
                told.setdefault(service.ref, Evidence(service.ref, f"spec.ports[{port.number}].{field}", value))
    if hit:
        yield Risk.of(
            RiskCode.LONG_CONNECTIONS_CUT,
            f"connections that are open now to {pods(hit.values())} would be cut, and their protocols keep them open"
            " for long",
            *told.values(),
            affects=hit,
            remedy="see that clients connect again, or change it when few are connected",
        )


def _is_long(port: ServicePort) -> bool:
    word = port.app_protocol.rpartition("/")[2] or port.name.partition("-")[0]
    return word.lower() in _LONG


def _at_once(turn: Turn) -> Iterator[Pod]:
    for pod in (*turn.entering, *turn.leaving):
        move = turn.move_of(pod)
        if move is not None and move.now and pod.node:  # else nothing of it runs
            yield pod


def own_redirection(turn: Turn) -> Iterator[Risk]:
    """Pods that run machines or containers of their own, whose traffic ztunnel does not see."""
    for pod in turn.entering:
        seen = turn.on_network(pod)
        told = _nested(pod, seen.images if seen else ())
        if told is not None and (seen is None or not seen.reroute):
            yield Risk.of(
                RiskCode.OWN_REDIRECTION,
                f"pod {pod.namespace}/{pod.name} runs machines or containers of its own, and what these send would"
                f" go past ztunnel, or be lost: the annotation {REROUTE} is not set",
                told,
                annotation(pod.ref, REROUTE, seen.reroute if seen else None),
                affects=[pod.ref],
                remedy=f"name their interfaces in {REROUTE} (1.25+), or opt the pod out",
            )


def _nested(pod: Pod, images: tuple[str, ...]) -> Evidence | None:
    key, value = _KUBEVIRT
    if pod.labels.get(key) == value:
        return label(pod.ref, key, value)
    image = next((image for image in images if "dind" in image.rpartition("/")[2]), None)
    return Evidence(pod.ref, "spec.containers[].image", image) if image else None
