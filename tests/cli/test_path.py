"""`path` as it is typed: the ends, the ports, and what is no path."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from kubectl_ambient.kube.errors import UsageError
from kubectl_ambient.runs.path.ends import Typed, parse_end
from tests.conformance import frame
from tests.mesh.path_scene import IN, Manifest, everybody, network_policy, peer_authentication, pod, service

from .enable_fixtures import Result, Run
from .test_path_conformance import written

ENDS = [
    ("pod/a", Typed(kind="Pod", name="a")),
    ("po/a:8080", Typed(kind="Pod", name="a", port=8080)),
    ("Pod/shop/a", Typed(kind="Pod", name="a", namespace="shop")),
    ("deploy/a", Typed(kind="Deployment", name="a")),
    ("svc/b:8080", Typed(kind="Service", name="b", port=8080)),
    ("svc/b.pay", Typed(kind="Service", name="b", namespace="pay")),
    ("svc/b.pay.svc.cluster.local:80", Typed(kind="Service", name="b", namespace="pay", port=80)),
    ("b.pay.svc:80", Typed(kind="Service", name="b", namespace="pay", port=80)),
    ("pod/web-1.2", Typed(kind="Pod", name="web-1.2")),
    ("outside", Typed(kind="Outside")),
    ("outside:443", Typed(kind="Outside", port=443)),
    ("node", Typed(kind="Node")),
    ("node/n1", Typed(kind="Node", name="n1")),
    ("10.0.0.1", Typed(kind="Address", name="10.0.0.1")),
    ("10.0.0.1:80", Typed(kind="Address", name="10.0.0.1", port=80)),
    ("fd00::1", Typed(kind="Address", name="fd00::1")),
    ("[fd00::1]:80", Typed(kind="Address", name="fd00::1", port=80)),
    ("api.bank.example", Typed(kind="Host", name="api.bank.example")),
    ("api.bank.example:443", Typed(kind="Host", name="api.bank.example", port=443)),
    ("gateway/in", Typed(kind="Gateway", name="in")),
    ("se/bank", Typed(kind="ServiceEntry", name="bank")),
]


@pytest.mark.parametrize(("text", "typed"), ENDS)
def test_what_may_be_typed(text: str, typed: Typed) -> None:
    assert parse_end(text) == typed


@pytest.mark.parametrize(
    "text",
    ["", "a", "pod/", "/a", "pod/a/b/c", "pod/a:x", "pod/a:0", "pod/a:70000", "pod/a:", "cm/a", "x/a", "node/a/b"],
)
def test_what_may_not(text: str) -> None:
    with pytest.raises(UsageError):
        parse_end(text)


ENTRY: Manifest = {
    "apiVersion": "networking.istio.io/v1",
    "kind": "ServiceEntry",
    "metadata": {"name": "bank", "namespace": "shop", "labels": {"istio.io/use-waypoint": "wp"}},
    "spec": {
        "hosts": ["api.bank.example", "*.shop.example"],
        "addresses": ["203.0.113.9"],
        "ports": [{"number": 443, "name": "tls", "protocol": "TLS"}],
        "resolution": "DNS",
    },
}
SELECTING: Manifest = {
    "apiVersion": "networking.istio.io/v1",
    "kind": "ServiceEntry",
    "metadata": {"name": "inside", "namespace": "shop"},
    "spec": {
        "hosts": ["inside.example"],
        "workloadSelector": {"labels": {"app": "ambient"}},
        "resolution": "STATIC",
    },
}
SLICE: Manifest = {
    "apiVersion": "discovery.k8s.io/v1",
    "kind": "EndpointSlice",
    "metadata": {"name": "bare-x", "namespace": "shop", "labels": {"kubernetes.io/service-name": "bare"}},
    "addressType": "IPv4",
    "ports": [{"name": "http", "port": 8080}],
    "endpoints": [{"addresses": ["10.0.0.9"], "targetRef": {"kind": "Pod", "namespace": "shop", "name": "plain"}}],
}


def ask(ambient: Run, folder: Path, *words: str, more: tuple[Manifest, ...] = (), installed: bool = True) -> Result:
    found = [*(frame()["items"] if installed else []), *everybody(), ENTRY, SELECTING, SLICE]
    bare = service("bare", selector={})
    named = service("named", selector={"app": "ambient"}, ports=[{"port": 80, "targetPort": "http"}, {"port": 81}])
    path = written(folder / "mesh.json", [*found, bare, named, *more])
    return ambient("path", *words, "-n", "shop", "-f", path)


def asked(ambient: Run, folder: Path, *words: str, more: tuple[Manifest, ...] = ()) -> dict[str, Any]:
    result = ask(ambient, folder, *words, "-o", "json", more=more)
    assert result.code == 0, result.err
    document: dict[str, Any] = json.loads(result.out)
    return document


def hops(document: dict[str, Any]) -> list[str]:
    return [hop["at"] for hop in document["hops"]]


def test_a_host_goes_through_the_waypoint_of_its_service_entry(ambient: Run, tmp_path: Path) -> None:
    for host in ("api.bank.example:443", "www.shop.example:443", "203.0.113.9:443", "se/bank:443"):
        found = asked(ambient, tmp_path, "pod/caller", host)
        assert hops(found) == ["ztunnel", "waypoint", "app"], host
        assert (found["to"]["ref"], found["to"]["port"]) == ("ServiceEntry/shop/bank", 443)
        assert (found["verdict"], found["encrypted"], found["identity"]) == ("allowed", False, None)
    past = asked(ambient, tmp_path, "pod/sidecar-caller", "api.bank.example:443")
    assert hops(past) == ["sidecar", "app"]


def test_a_service_entry_may_choose_pods(ambient: Run, tmp_path: Path) -> None:
    found = asked(ambient, tmp_path, "pod/caller", "inside.example:8080")
    assert (hops(found), found["encrypted"]) == (["ztunnel", "ztunnel", "app"], True)


def test_a_host_that_nobody_knows_is_out_of_the_mesh(ambient: Run, tmp_path: Path) -> None:
    found = asked(ambient, tmp_path, "pod/caller", "unknown.example")
    assert (found["to"]["ref"], hops(found)) == ("unknown.example", ["ztunnel", "app"])


def test_a_service_without_selector_leads_where_its_slices_say(ambient: Run, tmp_path: Path) -> None:
    found = asked(ambient, tmp_path, "pod/caller", "svc/bare")
    assert [hop["object"] for hop in found["hops"]][-1] == "Pod/shop/plain"


def test_ports_of_a_service_by_number_and_by_name(ambient: Run, tmp_path: Path) -> None:
    found = asked(ambient, tmp_path, "pod/caller", "svc/named")
    assert found["kind"] == "PathList"
    assert [(i["to"]["port"], i["to"]["podPort"]) for i in found["items"]] == [(80, 8080), (81, 81)]
    one = asked(ambient, tmp_path, "pod/caller", "svc/named:81")
    assert (one["kind"], one["to"]["podPort"]) == ("Path", 81)
    two = asked(ambient, tmp_path, "pod/caller", "svc/named", "--port", "80", "--port", "81")
    assert [(i["to"]["port"], i["to"]["podPort"]) for i in two["items"]] == [(80, 8080), (81, 81)]


def test_an_address_is_a_pod_a_service_or_out_of_the_cluster(ambient: Run, tmp_path: Path) -> None:
    path = tmp_path / "mesh.json"
    ask(ambient, tmp_path, "outside", "pod/plain")
    objects = json.loads(path.read_text())["items"]
    at = {f"{o['kind']}/{o['metadata']['name']}": o for o in objects}
    ip, vip = at["Pod/plain"]["status"]["podIP"], at["Service/served"]["spec"]["clusterIP"]

    def to(address: str) -> dict[str, Any]:
        result = ambient("path", "pod/caller", address, "-n", "shop", "-f", str(path), "-o", "json")
        document: dict[str, Any] = json.loads(result.out)
        return document

    assert to(f"{ip}:8080")["to"]["ref"] == "Pod/shop/plain"
    assert (to(f"{vip}:80")["to"]["ref"], hops(to(f"{vip}:80"))[1]) == ("Service/shop/served", "waypoint")
    assert to("198.51.100.7:80")["to"]["ref"] == "198.51.100.7"


def test_a_workload_of_pods_in_several_modes_depends_on_which_of_them_speaks(ambient: Run, tmp_path: Path) -> None:
    strict = peer_authentication("STRICT")
    owner = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "two", "controller": True}
    pods = [pod("two-0", annotations=IN), pod("two-1")]
    for each in pods:
        each["metadata"]["ownerReferences"] = [owner]
    found = asked(ambient, tmp_path, "sts/two", "pod/ambient", more=(strict, *pods))
    assert (found["from"], found["verdict"]) == ({"ref": "StatefulSet/shop/two", "mode": "mixed"}, "depends")
    assert {case["from"]["ref"]: case["verdict"] for case in found["cases"]} == {
        "Pod/shop/two-0": "allowed",
        "Pod/shop/two-1": "denied",
    }
    assert (found["identity"], found["encrypted"]) == (None, False)


def test_pods_that_only_their_addresses_tell_apart(ambient: Run, tmp_path: Path) -> None:
    pods = [pod(name, labels={"app": "one"}, account="one") for name in ("one-a", "one-b")]
    pods[1]["status"]["podIP"] = "172.16.0.9"
    block = [{"from": [{"ipBlock": {"cidr": "172.16.0.0/12"}}]}]
    policy = network_policy("block", podSelector={"matchLabels": {"app": "plain"}}, ingress=block)
    found = asked(ambient, tmp_path, "svc/one", "pod/plain", more=(service("one"), *pods, policy))
    assert {case["from"]["ref"]: case["verdict"] for case in found["cases"]} == {
        "Pod/shop/one-a": "denied",
        "Pod/shop/one-b": "allowed",
    }


def test_what_the_files_do_not_hold_is_unknown(ambient: Run, tmp_path: Path) -> None:
    result = ask(ambient, tmp_path, "pod/outsider", "pod/ambient", "-o", "json", installed=False)
    found = json.loads(result.out)
    assert found["verdict"] == "unknown"
    assert "not in the files" in found["message"]
    whole = ask(ambient, tmp_path, "pod/outsider", "pod/ambient", "-o", "json", "--whole-cluster", installed=False)
    # A whole cluster without a ztunnel: what is redirected all the same has nobody who takes it.
    found = json.loads(whole.out)
    assert found["verdict"] == "depends"
    assert "a ztunnel that does not serve it now" in found["message"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("pod/caller",), "two ends are wanted"),
        (("pod/caller", "svc/served", "svc/plain"), "two ends are wanted"),
        ((), "two ends are wanted"),
        (("pod/caller", "svc/served", "-A"), "-A goes with --matrix"),
        (("pod/caller:80", "svc/served"), "FROM has no port"),
        (("pod/caller", "svc/served:80", "--port", "80"), "the port was typed twice"),
        (("pod/caller", "svc/served", "--port", "0"), "0 is no port"),
        (("--matrix", "pod/caller"), "--matrix is about every pair"),
        (("--matrix", "-o", "svg"), "allowed formats are: json, wide, yaml"),
    ],
)
def test_what_is_typed_wrong_is_told_before_anything_is_read(
    ambient: Run, tmp_path: Path, words: tuple[str, ...], told: str
) -> None:
    result = ambient("path", *words, "-f", str(tmp_path / "no-such-file"))
    assert (result.code, result.out) == (2, "")
    assert told in result.err


@pytest.mark.parametrize("end", ["pod/x", "svc/x", "deploy/x", "se/x"])
def test_an_end_that_is_not_there(ambient: Run, tmp_path: Path, end: str) -> None:
    result = ask(ambient, tmp_path, "pod/caller", end)
    assert (result.code, result.out) == (1, "")
    assert '"x" not found' in result.err


def test_an_external_name_is_the_host_that_it_names(ambient: Run, tmp_path: Path) -> None:
    external = service("ext", type="ExternalName", externalName="api.bank.example")
    found = asked(ambient, tmp_path, "pod/caller", "svc/ext:443", more=(external,))
    assert (found["to"]["ref"], hops(found)) == ("ServiceEntry/shop/bank", ["ztunnel", "waypoint", "app"])


def test_more_pairs_than_can_be_held_are_refused(ambient: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kubectl_ambient.runs.path.source._MOST_PAIRS", 10)
    result = ask(ambient, tmp_path, "--matrix")
    assert (result.code, result.out) == (1, "")
    assert "choose a namespace with -n" in result.err


def test_a_gateway_or_a_service_without_pods(ambient: Run, tmp_path: Path) -> None:
    for end in ("gateway/x", "svc/empty"):
        result = ask(ambient, tmp_path, "pod/caller", end, more=(service("empty"),))
        assert (result.code, "no pod that runs belongs to" in result.err) == (1, True)
