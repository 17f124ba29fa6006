"""The commands that make a waypoint, look at it, or change it."""

from __future__ import annotations

from kubectl_ambient.cluster.facts import Workload
from kubectl_ambient.cluster.kinds.gateways import Gateway
from kubectl_ambient.mesh.waypoint.usable import WAYPOINT_FOR
from kubectl_ambient.shell.command import Offer, istioctl, kubectl
from kubectl_ambient.shell.words import Word, inside, label, name


def applied(home: str, waypoint: str, *flags: str | Word) -> Offer:
    """`istioctl waypoint apply -n shop --name waypoint`, with these flags."""
    return istioctl("waypoint apply", *inside(home), "--name", name(waypoint), *flags)


def on_gateway(verb: str, home: str, gateway: str, *words: str | Word) -> Offer:
    """`kubectl edit gateway wp -n shop`, and what follows."""
    return kubectl(verb, "gateway", name(gateway), *inside(home), *words)


def wake(idle: Workload) -> Offer:
    """Have a waypoint's Deployment that asks for no pod make one."""
    return kubectl("scale deployment", name(idle.name), *inside(idle.namespace), "--replicas=1")


def wake_or_look(gateway: Gateway, idle: Workload | None) -> Offer:
    """The same where its Deployment is `idle`; else what shows why a waypoint does not live."""
    return on_gateway("describe", gateway.namespace, gateway.name) if idle is None else wake(idle)


def take_traffic(gateway: Gateway, word: str) -> Offer:
    """Have a waypoint take traffic of that type: `service`, `workload`, `all`."""
    return on_gateway("label", gateway.namespace, gateway.name, label(WAYPOINT_FOR, word), "--overwrite")
