"""Every cell of the traffic matrix: who speaks, who is spoken to, how, and what the destination sees."""

from __future__ import annotations

from functools import cache

import pytest

from kubectl_ambient.cluster.snapshot import Snapshot
from kubectl_ambient.mesh.path.answer import Answer
from tests.mesh.path_scene import MTLS, SIDECAR, asked, istiod, peer_authentication, pod, service, snapshot

SOURCES = {
    "out of mesh": "pod/outsider",
    "sidecar": "pod/sidecar-caller",
    "ambient": "pod/caller",
    "Istio ingress": "pod/ingress",
    "non-Istio ingress": "pod/nginx",
    "waypoint": "pod/wp-pod",
    "hostNetwork, same node": "pod/on-n1",
    "hostNetwork, other node": "pod/on-n2",
}
DESTINATIONS = {
    "out of mesh": "svc/plain",
    "sidecar": "svc/sidecar",
    "sidecar with HBONE": "svc/tunnel",
    "ambient": "svc/ambient",
    "ambient, service waypoint": "svc/served",
    "ambient, workload waypoint": "svc/worked",
    "ambient, workload waypoint, by its own address": "pod/worked",
}
PLAIN = "app by plaintext"
TO_SIDECAR = "sidecar by {} > app by plaintext"
CAPTURED = "ztunnel by {} > app by plaintext"
THROUGH = "waypoint by HBONE > ztunnel by HBONE > app by plaintext"
A, S, G = "caller", "sidecar-caller", "in"


def cell(hops: str, sees: str | None = None, *, strict: str = "allowed", ending: str = "allowed") -> tuple[str, ...]:
    """What is passed, whom the destination sees, the verdict, and that under STRICT for all of the mesh."""
    return hops, sees or "", ending, strict


# The columns are those of DESTINATIONS.
_CLEAR = [
    cell(PLAIN),
    cell(TO_SIDECAR.format("plaintext"), strict="denied"),
    cell(TO_SIDECAR.format("plaintext"), strict="denied"),
    *[cell(CAPTURED.format("plaintext"), strict="denied")] * 4,
]
_OWN_NODE = [
    cell(PLAIN),
    cell(TO_SIDECAR.format("plaintext"), strict="denied"),
    cell(TO_SIDECAR.format("plaintext"), strict="denied"),
    *[cell(PLAIN)] * 4,
]
MATRIX = {
    "out of mesh": _CLEAR,
    "non-Istio ingress": _CLEAR,
    "hostNetwork, other node": _CLEAR,
    "hostNetwork, same node": _OWN_NODE,
    "sidecar": [
        cell(f"sidecar by plaintext > {PLAIN}"),
        *[cell(f"sidecar by plaintext > {TO_SIDECAR.format('mTLS')}", S)] * 2,
        *[cell(f"sidecar by plaintext > {CAPTURED.format('HBONE')}", S)] * 4,
    ],
    "ambient": [
        cell(f"ztunnel by plaintext > {PLAIN}"),
        cell(f"ztunnel by plaintext > {TO_SIDECAR.format('plaintext')}", strict="denied"),
        cell(f"ztunnel by plaintext > {TO_SIDECAR.format('HBONE')}", A),
        cell(f"ztunnel by plaintext > {CAPTURED.format('HBONE')}", A),
        cell(f"ztunnel by plaintext > {THROUGH}", "wp"),
        cell(f"ztunnel by plaintext > {CAPTURED.format('HBONE')}", A),
        cell(f"ztunnel by plaintext > {THROUGH}", "wp"),
    ],
    "Istio ingress": [
        cell(PLAIN),
        *[cell(TO_SIDECAR.format("mTLS"), G)] * 2,
        *[cell(CAPTURED.format("HBONE"), G)] * 4,
    ],
    "waypoint": [
        cell(PLAIN),
        cell(TO_SIDECAR.format("plaintext"), strict="denied"),
        cell(TO_SIDECAR.format("HBONE"), "wp"),
        *[cell(CAPTURED.format("HBONE"), "wp")] * 4,
    ],
}
CELLS = [
    pytest.param(row, column, *cells[at], id=f"{row} to {column}")
    for row, cells in MATRIX.items()
    for at, column in enumerate(DESTINATIONS)
]


@cache
def mesh(*, strict: bool = False) -> Snapshot:
    return snapshot(*([peer_authentication("STRICT", namespace="istio-system")] if strict else []))


def way(answer: Answer) -> str:
    return " > ".join(f"{hop.at} by {hop.protocol}" for hop in answer.first.hops)


