"""What no healthy server does: refusals of one thing, pages that expire or break off, silence, nonsense."""

from __future__ import annotations

import concurrent.futures
import re
from collections.abc import Callable, Iterator

import pytest

from tests.rig.cluster import Cluster
from tests.rig.faults import FaultProxy, Request
from tests.rig.kubectl import Result, Runner
from tests.rig.processes import wait_for
from tests.rig.workloads import AMBIENT, OPTED_OUT, deployment, pod

from .test_status import Plugin, a_namespace, annotated, document, items, phase, plugin

__all__ = ["plugin"]

TIMED_OUT = (
    "Unable to connect to the server: context deadline exceeded (Client.Timeout exceeded while awaiting headers)\n"
)


@pytest.fixture(scope="module")
def shop(cluster: Cluster) -> Iterator[str]:
    with a_namespace(cluster, "faults", AMBIENT) as name:
        cluster.apply(
            deployment("web", name, replicas=4),
            pod("bare", name),
            pod("refuses", name, labels=OPTED_OUT),
        )
        for app in ("web", "bare"):
            annotated(cluster, name, app)
        phase(cluster, name, "refuses", "Running")
        yield name


@pytest.fixture(scope="module")
def plain(cluster: Cluster) -> Iterator[str]:
    """A namespace out of ambient mode."""
    with a_namespace(cluster, "plain", {}) as name:
        cluster.apply(deployment("web", name))
        phase(cluster, name, "web", "Running")
        yield name


Through = Callable[..., Result]


@pytest.fixture
def through(plugin: Plugin, fault_proxy: FaultProxy) -> Through:
    """The plugin in this process, with the proxy before its server."""
    kubeconfig = fault_proxy.kubeconfig()

    def call(*arguments: str) -> Result:
        return plugin(*arguments, kubeconfig=kubeconfig)

    return call


def names(told: Result) -> list[str]:
    return [item["name"] for item in document(told)["items"]]


# Pages.


def test_a_list_in_pages_is_whole(shop: str, through: Through, fault_proxy: FaultProxy) -> None:
    found = names(through("status", "-n", shop, "-o", "json", "--chunk-size=2"))
    assert len(found) == len(set(found)) == 6
    assert fault_proxy.count(rf"/namespaces/{shop}/pods\?.*limit=2") == 3


def test_a_page_that_expires_starts_the_list_anew(shop: str, through: Through, fault_proxy: FaultProxy) -> None:
    fault_proxy.expire(rf"/namespaces/{shop}/pods")
    found = names(through("status", "-n", shop, "-o", "json", "--chunk-size=2"))
    assert len(found) == len(set(found)) == 6
    pages = [r.status for r in fault_proxy.requests if f"/namespaces/{shop}/pods" in r.path]
    assert pages == [200, 410, 200]


def test_everything_expires_once_in_all_namespaces(shop: str, through: Through, fault_proxy: FaultProxy) -> None:
    fault_proxy.expire(r"^/apis?/", times=None)
    told = document(through("status", "-A", "-o", "json", "--chunk-size=2"))
    keys = [(item["namespace"], item["name"]) for item in told["items"]]
    assert len(keys) == len(set(keys)) == told["summary"]["pods"]
    assert {item["owner"] for item in told["items"] if item["namespace"] == shop} == {None, "Deployment/web"}
    assert (told["istio"]["cniVersions"], told["assumptions"]) == (["1.30.3-distroless"], [])
    assert fault_proxy.count("continue=") >= 3


def test_a_page_that_breaks_off_is_asked_for_again(shop: str, through: Through, fault_proxy: FaultProxy) -> None:
    fault_proxy.reset(rf"/namespaces/{shop}/pods.*continue=", times=1)
    found = names(through("status", "-n", shop, "-o", "json", "--chunk-size=2"))
    assert len(found) == len(set(found)) == 6
    assert fault_proxy.count(rf"/namespaces/{shop}/pods") == 4


