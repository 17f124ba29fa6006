"""What a Gateway is good for as a waypoint: which traffic it takes, and whether it is alive."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from kubectl_ambient.cluster.facts import Pod, Unread
from kubectl_ambient.cluster.kinds.conditions import Condition
from kubectl_ambient.cluster.kinds.gateways import WAYPOINT_CLASSES, Gateway, GatewayClass
from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.evidence import Evidence, label, not_serving, unread_labels
from kubectl_ambient.mesh.installation import istiod_versions
from kubectl_ambient.mesh.installation.versions import Version

Traffic = Literal["service", "workload"]

WAYPOINT_FOR = "istio.io/waypoint-for"
WAYPOINT_CLASS = WAYPOINT_CLASSES[0]
MESH_CONTROLLER = "istio.io/mesh-controller"
_DEFAULT = "service"
_HBONE_PORT = 15008


class Takes(Struct, frozen=True, gc=False):
    """The word for which traffic a waypoint takes; None where the GatewayClass that says it could not be read."""

    word: str | None
    evidence: tuple[Evidence, ...]
    assumed: Unread | None = None

    def covers(self, traffic: Traffic) -> bool:
        """Whether the word includes that traffic: `all` or the traffic itself, to the letter."""
        return self.word in ("all", traffic)

    @property
    def nothing(self) -> bool:
        """Whether it takes no traffic at all, so that nobody goes through it who could come to harm."""
        return self.word not in (None, "all", "service", "workload")


def widened(word: str | None, traffic: Traffic) -> str:
    """The traffic type that takes this traffic too, and no more: what another use has is not taken away."""
    other = "workload" if traffic == "service" else "service"
    return "all" if word in ("all", other) else traffic


def takes(gateway: Gateway, of_class: GatewayClass | Unread | None, v: Version) -> Takes:
    """The Gateway's own label, else that of its class (1.23+), else `service`; any other word takes nothing.

    istiod makes the class istio-waypoint without the label, so that is taken for granted where it cannot be read.
    Source: waypoints.go `gatewayToWaypointTransform`.
    """
    own = label(gateway.ref, WAYPOINT_FOR, gateway.labels.get(WAYPOINT_FOR))
    if WAYPOINT_FOR in gateway.labels:
        return Takes(gateway.labels[WAYPOINT_FOR], (own,))
    if of_class is None or not istiod_versions.reads_class_label(v):
        return Takes(_DEFAULT, (own,))
    ref = f"GatewayClass/{gateway.class_name}"
    if isinstance(of_class, Unread):
        evidence = (own, unread_labels(ref, of_class))
        return Takes(_DEFAULT if gateway.class_name == WAYPOINT_CLASS else None, evidence, of_class)
    on_class = label(ref, WAYPOINT_FOR, of_class.labels.get(WAYPOINT_FOR))
    return Takes(of_class.labels.get(WAYPOINT_FOR, _DEFAULT), (own, on_class))


def answers_hbone(gateway: Gateway, of_class: GatewayClass | Unread | None) -> bool:
    """Whether something of it is meant to be spoken HBONE to: a listener for it, or a binding to a sandwiched proxy.

    istiod itself does not ask: any Gateway with an address can be named.
    """
    binding = gateway.inbound_binding or (of_class.inbound_binding if isinstance(of_class, GatewayClass) else None)
    if binding is not None or isinstance(of_class, Unread):
        return True
    return any(x.protocol == "HBONE" or x.port == _HBONE_PORT for x in gateway.listeners)


def is_written(gateway: Gateway, snapshot: Snapshot) -> bool:
    """Whether it is a manifest, and no Gateway of a server: that has conditions from the beginning (its CRD's default).

    Nothing tells then whether it is ready; as it is applied, istiod makes its proxies and writes its address.
    """
    return snapshot.from_files and not (snapshot.whole or gateway.addresses or gateway.conditions)


class Life(Struct, frozen=True, gc=False):
    """Whether a waypoint has a proxy that is Ready; None where that cannot be told."""

    alive: bool | None
    why: str = ""
    evidence: tuple[Evidence, ...] = ()


def life(gateway: Gateway, of_class: GatewayClass | Unread | None, instances: list[Pod] | None) -> Life:
    """By the pods of the Gateway (None: not known); by its condition where they are not known, or are not istiod's.

    istiod never takes an address away, so an address tells nothing here [conversion.go `reportGatewayStatus`].
    Programmed may stay True for a while when all pods are gone, so it counts only where pods cannot tell.
    """
    if instances:
        first = instances[0]
        number = "its only pod is" if len(instances) == 1 else f"none of its {len(instances)} pods is"
        told = not_serving(first)
        only = f"{number} not Ready" if len(instances) == 1 else f"{number} Ready"
        return Life(True) if ready_among(instances) else Life(False, only, (told,))
    istiods = gateway.class_name == WAYPOINT_CLASS or (
        isinstance(of_class, GatewayClass) and of_class.controller == MESH_CONTROLLER
    )
    if instances is not None and istiods and gateway.managed:
        missing = Evidence(f"Pod/{gateway.namespace}", "metadata.labels[gateway.networking.k8s.io/gateway-name]", None)
        return Life(False, "it has no pod", (missing,))
    programmed = gateway.condition("Programmed")
    if programmed is None or not _is_current(gateway, programmed):
        return Life(None)
    if programmed.status == "False":
        told = Evidence(gateway.ref, "status.conditions[Programmed]", programmed.status)
        why = f"its Gateway is not Programmed ({programmed.message or programmed.reason or 'no reason given'})"
        return Life(False, why, (told,))
    return Life(True if programmed.true else None)


def not_programmed(gateway: Gateway) -> str:
    """Why its controller says that it does not work, of the Gateway as it is now; empty where it does not say so."""
    programmed = gateway.condition("Programmed")
    if programmed is None or programmed.status != "False" or not _is_current(gateway, programmed):
        return ""
    return (programmed.message or programmed.reason or "no reason given").rstrip(".")


def why_without_address(gateway: Gateway, instances: list[Pod] | None) -> str:
    """What keeps the address away, as the rest of a sentence; empty where nothing tells. None: its pods are not known.

    istiod writes it at the first readiness of a pod [conversion.go `reportGatewayStatus`].
    """
    if instances and not ready_among(instances):
        return "none of its pods was Ready so far"
    programmed = gateway.condition("Programmed")
    if programmed is None or programmed.true:
        return ""
    return (programmed.message or programmed.reason).rstrip(".")


def ready_among(instances: Iterable[Pod]) -> list[Pod]:
    """Those that serve: Ready, and not being deleted."""
    return [pod for pod in instances if pod.ready and pod.deleting is None]


def _is_current(gateway: Gateway, condition: Condition) -> bool:
    """Whether a condition is about the Gateway as it is now."""
    seen, now = condition.generation, gateway.generation
    return seen is None or now is None or seen >= now
