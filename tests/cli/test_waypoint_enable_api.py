"""What waypoint enable and disable write and tell, and what they refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.kube.standin import Reply, status

from .enable_fixtures import Run
from .objects_api import Fields, ObjectsApi

SHOP, INFRA = "/api/v1/namespaces/shop", "/api/v1/namespaces/infra"
SERVICES, PODS = f"{SHOP}/services", f"{SHOP}/pods"
GATEWAYS = "/apis/gateway.networking.k8s.io/v1/namespaces/{}/gateways"
WAYPOINT, HOME = "istio.io/use-waypoint", "istio.io/use-waypoint-namespace"
AMBIENT = {"istio.io/dataplane-mode": "ambient"}
READY = [{"type": "Ready", "status": "True"}]


def gateway(
    api: ObjectsApi, name: str = "waypoint", namespace: str = "shop", *, ready: bool = True, **fields: Any
) -> None:
    """A waypoint as istiod makes it, with its pod."""
    listener = {"name": "mesh", "port": 15008, "protocol": "HBONE", **fields.pop("listener", {})}
    spec = {"gatewayClassName": "istio-waypoint", "listeners": [listener]}
    addresses = fields.pop("addresses", [{"value": "10.0.0.9"}])
    api.add(
        f"{GATEWAYS.format(namespace)}/{name}",
        fields.pop("labels", {}),
        spec=spec,
        status={"addresses": addresses},
    )
    pod = f"/api/v1/namespaces/{namespace}/pods/{name}-1"
    labels = {"gateway.networking.k8s.io/gateway-name": name}
    conditions = READY if ready else []
    api.add(pod, labels, status={"phase": "Running", "podIP": "10.1.0.9", "conditions": conditions})


def service(api: ObjectsApi, name: str, labels: dict[str, str] | None = None, **spec: Any) -> None:
    api.add(f"{SERVICES}/{name}", labels, spec={"clusterIP": "10.0.0.1", **spec})


def pod(api: ObjectsApi, name: str, labels: dict[str, str] | None = None, *, mesh: bool = True) -> None:
    api.add(f"{PODS}/{name}", labels, status={"phase": "Running", "podIP": "10.1.0.1", "conditions": READY})
    if mesh:
        api.objects[f"{PODS}/{name}"]["metadata"]["annotations"] = {"ambient.istio.io/redirection": "enabled"}


@pytest.fixture(autouse=True)
def shop(api: ObjectsApi) -> None:
    """An ambient namespace with a Service, a pod and a ready waypoint; and a namespace for waypoints."""
    container = {"name": "discovery", "image": "docker.io/istio/pilot:1.30.3"}
    istiod = {"template": {"metadata": {"labels": {"app": "istiod"}}, "spec": {"containers": [container]}}}
    # All namespaces are asked for it.
    api.add("/apis/apps/v1/deployments/istiod", {"app": "istiod"}, spec=istiod)
    api.objects["/apis/apps/v1/deployments/istiod"]["metadata"]["namespace"] = "istio-system"
    api.add(SHOP, AMBIENT)
    api.add(INFRA)
    gateway(api)
    service(api, "cart")
    pod(api, "web-1")


def flat(text: str) -> str:
    return " ".join(text.split())


def test_a_service(on_api: Run, api: ObjectsApi) -> None:
    found = on_api("waypoint", "enable", "svc", "cart")
    assert (found.code, found.out) == (0, "service/cart labeled\n")
    (patch,) = api.patches
    assert json.loads(patch.body)["metadata"] == {"labels": {WAYPOINT: "waypoint"}, "resourceVersion": "1"}
    assert patch.query == {"fieldManager": "kubectl-ambient"}
    assert found.err.splitlines() == [
        "no --waypoint given: taken to be “waypoint”, the name that istioctl gives",
        "Now served       svc/cart (by shop/waypoint)",
        "undo: kubectl ambient waypoint disable svc cart -n shop",
    ]


def test_a_namespace_foretells_what_each_object_gets(on_api: Run, api: ObjectsApi) -> None:
    service(api, "own", {WAYPOINT: "other"})
    service(api, "out", {WAYPOINT: "none"})
    service(api, "db", clusterIP="None")
    service(api, "ext", type="ExternalName", externalName="a.example", clusterIP="")
    service(api, "waypoint", {"gateway.istio.io/managed": "istio.io-mesh-controller"})
    found = on_api("waypoint", "enable", "ns", "shop", "--waypoint", "waypoint", "--dry-run=client")
    assert (found.code, found.out, api.patches) == (0, "namespace/shop labeled (dry run)\n", [])
    assert found.err.splitlines() == [
        "Would be served  svc/cart (by shop/waypoint)",
        "Would stay as is svc/own shop/other · svc/out none",
        "Would go direct  svc/db headless · svc/ext ExternalName · 1 pod NotForWorkloads",
        "namespace/shop: waypoint shop/waypoint serves Services; what is sent to pod/web-1 goes past it (only",
        "a waypoint for workloads takes that)",
    ]


def test_a_real_change_tells_the_rest_before_and_the_gain_after(on_api: Run, api: ObjectsApi) -> None:
    service(api, "own", {WAYPOINT: "other"})
    found = on_api("waypoint", "enable", "ns", "shop", "--waypoint", "waypoint")
    told = [line.split("  ")[0] for line in found.err.splitlines()]
    assert told[-3:] == ["Going direct", "Now served", "undo: kubectl ambient waypoint disable ns shop"]
    assert api.labels(SHOP) == {**AMBIENT, WAYPOINT: "waypoint"}


def test_a_waypoint_of_another_namespace_and_back(on_api: Run, api: ObjectsApi) -> None:
    gateway(api, "wp", "infra", listener={"allowedRoutes": {"namespaces": {"from": "All"}}})
    found = on_api("waypoint", "enable", "svc", "cart", "--waypoint=wp", "--waypoint-namespace=infra")
    assert api.labels(f"{SERVICES}/cart") == {WAYPOINT: "wp", HOME: "infra"}
    assert "Now served       svc/cart (by infra/wp)" in found.err
    again = on_api("waypoint", "enable", "svc", "cart", "--waypoint=wp", "--waypoint-namespace=infra")
    assert (again.code, again.out, again.err) == (0, "service/cart not labeled\n", "")
    assert len(api.patches) == 1
    back = on_api("waypoint", "disable", "svc/cart")
    assert (back.out, api.labels(f"{SERVICES}/cart")) == ("service/cart unlabeled\n", {})
    assert back.err.splitlines() == [
        "Now going direct svc/cart",
        "undo: kubectl label svc cart -n shop istio.io/use-waypoint=wp istio.io/use-waypoint-namespace=infra "
        "--overwrite",
    ]


def test_its_own_namespace_is_not_written(on_api: Run, api: ObjectsApi) -> None:
    service(api, "cart", {HOME: "stale"})
    on_api("waypoint", "enable", "svc", "cart", "--waypoint=waypoint", "--waypoint-namespace=shop")
    assert api.labels(f"{SERVICES}/cart") == {WAYPOINT: "waypoint"}


def test_another_value_needs_overwrite(on_api: Run, api: ObjectsApi) -> None:
    service(api, "cart", {WAYPOINT: "old"})
    found = on_api("waypoint", "enable", "svc", "cart")
    assert found == (1, "", "error: 'istio.io/use-waypoint' already has a value (old), and --overwrite is false\n")
    assert on_api("waypoint", "enable", "svc", "cart", "--overwrite").out == "service/cart labeled\n"


# What cannot serve. Each way to break it, and what is told then.


def missing(api: ObjectsApi) -> None:
    del api.objects[f"{GATEWAYS.format('shop')}/waypoint"]
    gateway(api, "wp")


def no_crds(api: ObjectsApi) -> None:
    api.before_get = lambda path: (
        Reply("404 page not found", 404) if path.startswith("/apis/gateway.networking.k8s.io/") else None
    )


REFUSED = [
    (
        missing,
        "svc cart",
        "error: service/cart: there is no Gateway waypoint in namespace shop (there: wp): traffic to the service would "
        "go on directly, without the waypoint's policies and routes (it fails open); to make it: istioctl waypoint "
        "apply -n shop --name waypoint; --force labels it all the same",
    ),
    (missing, "ns shop", "there is no Gateway waypoint in namespace shop (there: wp): traffic to what inherits it"),
    (missing, "pod web-1", "istioctl waypoint apply -n shop --name waypoint --for workload"),
    (
        missing,
        "svc cart --waypoint-namespace=infra",
        "istioctl waypoint apply -n infra --name waypoint; then, for it to admit namespace shop: kubectl edit gateway "
        "waypoint -n infra; --force labels it all the same",
    ),
    (no_crds, "svc cart", "the server does not know gateways.gateway.networking.k8s.io"),
    (
        lambda api: gateway(api, ready=False, addresses=[]),
        "svc cart",
        "Gateway shop/waypoint has no address yet: none of its pods was Ready so far: traffic to the service would go "
        "on directly, without the waypoint's policies and routes (it fails open); see why: kubectl describe gateway "
        "waypoint -n shop",
    ),
    (
        lambda api: gateway(api, ready=False),
        "svc cart",
        "Gateway shop/waypoint is dead (its only pod is not Ready): traffic to the service would fail, and not go past "
        "it (it fails closed); see why: kubectl get pods -l gateway.networking.k8s.io/gateway-name=waypoint -n shop",
    ),
    (
        lambda api: gateway(api, ready=False),
        "ns shop",
        "Gateway shop/waypoint is dead (its only pod is not Ready): traffic to what inherits it would fail",
    ),
    (
        lambda api: gateway(api, listener={"port": 80, "protocol": "HTTP"}),
        "svc cart",
        "Gateway shop/waypoint has no listener for HBONE (gatewayClassName=istio-waypoint), so it is no waypoint",
    ),
    (
        lambda api: None,
        "pod web-1",
        "waypoint shop/waypoint is for “service”, not for traffic to a workload (istio.io/waypoint-for of Gateway "
        "shop/waypoint): traffic straight to the pod would go on directly, without the waypoint's policies and routes "
        "(it fails open); name another, as made by: istioctl waypoint apply -n shop --name waypoint-2 --for workload",
    ),
    (
        lambda api: gateway(api, labels={"istio.io/waypoint-for": "workload"}),
        "svc cart",
        "waypoint shop/waypoint is for “workload”, not for traffic to a service",
    ),
    (
        lambda api: gateway(api, labels={"istio.io/waypoint-for": "none"}),
        "ns shop",
        "waypoint shop/waypoint is for “none”, not for traffic to a service",
    ),
    (
        lambda api: gateway(api, "waypoint", "infra"),
        "svc cart --waypoint-namespace=infra",
        "Gateway infra/waypoint: the waypoint admits its own namespace infra only, and not shop "
        "(spec.listeners[0].allowedRoutes.namespaces.from=not set): traffic to the service would go on directly, "
        "without the waypoint's policies and routes (it fails open); to mend it: kubectl edit gateway "
        "waypoint -n infra",
    ),
]


@pytest.mark.parametrize(("spoil", "words", "sentence"), REFUSED)
def test_a_waypoint_that_cannot_serve_is_refused(
    on_api: Run, api: ObjectsApi, spoil: Any, words: str, sentence: str
) -> None:
    spoil(api)
    found = on_api("waypoint", "enable", *words.split())
    assert (found.code, found.out, api.patches) == (1, "", [])
    assert sentence in found.err
    assert found.err.splitlines()[-1].endswith("; --force labels it all the same")
    forced = on_api("waypoint", "enable", *words.split(), "--force")
    assert (forced.code, len(api.patches)) == (0, 1)
    warned = sentence.removeprefix("error: ").partition("; --force")[0]
    assert warned in flat(forced.err)
    assert "--force" not in forced.err


def test_overwrite_alone_does_not_force(on_api: Run, api: ObjectsApi) -> None:
    missing(api)
    service(api, "cart", {WAYPOINT: "old"})
    assert on_api("waypoint", "enable", "svc", "cart", "--overwrite").code == 1
    assert on_api("waypoint", "enable", "svc", "cart", "--force").code == 1
    assert api.patches == []
    assert on_api("waypoint", "enable", "svc", "cart", "--force", "--overwrite").code == 0


def test_one_that_is_refused_stops_no_other(on_api: Run, api: ObjectsApi) -> None:
    found = on_api("waypoint", "enable", "pod/web-1", "svc/cart")
    assert (found.code, found.out) == (1, "service/cart labeled\n")
    assert "error: pod/web-1: " in found.err


def test_what_is_labelled_already_and_cannot_work_is_told(on_api: Run, api: ObjectsApi) -> None:
    service(api, "cart", {WAYPOINT: "gone"})
    found = on_api("waypoint", "enable", "svc", "cart", "--waypoint=gone")
    assert (found.code, found.out) == (0, "service/cart not labeled\n")
    assert "‼ service/cart: there is no Gateway gone in namespace shop" in found.err


def test_gateways_that_may_not_be_read_are_told_and_stop_nothing(on_api: Run, api: ObjectsApi) -> None:
    api.before_get = lambda path: status(403, "Forbidden", "no") if "gateway.networking" in path else None
    found = on_api("waypoint", "enable", "svc", "cart")
    assert (found.code, found.out) == (0, "service/cart labeled\n")
    words = "service/cart: whether the waypoint can serve it could not be checked: cannot list gateways"
    assert words in flat(found.err)
    assert "forbidden" in found.err
    assert "Cannot be told   svc/cart" in found.err


# What is told besides.


def test_a_namespace_out_of_the_mesh(on_api: Run, api: ObjectsApi) -> None:
    api.add(SHOP)
    pod(api, "web-1", mesh=False)
    found = on_api("waypoint", "enable", "svc", "cart")
    words = "namespace/shop is not in ambient mode (label istio.io/dataplane-mode not set): what its own pods send goes"
    assert words in flat(found.err)
    assert "kubectl ambient enable ns shop" in flat(found.err)


def test_some_pods_out_of_the_mesh(on_api: Run, api: ObjectsApi) -> None:
    pod(api, "old-1", mesh=False)
    told = flat(on_api("waypoint", "enable", "svc", "cart").err)
    assert "1 of 2 pods of namespace/shop is not in ambient mode: what it sends goes past every waypoint" in told


def test_no_word_of_the_mesh_where_pods_may_not_be_read(on_api: Run, api: ObjectsApi) -> None:
    api.add(SHOP)
    api.before_get = lambda path: status(403, "Forbidden", "no") if path.endswith("/pods") else None
    assert "ambient mode" not in on_api("waypoint", "enable", "svc", "cart").err


def test_a_pod_of_a_deployment(on_api: Run, api: ObjectsApi) -> None:
    gateway(api, labels={"istio.io/waypoint-for": "all"})
    pod(api, "web-1", {"pod-template-hash": "5d9"}, mesh=False)
    owner = {"kind": "ReplicaSet", "name": "web-5d9", "controller": True, "apiVersion": "apps/v1", "uid": "1"}
    api.objects[f"{PODS}/web-1"]["metadata"]["ownerReferences"] = [owner]
    told = flat(on_api("waypoint", "enable", "pod", "web-1").err)
    assert "pod/web-1: this works at once, and is lost with the pod" in told
    assert "put it into the pod template of Deployment/web in namespace shop" in told
    assert "pod/web-1: the pod is not in the mesh" in told


def test_nothing_leads_to_the_waypoint_of_a_pod_on_the_host_network(on_api: Run, api: ObjectsApi) -> None:
    gateway(api, labels={"istio.io/waypoint-for": "all"})
    pod(api, "web-1", mesh=False)
    api.objects[f"{PODS}/web-1"]["spec"] = {"hostNetwork": True}
    told = flat(on_api("waypoint", "enable", "pod", "web-1", "--dry-run=client").err)
    assert "Would go direct pod/web-1 on the host network" in told
    assert "pod/web-1: bound to waypoint shop/waypoint, and nothing goes through it: the pod is on the host" in told
    told = flat(on_api("waypoint", "enable", "ns", "shop", "--dry-run=client").err)
    assert "Would go direct 1 pod on the host network" in told


def test_labels_without_effect(on_api: Run, api: ObjectsApi) -> None:
    service(api, "db", clusterIP="None")
    service(api, "ext", type="ExternalName", externalName="a.example", clusterIP="")
    told = flat(on_api("waypoint", "enable", "svc", "db", "ext").err)
    assert "service/db: bound to waypoint shop/waypoint, and nothing goes through it: the Service is headless" in told
    assert "service/ext: the label has no effect: no waypoint serves it: an ExternalName Service" in told


def test_what_inherits_goes_on_after_disable(on_api: Run, api: ObjectsApi) -> None:
    api.add(SHOP, {**AMBIENT, WAYPOINT: "waypoint"})
    service(api, "cart", {WAYPOINT: "waypoint"})
    told = flat(on_api("waypoint", "disable", "svc", "cart").err)
    assert "service/cart inherits waypoint shop/waypoint from Namespace/shop; to take it out: " in told
    assert "kubectl ambient waypoint disable svc/cart -n shop --opt-out" in told
    out = on_api("waypoint", "disable", "svc", "cart", "--opt-out")
    assert (out.out, api.labels(f"{SERVICES}/cart")) == ("service/cart labeled\n", {WAYPOINT: "none"})
    assert out.err.splitlines() == [
        "Now going direct svc/cart",
        "undo: kubectl label svc cart -n shop istio.io/use-waypoint-",
    ]
    kept = on_api("waypoint", "disable", "svc", "cart")
    assert (kept.code, kept.out) == (0, "service/cart not labeled\n")
    assert "service/cart keeps istio.io/use-waypoint=none: without that opt-out its namespace's" in flat(kept.err)


def test_only_what_names_this_waypoint(on_api: Run, api: ObjectsApi) -> None:
    service(api, "cart", {WAYPOINT: "old"})
    service(api, "web", {WAYPOINT: "waypoint"})
    found = on_api("waypoint", "disable", "svc", "--all", "--waypoint=old")
    assert sorted(found.out.splitlines()) == ["service/cart unlabeled", "service/web not labeled"]
    assert "service/web keeps istio.io/use-waypoint=waypoint: that is another waypoint" in flat(found.err)


def test_a_workloadentry_whose_spec_names_it_too(on_api: Run, api: ObjectsApi) -> None:
    path = "/apis/networking.istio.io/v1/namespaces/shop/workloadentries/vm"
    api.add(path, {WAYPOINT: "waypoint"}, spec={"address": "10.2.0.1", "labels": {WAYPOINT: "beneath"}})
    found = on_api("waypoint", "disable", "workloadentry", "vm")
    assert (found.out, api.labels(path)) == ("workloadentry.networking.istio.io/vm unlabeled\n", {})
    assert "spec.labels still has istio.io/use-waypoint=beneath" in flat(found.err)


@pytest.mark.parametrize(
    ("metadata", "written"),
    [({}, {WAYPOINT: "wp", HOME: "shop"}), ({WAYPOINT: "wp"}, {HOME: "shop"}), ({HOME: "shop"}, {WAYPOINT: "wp"})],
)
def test_a_workloadentry_gets_the_waypoint_that_was_asked_for(
    on_api: Run, api: ObjectsApi, metadata: dict[str, str], written: dict[str, str]
) -> None:
    path = "/apis/networking.istio.io/v1/namespaces/shop/workloadentries/vm"
    spec = {"address": "10.2.0.1", "labels": {WAYPOINT: "old", HOME: "infra"}}
    api.add(path, metadata, spec=spec)
    everything = {"labels": {"istio.io/waypoint-for": "all"}}
    gateway(api, "wp", **everything)
    gateway(api, "wp", "infra", listener={"allowedRoutes": {"namespaces": {"from": "All"}}}, **everything)
    words = ("waypoint", "enable", "workloadentry", "vm", "--waypoint=wp", "--waypoint-namespace=shop", "--overwrite")
    found = on_api(*words)
    assert json.loads(api.patches[0].body)["metadata"]["labels"] == written
    assert "Now served workloadentry/vm (by shop/wp)" in flat(found.err)
    assert "spec.labels still has istio.io/use-waypoint=old" in flat(found.err)
    assert "counts no more: the metadata has the label" in flat(found.err)
    again = on_api(*words)
    assert again.out == "workloadentry.networking.istio.io/vm not labeled\n"


def test_a_workloadentry_that_names_it_in_its_spec_is_left_alone(on_api: Run, api: ObjectsApi) -> None:
    path = "/apis/networking.istio.io/v1/namespaces/shop/workloadentries/vm"
    api.add(path, spec={"address": "10.2.0.1", "labels": {WAYPOINT: "waypoint"}})
    found = on_api("waypoint", "enable", "workloadentry", "vm", "--waypoint=waypoint", "--force")
    assert (found.out, api.patches) == ("workloadentry.networking.istio.io/vm not labeled\n", [])


def test_istios_own_namespaces_have_to_be_named(on_api: Run, api: ObjectsApi) -> None:
    api.add("/api/v1/namespaces/istio-system")
    found = on_api("waypoint", "enable", "ns", "--all", "--force")
    assert "namespace/istio-system" not in found.out
    assert "left out (Istio's own; name it to include it): istio-system" in found.err


def test_what_istiod_made_for_the_waypoint_has_to_be_named(on_api: Run, api: ObjectsApi) -> None:
    service(api, "waypoint", {"gateway.istio.io/managed": "istio.io-mesh-controller"})
    found = on_api("waypoint", "enable", "svc", "--all", "--waypoint=waypoint")
    assert (found.code, "service/waypoint labeled" in found.out) == (0, False)
    assert "left out (made for a Gateway; name it to include it): service/waypoint" in found.err


def test_a_server_that_drops_the_label_is_found_out(on_api: Run, api: ObjectsApi) -> None:
    def drop(path: str, patch: Fields) -> Reply | None:
        return Reply(api.objects[path])

    api.before_patch = drop
    found = on_api("waypoint", "enable", "svc", "cart")
    assert (found.code, found.out) == (1, "")
    assert "service/cart: the server took the change, and the label is not set all the same" in found.err


@pytest.mark.parametrize("chosen", [("web-1",), ("-l", "app=web"), ("--all",)])
def test_pods_are_judged_alike_however_they_were_chosen(on_api: Run, api: ObjectsApi, chosen: tuple[str, ...]) -> None:
    del api.objects[f"{PODS}/waypoint-1"]
    api.objects[f"{GATEWAYS.format('shop')}/waypoint"]["metadata"]["labels"] = {"istio.io/waypoint-for": "all"}
    pod(api, "web-1", {"app": "web"})
    found = on_api("waypoint", "enable", "pod", *chosen, "--waypoint=waypoint", "--force", "--dry-run=client")
    assert "has no address" not in flat(found.err)
    assert "Would fail pod/web-1 (at shop/waypoint)" in flat(found.err)
    pod(api, "web-1", {"app": "web", WAYPOINT: "waypoint"})
    found = on_api("waypoint", "disable", "pod", *chosen, "--dry-run=client")
    assert flat(found.err) == "Would go direct pod/web-1"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("ns", "shop"), "Cannot be told svc/cart · 1 pod (going direct, if served by shop/wp now)"),
        (("svc", "cart", "--opt-out"), "Cannot be told svc/cart (going direct, if served by shop/wp now)"),
    ],
)
@pytest.mark.parametrize("dry", [(), ("--dry-run=client",)])
def test_what_may_have_been_served_may_go_direct(
    on_api: Run, api: ObjectsApi, words: tuple[str, ...], told: str, dry: tuple[str, ...]
) -> None:
    api.before_get = lambda path: status(403, "Forbidden", "no") if "gateway.networking" in path else None
    del api.objects[f"{PODS}/waypoint-1"]
    api.add(SHOP, {**AMBIENT, WAYPOINT: "wp"})
    found = on_api("waypoint", "disable", *words, *dry)
    assert found.code == 0
    assert told in flat(found.err)
