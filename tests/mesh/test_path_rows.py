"""PeerAuthentications and AuthorizationPolicies on an ambient pod, row by row: what becomes of a connection."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from kubectl_ambient.cluster.facts import Unread
from kubectl_ambient.mesh.path.way import Outcome
from tests.mesh.path_scene import (
    Manifest,
    asked,
    authorization_policy,
    istiod,
    network_policy,
    peer_authentication,
    service,
    snapshot,
    waypoint,
)

ROOT = "istio-system"
HERE = {"selector": {"matchLabels": {"app": "ambient"}}}
OUT, IN_MESH, SIDECAR, OWN_NODE = "pod/outsider", "pod/caller", "pod/sidecar-caller", "pod/on-n1"
CALLER = "cluster.local/ns/shop/sa/caller"


def mesh(mode: str, second: int = 0) -> Manifest:
    return peer_authentication(mode, namespace=ROOT, second=second)


def by_ports(mode: str | None, **ports: str) -> Manifest:
    port_level = {number.removeprefix("p"): {"mode": word} for number, word in ports.items()}
    return peer_authentication(mode, "ports", second=5, portLevelMtls=port_level, **HERE)


def ap(action: str, *rules: dict[str, Any], **more: Any) -> Manifest:
    return authorization_policy("p", action, rules=list(rules), **more)


PRINCIPAL = {"from": [{"source": {"principals": [CALLER]}}]}
GET = {"to": [{"operation": {"methods": ["GET"]}}]}
SELECTED = {"selector": {"matchLabels": {"app": "ambient"}}}
PERMISSIVE_AND_STRICT = by_ports("PERMISSIVE", p9090="STRICT")
EXCEPTED = [mesh("STRICT"), by_ports("UNSET", p8080="PERMISSIVE")]

ROWS = [
    ("115 no policy", [], OUT, 8080, "allowed"),
    ("116 mesh STRICT", [mesh("STRICT")], OUT, 8080, "denied"),
    (
        "117 mesh STRICT, namespace PERMISSIVE",
        [mesh("STRICT"), peer_authentication("PERMISSIVE")],
        OUT,
        8080,
        "allowed",
    ),
    ("118 mesh STRICT, namespace DISABLE", [mesh("STRICT"), peer_authentication("DISABLE")], OUT, 8080, "allowed"),
    (
        "119 mesh STRICT, workload DISABLE",
        [mesh("STRICT"), peer_authentication("DISABLE", "w", **HERE)],
        OUT,
        8080,
        "allowed",
    ),
    ("120 mesh STRICT, namespace UNSET", [mesh("STRICT"), peer_authentication("UNSET")], OUT, 8080, "denied"),
    (
        "121 with a selector in the root namespace",
        [peer_authentication("STRICT", "w", ROOT, **HERE)],
        OUT,
        8080,
        "allowed",
    ),
    (
        "122 the older of two",
        [peer_authentication("PERMISSIVE", "a"), peer_authentication("STRICT", "b", second=9)],
        OUT,
        8080,
        "allowed",
    ),
    ("123 workload PERMISSIVE, 9090 STRICT", [PERMISSIVE_AND_STRICT], OUT, 9090, "denied"),
    ("123 … to 8080", [PERMISSIVE_AND_STRICT], OUT, 8080, "allowed"),
    ("123 … under mesh STRICT", [mesh("STRICT"), PERMISSIVE_AND_STRICT], OUT, 9090, "allowed"),
    ("124 workload STRICT, 8080 PERMISSIVE", [by_ports("STRICT", p8080="PERMISSIVE")], OUT, 8080, "allowed"),
    ("124 … to 9090", [by_ports("STRICT", p8080="PERMISSIVE")], OUT, 9090, "denied"),
    ("125 mesh STRICT, workload UNSET, 8080 PERMISSIVE", EXCEPTED, OUT, 8080, "allowed"),
    ("125 … istiod 1.24.0", [*EXCEPTED, *istiod(version="1.24.0")], OUT, 8080, "denied"),
    (
        "126 mesh STRICT, workload UNSET, 8080 DISABLE",
        [mesh("STRICT"), by_ports("UNSET", p8080="DISABLE")],
        OUT,
        8080,
        "denied",
    ),
    ("127 mesh STRICT, sidecar by HBONE", [mesh("STRICT")], SIDECAR, 8080, "allowed"),
    ("128 mesh STRICT, hostNetwork on the same node", [mesh("STRICT")], OWN_NODE, 8080, "allowed"),
    ("129 ALLOW by methods only", [ap("ALLOW", GET)], IN_MESH, 8080, "denied"),
    ("130 ALLOW principals, or methods", [ap("ALLOW", PRINCIPAL, GET)], IN_MESH, 8080, "allowed"),
    (
        "131 DENY notRequestPrincipals *",
        [ap("DENY", {"from": [{"source": {"notRequestPrincipals": ["*"]}}]})],
        OUT,
        8080,
        "allowed",
    ),
    ("132 DENY principals and methods", [ap("DENY", {**PRINCIPAL, **GET})], IN_MESH, 8080, "allowed"),
    (
        "133 DENY ports and methods",
        [ap("DENY", {"to": [{"operation": {"ports": ["8080"], "methods": ["GET"]}}]})],
        IN_MESH,
        8080,
        "denied",
    ),
    ("134 CUSTOM", [ap("CUSTOM", {}, provider={"name": "x"})], OUT, 8080, "allowed"),
    ("135 ALLOW principals, out of mesh", [ap("ALLOW", PRINCIPAL)], OUT, 8080, "denied"),
    (
        "136 ALLOW for a Service without waypoint",
        [ap("ALLOW", GET, targetRefs=[{"kind": "Service", "group": "", "name": "ambient"}])],
        OUT,
        8080,
        "allowed",
    ),
    (
        "137 DENY that is to be tried out",
        [ap("DENY", {}, annotations={"istio.io/dry-run": "true"})],
        OUT,
        8080,
        "allowed",
    ),
    (
        "137 … istiod 1.25.1",
        [ap("DENY", {}, annotations={"istio.io/dry-run": "true"}), *istiod(version="1.25.1")],
        OUT,
        8080,
        "denied",
    ),
]


@pytest.mark.parametrize(("objects", "source", "port", "ending"), [row[1:] for row in ROWS], ids=[r[0] for r in ROWS])
def test_each_row(objects: list[Manifest], source: str, port: int, ending: str) -> None:
    answer = asked(source, "pod/ambient", snapshot(*objects), port)
    assert answer.verdict == ending, answer.message
    if ending == "denied" and any(o["kind"] == "PeerAuthentication" for o in objects):
        assert all(d.object.startswith("PeerAuthentication/") for d in answer.decided_by)
        assert "no identity" in answer.message


def test_every_row_is_there() -> None:
    assert {int(row[0].split()[0]) for row in ROWS} == set(range(115, 138))


@pytest.mark.parametrize("row", [134, 136])
def test_a_policy_that_nothing_enforces_is_told(row: int) -> None:
    objects = next(r[1] for r in ROWS if r[0].startswith(str(row)))
    answer = asked(OUT, "svc/ambient", snapshot(*objects))
    told = [policy for policy in answer.first.policies if policy.at is None]
    assert [policy.object for policy in told] == (["AuthorizationPolicy/shop/p"] if row == 136 else [])


WAYPOINT = {"targetRefs": [{"kind": "Service", "group": "", "name": "served"}]}


def at_waypoint(action: str, *rules: dict[str, Any], name: str = "l7") -> Manifest:
    return authorization_policy(name, action, rules=list(rules), **WAYPOINT)


L7_ROWS = [
    ("allows some requests", [at_waypoint("ALLOW", GET)], "depends", True),
    ("allows the caller", [at_waypoint("ALLOW", PRINCIPAL)], "allowed", True),
    ("allows others", [at_waypoint("ALLOW", {"from": [{"source": {"principals": ["x"]}}]})], "denied", False),
    ("allows the caller some requests", [at_waypoint("ALLOW", {**PRINCIPAL, **GET})], "depends", True),
    (
        "allows others some requests",
        [at_waypoint("ALLOW", {"from": [{"source": {"principals": ["x"]}}], **GET})],
        "denied",
        False,
    ),
    ("denies the caller", [at_waypoint("DENY", PRINCIPAL)], "denied", True),
    ("denies some requests", [at_waypoint("DENY", GET)], "depends", True),
    ("denies others", [at_waypoint("DENY", {"from": [{"source": {"principals": ["x"]}}]})], "allowed", False),
    (
        "denies what comes to the service's port",
        [at_waypoint("DENY", {"to": [{"operation": {"ports": ["80"]}}]})],
        "denied",
        True,
    ),
    ("denies another port", [at_waypoint("DENY", {"to": [{"operation": {"ports": ["8080"]}}]})], "allowed", False),
    (
        "denies by an attribute of requests",
        [at_waypoint("DENY", {"when": [{"key": "request.headers[x]", "values": ["y"]}]})],
        "depends",
        True,
    ),
    (
        "has a provider decide",
        [authorization_policy("l7", "CUSTOM", rules=[{}], provider={"name": "x"}, **WAYPOINT)],
        "depends",
        True,
    ),
    (
        "denies all and has a provider",
        [authorization_policy("c", "CUSTOM", rules=[{}], provider={"name": "x"}, **WAYPOINT), at_waypoint("DENY", {})],
        "denied",
        True,
    ),
    ("only audits", [at_waypoint("AUDIT", {})], "allowed", False),
]


@pytest.mark.parametrize(("objects", "ending", "named"), [row[1:] for row in L7_ROWS], ids=[r[0] for r in L7_ROWS])
def test_what_a_waypoint_says(objects: list[Manifest], ending: str, named: bool) -> None:
    answer = asked(IN_MESH, "svc/served", snapshot(*objects))
    assert answer.verdict == ending, answer.message
    deciders = [(d.object, d.at) for d in answer.decided_by]
    assert (("AuthorizationPolicy/shop/l7", "waypoint") in deciders) is named
    assert all(policy.at == "waypoint" for policy in answer.first.policies)


def test_the_destination_sees_the_waypoint_and_denies_what_allows_the_caller_alone() -> None:
    selected = {"selector": {"matchLabels": {"app": "served"}}}
    answer = asked(IN_MESH, "svc/served", snapshot(ap("ALLOW", PRINCIPAL, **selected)))
    assert (answer.verdict, answer.identity) == ("denied", "spiffe://cluster.local/ns/shop/sa/wp")
    assert "AuthorizationPolicy/shop/p" in answer.message


def test_who_goes_past_a_waypoint_goes_past_its_policies_and_that_is_told() -> None:
    answer = asked(SIDECAR, "svc/served", snapshot(at_waypoint("DENY", {})))
    assert answer.verdict == "allowed"
    assert [(p.object, p.at) for p in answer.first.policies] == [("AuthorizationPolicy/shop/l7", None)]
    (finding,) = answer.first.findings
    assert (finding.code.value, finding.evidence[0].field) == ("WaypointPassedBy", "spec.targetRefs")
    assert asked(SIDECAR, "svc/served", snapshot()).first.findings == ()


def test_a_dead_waypoint_takes_the_connection_with_it() -> None:
    answer = asked(IN_MESH, "svc/served", snapshot(*waypoint("wp", for_="all", ready="False")))
    assert answer.verdict == "denied"
    assert [d.object for d in answer.decided_by] == ["Gateway/shop/wp"]


def test_a_waypoint_that_is_not_there_is_passed() -> None:
    found = snapshot(service("served", labels={"istio.io/use-waypoint": "bogus"}))
    answer = asked(IN_MESH, "svc/served", found)
    assert (answer.verdict, [hop.at for hop in answer.first.hops]) == ("allowed", ["ztunnel", "ztunnel", "app"])
    assert "no waypoint" in answer.first.conditions[0].message


ONLY_8080 = {"ports": [{"port": 8080}]}
NETWORKS = [
    # What comes as HBONE comes to 15008; a client out of the mesh to the port of the application.
    (
        network_policy("n", podSelector={}, ingress=[ONLY_8080]),
        IN_MESH,
        "pod/ambient",
        [(15008, True, False)],
        "denied",
    ),
    (network_policy("n", podSelector={}, ingress=[ONLY_8080]), OUT, "pod/ambient", [(8080, True, True)], "allowed"),
    (
        network_policy("n", podSelector={"matchLabels": {"app": "caller"}}, policyTypes=["Egress"], egress=[ONLY_8080]),
        IN_MESH,
        "pod/ambient",
        [(15008, False, True)],
        "denied",
    ),
    # Before a waypoint and behind it, each leg at 15008: one that lets the caller in does not let the waypoint in.
    (
        network_policy(
            "n",
            podSelector={"matchLabels": {"app": "served"}},
            ingress=[{"from": [{"podSelector": {"matchLabels": {"app": "caller"}}}]}],
        ),
        IN_MESH,
        "svc/served",
        [(15008, True, True), (15008, True, False)],
        "denied",
    ),
    (
        network_policy("n", podSelector={"matchLabels": {"app": "wp-pod"}}, ingress=[ONLY_8080]),
        IN_MESH,
        "svc/served",
        [(15008, True, False), (15008, True, True)],
        "denied",
    ),
    # A waypoint speaks plain text to what is out of the mesh, at the port of the application.
    (
        network_policy("n", podSelector={"matchLabels": {"app": "plain-served"}}, ingress=[ONLY_8080]),
        IN_MESH,
        "svc/plain-served",
        [(15008, True, True), (8080, True, True)],
        "allowed",
    ),
]


@pytest.mark.parametrize(("policy", "source", "to", "legs", "ending"), NETWORKS)
def test_network_policies_see_each_leg_at_the_port_that_it_has(
    policy: Manifest, source: str, to: str, legs: list[tuple[int, bool, bool]], ending: str
) -> None:
    answer = asked(source, to, snapshot(policy))
    said = [(leg.network.port, leg.network.egress, leg.network.ingress) for leg in answer.first.legs]
    assert (said, answer.verdict) == (legs, ending), answer.message
    if ending == "denied":
        assert [(d.object, d.at) for d in answer.decided_by] == [("NetworkPolicy/shop/n", "network")]
    assert (answer.first.network is None) == (len(legs) > 1)


def test_what_is_outside_and_has_no_address_depends_on_it_where_a_block_decides() -> None:
    block = network_policy("n", podSelector={}, ingress=[{"from": [{"ipBlock": {"cidr": "192.0.2.0/24"}}]}])
    answer = asked("outside", "pod/ambient", snapshot(block))
    assert (answer.verdict, [d.object for d in answer.decided_by]) == ("depends", ["NetworkPolicy/shop/n"])


def test_what_comes_from_a_captured_pods_own_node_comes_from_another_address() -> None:
    probes = network_policy("n", podSelector={}, ingress=[{"from": [{"ipBlock": {"cidr": "169.254.7.127/32"}}]}])
    nobody = network_policy("n", podSelector={}, policyTypes=["Ingress"])
    assert asked(OWN_NODE, "pod/ambient", snapshot(probes)).verdict == "allowed"
    assert asked(OWN_NODE, "pod/ambient", snapshot(nobody)).verdict == "denied"
    assert asked(OWN_NODE, "pod/plain", snapshot(nobody)).verdict == "allowed"  # a node may always speak to its pods


@pytest.mark.parametrize("to", ["svc/served", "svc/sidecar"])
def test_what_is_only_to_be_tried_out_is_enforced_by_no_envoy(to: str) -> None:
    where = WAYPOINT if to == "svc/served" else {"selector": {"matchLabels": {"app": "sidecar"}}}
    tried = authorization_policy("p", "DENY", rules=[{}], annotations={"istio.io/dry-run": "true"}, **where)
    assert asked(SIDECAR if to == "svc/sidecar" else IN_MESH, to, snapshot(tried)).verdict == "allowed"
    for_real = authorization_policy("p", "DENY", rules=[{}], **where)
    assert asked(SIDECAR if to == "svc/sidecar" else IN_MESH, to, snapshot(for_real)).verdict == "denied"


def test_what_denies_decides_whatever_else_depends_or_is_not_known() -> None:
    selected = {"selector": {"matchLabels": {"app": "served"}}}
    deny = ap("DENY", {}, **selected)
    assert asked(IN_MESH, "svc/served", snapshot(at_waypoint("ALLOW", GET), deny)).verdict == "denied"
    unread = snapshot(deny)
    unread.peer_authentications.unread[""] = Unread("list peerauthentications", "forbidden")
    unread.peer_authentications.places.clear()
    answer = asked(OUT, "pod/served", unread)
    assert (answer.verdict, [d.object for d in answer.decided_by]) == ("denied", ["AuthorizationPolicy/shop/p"])
    without = snapshot()
    without.peer_authentications.unread[""] = Unread("list peerauthentications", "forbidden")
    assert asked(OUT, "pod/served", without).verdict == "unknown"


def test_a_tie_of_peer_authentications_is_chance() -> None:
    found = snapshot(peer_authentication("STRICT", "a"), peer_authentication("PERMISSIVE", "b"))
    answer = asked(OUT, "pod/ambient", found)
    assert answer.verdict == "depends"
    assert {d.object for d in answer.decided_by} == {"PeerAuthentication/shop/a", "PeerAuthentication/shop/b"}
    assert asked(IN_MESH, "pod/ambient", found).verdict == "allowed"


def test_whether_an_unread_ztunnel_serves_is_not_known_and_what_denies_still_decides() -> None:
    found = snapshot()
    found.ztunnel_pods.unread[""] = Unread("list pods of ztunnel", "forbidden")
    found.ztunnel_pods.places.clear()
    for source, to in ((IN_MESH, "pod/plain"), (OUT, "pod/ambient")):
        answer = asked(source, to, found)
        assert answer.verdict == "unknown"
        assert "cannot list pods of ztunnel: forbidden" in answer.message
    assert asked(OUT, "pod/plain", found).verdict == "allowed"
    found = snapshot(ap("DENY", {}, selector={"matchLabels": {"app": "served"}}))
    found.ztunnel_pods.unread[""] = Unread("list pods of ztunnel", "forbidden")
    assert asked(OUT, "pod/served", found).verdict == "denied"


@pytest.mark.parametrize(
    ("verdicts", "together"),
    [
        (("allowed", "allowed"), "allowed"),
        (("allowed", "denied"), "depends"),
        (("allowed", "unknown"), "unknown"),
        (("unknown", "denied"), "unknown"),
        (("allowed", "unknown", "denied"), "depends"),
    ],
)
def test_paths_of_which_one_is_not_known_may_all_be_alike(verdicts: tuple[Outcome, ...], together: Outcome) -> None:
    one = asked(OUT, "pod/plain", snapshot())
    paths = tuple(replace(one.first, verdict=verdict, message=f"why {verdict}") for verdict in verdicts)
    answer = replace(one, paths=paths)
    assert answer.verdict == together
    assert ("why unknown" in answer.message) == (together == "unknown")


def test_a_redirected_pod_without_a_ztunnel_that_serves_depends_on_it() -> None:
    found = snapshot()
    found.ztunnel_pods.facts.clear()
    assert asked(IN_MESH, "pod/plain", found).verdict == "depends"
    assert asked(OUT, "pod/ambient", found).verdict == "depends"
    assert asked(OUT, "pod/plain", found).verdict == "allowed"