def test_a_page_that_always_breaks_off(shop: str, through: Through, fault_proxy: FaultProxy) -> None:
    fault_proxy.reset(rf"/namespaces/{shop}/pods.*continue=")
    found = through("status", "-n", shop, "-o", "json", "--chunk-size=2")
    assert (found.code, found.stdout) == (1, "")
    (sentence,) = found.stderr.splitlines()
    assert sentence.startswith("Unable to connect to the server: ")


# One thing is refused, and the rest answered.


@pytest.mark.parametrize("command", ["status -n {shop}", "explain pod bare -n {shop}"])
@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        (r"/nodes", "cannot (list nodes|get node n[1-4]): forbidden"),
        (r"/configmaps", "cannot get configmap istio-cni-config: forbidden"),
        (r"/mutatingwebhookconfigurations", "cannot list mutatingwebhookconfigurations: forbidden"),
    ],
)
def test_one_refusal_is_named_and_the_rest_answered(
    shop: str, through: Through, fault_proxy: FaultProxy, command: str, pattern: str, what: str
) -> None:
    fault_proxy.forbid(pattern)
    found = through(*command.format(shop=shop).split())
    assert found.code == 0
    assert "in ambient mode" in found.stdout
    assert any(re.search(what, line) for line in found.stderr.splitlines())


def test_a_refusal_of_the_owners_is_named(shop: str, through: Through, fault_proxy: FaultProxy) -> None:
    fault_proxy.forbid(r"/deployments")
    told = through("status", "-n", shop, "-o", "json")
    assert {n: (i["state"], i["reason"]) for n, i in items(told).items()} == {
        "web": ("Enrolled", "NamespaceLabel"),
        "bare": ("Enrolled", "NamespaceLabel"),
        "refuses": ("NotAmbient", "PodOptedOut"),
    }
    (assumption, of_istiod) = document(told)["assumptions"]
    assert assumption == (
        "for what follows a restart, the pods' own labels stand for their template: "
        "cannot get deployment web: forbidden"
    )
    assert of_istiod == (
        "an istiod is taken to serve ambient mode, to be Ready and to trust ztunnel: "
        "cannot list deployments of istiod: forbidden"
    )


@pytest.mark.parametrize("status", [500, 503, 504])
def test_a_part_that_is_broken_is_named_like_a_refusal(
    shop: str, through: Through, fault_proxy: FaultProxy, status: int
) -> None:
    fault_proxy.fail(r"/nodes", status, message="etcd is away")
    told = through("status", "-n", shop, "-o", "json")
    (assumption,) = document(told)["assumptions"]
    assert assumption == "every node is taken for a Linux node: cannot list nodes: etcd is away"


def test_what_is_needed_is_not_answered_without(shop: str, through: Through, fault_proxy: FaultProxy) -> None:
    fault_proxy.forbid(rf"/namespaces/{shop}/pods", message="no pods for you")
    found = through("status", "-n", shop, "-o", "json")
    assert (found.code, found.stdout) == (1, "")
    assert found.stderr == "Error from server (Forbidden): no pods for you\n"


# Too many requests, nonsense, silence, and an end in the middle.


def test_a_server_that_asks_to_come_back_is_asked_again(shop: str, through: Through, fault_proxy: FaultProxy) -> None:
    fault_proxy.too_many(rf"/namespaces/{shop}/pods", times=2, retry_after=0)
    fault_proxy.too_many("/nodes", times=1, retry_after=1)
    told = document(through("status", "-n", shop, "-o", "json"))
    assert (len(told["items"]), told["assumptions"]) == (6, [])
    assert [r.status for r in fault_proxy.requests if "/nodes" in r.path] == [429, 200]
    assert [r.status for r in fault_proxy.requests if f"{shop}/pods" in r.path] == [429, 429, 200]


