"""waypoint enable and disable on the real control plane: istiod's own condition says what was foretold."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest
import yaml

from tests.rig.cluster import Cluster
from tests.rig.faults import FaultProxy
from tests.rig.kubectl import Result, Runner
from tests.rig.l7 import external_name, service, service_entry, waypoint, workload_entry
from tests.rig.processes import wait_for
from tests.rig.rights import wait_until_granted
from tests.rig.workloads import AMBIENT, deployment

from .conftest import NewNamespace
from .waypoint_scene import wait_until_serving

WAYPOINT, HOME = "istio.io/use-waypoint", "istio.io/use-waypoint-namespace"


def flat(text: str) -> str:
    return " ".join(text.split())


def labels(kubectl: Runner, *named: str) -> dict[str, str]:
    """The waypoint labels, as kubectl shows them."""
    found = json.loads(kubectl("get", *named, "-o", "json").stdout)["metadata"].get("labels") or {}
    return {key: value for key, value in found.items() if key in (WAYPOINT, HOME)}


def bound(cluster: Cluster, namespace: str, name: str) -> tuple[str, str] | None:
    """What istiod wrote of a Service's waypoint."""
    found = cluster.api.get(f"/api/v1/namespaces/{namespace}/services/{name}") or {}
    for condition in (found.get("status") or {}).get("conditions") or ():
        if condition["type"] == "istio.io/WaypointBound":
            return condition["status"], condition["reason"]
    return None


def becomes(cluster: Cluster, namespace: str, name: str, *wanted: str) -> None:
    expected = wanted or None
    wait_for(f"istiod to write {expected} on {name}", lambda: bound(cluster, namespace, name) == expected)


def programmed(cluster: Cluster, *made: Any) -> None:
    """Apply waypoints, and wait until istiod has made them."""
    cluster.apply(*made)
    wait_until_serving(cluster, *made)


def undo(result: Result) -> list[list[str]]:
    """The commands of the undo line, without `kubectl`."""
    (line,) = [found for found in result.stderr.splitlines() if found.startswith("undo: ")]
    return [shlex.split(command)[1:] for command in line.removeprefix("undo: ").split(" && ")]


@pytest.fixture
def shop(cluster: Cluster, new_namespace: NewNamespace) -> str:
    """An ambient namespace with a ready waypoint, and Services of every sort."""
    name = new_namespace(AMBIENT)
    cluster.apply(
        deployment("cart", name),
        service("cart", name),
        service("out", name, {WAYPOINT: "none"}),
        service("db", name, clusterIP="None"),
        external_name("ext", name),
        service_entry("api", name),
        workload_entry("vm", name, address="10.9.0.1"),
    )
    programmed(cluster, waypoint("waypoint", name))

    def enrolled() -> bool:
        pods = cluster.pods(name, "app=cart")
        return bool(pods) and all("ambient.istio.io/redirection" in p["metadata"].get("annotations", {}) for p in pods)

    wait_for("the pod to be in the mesh", enrolled)
    return name


def test_a_namespace_there_and_back(cluster: Cluster, shop: str, ambient: Runner, kubectl: Runner) -> None:
    found = ambient("waypoint", "enable", "ns", shop)
    assert (found.code, found.stdout) == (0, f"namespace/{shop} labeled\n"), found.stderr
    assert labels(kubectl, "ns", shop) == {WAYPOINT: "waypoint"}
    told = found.stderr.splitlines()
    assert told[0] == "no --waypoint given: taken to be “waypoint”, the name that istioctl gives"
    assert "Staying as is    svc/out none" in told
    assert "Going direct     svc/db headless · svc/ext ExternalName · workloadentry/vm NotForWorkloads ·" in told
    assert f"Now served       svc/cart · serviceentry/api (by {shop}/waypoint)" in told
    assert told[-1] == f"undo: kubectl ambient waypoint disable ns {shop}"
    becomes(cluster, shop, "cart", "True", "WaypointAccepted")
    becomes(cluster, shop, "db", "True", "WaypointAccepted")
    assert bound(cluster, shop, "out") is None
    assert bound(cluster, shop, "ext") is None
    again = ambient("waypoint", "enable", "ns", shop)
    assert (again.code, again.stdout) == (0, f"namespace/{shop} not labeled\n")
    (command,) = undo(found)
    back = ambient(*command[1:])
    assert back.stdout == f"namespace/{shop} unlabeled\n"
    assert "Now going direct svc/cart · serviceentry/api" in back.stderr
    assert labels(kubectl, "ns", shop) == {}
    becomes(cluster, shop, "cart")


