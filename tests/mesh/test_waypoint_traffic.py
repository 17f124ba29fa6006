"""Every sentence of the reference's parts 4.3 and 4.4: who goes through a waypoint, and who goes past it."""

from __future__ import annotations

import pytest
from msgspec import structs

from kubectl_ambient.cluster.facts import Namespace, Unread
from kubectl_ambient.cluster.kinds.conditions import Condition
from kubectl_ambient.cluster.served import WAYPOINT_BOUND
from kubectl_ambient.mesh.installation.control_plane import control_plane
from kubectl_ambient.mesh.installation.versions import Version, parse
from kubectl_ambient.mesh.waypoint.reach import Reach, Ways
from kubectl_ambient.mesh.waypoint.rules import Target
from kubectl_ambient.mesh.waypoint.traffic import clients, ingress_use_waypoint
from tests.mesh.builders import pod
from tests.mesh.l7_builders import EVERY, mesh, service, service_entry, workload_entry

HOME = Namespace(name="app")
INGRESS = "istio.io/ingress-use-waypoint"
V130 = Version(1, 30, 3)


def who_uses(target: Target, home: Namespace | Unread = HOME, version: Version = V130) -> set[str]:
    """The kinds of clients that go through the waypoint of the object."""
    found = clients(target, home, version, reach(target))
    assert len({client.kind for client in found}) == len(found) == 7
    assert all(client.why and client.source and client.title for client in found)
    return {client.kind for client in found if client.uses}


def reach(target: Target, *, from_files: bool = False) -> Reach:
    snapshot = mesh(target, from_files=from_files)
    return Ways(snapshot, control_plane(snapshot).worlds).to(target)


def of(version: str) -> Version:
    found = parse(version)
    assert found
    return found


def test_43_a_services_address_leads_to_the_service_waypoint_only() -> None:
    assert who_uses(service()) == {"ambient", "east-west"}
    assert who_uses(service_entry()) == {"ambient", "east-west"}


def test_43_a_pods_address_leads_to_the_workload_waypoint_only() -> None:
    assert who_uses(pod()) == who_uses(workload_entry()) == {"ambient"}


def test_ztunnel_knows_no_pod_by_the_address_of_its_node() -> None:
    assert who_uses(pod(host_network=True)) == set()


def test_43_headless_services_are_called_by_their_pods_addresses() -> None:
    assert who_uses(service(cluster_ips=("None",))) == set()
    assert who_uses(service_entry(addresses=())) == set()


def test_a_service_in_a_manifest_will_get_an_address() -> None:
    assert who_uses(service(cluster_ips=())) == {"ambient", "east-west"}


def test_whether_a_service_entry_in_a_manifest_gets_an_address_is_istiods_to_say() -> None:
    entry = service_entry({INGRESS: "true"}, addresses=(), resolution="DNS")
    in_files = {c.kind: c.uses for c in clients(entry, HOME, V130, reach(entry, from_files=True))}
    assert [kind for kind, uses in in_files.items() if uses is None] == ["ambient", "ingress", "east-west"]
    assert not any(in_files.values())
    seen = structs.replace(entry, conditions=(Condition(type=WAYPOINT_BOUND, status="True"),))
    assert not any(c.uses or c.uses is None for c in clients(seen, HOME, V130, reach(seen, from_files=True)))


def test_44_ingress_only_with_its_label_and_an_address() -> None:
    assert "ingress" in who_uses(service({INGRESS: "true"}))
    assert "ingress" not in who_uses(service({INGRESS: "true"}, cluster_ips=("None",)))
    assert "ingress" not in who_uses(pod({INGRESS: "true"}))
    unread = Unread(what="get namespace app", why="forbidden")
    (ingress,) = (client for client in clients(service(), unread, V130, reach(service())) if client.kind == "ingress")
    assert ingress.uses is None
    assert "forbidden" in ingress.why


def test_44_east_west_gateways_from_1_27_on() -> None:
    found = {v for v in EVERY if "east-west" in who_uses(service(), version=of(v))}
    assert found == set(EVERY[EVERY.index("1.27.0") :])


@pytest.mark.parametrize(
    ("value", "accepted"),
    [
        ("true", "1.24.0 1.25.0 1.29.6 1.30.3 1.31.0"),
        ("True", "1.25.0 1.29.6 1.30.3 1.31.0"),
        ("tRUE", "1.25.0 1.29.6"),
        ("1", "1.30.3 1.31.0"),
        ("t", "1.30.3 1.31.0"),
        ("yes", ""),
        ("false", ""),
        ("", ""),
    ],
)
def test_the_words_of_ingress_use_waypoint(value: str, accepted: str) -> None:
    versions = ("1.22.0", "1.23.0", "1.24.0", "1.25.0", "1.29.6", "1.30.3", "1.31.0")
    found = [v for v in versions if ingress_use_waypoint(service({INGRESS: value}), HOME, of(v))]
    assert found == accepted.split()
    inherited = [
        v for v in versions if ingress_use_waypoint(service(), Namespace(name="app", labels={INGRESS: value}), of(v))
    ]
    assert inherited == [v for v in found if v != "1.24.0"], "on the Namespace from 1.25 on"


def test_the_services_word_beats_its_namespaces() -> None:
    home = Namespace(name="app", labels={INGRESS: "true"})
    assert not ingress_use_waypoint(service({INGRESS: "false"}), home, V130)
    assert not ingress_use_waypoint(service({INGRESS: "junk"}), home, V130)