def test_a_server_that_always_asks_to_come_back(shop: str, through: Through, fault_proxy: FaultProxy) -> None:
    for _ in range(20):
        fault_proxy.too_many(rf"/namespaces/{shop}/pods", retry_after=0)
    found = through("status", "-n", shop)
    assert (found.code, found.stdout) == (1, "")
    assert found.stderr.startswith("Error from server (TooManyRequests): ")
    assert fault_proxy.count(rf"/namespaces/{shop}/pods") == 5


@pytest.mark.parametrize("after", [0, 700])
def test_nonsense_instead_of_pods(shop: str, through: Through, fault_proxy: FaultProxy, after: int) -> None:
    fault_proxy.garbage(rf"/namespaces/{shop}/pods", after=after)
    found = through("status", "-n", shop, "-o", "json")
    assert (found.code, found.stdout) == (1, "")
    assert len(found.stderr.splitlines()) <= 2
    assert found.stderr.startswith("error: ")
    assert "pods" in found.stderr


def test_nonsense_instead_of_something_else_is_named(shop: str, through: Through, fault_proxy: FaultProxy) -> None:
    fault_proxy.garbage("/nodes")
    told = through("status", "-n", shop, "-o", "json")
    (assumption,) = document(told)["assumptions"]
    assert assumption.startswith("every node is taken for a Linux node: cannot list nodes: ")


@pytest.mark.parametrize("words", ["status -n {shop} -o json", "explain pod bare -n {shop}"])
def test_a_slow_trickle_is_cut_by_the_timeout(shop: str, through: Through, fault_proxy: FaultProxy, words: str) -> None:
    fault_proxy.trickle(rf"/namespaces/{shop}/pods", delay=2)  # for the body of one pod, most of a minute
    found = through(*words.format(shop=shop).split(), "--request-timeout=3s")
    assert (found.code, found.stdout, found.stderr) == (1, "", TIMED_OUT)


def test_a_slow_trickle_without_a_timeout_is_waited_for(shop: str, through: Through, fault_proxy: FaultProxy) -> None:
    fault_proxy.trickle(rf"/namespaces/{shop}/pods/bare", delay=0.005)
    assert through("explain", "pod", "bare", "-n", shop).code == 0


@pytest.mark.parametrize("words", ["status -n {shop} -o json", "status -A", "explain ns {shop} -o yaml"])
def test_a_server_that_goes_away_half_way(cluster: Cluster, shop: str, ambient: Runner, words: str) -> None:
    proxy = FaultProxy(cluster).start()
    # All other answers are there, and this one never comes.
    proxy.hang(r"/pods(\?limit|$)", delay=30)
    kubeconfig = proxy.kubeconfig()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        running = pool.submit(ambient, *words.format(shop=shop).split(), kubeconfig=kubeconfig)
        wait_for("the command to be half-way", lambda: proxy.count() >= 8)
        proxy.stop()
        found = running.result()
    assert (found.code, found.stdout) == (1, "")
    (sentence,) = found.stderr.splitlines()
    assert sentence.startswith(("The connection to the server 127.0.0.1", "Unable to connect to the server: "))


# What each command asks for. A new line here is a new request of every run, and has to earn its place.