@pytest.mark.parametrize("dry_run", ["client", "server"])
def test_a_dry_run(shop: str, ambient: Runner, kubectl: Runner, dry_run: str) -> None:
    found = ambient(
        "waypoint", "enable", "svc", "cart", "db", "-n", shop, "--waypoint=waypoint", f"--dry-run={dry_run}"
    )
    words = "server dry run" if dry_run == "server" else "dry run"
    assert sorted(found.stdout.splitlines()) == [f"service/cart labeled ({words})", f"service/db labeled ({words})"]
    assert found.stderr.splitlines()[:2] == [
        f"Would be served  svc/cart (by {shop}/waypoint)",
        "Would go direct  svc/db headless",
    ]
    assert labels(kubectl, "svc", "cart", "-n", shop) == {}


def test_the_words_are_those_of_kubectl(shop: str, ambient: Runner, kubectl: Runner) -> None:
    where = ("svc", "cart", "-n", shop)
    for flags in ([], ["--dry-run=client"], ["--dry-run=server"], ["-o", "name"]):
        ours = ambient("waypoint", "enable", *where, *flags)
        kubectl("label", *where, f"{WAYPOINT}-")
        theirs = kubectl("label", *where, f"{WAYPOINT}=waypoint", *flags)
        kubectl("label", *where, f"{WAYPOINT}-")
        assert (ours.stdout, ours.code) == (theirs.stdout, theirs.code)
    for output, load in (("json", json.loads), ("yaml", yaml.safe_load)):
        flags = ["--dry-run=client", "-o", output]
        ours = ambient("waypoint", "enable", *where, *flags)
        assert load(ours.stdout) == load(kubectl("label", *where, f"{WAYPOINT}=waypoint", *flags).stdout)
    kubectl("label", *where, f"{WAYPOINT}=other")
    ours = ambient("waypoint", "enable", *where)
    theirs = kubectl("label", *where, f"{WAYPOINT}=waypoint", check=False)
    assert (ours.stdout, ours.stderr, ours.code) == (theirs.stdout, theirs.stderr, theirs.code)
    ours = ambient("waypoint", "enable", "svc", "nope", "-n", shop)
    theirs = kubectl("label", "svc", "nope", "-n", shop, "a=b", check=False)
    assert (ours.stdout, ours.stderr, ours.code) == (theirs.stdout, theirs.stderr, theirs.code)


def test_a_missing_one_is_refused_and_istiod_would_not_have_it(
    cluster: Cluster, shop: str, ambient: Runner, kubectl: Runner
) -> None:
    words = ("waypoint", "enable", "svc", "cart", "-n", shop, "--waypoint=gone")
    found = ambient(*words)
    assert (found.code, found.stdout) == (1, "")
    assert f"error: service/cart: there is no Gateway gone in namespace {shop} (there: waypoint)" in found.stderr
    assert "(it fails open)" in found.stderr
    assert labels(kubectl, "svc", "cart", "-n", shop) == {}
    forced = ambient(*words, "--force")
    assert (forced.code, forced.stdout) == (0, "service/cart labeled\n")
    assert "Going direct     svc/cart WaypointIsNotReady" in forced.stderr
    becomes(cluster, shop, "cart", "False", "WaypointIsNotReady")


