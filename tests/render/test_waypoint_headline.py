"""The first sentence of `waypoint explain`: a binding through which nothing comes is not told as a good one."""

from __future__ import annotations

from msgspec import structs

from kubectl_ambient.cluster.kinds.gateways import Listener
from kubectl_ambient.mesh.waypoint.explained import explain
from kubectl_ambient.mesh.waypoint.judge import WaypointJudge
from kubectl_ambient.render.terminal import Paint
from kubectl_ambient.render.waypoint.explain import explanation
from tests.mesh.l7_builders import WP, a_mesh, service, use


def test_a_gateway_that_is_no_waypoint() -> None:
    ingress = structs.replace(WP, class_name="istio", listeners=(Listener(name="http", port=80, protocol="HTTP"),))
    cart = service(use("wp"))
    told = explanation(explain(WaypointJudge(a_mesh(ingress, services=[cart])), cart), width=200, paint=Paint(False))
    assert told.splitlines()[0].endswith("its own label names it. It is no waypoint: connections fail there.")
    assert "spec.listeners[protocol=HBONE,port=15008] not set" in told
