"""Dumps of every version, whole and broken, as facts; nothing else of them is kept or told."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from kubectl_ambient.cluster.facts import Unread
from kubectl_ambient.cluster.kinds.pods import ON_NETWORK
from kubectl_ambient.cluster.kinds.table import MESH
from kubectl_ambient.cluster.reading.files import read_files
from kubectl_ambient.cluster.ztunnel.counts import Counts, connections_in, counts_in, tasks_in
from kubectl_ambient.cluster.ztunnel.dump import Certificate, Dump, KnownWorkload, Proxied
from kubectl_ambient.cluster.ztunnel.reading import decoded
from tests.rig.ztunnel import INFO_FROM, as_of, dump_of, enrolled, known

SECRET = "hidden-4711"
read_with_dumps = partial(read_files, kinds=(*MESH, ON_NETWORK), dumps=True)
FULL = dump_of(
    "n1",
    certificates=[
        {
            "identity": "spiffe://cluster.local/ns/shop/sa/web",
            "state": "Available",
            "certChain": [
                {"pem": SECRET, "validFrom": "2026-05-31T12:00:00Z", "expirationTime": "2026-06-01T12:00:00Z"},
                {"pem": SECRET, "validFrom": "2020-01-01T00:00:00Z", "expirationTime": "2036-01-01T00:00:00Z"},
            ],
            "rootCerts": [{"pem": SECRET}],
        }
    ],
    policies=[{"name": "deny", "namespace": "shop", "scope": "Namespace", "action": "Deny", "rules": []}],
    workloadState=dict(
        [
            enrolled("u1", "shop", "web-1", "web"),
            enrolled("u2", "shop", "web-2", "web", state="Pending"),
        ]
    ),
    workloads=[
        known("shop", "web-1", "n1", "10.0.0.1", waypoint={"destination": "shop/wp.shop.svc.cluster.local"}),
        known("shop", "plain", "n2", "10.0.0.2", protocol="TCP"),
        {**known("shop", "web-1", "n9", "10.9.0.1", protocol="TCP"), "uid": "far-away//Pod/shop/web-1"},
    ],
)
FULL["config"]["caHeaders"] = FULL["config"]["xdsHeaders"] = {"authorization": SECRET}
FULL["config"]["proxyMetadata"] = {"ISTIO_META_X": SECRET}
FULL["workloadState"]["u1"]["connections"] = {
    "inbound": [{"src": "10.0.0.7:4711", "originalDst": None, "actualDst": "10.0.0.1:80", "protocol": "HBONE"}],
    "outbound": [{"src": "10.0.0.1:4712", "originalDst": "10.0.0.9:80", "actualDst": "10.0.0.9:15008"}],
}


def body(dump: Any) -> bytes:
    return json.dumps(dump, indent=2, sort_keys=True).encode()


@pytest.mark.parametrize("minor", range(22, 32))
def test_every_version_gives_the_same_facts_as_far_as_it_tells_them(minor: int) -> None:
    found = decoded(body(as_of(minor, FULL)))
    told: dict[str, Any] = {"namespace": "shop", "service_account": "web"} if minor >= INFO_FROM else {}
    names: tuple[dict[str, Any], ...] = ({"name": "web-1"}, {"name": "web-2"}) if minor >= INFO_FROM else ({}, {})
    assert found.node == "n1"
    assert found.version == f"1.{minor}.3"
    assert found.dns_capture is True
    assert found.policies == {"shop/deny"}
    assert found.proxied == {
        "u1": Proxied(state="Up", sources=("10.0.0.1",), **told, **names[0]),
        "u2": Proxied(state="Pending", **told, **names[1]),
    }
    assert found.workloads == {
        "shop/web-1": KnownWorkload(protocol="HBONE", waypoint="shop/wp.shop.svc.cluster.local"),
        "shop/plain": KnownWorkload(protocol="TCP"),
    }
    (certificate,) = found.certificates
    assert certificate.account == "shop/web"
    assert certificate.ends is not None
    assert certificate.ends.isoformat() == "2026-06-01T12:00:00+00:00"


def test_of_the_mesh_only_those_pods_are_kept_that_are_asked_about() -> None:
    assert set(decoded(body(FULL), {"shop/plain", "shop/x"}).workloads) == {"shop/plain"}


def test_nothing_secret_is_kept() -> None:
    assert SECRET not in repr(decoded(body(FULL)))


def test_what_is_left_out_is_the_default() -> None:
    found = decoded(b'{"certificates": [], "workloads": [{"name": "a", "namespace": "b"}]}')
    assert found == Dump(workloads={"b/a": KnownWorkload(protocol="TCP")})


def test_an_inbound_connection_that_came_as_plain_text_was_led_there() -> None:
    inbound = [{"src": "10.0.0.7:1", "originalDst": "10.0.0.1:80", "actualDst": "10.0.0.1:80", "protocol": "TCP"}]
    state = {"u": {"state": "Up", "connections": {"inbound": inbound, "outbound": []}}}
    found = decoded(body(dump_of("n1", workloadState=state))).proxied
    assert found is not None
    assert found["u"].redirects(())


def test_an_ipv6_source_is_an_address() -> None:
    state = {"u": {"state": "Up", "connections": {"inbound": [], "outbound": [{"src": "[fd00::1]:4711"}]}}}
    found = decoded(body(dump_of("n1", workloadState=state))).proxied
    assert found is not None
    assert found["u"].redirects(("fd00::1",))


@pytest.mark.parametrize("identity", ["", "spiffe://td/ns/a", "x/y/z/ns/a/sa/b/c", "spiffe://td/xx/a/sa/b"])
def test_an_identity_of_another_form_is_of_no_account(identity: str) -> None:
    assert Certificate(identity=identity, state="").account == ""


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"workloads": []}',
        b"<html>",
        b"\xff",
        b'{"certificates": [], "workloads": [], "x": ' + b"[" * 200_000,
        body(FULL)[:-40],
        body({**FULL, "workloadState": [SECRET]}),
    ],
)
def test_what_is_no_dump_is_refused_and_not_quoted(text: bytes) -> None:
    with pytest.raises(ValueError, match="it is no") as error:
        decoded(text)
    assert SECRET not in str(error.value)


# Files


POD = """
apiVersion: v1
kind: Pod
metadata: {name: web-1, namespace: shop, uid: u1}
"""


def folder(tmp_path: Path, **files: bytes | str) -> str:
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / name.replace("__", ".").replace("_", "-")).write_bytes(data)
    return str(tmp_path)


def test_a_dump_is_passed_over_where_nobody_asks_for_it(tmp_path: Path) -> None:
    snapshot, problems = read_files([folder(tmp_path, ztunnel_n1__json=body(FULL), pod__yaml=POD)])
    assert (snapshot.ztunnels, problems, list(snapshot.pods.facts)) == (None, [], ["shop/web-1"])


def test_what_it_says_of_its_node_counts_more_than_its_name(tmp_path: Path) -> None:
    snapshot, problems = read_with_dumps([folder(tmp_path, ztunnel_other__json=body(FULL), pod__yaml=POD)])
    assert snapshot.ztunnels is not None
    assert (list(snapshot.ztunnels), problems) == (["n1"], [])
    assert snapshot.on_network.facts["shop/web-1"].uid == "u1"


def test_by_its_name_where_it_does_not_say(tmp_path: Path) -> None:
    silent = {**FULL, "config": {}}
    snapshot, problems = read_with_dumps([folder(tmp_path, ztunnel_n7__example__json=body(silent))])
    assert snapshot.ztunnels is not None
    assert (list(snapshot.ztunnels), problems) == (["n7.example"], [])


def test_in_a_bug_report_it_has_another_name(tmp_path: Path) -> None:
    (tmp_path / "config_dump").write_bytes(body(FULL))
    snapshot, _ = read_with_dumps([str(tmp_path / "config_dump")])
    assert snapshot.ztunnels is not None
    assert list(snapshot.ztunnels) == ["n1"]


def test_a_dump_of_no_node_is_told(tmp_path: Path) -> None:
    (tmp_path / "dump.json").write_bytes(body({**FULL, "config": {}}))
    snapshot, (problem,) = read_with_dumps([str(tmp_path)])
    assert snapshot.ztunnels == {}
    assert "name it ztunnel-NODE.json" in problem.why


@pytest.mark.parametrize("text", [b"", b"<html>", body(FULL)[:-9], b'{"certificates": 4}'])
def test_a_broken_one_is_why_nothing_is_known_of_its_node(tmp_path: Path, text: bytes) -> None:
    snapshot, (problem,) = read_with_dumps([folder(tmp_path, ztunnel_n1__json=text, pod__yaml=POD)])
    assert snapshot.ztunnels is not None
    assert isinstance(snapshot.ztunnels["n1"], Unread)
    assert "it is no" in problem.why
    assert not problem.harmless
    assert list(snapshot.pods.facts) == ["shop/web-1"]


def test_a_manifest_of_such_a_name_stays_a_manifest(tmp_path: Path) -> None:
    text = json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1", "namespace": "shop"}})
    snapshot, problems = read_with_dumps([folder(tmp_path, ztunnel_pod__json=text)])
    assert (list(snapshot.pods.facts), snapshot.ztunnels, problems) == (["shop/web-1"], {}, [])


def test_of_two_that_differ_the_last_counts_and_that_is_told(tmp_path: Path) -> None:
    later = as_of(31, FULL)
    snapshot, (problem,) = read_with_dumps([folder(tmp_path, ztunnel_a__json=body(FULL), ztunnel_b__json=body(later))])
    assert snapshot.ztunnels is not None
    found = snapshot.ztunnels["n1"]
    assert isinstance(found, Dump)
    assert found.version == "1.31.3"
    assert problem.harmless
    assert "the one here counts" in problem.why


# Counts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Counts()),
        ("workload_manager_active_proxy_count 4\n", Counts(active=4)),
        (
            'workload_manager_active_proxy_count{a="b"} 4\nworkload_manager_pending_proxy_count 1.0\n',
            Counts(active=4),
        ),
        ("# HELP workload_manager_active_proxy_count 9\nworkload_manager_active_proxy_count_x 3\n", Counts()),
        *((f"workload_manager_active_proxy_count {odd}\n", Counts()) for odd in ("NaN", "1e999", "1.2.3", "9" * 5000)),
    ],
)
def test_counts(text: str, expected: Counts) -> None:
    assert counts_in(text) == expected


@pytest.mark.parametrize(
    ("text", "tasks"),
    [
        ("not ready, pending: state manager", ("state manager",)),
        ("not ready, pending: state manager, workload proxy manager\n", ("state manager", "workload proxy manager")),
        ('an error on the server ("not ready, pending: state manager") has prevented', ("state manager",)),
        ("ready", ()),
        ("an error on the server", ()),
    ],
)
def test_what_a_ztunnel_waits_for(text: str, tasks: tuple[str, ...]) -> None:
    assert tasks_in(text) == tasks


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("ztunnel_connected 2\n", 2),
        ("ztunnel_connected 0\n", 0),
        ("nodeagent_reconcile_events_total 1\n", 0),
        ("an error on the server has prevented the request", None),
        ("", None),
    ],
)
def test_how_many_ztunnels_an_agent_is_connected_to(text: str, count: int | None) -> None:
    assert connections_in(text) == count