CONFIGURATION = {
    "/api/v1/configmaps istio-cni-config": "whether ambient is on, what is excluded, the enablement selectors",
    "/api/v1/configmaps istio-sidecar-injector": "the injector's policy, for what follows a restart",
    "/api/v1/configmaps istio": "which namespaces istiod looks at",
    "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations": "who gets a sidecar",
}
WHERE_ISTIO_IS = {
    "/apis/apps/v1/daemonsets": "istio-cni: whether it is installed, and its literal settings",
    "/apis/apps/v1/deployments": "istiod: whether it serves ambient, is Ready, and trusts ztunnel",
}
AGENTS = {
    "/api/v1/pods istio-cni-node": "the health and version of istio-cni on the pods' nodes",
    "/api/v1/pods ztunnel": "the health of ztunnel there",
}
NAMESPACE = {
    "/api/v1/namespaces/NS": "its labels decide; by get, since that is what the role view may",
    "/api/v1/namespaces/NS/events": "why a pod hangs in ContainerCreating",
}
WORKLOADS = {
    f"{group}/namespaces/NS/{kind}": "templates, for what follows a restart"
    for group, kind in (
        ("/apis/apps/v1", "deployments"),
        ("/apis/apps/v1", "statefulsets"),
        ("/apis/apps/v1", "daemonsets"),
        ("/apis/batch/v1", "jobs"),
    )
}
AROUND = {**CONFIGURATION, **WHERE_ISTIO_IS, **AGENTS, **NAMESPACE}
# enable and disable read what they change, then what that moves, then patch.
# What a change may break. Of what may be added to a cluster, only groups that the server has are asked for.
GROUPS = {"/apis": "whether network plugins and OpenShift have brought their types"}
RISKS = {
    **GROUPS,
    "/api/v1/configmaps": "the settings of Cilium",
    "/api/v1/namespaces": "labels that peers of NetworkPolicies are chosen by",
    "/api/v1/namespaces/NS/services": "the ports that they send to, and whether they are open to outside",
    "/apis/networking.k8s.io/v1/ingressclasses": "which ingress controllers there are",
    "/apis/networking.k8s.io/v1/networkpolicies": "what lets packets through, of callers as well",
    "/apis/security.istio.io/v1/authorizationpolicies": "who may speak",
    "/apis/security.istio.io/v1/peerauthentications": "who refuses plain text",
}
CHANGE_OF_A_NAMESPACE = {
    **AROUND,
    **RISKS,
    **WORKLOADS,
    "/api/v1/namespaces/NS again": "its label, before the preview: whether there is anything to do",
    "/api/v1/namespaces/NS/pods": "the pods that it would move",
    "/api/v1/nodes": "their operating systems, and whether they are virtual",
    "PATCH /api/v1/namespaces/NS": "the label",
}
TABLE: dict[str, dict[str, str]] = {
    # One round.
    "status -n NS": {
        **AROUND,
        **WORKLOADS,
        "/api/v1/namespaces/NS/pods": "the pods",
        "/api/v1/nodes": "their operating systems, and whether they are virtual",
    },
    # One round; the agents are among the pods, istio-cni and istiod among the workloads.
    "status -A": {
        **CONFIGURATION,
        "/api/v1/pods": "the pods, and the agents among them",
        "/api/v1/namespaces": "their labels",
        "/api/v1/nodes": "operating systems",
        "/api/v1/events": "why pods hang in ContainerCreating",
        "/apis/apps/v1/daemonsets": "templates, and istio-cni's own",
        "/apis/apps/v1/deployments": "templates, and istiod's own",
        "/apis/apps/v1/statefulsets": "templates",
        "/apis/batch/v1/jobs": "templates",
    },
    # Two rounds: the second asks only for what is near to the pod.
    "explain pod POD -n NS": {
        **AROUND,
        "/api/v1/namespaces/NS/pods/POD": "the pod",
        "/api/v1/namespaces/NS/services": "those that select the pod, for their waypoints",
        "/api/v1/nodes/NODE": "its node",
        "/apis/apps/v1/namespaces/NS/replicasets/RS": "its owner",
        "/apis/apps/v1/namespaces/NS/deployments/web": "the owner that the ReplicaSet's name tells, beside it",
    },
    "enable ns NS --dry-run=server": CHANGE_OF_A_NAMESPACE,
    "disable ns NS --dry-run=server": CHANGE_OF_A_NAMESPACE,
    "enable ns NS --dry-run=client": {k: why for k, why in CHANGE_OF_A_NAMESPACE.items() if "PATCH" not in k},
    "enable pod POD -n NS --dry-run=server": {
        **AROUND,
        **RISKS,
        "/api/v1/namespaces/NS/pods/POD": "its labels: whether there is anything to do",
        "/api/v1/namespaces/NS/pods/POD again": "the pod, for the preview",
        "/api/v1/nodes/NODE": "its node",
        "/apis/apps/v1/namespaces/NS/replicasets/RS": "its owner",
        "/apis/apps/v1/namespaces/NS/deployments/web": "the owner that the ReplicaSet's name tells, beside it",
        "PATCH /api/v1/namespaces/NS/pods/POD": "the label",
    },
    "enable deploy web -n NS --dry-run=server": {
        **AROUND,
        **RISKS,
        "/apis/apps/v1/namespaces/NS/deployments/web": "its template: whether there is anything to do",
        "/apis/apps/v1/namespaces/NS/deployments/web again": "the deployment, for the preview",
        "/api/v1/namespaces/NS/pods": "the pods that it would restart",
        "/api/v1/nodes": "their operating systems, and whether they are virtual",
        "PATCH /apis/apps/v1/namespaces/NS/deployments/web": "the label",
    },
    # No policy has a word, so that of other namespaces nothing is read.
    "waypoint enable ns NS --force --dry-run=server": {
        **GROUPS,
        "/api/v1/configmaps istio": "which namespaces istiod looks at",
        "/api/v1/namespaces/NS": "its labels: whether there is anything to do",
        "/api/v1/namespaces/NS again": "its labels, for what its objects inherit",
        "/api/v1/namespaces/NS/pods": "what may get the waypoint, and its proxies among them",
        "/api/v1/namespaces/NS/services": "what may get the waypoint",
        "/apis/apps/v1/deployments": "istiod: whose version decides",
        "/apis/gateway.networking.k8s.io/v1/gatewayclasses": "which traffic a waypoint takes",
        "/apis/gateway.networking.k8s.io/v1/namespaces/NS/gateways": "the waypoint",
        "/apis/networking.istio.io/v1/namespaces/NS/serviceentries": "what may get the waypoint",
        "/apis/networking.istio.io/v1/namespaces/NS/workloadentries": "what may get the waypoint",
        "/apis/networking.k8s.io/v1/networkpolicies": "what lets packets through on the way to it",
        "/apis/security.istio.io/v1/namespaces/NS/authorizationpolicies": "what the waypoint enforces that was there",
        "PATCH /api/v1/namespaces/NS": "the label",
    },
    "version": {
        "/version": "the server's",
        **AGENTS,
        "/apis/apps/v1/deployments": "istiod's, by its image",
    },
    "version --client": {},
}