def test_one_for_other_traffic_is_refused(cluster: Cluster, shop: str, ambient: Runner) -> None:
    programmed(cluster, waypoint("pods", shop, "workload"))
    words = ("waypoint", "enable", "svc", "cart", "-n", shop, "--waypoint=pods")
    found = ambient(*words)
    assert (found.code, found.stdout) == (1, "")
    assert f"waypoint {shop}/pods is for “workload”, not for traffic to a service" in found.stderr
    assert ambient(*words, "--force").code == 0
    becomes(cluster, shop, "cart", "False", "UnsupportedTrafficType")


def test_one_of_another_namespace(
    cluster: Cluster, shop: str, new_namespace: NewNamespace, ambient: Runner, kubectl: Runner
) -> None:
    infra = new_namespace()
    programmed(cluster, waypoint("own", infra), waypoint("open", infra, allowed={"from": "All"}))
    words = ("waypoint", "enable", "svc", "cart", "-n", shop, f"--waypoint-namespace={infra}")
    found = ambient(*words, "--waypoint=own")
    assert (found.code, found.stdout) == (1, "")
    assert f"the waypoint admits its own namespace {infra} only, and not {shop}" in found.stderr
    assert ambient(*words, "--waypoint=own", "--force").code == 0
    becomes(cluster, shop, "cart", "False", "AttachmentDenied")
    good = ambient(*words, "--waypoint=open", "--overwrite")
    assert (good.code, good.stdout) == (0, "service/cart labeled\n"), good.stderr
    assert f"Now served       svc/cart (by {infra}/open)" in good.stderr
    assert labels(kubectl, "svc", "cart", "-n", shop) == {WAYPOINT: "open", HOME: infra}
    becomes(cluster, shop, "cart", "True", "WaypointAccepted")
    (command,) = undo(good)
    cluster.kubectl(*command)
    assert labels(kubectl, "svc", "cart", "-n", shop) == {WAYPOINT: "own", HOME: infra}
    gone = ambient("waypoint", "disable", "svc", "cart", "-n", shop)
    assert gone.stdout == "service/cart unlabeled\n"
    assert labels(kubectl, "svc", "cart", "-n", shop) == {}


def test_a_dead_one_is_refused_though_istiod_would_take_it(
    cluster: Cluster, shop: str, ambient: Runner, kubectl: Runner
) -> None:
    kubectl("scale", "deploy/waypoint", "-n", shop, "--replicas=0")
    wait_for("its pods to go", lambda: not cluster.pods(shop, "gateway.networking.k8s.io/gateway-name=waypoint"))
    for named in (("ns", shop), ("svc", "cart", "-n", shop)):
        found = ambient("waypoint", "enable", *named)
        assert (found.code, found.stdout) == (1, "")
        assert f"Gateway {shop}/waypoint is dead" in found.stderr
        assert "(it fails closed)" in found.stderr
    forced = ambient("waypoint", "enable", "svc", "cart", "-n", shop, "--force")
    assert (forced.code, forced.stdout) == (0, "service/cart labeled\n")
    assert f"Now failing      svc/cart (at {shop}/waypoint)" in forced.stderr
    becomes(cluster, shop, "cart", "True", "WaypointAccepted")


def test_opting_out(cluster: Cluster, shop: str, ambient: Runner, kubectl: Runner) -> None:
    ambient("waypoint", "enable", "ns", shop)
    becomes(cluster, shop, "cart", "True", "WaypointAccepted")
    stays = ambient("waypoint", "disable", "svc", "cart", "-n", shop)
    assert stays.stdout == "service/cart not labeled\n"
    assert f"service/cart inherits waypoint {shop}/waypoint from Namespace/{shop}" in flat(stays.stderr)
    out = ambient("waypoint", "disable", "svc", "cart", "-n", shop, "--opt-out")
    assert (out.code, out.stdout) == (0, "service/cart labeled\n")
    assert "Now going direct svc/cart" in out.stderr
    becomes(cluster, shop, "cart")
    kept = ambient("waypoint", "disable", "svc", "cart", "-n", shop)
    assert "service/cart keeps istio.io/use-waypoint=none" in kept.stderr
    (command,) = undo(out)
    cluster.kubectl(*command)
    assert labels(kubectl, "svc", "cart", "-n", shop) == {}


