"""`waypoint list` and `waypoint explain` on a cluster that may be asked for little, and wrong usage."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import manifests_of as m
from tests.cluster.fake_client import FakeClient
from tests.cluster.waypoint_shop import CLUSTER as BARE
from tests.cluster.waypoint_shop import gateway as gateway_without_class
from tests.cluster.waypoint_shop import made

from .enable_fixtures import Result, Run


def gateway(name: str, namespace: str = "shop") -> m.Manifest:
    found = gateway_without_class(name, namespace)
    found["spec"]["gatewayClassName"] = "istio-waypoint"
    return found


ISTIOD = m.workload(
    "Deployment", "istiod", "istio-system", labels={"app": "istiod", "app.kubernetes.io/version": "1.30.3"}
)
CLUSTER = [o for o in BARE if o["kind"] not in ("Gateway", "Deployment")]
CLUSTER += [ISTIOD, gateway("wp"), gateway("far", "infra")]

On = Callable[..., Callable[..., Result]]


@pytest.fixture
def on(ambient: Run, monkeypatch: pytest.MonkeyPatch) -> On:
    """The plugin on a client over these objects, whose namespace is `shop`."""

    def start(client: FakeClient) -> Run:
        client.namespace = "shop"  # type: ignore[attr-defined]
        monkeypatch.setattr("kubectl_ambient.kube.api.connect", lambda *_, **__: client)
        return ambient

    return start


def open_to_all(name: str, namespace: str = "shop") -> m.Manifest:
    found = gateway(name, namespace)
    found["spec"]["listeners"][0]["allowedRoutes"] = {"namespaces": {"from": "All"}}
    return found


def document(told: Result) -> Any:
    assert told.code == 0, told
    return json.loads(told.out)


# list


def test_the_waypoints_of_a_namespace_in_two_rounds(on: On) -> None:
    client = FakeClient(*CLUSTER)
    (item,) = document(on(client)("waypoint", "list", "-o", "json"))["items"]
    assert (item["name"], item["pods"], item["for"]) == ("wp", {"ready": 0, "all": 1}, "service")
    assert not any(request.endswith(" *") and "deployments" not in request for request in client.requests)


def test_all_waypoints_in_one_round(on: On) -> None:
    client = FakeClient(*CLUSTER)
    items = document(on(client)("waypoint", "list", "-A", "-o", "json"))["items"]
    assert [(item["namespace"], item["name"]) for item in items] == [("infra", "far"), ("shop", "wp")]
    assert len([r for r in client.requests if "gateways" in r]) == 1


USER = made(
    "Service",
    "v1",
    "cart",
    "web",
    spec={"clusterIP": "10.0.0.7"},
    labels={"istio.io/use-waypoint": "hub", "istio.io/use-waypoint-namespace": "shop"},
)
HUB = [ISTIOD, m.namespace("shop"), m.namespace("web"), open_to_all("hub"), USER]


def test_users_in_other_namespaces_count_where_they_are_admitted(on: On) -> None:
    (item,) = document(on(FakeClient(*HUB))("waypoint", "list", "-o", "json"))["items"]
    assert item["usedBy"]["services"] == 1


@pytest.mark.parametrize("refused", ["list services *", "list namespaces", "list pods *"])
def test_users_that_may_not_be_read_are_named(on: On, refused: str) -> None:
    told = on(FakeClient(*HUB, refused={refused}))("waypoint", "list", "-o", "json")
    (assumption,) = [a for a in document(told)["assumptions"] if "other namespaces" in a]
    assert assumption == "who uses it in other namespaces could not be read, and is not counted"


def test_without_the_gateway_api(on: On) -> None:
    client = FakeClient(*CLUSTER, missing={"gateways", "gatewayclasses"})
    told = on(client)("waypoint", "list")
    sentence = "The server has no gateways.gateway.networking.k8s.io: without the Gateway API there are no waypoints."
    assert (told.code, told.out, told.err.splitlines()) == (0, "", [sentence])
    explained = on(client)("waypoint", "explain", "svc", "cart")
    assert sentence in explained.err
    assert explained.code == 0


def test_gateways_that_may_not_be_listed(on: On) -> None:
    told = on(FakeClient(*CLUSTER, refused={"list gateways"}))("waypoint", "list")
    assert (told.code, told.out) == (1, "")
    assert told.err == "error: cannot list gateways.gateway.networking.k8s.io: forbidden\n"


def test_services_that_may_not_be_listed(on: On) -> None:
    told = on(FakeClient(*CLUSTER, refused={"list services"}))("waypoint", "list", "-o", "json")
    (item,) = document(told)["items"]
    assert item["usedBy"]["services"] is None
    assert "cannot list services: forbidden" in document(told)["assumptions"]


def test_a_namespace_that_is_not_there(on: On) -> None:
    told = on(FakeClient())("waypoint", "list")
    assert (told.code, told.err) == (1, 'Error from server (NotFound): namespaces "shop" not found\n')


# explain


def test_a_service_with_a_waypoint_elsewhere(on: On) -> None:
    told = document(on(FakeClient(*CLUSTER))("waypoint", "explain", "svc/cart", "-o", "json"))
    assert (told["kind"], told["named"], told["object"]["reason"]) == (
        "WaypointExplanation",
        "infra/far",
        "AttachmentDenied",
    )
    assert told["fixes"][0]["command"].startswith("kubectl patch gateway far -n infra --type=json")


def test_only_the_kinds_that_were_named_are_read(on: On) -> None:
    client = FakeClient(*CLUSTER)
    assert on(client)("waypoint", "explain", "svc/cart").code == 0
    assert not any("serviceentries" in request or "workloadentries" in request for request in client.requests)


def test_gateways_that_may_not_be_read_make_it_unknown(on: On) -> None:
    client = FakeClient(*CLUSTER, refused={"list gateways"})
    told = document(on(client)("waypoint", "explain", "svc/cart", "-o", "json"))
    assert (told["object"]["waypoint"], told["object"]["reason"]) == (None, "EvidenceMissing")
    assert "cannot list gateways.gateway.networking.k8s.io: forbidden" in told["assumptions"]
    assert told["fixes"][0]["command"] == "kubectl auth can-i list gateways.gateway.networking.k8s.io -n infra"


def test_several_and_one_that_is_not_there(on: On) -> None:
    told = on(FakeClient(*CLUSTER))("waypoint", "explain", "svc/cart", "svc/nope", "ns/shop", "ns/gone", "-o", "json")
    found = json.loads(told.out)
    assert told.code == 1
    assert [item["object"]["name"] for item in found["items"]] == ["cart"]
    assert [namespace["name"] for namespace in found["namespaces"]] == ["shop"]
    assert told.err.splitlines() == [
        'Error from server (NotFound): services "nope" not found',
        'Error from server (NotFound): namespaces "gone" not found',
    ]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("svc", "resource(s) were provided, but no name was specified"),
        ("ns", "resource(s) were provided, but no name was specified"),
        ("ns shop -l a=b", "name cannot be provided when a selector is specified"),
        ("svc cart -l a=b", "name cannot be provided when a selector is specified"),
        ("deploy web", "no waypoint serves deployments.apps"),
        ("cart web", 'the server doesn\'t have a resource type "cart"'),
        ("svc cart -o xml", "unable to match a printer"),
    ],
)
def test_wrong_usage_is_told_before_anything_is_read(on: On, words: str, sentence: str) -> None:
    client = FakeClient(*CLUSTER)
    told = on(client)("waypoint", "explain", *words.split())
    assert (told.code, told.out, client.requests) == (2, "", [])
    assert sentence in told.err


def test_a_selector(on: On) -> None:
    told = document(on(FakeClient(*CLUSTER))("waypoint", "explain", "pods", "-l", "!x", "-o", "json"))
    assert told["kind"] == "WaypointExplanationList"
    assert {item["object"]["kind"] for item in told["items"]} == {"Pod"}
    none = on(FakeClient(*CLUSTER))("waypoint", "explain", "svc", "-l", "x=y")
    assert "No resources found in shop namespace." in none.err


@pytest.mark.parametrize("live", [True, False])
def test_namespaces_by_their_labels(on: On, ambient: Run, tmp_path: Path, live: bool) -> None:
    teams = [m.namespace("red", {"team": "x"}), m.namespace("blue", {"team": "x"}), m.namespace("green")]
    objects = [*CLUSTER, *teams, made("Service", "v1", "till", "red", spec={"clusterIP": "10.0.0.5"})]
    client = FakeClient(*objects)
    run = on(client) if live else ambient
    files = () if live else ("-n", "shop", "-f", in_file(tmp_path, *objects))
    told = document(run("waypoint", "explain", "ns", "-l", "team=x", "-o", "json", *files))
    groups = [(use["name"], [group["names"] for group in use["groups"]]) for use in told["namespaces"]]
    assert groups == [("blue", []), ("red", [["till"]])]
    assert told["items"] == []
    none = run("waypoint", "explain", "ns", "-l", "team=y", *files)
    assert (none.code, none.out) == (0, "")
    assert "No resources found" in none.err


def test_namespaces_that_may_not_be_listed_cannot_be_chosen(on: On) -> None:
    told = on(FakeClient(*CLUSTER, refused={"list namespaces"}))("waypoint", "explain", "ns", "-l", "team=x")
    assert (told.code, told.out) == (1, "")
    assert "namespaces" in told.err


# status and explain


def a_mesh(**fields: Any) -> FakeClient:
    used = m.namespace("shop", {"istio.io/use-waypoint": "wp"})
    everything = gateway("wp")
    everything["metadata"]["labels"] = {"istio.io/waypoint-for": "all"}
    service = made("Service", "v1", "cart", spec={"clusterIP": "10.0.0.1", "selector": {"app": "web"}})
    return FakeClient(used, everything, service, m.pod("web-1", labels={"app": "web"}), **fields)


def test_status_tells_the_waypoint_of_each_pod(on: On) -> None:
    told = document(on(a_mesh())("status", "-o", "json"))
    assert [item["waypoint"] for item in told["items"]] == ["shop/wp"]
    wide = on(a_mesh())("status", "-o", "wide").out.splitlines()
    assert wide[0].split()[-1] == "WAYPOINT"
    assert "shop/wp" in wide[1]


def test_status_tells_none_where_gateways_may_not_be_read_and_says_so(on: On) -> None:
    told = on(a_mesh(refused={"list gateways", "list gatewayclasses"}))("status", "-o", "json")
    (item,) = document(told)["items"]
    assert item["waypoint"] is None
    told_of = [a for a in document(told)["assumptions"] if "gateways.gateway" in a]
    assert told_of == [
        "no waypoint is told where it is not known: cannot list gateways.gateway.networking.k8s.io: forbidden"
    ]


def test_status_as_text_asks_for_no_gateways(on: On) -> None:
    client = a_mesh()
    assert on(client)("status").code == 0
    assert not any("gateway" in request for request in client.requests)


def test_explain_tells_the_waypoints_of_a_pod_and_of_its_services(on: On) -> None:
    told = " ".join(on(a_mesh())("explain", "pod", "web-1").out.split())
    assert "Waypoint: traffic straight to the pod's address goes through waypoint shop/wp" in told
    assert "Traffic to Service cart, which selects it, goes through waypoint shop/wp." in told
    dead = a_mesh()
    (waypoint,) = [found for found in dead.objects if found["kind"] == "Gateway"]
    waypoint["status"]["conditions"] = [{"type": "Programmed", "status": "False"}]
    told = " ".join(on(dead)("explain", "pod", "web-1").out.split())
    assert "goes through waypoint shop/wp, which is dead." in told
    refused = " ".join(on(a_mesh(refused={"list services"}))("explain", "pod", "web-1").out.split())
    assert "Which waypoint serves its Services is not known: cannot list services: forbidden." in refused
    refused = " ".join(on(a_mesh(refused={"list gateways"}))("explain", "pod", "web-1").out.split())
    assert "Whether traffic to Service cart, which selects it, goes through a waypoint cannot be told" in refused


def test_explain_does_not_lead_to_the_waypoint_of_a_headless_service(on: On) -> None:
    mesh = a_mesh()
    (service,) = [found for found in mesh.objects if found["kind"] == "Service"]
    service["spec"]["clusterIP"] = "None"
    told = " ".join(on(mesh)("explain", "pod", "web-1").out.split())
    assert (
        "Service cart, which selects it, is headless, so what is sent to it goes straight to the pod's address" in told
    )
    assert "Service cart, which selects it, goes through" not in told


# Files


def in_file(folder: Path, *objects: m.Manifest) -> str:
    path = folder / "objects.json"
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    return str(path)


NAMED = {"istio.io/use-waypoint": "wp"}
HOME = "istio.io/use-waypoint-namespace"
CART = made("Service", "v1", "cart", spec={"clusterIP": "10.0.0.7"}, labels=NAMED)


def test_files_without_gateways_tell_nothing_of_them(ambient: Run, tmp_path: Path) -> None:
    bound = {"type": "istio.io/WaypointBound", "status": "True", "reason": "WaypointAccepted"}
    cart = {**CART, "status": {"conditions": [bound]}}
    odd = made("Service", "v1", "odd", spec={"clusterIP": "10.0.0.8"}, labels={"istio.io/use-waypoint": ""})
    path = in_file(tmp_path, m.namespace("shop"), cart, odd)
    items = document(ambient("waypoint", "status", "-f", path, "-o", "json"))["items"]
    assert [item["reason"] for item in items] == ["EvidenceMissing", "WaypointIsNotReady"]
    assert items[0]["findings"] == []
    assert (
        "cannot list gateways.gateway.networking.k8s.io: not in the files; istiod itself wrote WaypointAccepted"
        in items[0]["message"]
    )
    path = in_file(tmp_path, CART)
    (item,) = document(ambient("waypoint", "status", "-f", path, "-o", "json"))["items"]
    assert item["reason"] == "EvidenceMissing"


def test_files_with_a_waypoint_of_a_namespace_hold_all_of_them(ambient: Run, tmp_path: Path) -> None:
    there = made("Service", "v1", "there", spec={"clusterIP": "10.0.0.8"}, labels=NAMED | {HOME: "elsewhere"})
    path = in_file(tmp_path, m.namespace("shop"), CART, there, gateway("other"))
    told = ambient("waypoint", "status", "-f", path, "-o", "json", "--assumptions")
    items = document(told)["items"]
    assert [item["reason"] for item in items] == ["WaypointIsNotReady", "EvidenceMissing"]
    assert "there is no Gateway wp in namespace shop" in items[0]["message"]
    assert "taken to hold every waypoint of namespace shop, for they hold one of it" in " ".join(told.err.split())
    ingress = gateway("ingress")
    ingress["spec"]["gatewayClassName"] = "istio"
    for others in ((), (ingress,), (gateway("other", "elsewhere"),)):
        path = in_file(tmp_path, m.namespace("shop"), CART, *others)
        (item,) = document(ambient("waypoint", "status", "-f", path, "-o", "json"))["items"]
        assert item["reason"] == "EvidenceMissing", "the Namespace alone tells nothing, nor do other Gateways"
        told = ambient("waypoint", "status", "-f", path, "--whole-cluster", "-o", "json")
        assert document(told)["items"][0]["reason"] == "WaypointIsNotReady"


def test_a_selector_asks_for_the_labels_of_the_metadata(ambient: Run, on: On, tmp_path: Path) -> None:
    spec = {"address": "10.1.0.1", "labels": {"app": "spec", "tier": "db"}}
    vm = made("WorkloadEntry", "networking.istio.io/v1", "vm", spec=spec, labels={"app": "metadata"})
    path = in_file(tmp_path, m.namespace("shop"), gateway("wp"), vm)
    client = FakeClient(m.namespace("shop"), gateway("wp"), vm)
    for command, words in (("status", ()), ("explain", ("workloadentries",))):
        for origin, run in ((("-f", path), ambient), ((), on(client))):
            for selector, found in (("app=metadata,!tier", True), ("tier=db", False)):
                told = run("waypoint", command, *words, "-n", "shop", "-l", selector, "-o", "name", *origin)
                assert ("workloadentry" in told.out) == found, (command, origin, selector)


def test_files_with_gateways_only_tell_nothing_of_their_users(ambient: Run, tmp_path: Path) -> None:
    path = in_file(tmp_path, gateway("wp"))
    (item,) = document(ambient("waypoint", "list", "-f", path, "-o", "json"))["items"]
    kinds = ("namespaces", "services", "serviceEntries", "pods", "workloadEntries", "canaries")
    assert (item["usedBy"], item["findings"]) == ({**dict.fromkeys(kinds), "refused": 0}, [])
    assert ambient("waypoint", "list", "-f", path).out.splitlines()[1].endswith(" <unknown>")
    vm = made("WorkloadEntry", "networking.istio.io/v1", "vm", spec={"address": "10.1.0.1"}, labels=NAMED)
    everything = gateway("wp")
    everything["metadata"]["labels"] = {"istio.io/waypoint-for": "all"}
    told = ambient("waypoint", "list", "-f", in_file(tmp_path, everything, vm))
    assert "? ns, ? svc, ? se, ? pod, 1 we" in told.out
    path = in_file(tmp_path, gateway("wp"), CART)
    (item,) = document(ambient("waypoint", "list", "-f", path, "-o", "json"))["items"]
    assert item["usedBy"] == {**dict.fromkeys(kinds), "services": 1, "refused": 0}
    (item,) = document(ambient("waypoint", "list", "-f", path, "--whole-cluster", "-o", "json"))["items"]
    assert item["usedBy"] == {**dict.fromkeys(kinds, 0), "services": 1, "refused": 0}


TAGGED = gateway("wp") | {"metadata": {"name": "wp", "namespace": "shop", "labels": {"istio.io/rev": "prod"}}}
TAGGED["status"] = {}
TAG = m.webhooks("istio-revision-tag-prod", "default", labels={"istio.io/tag": "prod"})


def test_the_owner_of_a_gateway_with_a_tag_is_found_by_the_tags_webhook(on: On) -> None:
    objects = [o for o in CLUSTER if o["kind"] != "Gateway"]
    (item,) = document(on(FakeClient(*objects, TAGGED, TAG))("waypoint", "list", "-o", "json"))["items"]
    assert (item["owner"], "no istiod" in str(item["findings"])) == ("Deployment/istio-system/istiod", False)


def test_without_the_right_to_read_tags_no_istiod_is_called_missing(on: On) -> None:
    objects = [o for o in CLUSTER if o["kind"] != "Gateway"]
    client = FakeClient(*objects, TAGGED, TAG, refused={"list mutatingwebhookconfigurations"})
    (item,) = document(on(client)("waypoint", "list", "-o", "json"))["items"]
    assert (item["owner"], "no istiod" in str(item["findings"])) == (None, False)
    (item,) = document(on(FakeClient(*objects, TAGGED))("waypoint", "list", "-o", "json"))["items"]
    assert "no istiod has the revision prod" in str(item["findings"])


# labels, whose lists may be refused one by one too


def test_labels_of_what_could_not_be_read_are_not_taken_for_none(on: On) -> None:
    run = on(FakeClient(*CLUSTER, refused={"list pods *"}))
    told = run("labels", "-A", "-o", "json")
    assert document(told)["assumptions"][0] == "cannot list pods: forbidden"
    assert " object that could be read: nothing is wrong." in run("labels", "-A").out
    everything = on(FakeClient(*CLUSTER))("labels", "-A")
    assert " object: nothing is wrong." in everything.out