ASKED_BY_NAME = ("istio-cni-config", "istio-sidecar-injector", "istio-cni-node", "ztunnel", "istio")


@pytest.mark.parametrize("command", TABLE)
def test_the_requests_of_a_command(
    cluster: Cluster, shop: str, plain: str, through: Through, fault_proxy: FaultProxy, command: str
) -> None:
    namespace = plain if command.startswith("enable") else shop
    one = cluster.pods(namespace, "app=web")[0]
    known = {
        namespace: "NS",
        one["metadata"]["name"]: "POD",
        one["metadata"]["ownerReferences"][0]["name"]: "RS",
        one["spec"]["nodeName"]: "NODE",
    }
    words = {short: name for name, short in known.items()}
    assert through(*(words.get(word, word) for word in command.split())).code == 0

    def told(request: Request) -> str:
        path, _, query = request.path.partition("?")
        which = ""
        if path in ("/api/v1/configmaps", "/api/v1/pods"):
            which = next((word for word in ASKED_BY_NAME if word in query), "")
        method = "" if request.method == "GET" else request.method
        return f"{method} {'/'.join(known.get(part, part) for part in path.split('/'))} {which}".strip()

    found: list[str] = []
    for request in map(told, fault_proxy.requests):
        found.append(f"{request} again" if request in found else request)
    assert sorted(found) == sorted(TABLE[command])