def test_every_kind_there_and_back(cluster: Cluster, shop: str, ambient: Runner, kubectl: Runner) -> None:
    programmed(cluster, waypoint("both", shop, "all"))
    pod = cluster.pods(shop, "app=cart")[0]["metadata"]["name"]
    named = ["svc/cart", f"pod/{pod}", "serviceentry/api", "workloadentry/vm"]
    found = ambient("waypoint", "enable", *named, "-n", shop, "--waypoint=both")
    assert found.code == 0, found.stderr
    assert found.stdout.count(" labeled\n") == 4
    assert f"pod/{pod}: this works at once, and is lost with the pod" in flat(found.stderr)
    assert "the pod template of Deployment/cart" in flat(found.stderr)
    assert {each: labels(kubectl, each, "-n", shop) for each in named} == {key: {WAYPOINT: "both"} for key in named}
    (command,) = undo(found)
    back = ambient(*command[1:])
    assert back.stdout.count(" unlabeled\n") == 4, back.stderr
    assert {each: labels(kubectl, each, "-n", shop) for each in named} == {key: {} for key in named}


# Rights and faults.


def test_the_published_role_is_enough(shop: str, ambient: Runner, kubectl: Runner, published: dict[str, str]) -> None:
    for named in (("ns", shop), ("svc", "cart", "-n", shop), ("serviceentry", "api", "-n", shop)):
        mine = ambient("waypoint", "enable", *named, "--dry-run=client")
        found = ambient("waypoint", "enable", *named, user=published["edit"])
        assert (found.code, found.stdout.split()[1:]) == (0, ["labeled"]), found.stderr
        assert "cannot" not in found.stderr
        assert "assumed" not in found.stderr
        assert mine.code == 0
        assert labels(kubectl, *named) == {WAYPOINT: "waypoint"}
        back = ambient("waypoint", "disable", *named, user=published["edit"])
        assert back.stdout.split()[1:] == ["unlabeled"]


def test_who_may_not_read_gateways_is_told_so(cluster: Cluster, shop: str, ambient: Runner, kubectl: Runner) -> None:
    kubectl("create", "rolebinding", "edit", "--clusterrole=edit", "--user=dev", "-n", shop)
    wait_until_granted(cluster, "dev", "patch", "services", shop)
    found = ambient("waypoint", "enable", "svc", "cart", "-n", shop, user="dev")
    assert (found.code, found.stdout) == (0, "service/cart labeled\n")
    told = flat(found.stderr)
    assert "service/cart: whether the waypoint can serve it could not be checked: cannot list gateways" in told
    assert "forbidden" in told
    assert found.stderr.splitlines()[-1] == f"undo: kubectl ambient waypoint disable svc cart -n {shop}"


def test_reads_side_by_side_and_one_write(shop: str, ambient: Runner, fault_proxy: FaultProxy) -> None:
    ambient("waypoint", "enable", "svc", "cart", "-n", shop, kubeconfig=fault_proxy.kubeconfig())
    assert fault_proxy.count(method="PATCH") == 1
    # A Service needs no list of others, and no Namespace but its own.
    assert fault_proxy.count(r"/services(\?|$)", method="GET") == 0
    assert fault_proxy.count(r"/namespaces/[^/]+/gateways", method="GET") == 1
    assert fault_proxy.count(r"/namespaces/[^/]+/pods", method="GET") == 1


def test_a_connection_that_breaks_off_changes_nothing(
    shop: str, ambient: Runner, kubectl: Runner, fault_proxy: FaultProxy
) -> None:
    fault_proxy.reset(r"/gateways")
    found = ambient("waypoint", "enable", "svc", "cart", "-n", shop, kubeconfig=fault_proxy.kubeconfig())
    assert (found.code, found.stdout) == (1, "")
    assert fault_proxy.count(method="PATCH") == 0
    assert labels(kubectl, "svc", "cart", "-n", shop) == {}