@pytest.mark.parametrize(("row", "column", "hops", "sees", "ending", "strict"), CELLS)
def test_each_cell(row: str, column: str, hops: str, sees: str, ending: str, strict: str) -> None:
    answer = asked(SOURCES[row], DESTINATIONS[column], mesh())
    identity = f"spiffe://cluster.local/ns/shop/sa/{sees}" if sees else None
    assert (way(answer), answer.identity, answer.verdict) == (hops, identity, ending), answer.message
    assert answer.encrypted == bool(sees)
    under_strict = asked(SOURCES[row], DESTINATIONS[column], mesh(strict=True))
    assert (under_strict.verdict, way(under_strict)) == (strict, hops), under_strict.message
    if strict == "denied":
        assert {d.object for d in under_strict.decided_by} == {"PeerAuthentication/istio-system/default"}


def test_the_matrix_has_every_row_and_every_column() -> None:
    assert set(MATRIX) == set(SOURCES)
    assert all(len(cells) == len(DESTINATIONS) for cells in MATRIX.values())


def test_an_ingress_gateway_goes_through_the_waypoint_where_the_service_asks_for_it() -> None:
    labels = {"istio.io/use-waypoint": "wp", "istio.io/ingress-use-waypoint": "true"}
    answer = asked("pod/ingress", "svc/served", snapshot(service("served", labels=labels)))
    assert (way(answer), answer.identity) == (THROUGH, "spiffe://cluster.local/ns/shop/sa/wp")
    headless = asked("pod/ingress", "svc/served", snapshot(service("served", labels=labels, clusterIP="None")))
    assert way(headless) == CAPTURED.format("HBONE")


def test_a_service_out_of_the_mesh_with_a_waypoint_is_plain_behind_it() -> None:
    answer = asked("pod/caller", "svc/plain-served", mesh())
    assert way(answer) == f"ztunnel by plaintext > waypoint by HBONE > {PLAIN}"
    assert (answer.encrypted, answer.identity, answer.verdict) == (False, None, "allowed")
    assert way(asked("pod/sidecar-caller", "svc/plain-served", mesh())) == f"sidecar by plaintext > {PLAIN}"


@pytest.mark.parametrize("source", SOURCES.values())
def test_a_pending_pod_takes_nothing(source: str) -> None:
    answer = asked(source, "svc/waiting", mesh())
    own_node = source == "pod/on-n1"
    assert answer.verdict == "denied", own_node
    assert [d.object for d in answer.decided_by] == ["Pod/shop/waiting"]
    assert answer.first.legs[-1].protocol == "plaintext"


def test_a_pending_pod_sends_nothing() -> None:
    answer = asked("pod/waiting", "svc/plain", mesh())
    assert (answer.verdict, [d.object for d in answer.decided_by]) == ("denied", ["Pod/shop/waiting"])


def test_a_headless_service_is_called_past_its_waypoint() -> None:
    answer = asked("pod/caller", "svc/headless", mesh())
    assert way(answer) == f"ztunnel by plaintext > {CAPTURED.format('HBONE')}"


def test_a_headless_service_leads_to_the_waypoint_of_its_pods() -> None:
    found = snapshot(service("worked", clusterIP="None"))
    assert way(asked("pod/caller", "svc/worked", found)) == f"ztunnel by plaintext > {THROUGH}"


def test_sidecars_and_gateways_do_not_speak_hbone_where_ambient_is_off_in_istiod() -> None:
    off = snapshot(*istiod(env=[{"name": "PILOT_ENABLE_AMBIENT", "value": "false"}]))
    assert asked("pod/sidecar-caller", "svc/ambient", off).first.legs[-1].protocol == "plaintext"
    assert asked("pod/ingress", "svc/ambient", off).identity is None
    prefers = [{"name": name, "value": "true"} for name in ("PILOT_ENABLE_AMBIENT", "PILOT_PREFER_SENDING_HBONE")]
    answer = asked("pod/sidecar-caller", "svc/tunnel", snapshot(*istiod(env=prefers)))
    assert answer.first.legs[-1].protocol == "HBONE"


def test_a_pod_that_calls_itself_is_not_captured() -> None:
    answer = asked("pod/ambient", "pod/ambient", mesh(strict=True))
    assert (answer.verdict, answer.encrypted, answer.first.legs) == ("allowed", False, ())


def test_bypass_inbound_capture_lets_plain_text_past_and_not_hbone() -> None:
    plain = asked("pod/outsider", "svc/bypassed", mesh(strict=True))
    assert (way(plain), plain.verdict, plain.identity) == (PLAIN, "allowed", None)
    assert [d.object for d in plain.decided_by] == ["Pod/shop/bypassed"]
    assert way(asked("pod/caller", "svc/bypassed", mesh())) == f"ztunnel by plaintext > {CAPTURED.format('HBONE')}"


def test_a_proxyless_client_never_speaks_hbone() -> None:
    annotations = SIDECAR | {"inject.istio.io/templates": "grpc-agent"}
    found = snapshot(pod("grpc", annotations=annotations, labels=MTLS))
    answer = asked("pod/grpc", "svc/ambient", found)
    assert (way(answer), answer.identity) == (CAPTURED.format("plaintext"), None)
