"""The rig proves itself: what the other live tests take for granted is tried here."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from tests.rig import kubectl as real_kubectl
from tests.rig.agent import ANNOTATION, BEHAVIOUR
from tests.rig.api import Object
from tests.rig.apiserver import ApiServer
from tests.rig.cluster import Cluster
from tests.rig.faults import FaultProxy
from tests.rig.kubectl import Runner
from tests.rig.load import Snapshot, documents
from tests.rig.processes import wait_for
from tests.rig.rights import wait_until_granted
from tests.rig.workloads import AMBIENT, INJECTED, OPTED_OUT, deployment, pod
from tests.rig.workloads import namespace as namespace_object

from .conftest import NewNamespace

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"


def redirection(cluster: Cluster, namespace: str, app: str) -> list[str | None]:
    return [item["metadata"].get("annotations", {}).get(ANNOTATION) for item in cluster.pods(namespace, f"app={app}")]


def has_become(cluster: Cluster, namespace: str, app: str, value: str | None) -> None:
    def asked() -> bool:
        found = redirection(cluster, namespace, app)
        return bool(found) and all(each == value for each in found)

    wait_for(f"{app} to be {value}", asked)


def running(cluster: Cluster, namespace: str, app: str, count: int = 1) -> list[Object]:
    def asked() -> list[Object]:
        found = cluster.pods(namespace, f"app={app}")
        return found if len(found) == count and all(p["status"].get("podIP") for p in found) else []

    return wait_for(f"{app} to run", asked)


def test_a_deployment_rolls_out(cluster: Cluster, namespace: str, kubectl: Runner) -> None:
    cluster.apply(deployment("web", namespace, replicas=3))
    kubectl("rollout", "status", "deploy/web", "-n", namespace, "--timeout=90s")
    before = {p["metadata"]["name"] for p in running(cluster, namespace, "web", 3)}
    kubectl("rollout", "restart", "deploy/web", "-n", namespace)
    kubectl("rollout", "status", "deploy/web", "-n", namespace, "--timeout=90s")
    wait_for("new pods", lambda: before.isdisjoint(p["metadata"]["name"] for p in cluster.pods(namespace)))


def test_the_daemons_run_on_every_linux_node_only(cluster: Cluster) -> None:
    nodes = sorted(p["spec"]["nodeName"] for p in cluster.pods("istio-system", "app=ztunnel"))
    assert nodes == ["n1", "n2", "n3", "n4"]


def test_istiods_webhook_injects(cluster: Cluster, new_namespace: NewNamespace) -> None:
    namespace = new_namespace(INJECTED)
    cluster.apply(deployment("cart", namespace), pod("refuses", namespace, labels={"sidecar.istio.io/inject": "false"}))
    (injected,) = running(cluster, namespace, "cart")
    assert "sidecar.istio.io/status" in injected["metadata"]["annotations"]
    assert "istio-proxy" in {c["name"] for c in injected["spec"].get("initContainers", [])}
    (refusing,) = running(cluster, namespace, "refuses")
    assert "sidecar.istio.io/status" not in refusing["metadata"].get("annotations", {})


def test_injection_lasts_over_many_namespaces(cluster: Cluster, new_namespace: NewNamespace) -> None:
    names = [new_namespace(INJECTED) for _ in range(15)]
    cluster.apply(*(pod("one", name) for name in names))
    for name in names:
        (found,) = running(cluster, name, "one")
        assert "sidecar.istio.io/status" in found["metadata"]["annotations"]


def test_the_agent_follows_a_namespaces_label(
    cluster: Cluster, namespace: str, new_namespace: NewNamespace, kubectl: Runner
) -> None:
    cluster.apply(
        deployment("web", namespace, replicas=2),
        pod("asks", namespace, labels=AMBIENT),
        pod("refuses", namespace, labels=OPTED_OUT),
        pod("on-the-host", namespace, host_network=True),
    )
    running(cluster, namespace, "web", 2)
    has_become(cluster, namespace, "asks", "enabled")
    has_become(cluster, namespace, "web", None)
    kubectl("label", "namespace", namespace, "istio.io/dataplane-mode=ambient")
    has_become(cluster, namespace, "web", "enabled")
    assert redirection(cluster, namespace, "refuses") == redirection(cluster, namespace, "on-the-host") == [None]
    kubectl("label", "namespace", namespace, "istio.io/dataplane-mode-")
    has_become(cluster, namespace, "web", None)
    assert redirection(cluster, namespace, "asks") == ["enabled"]


def test_a_sidecar_keeps_a_pod_out(cluster: Cluster, new_namespace: NewNamespace) -> None:
    namespace = new_namespace(INJECTED | AMBIENT)
    cluster.apply(pod("cart", namespace), pod("bare", namespace, labels={"sidecar.istio.io/inject": "false"}))
    has_become(cluster, namespace, "bare", "enabled")
    assert redirection(cluster, namespace, "cart") == [None]


def test_the_agent_keeps_its_hands_off(cluster: Cluster, new_namespace: NewNamespace) -> None:
    namespace = new_namespace(AMBIENT | {BEHAVIOUR: "off"})
    cluster.apply(pod("left-alone", namespace), pod("fixed", namespace, annotations={ANNOTATION: "pending"}))
    running(cluster, namespace, "left-alone")
    time.sleep(0.5)
    assert redirection(cluster, namespace, "left-alone") == [None]
    assert redirection(cluster, namespace, "fixed") == ["pending"]


@pytest.mark.parametrize(("behaviour", "expected"), [("pending", "pending"), ("never", None)])
def test_the_agent_misbehaves_on_a_node(
    cluster: Cluster, new_namespace: NewNamespace, kubectl: Runner, behaviour: str, expected: str | None
) -> None:
    kubectl("annotate", "node", "n4", f"{BEHAVIOUR}={behaviour}")
    try:
        namespace = new_namespace(AMBIENT)
        cluster.apply(pod("late", namespace, node="n4"), pod("other", namespace, node="n1"))
        has_become(cluster, namespace, "other", "enabled")
        running(cluster, namespace, "late")
        has_become(cluster, namespace, "late", expected)
    finally:
        kubectl("annotate", "node", "n4", f"{BEHAVIOUR}-")
    has_become(cluster, namespace, "late", "enabled")


def test_a_late_agent_arrives(cluster: Cluster, new_namespace: NewNamespace, kubectl: Runner) -> None:
    kubectl("annotate", "node", "n4", f"{BEHAVIOUR}=late")
    try:
        namespace = new_namespace(AMBIENT)
        cluster.apply(pod("waits", namespace, node="n4"))
        running(cluster, namespace, "waits")
        time.sleep(1)
        assert redirection(cluster, namespace, "waits") == [None]
        has_become(cluster, namespace, "waits", "enabled")
    finally:
        kubectl("annotate", "node", "n4", f"{BEHAVIOUR}-")


def test_a_finished_job_is_let_go(cluster: Cluster, new_namespace: NewNamespace, kubectl: Runner) -> None:
    namespace = new_namespace(AMBIENT)
    kubectl("create", "job", "nightly", "-n", namespace, "--image=registry.example/job")
    kubectl("wait", "job/nightly", "-n", namespace, "--for=condition=complete", "--timeout=90s")
    (found,) = cluster.pods(namespace)
    assert found["status"]["phase"] == "Succeeded"


def test_a_user_may_only_what_rbac_grants(cluster: Cluster, namespace: str, kubectl: Runner) -> None:
    kubectl("create", "rolebinding", "dev", "--clusterrole=view", "--user=dev", "-n", namespace)
    wait_until_granted(cluster, "dev", "list", "pods", namespace)
    assert kubectl("get", "pods", "-n", namespace, user="dev").code == 0
    refused = kubectl("get", "pods", "-A", user="dev", check=False)
    assert (refused.code, "Forbidden" in refused.stderr) == (1, True)


def test_anybody_can_log_in_by_certificate(kubectl: Runner) -> None:
    told = json.loads(kubectl("auth", "whoami", "-o", "json", user="eve", groups=("auditors",)).stdout)
    assert told["status"]["userInfo"]["username"] == "eve"
    assert "auditors" in told["status"]["userInfo"]["groups"]


def test_a_waypoint_is_programmed(cluster: Cluster, new_namespace: NewNamespace, kubectl: Runner) -> None:
    namespace = new_namespace(AMBIENT | {"istio.io/use-waypoint": "wp"})
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "cart", "namespace": namespace},
        "spec": {"selector": {"app": "cart"}, "ports": [{"name": "http", "port": 80}]},
    }
    listener = {"name": "mesh", "port": 15008, "protocol": "HBONE"}
    gateway = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "wp", "namespace": namespace},
        "spec": {"gatewayClassName": "istio-waypoint", "listeners": [listener]},
    }
    cluster.apply(service, gateway, deployment("cart", namespace))
    kubectl("wait", "gateway/wp", "-n", namespace, "--for=condition=Programmed", "--timeout=90s")
    kubectl("wait", "service/cart", "-n", namespace, "--for=condition=istio.io/WaypointBound", "--timeout=90s")
    (waypoint,) = cluster.pods(namespace, "gateway.networking.k8s.io/gateway-name=wp")
    assert ANNOTATION not in waypoint["metadata"].get("annotations", {})


def test_a_bare_server_keeps_what_it_is_given(bare_cluster: ApiServer) -> None:
    given = pod("kept", "bare", annotations={ANNOTATION: "pending"}) | {"status": {"phase": "Running"}}
    assert Snapshot(bare_cluster.api).load([given, namespace_object("bare", AMBIENT)]) == 2
    time.sleep(0.5)
    (found,) = bare_cluster.pods("bare")
    assert found["status"]["phase"] == "Running"
    assert found["metadata"]["annotations"] == {ANNOTATION: "pending"}


def test_the_example_loads_as_it_was_captured(bare_cluster: ApiServer) -> None:
    given = list(documents(EXAMPLES))
    Snapshot(bare_cluster.api).load(given)
    pods = {(p["metadata"]["namespace"], p["metadata"]["name"]): p for p in given if p["kind"] == "Pod"}
    found = {(p["metadata"]["namespace"], p["metadata"]["name"]): p for p in bare_cluster.api.items("/api/v1/pods")}
    for key, pod_given in pods.items():
        for field in ("labels", "annotations", "ownerReferences"):
            assert found[key]["metadata"].get(field) == pod_given["metadata"].get(field), (key, field)
        assert found[key]["status"] == pod_given["status"], key
        assert found[key]["spec"] == pod_given["spec"], key


class TestFaults:
    """The proxy harms what it is told to harm, and nothing else."""

    def get(self, proxy: FaultProxy, resource: str = "namespaces", *arguments: str) -> real_kubectl.Result:
        return real_kubectl.run("get", resource, *arguments, kubeconfig=self.kubeconfig(proxy))

    def kubeconfig(self, proxy: FaultProxy) -> Path:
        return proxy.kubeconfig("admin")

    def test_nothing_ordered_nothing_harmed(self, fault_proxy: FaultProxy) -> None:
        assert "istio-system" in self.get(fault_proxy).stdout
        assert fault_proxy.count("/api/v1/namespaces", "GET") == 1

    def test_too_many_requests_then_an_answer(self, fault_proxy: FaultProxy) -> None:
        fault_proxy.too_many("/namespaces", times=1)
        assert self.get(fault_proxy).code == 0
        assert [r.status for r in fault_proxy.requests if "/namespaces" in r.path] == [429, 200]

    def test_a_page_expires(self, fault_proxy: FaultProxy) -> None:
        fault_proxy.expire("/namespaces")
        told = self.get(fault_proxy, "namespaces", "--chunk-size=2")
        assert (told.code, "Expired" in told.stderr) == (1, True)

    @pytest.mark.parametrize(("status", "word"), [(403, "Forbidden"), (401, "Unauthorized"), (500, "InternalError")])
    def test_one_resource_is_refused(self, fault_proxy: FaultProxy, status: int, word: str) -> None:
        fault_proxy.fail("/nodes", status, message=word)
        assert word in self.get(fault_proxy, "nodes").stderr
        assert self.get(fault_proxy).code == 0

    def test_a_body_breaks_off(self, fault_proxy: FaultProxy) -> None:
        fault_proxy.reset("/nodes", after=500)
        assert self.get(fault_proxy, "nodes").code == 1

    def test_garbage_arrives(self, fault_proxy: FaultProxy) -> None:
        fault_proxy.garbage("/nodes")
        assert "invalid character" in self.get(fault_proxy, "nodes").stderr

    def test_a_watch_streams(self, fault_proxy: FaultProxy) -> None:
        told = self.get(fault_proxy, "namespaces", "-w", "--request-timeout=3s")
        assert "istio-system" in told.stdout

    def test_a_trickle_is_slow_but_whole(self, fault_proxy: FaultProxy) -> None:
        fault_proxy.trickle("/serviceaccounts", delay=0.01)
        assert "default" in self.get(fault_proxy, "serviceaccounts").stdout
