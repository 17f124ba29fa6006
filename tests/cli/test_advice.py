"""What to do follows what ails: situations that people reported, each as small as it goes, and what is nearly one.

Held for each: the code of the finding, the headline, and the steps.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.cluster import manifests_of as m

from .enable_fixtures import Run

AMBIENT = {"istio.io/dataplane-mode": "ambient"}
CNI = {"k8s-app": "istio-cni-node"}
REDIRECTED = {"ambient.istio.io/redirection": "enabled"}
HOME = "istio-system"
NO_PLUGIN = (
    'Failed to create pod sandbox: rpc error: code = Unknown: failed to setup network for sandbox "d41d8c": plugin '
    'type="istio-cni" name="istio-cni" failed (add): failed to find plugin "istio-cni" in path [/var/lib/k3s/cni]'
)
TAINT = "0/1 nodes are available: 1 node(s) had untolerated taint {cni.istio.io/not-ready: }."
READY = {"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:00Z"}]}
LEFT = "install istio-cni again as it was"


class Explained(NamedTuple):
    text: str
    pod: dict[str, Any]
    fixes: list[dict[str, Any]]
    steps: dict[str, dict[str, Any]]

    @property
    def headline(self) -> str:
        return " ".join(self.text.split("\n\n")[0].split())

    @property
    def codes(self) -> list[str]:
        return [finding["code"] for finding in self.pod["findings"]]

    @property
    def commands(self) -> list[str]:
        return [fix["command"] for fix in self.fixes]

    def message(self, code: str) -> str:
        (found,) = (finding["message"] for finding in self.pod["findings"] if finding["code"] == code)
        return str(found)

    def evidence(self, code: str) -> list[tuple[str, str, str | None]]:
        (found,) = (finding["evidence"] for finding in self.pod["findings"] if finding["code"] == code)
        return [(e["object"], e["field"], e["value"]) for e in found]


class Cluster:
    """Files of a cluster: `explain` and `status` of it."""

    def __init__(self, ambient: Run, path: Path) -> None:
        self._ambient = ambient
        self._path = path

    def explain(self, *objects: m.Manifest, pod: str = "web-1") -> Explained:
        self._path.write_text(m.listed(*objects))
        asked = ("explain", "pod", pod, "-n", "shop", "-f", str(self._path), "--whole-cluster")
        document = json.loads(self._ambient(*asked, "-o", "json").out)
        text = self._ambient(*asked).out
        return Explained(text, document["pod"], document["fixes"], {s["rule"]: s for s in document["steps"]})

    def status(self, *objects: m.Manifest) -> str:
        self._path.write_text(m.listed(*objects))
        return self._ambient("status", "-n", "shop", "-f", str(self._path), "--whole-cluster").out


@pytest.fixture
def cluster(ambient: Run, tmp_path: Path) -> Cluster:
    return Cluster(ambient, tmp_path / "cluster.json")


def labelled(found: m.Manifest, labels: dict[str, str] | None = None, **annotations: str) -> m.Manifest:
    metadata = {**found["metadata"], "labels": {**found["metadata"].get("labels", {}), **(labels or {})}}
    return {**found, "metadata": {**metadata, "annotations": annotations} if annotations else metadata}


def cni_config(**data: str) -> m.Manifest:
    return m.configmap("istio-cni-config", data={"AMBIENT_ENABLED": "true", "CURRENT_AGENT_VERSION": "1.24.1", **data})


def cni(*, ready: bool = True) -> Iterator[m.Manifest]:
    yield cni_config()
    yield m.workload("DaemonSet", "istio-cni-node", HOME, labels=CNI)
    status = READY if ready else {"conditions": [{"type": "Ready", "status": "False"}]}
    yield m.pod("istio-cni-node-1", HOME, labels=CNI, status=status)


def ztunnel(**spec: Any) -> m.Manifest:
    template = {"metadata": {"labels": {"app": "ztunnel"}}, "spec": {"containers": [], **spec}}
    return m.workload(
        "DaemonSet", "ztunnel", HOME, template=template, status={"desiredNumberScheduled": 0, "observedGeneration": 1}
    )


def ztunnel_pod() -> m.Manifest:
    return m.pod("ztunnel-1", HOME, labels={"app": "ztunnel"}, status=READY)


def shop(labels: dict[str, str] | None = None) -> Iterator[m.Manifest]:
    yield m.namespace("shop", labels or {})
    yield m.node("n1", {"kubernetes.io/os": "linux"}) | {"spec": {}}


def creating(name: str = "web-1") -> m.Manifest:
    status = {"phase": "Pending", "podIP": None, "containerStatuses": []}
    return m.pod(name, owner="ReplicaSet/web-5d9f", status=status)


def told(message: str, reason: str = "FailedCreatePodSandBox", pod: str = "web-1") -> m.Manifest:
    return m.event(pod, reason=reason) | {"message": message}


HEALTHY = [*cni(), ztunnel(), ztunnel_pod()]


# 03: the plugin is not where the node looks for it.


@pytest.mark.parametrize("labels", [{}, AMBIENT])
def test_a_plugin_that_is_not_found_is_istio_cnis_to_mend_and_no_labels(
    cluster: Cluster, labels: dict[str, str]
) -> None:
    found = cluster.explain(*HEALTHY, *shop(labels), creating(), told(NO_PLUGIN))
    assert found.codes == ["PluginNotFound", "SandboxFailed"]
    assert "in the mesh or not, and no label helps" in found.message("PluginNotFound")
    assert found.message("SandboxFailed").endswith('failed to find plugin "istio-cni" in path [/var/lib/k3s/cni]')
    assert found.commands == ["# set cniBinDir in the values of the chart of istio-cni to /var/lib/k3s/cni"]
    assert "starting" not in found.text
    if labels:
        assert found.headline.startswith("Pod shop/web-1 is NOT in ambient mode: it cannot start.")
        assert ": it cannot start." in found.text.partition("Intended in")[2]


def test_a_plugin_that_is_not_found_while_istio_cni_is_not_ready_there(cluster: Cluster) -> None:
    found = cluster.explain(*cni(ready=False), ztunnel_pod(), *shop(AMBIENT), creating(), told(NO_PLUGIN))
    assert "istio-cni is not Ready there" in found.message("PluginNotFound")
    assert found.commands[0] == f"kubectl describe pod istio-cni-node-1 -n {HOME}"


def test_another_plugin_that_fails_is_quoted_and_nothing_of_istios_is_blamed(cluster: Cluster) -> None:
    message = 'plugin type="calico" failed (add): no addresses left'
    found = cluster.explain(*HEALTHY, *shop(AMBIENT), creating(), told(message))
    assert (found.codes, found.fixes) == (["SandboxFailed"], [])


def test_a_pod_that_starts_is_still_told_to_wait(cluster: Cluster) -> None:
    found = cluster.explain(*HEALTHY, *shop(AMBIENT), creating())
    assert (found.codes, found.commands) == ([], ["kubectl ambient status -n shop -w"])
    assert "it is starting" in found.headline


# 04: Istio's taint for new nodes stays.


def unscheduled(message: str) -> m.Manifest:
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    return m.pod(spec={"nodeName": None}, status={"phase": "Pending", "podIP": None, "conditions": [condition]})


def tainted(*taints: dict[str, str]) -> m.Manifest:
    return m.node("n1", {"kubernetes.io/os": "linux"}) | {"spec": {"taints": list(taints)}}


NOT_READY = {"key": "cni.istio.io/not-ready", "effect": "NoSchedule"}
UNTAINT = "kubectl taint node n1 cni.istio.io/not-ready:NoSchedule-"


def istiod(**env: str) -> m.Manifest:
    container = {"name": "discovery", "image": "pilot:1.24.1", "env": [{"name": k, "value": v} for k, v in env.items()]}
    return m.workload(
        "Deployment", "istiod", HOME, labels={"app": "istiod"}, template={"spec": {"containers": [container]}}
    )


@pytest.mark.parametrize("labels", [{}, AMBIENT])
def test_a_taint_that_istiod_does_not_take_off(cluster: Cluster, labels: dict[str, str]) -> None:
    found = cluster.explain(*HEALTHY, m.namespace("shop", labels), tainted(NOT_READY), istiod(), unscheduled(TAINT))
    assert found.codes == ["Unschedulable", "StartTaintKept"]
    assert found.message("Unschedulable") == f"no node takes the pod: {TAINT.removesuffix('.')}"
    assert "though istio-cni is Ready there" in found.message("StartTaintKept")
    assert "PILOT_ENABLE_NODE_UNTAINT_CONTROLLERS is not on" in found.message("StartTaintKept")
    assert found.evidence("StartTaintKept")[0] == ("Node/n1", "spec.taints[cni.istio.io/not-ready]", "NoSchedule")
    assert found.commands == [UNTAINT, "# set taint.enabled=true in the values of the chart of istiod"]
    assert f"  1. {UNTAINT}\n" in found.text
    assert "starting" not in found.text


def test_a_taint_that_istiod_is_to_take_off(cluster: Cluster) -> None:
    on = istiod(PILOT_ENABLE_NODE_UNTAINT_CONTROLLERS="true")
    found = cluster.explain(*HEALTHY, m.namespace("shop", AMBIENT), tainted(NOT_READY), on, unscheduled(TAINT))
    assert "istiod is to take it off, and has not" in found.message("StartTaintKept")
    assert found.commands == [UNTAINT, f"kubectl logs deployment/istiod -n {HOME} --since=1h"]


def test_a_taint_while_istio_cni_is_not_ready_is_right(cluster: Cluster) -> None:
    mesh = (*cni(ready=False), ztunnel_pod(), istiod())
    found = cluster.explain(*mesh, m.namespace("shop", AMBIENT), tainted(NOT_READY), unscheduled(TAINT))
    assert "as istio-cni is not Ready there" in found.message("StartTaintKept")
    assert found.commands[0] == f"kubectl describe pod istio-cni-node-1 -n {HOME}"
    assert UNTAINT not in found.commands


def test_no_room_is_quoted_and_istio_has_nothing_to_do_with_it(cluster: Cluster) -> None:
    found = cluster.explain(*HEALTHY, *shop(AMBIENT), unscheduled("0/1 nodes are available: 1 Insufficient cpu."))
    assert (found.codes, found.pod["findings"][0]["severity"], found.fixes) == (["Unschedulable"], "info", [])
    assert cluster.explain(*HEALTHY, *shop(), unscheduled("1 Insufficient cpu.")).codes == []


# 07: the evidence is the field that is there.


def test_windows_is_told_by_the_field_that_asks_for_it(cluster: Cluster) -> None:
    for spec, field in (
        ({"nodeSelector": {"kubernetes.io/os": "windows"}}, "spec.nodeSelector[kubernetes.io/os]"),
        ({"os": {"name": "windows"}}, "spec.os.name"),
    ):
        found = cluster.explain(*HEALTHY, *shop(AMBIENT), m.pod(spec=spec))
        assert found.steps["Node"]["evidence"] == [{"object": "Pod/shop/web-1", "field": field, "value": "windows"}]


# 09: the owner of what is missing tells why.


def why_no_ztunnel(cluster: Cluster, daemonset: m.Manifest, node: m.Manifest, *more: m.Manifest) -> Explained:
    found = cluster.explain(*cni(), daemonset, m.namespace("shop", AMBIENT), node, m.pod(), *more)
    assert found.codes == ["AgentMissing"]
    assert found.headline.startswith("Pod shop/web-1 should be in ambient mode and is NOT.")
    return found


EDIT = f"kubectl edit daemonset ztunnel -n {HOME}"
LINUX = m.node("n1", {"kubernetes.io/os": "linux"}) | {"spec": {}}


def test_a_node_selector_that_matches_no_node(cluster: Cluster) -> None:
    found = why_no_ztunnel(cluster, ztunnel(nodeSelector={"pool": "mesh"}), LINUX)
    message = (
        "no ztunnel pod runs on n1: DaemonSet/istio-system/ztunnel asks for nodes with the label pool=mesh, and n1"
    )
    assert found.message("AgentMissing").startswith(message)
    assert ("Node/n1", "metadata.labels[pool]", None) in found.evidence("AgentMissing")
    assert [(f["command"], f["alternative"]) for f in found.fixes] == [
        (EDIT, False),
        ("kubectl label node n1 pool=mesh", True),
    ]
    assert "\nor\n" in found.text
    told = " ".join(cluster.status(*cni(), ztunnel(nodeSelector={"pool": "mesh"}), *shop(AMBIENT), m.pod()).split())
    assert "no ztunnel pod runs on n1 (DaemonSet/istio-system/ztunnel asks for nodes with the label pool=mesh" in told


def test_an_affinity_that_the_node_does_not_meet(cluster: Cluster) -> None:
    term = {"matchExpressions": [{"key": "pool", "operator": "In", "values": ["mesh"]}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    found = why_no_ztunnel(cluster, ztunnel(affinity={"nodeAffinity": required}), LINUX)
    assert "asks for pool In (mesh), and n1 does not have that" in found.message("AgentMissing")
    assert found.commands == [EDIT]


GPU = {"key": "gpu", "value": "yes", "effect": "NoSchedule"}


@pytest.mark.parametrize("tolerations", [[], [{"key": "gpu", "operator": "Exists", "effect": "NoExecute"}]])
def test_a_taint_that_is_not_tolerated(cluster: Cluster, tolerations: list[Any]) -> None:
    found = why_no_ztunnel(cluster, ztunnel(tolerations=tolerations), tainted(GPU))
    assert "n1 has the taint gpu=yes:NoSchedule, which DaemonSet" in found.message("AgentMissing")
    assert "{key: gpu, operator: Exists, effect: NoSchedule}" in found.fixes[0]["effect"]
    assert found.commands == [EDIT, "kubectl taint node n1 gpu:NoSchedule-"]


@pytest.mark.parametrize(
    ("taint", "tolerations"),
    [
        (GPU, [{"operator": "Exists"}]),
        (GPU, [{"key": "gpu", "value": "yes"}]),
        ({"key": "node.kubernetes.io/unschedulable", "effect": "NoSchedule"}, []),
        ({**GPU, "effect": "PreferNoSchedule"}, []),
    ],
)
def test_a_taint_that_is_tolerated_is_no_cause(cluster: Cluster, taint: dict[str, str], tolerations: list[Any]) -> None:
    found = why_no_ztunnel(cluster, ztunnel(tolerations=tolerations), tainted(taint))
    assert "taint" not in found.message("AgentMissing")


def refused(message: str) -> m.Manifest:
    about = {"kind": "DaemonSet", "namespace": HOME, "name": "ztunnel"}
    return m.event("ztunnel", HOME, "FailedCreate") | {"involvedObject": about, "message": message}


def test_a_pod_of_the_daemonset_that_is_refused(cluster: Cluster) -> None:
    lacking = ztunnel() | {"status": {"desiredNumberScheduled": 1, "currentNumberScheduled": 0}}
    quota = refused('Error creating: pods "ztunnel-x" is forbidden: exceeded quota: few, requested: pods=1')
    found = why_no_ztunnel(cluster, lacking, LINUX, quota)
    assert "its pod was refused: Error creating: pods" in found.message("AgentMissing")
    assert found.commands == [f"kubectl describe resourcequota -n {HOME}"]
    assert "raise it" in found.fixes[0]["effect"]
    unknown = why_no_ztunnel(cluster, lacking, LINUX)
    assert unknown.message("AgentMissing") == "no ztunnel pod runs on n1"


def test_where_a_priority_class_asks_for_a_quota_that_none_is_there_is_told(cluster: Cluster) -> None:
    lacking = ztunnel() | {"status": {"desiredNumberScheduled": 1, "currentNumberScheduled": 0}}
    scopes = "[{PriorityClass In [system-node-critical system-cluster-critical]}]"
    quota = refused(f"Error creating: insufficient quota to match these scopes: {scopes}")
    found = why_no_ztunnel(cluster, lacking, LINUX, quota)
    assert "its pod was refused: Error creating: insufficient quota" in found.message("AgentMissing")
    assert found.commands == [f"kubectl describe resourcequota -n {HOME}"]
    assert "create one with a scopeSelector for it" in found.fixes[0]["effect"]


def test_no_daemonset_wants_a_pod_anywhere(cluster: Cluster) -> None:
    found = why_no_ztunnel(cluster, ztunnel(), LINUX)
    assert found.message("AgentMissing").endswith("DaemonSet/istio-system/ztunnel wants none on any node")


# 22 and 29: uninstalled, and what is left of it.


def test_after_an_uninstall_a_restart_comes_first_and_no_rule_speaks_of_istio_cni(cluster: Cluster) -> None:
    pod = m.pod(owner="StatefulSet/web", annotations=REDIRECTED)
    system = m.namespace("kube-system")
    found = cluster.explain(system, *shop(AMBIENT), pod, m.workload("StatefulSet"))
    assert "stays redirected to a ztunnel that is not there until it restarts" in found.headline
    assert (found.codes, found.commands) == ([], ["kubectl rollout restart statefulset/web -n shop"])
    for rule in ("Version", "Enabled", "Selectors", "NotExcluded"):
        step = found.steps[rule]
        assert (step["outcome"], step["evidence"]) == ("skipped", [])
    assert "switched off" not in found.text


def ending() -> m.Manifest:
    pod = m.pod(owner="ReplicaSet/web-5d9f")
    return {**pod, "metadata": {**pod["metadata"], "deletionTimestamp": "2026-01-01T09:00:00Z"}}


KILL = (
    'error killing pod: failed to "KillPodSandbox": plugin type=\\"istio-cni\\" failed (delete): '
    'failed to find plugin \\"istio-cni\\" in path [/opt/cni/bin]'
)


def test_after_a_rollback_the_nodes_configuration_still_calls_the_plugin(cluster: Cluster) -> None:
    files = (m.namespace("kube-system"), *shop())
    forget = ["# take istio-cni out of the CNI configuration of node n1"]
    ends = cluster.explain(*files, ending(), told(KILL, "FailedKillPod"))
    assert (ends.codes, ends.commands) == (["PluginNotFound", "KillFailed", "Terminating"], forget)
    starts = cluster.explain(*files, creating(), told(NO_PLUGIN))
    assert (starts.codes, starts.commands) == (["PluginNotFound", "SandboxFailed"], forget)
    assert "istio-cni is not installed any more" in starts.message("PluginNotFound")


def test_a_pod_that_ends_for_another_reason_is_only_terminating(cluster: Cluster) -> None:
    found = cluster.explain(*HEALTHY, *shop(), ending(), told("container runtime is down", "FailedKillPod"))
    assert found.codes == ["Terminating"]


def test_a_pod_that_asks_for_nothing_is_not_told_to_install(cluster: Cluster) -> None:
    files = (m.namespace("kube-system"), m.pod())
    assert cluster.explain(*files, *shop()).fixes == []
    assert cluster.explain(*files, *shop(AMBIENT)).commands == ["istioctl install --set profile=ambient"]
    by_helm = labelled(istiod(), {"app.kubernetes.io/managed-by": "Helm"})
    assert cluster.explain(*files, *shop(AMBIENT), by_helm).commands == [
        "# install istio-cni and ztunnel by Helm as istiod was"
    ]


# istio-cni is gone under running pods.


@pytest.mark.parametrize(
    ("config", "step"),
    [
        (cni_config(), "# install istio-cni again as it was installed"),
        (
            labelled(cni_config(), {"operator.istio.io/managed": "Reconcile"}),
            "# run istioctl install again as istio-cni was installed",
        ),
        (
            labelled(cni_config(), **{"meta.helm.sh/release-name": "mesh-cni"}),
            f"# install Helm release mesh-cni in namespace {HOME} again",
        ),
        (
            labelled(cni_config(), {"managed-by": "sail-operator"}, **{"meta.helm.sh/release-name": "default-cni"}),
            "# have the Sail operator make istio-cni again from resource IstioCNI",
        ),
    ],
)
def test_istio_cni_that_is_gone_is_installed_again_and_nothing_restarted(
    cluster: Cluster, config: m.Manifest, step: str
) -> None:
    pods = (m.pod(owner="ReplicaSet/web-5d9f", annotations=REDIRECTED), m.pod("web-2", annotations=REDIRECTED))
    found = cluster.explain(config, ztunnel(), ztunnel_pod(), *shop(AMBIENT), *pods)
    assert found.headline.startswith("Pod shop/web-1 is still redirected, and istio-cni is gone.")
    left = "ConfigMap/istio-system/istio-cni-config, ztunnel and 2 redirected pods are there"
    assert left in found.message("CniGone")
    assert found.commands == [step]
    assert "restart no pod before" in found.fixes[0]["effect"]
    assert "should NOT be in ambient mode" not in found.text


def test_ambient_switched_off_is_switched_on_before_anything_restarts(cluster: Cluster) -> None:
    mesh = [o for o in HEALTHY if o["kind"] != "ConfigMap"]
    pod = m.pod(owner="StatefulSet/web", annotations=REDIRECTED)
    off = cni_config(AMBIENT_ENABLED="false")
    found = cluster.explain(*mesh, off, *shop(AMBIENT), pod, m.workload("StatefulSet"))
    assert [(f["command"], f["alternative"]) for f in found.fixes] == [
        (f"kubectl edit configmap istio-cni-config -n {HOME}", False),
        (f"kubectl rollout restart daemonset/istio-cni-node -n {HOME}", False),
        ("kubectl rollout restart statefulset/web -n shop", True),
    ]
    assert "  1. kubectl edit" in found.text
    assert "  2. kubectl rollout restart daemonset" in found.text
    assert "\nor\n  kubectl rollout restart statefulset" in found.text


# The evidence of an agent that does not serve.


def test_an_agent_that_ends_is_not_said_to_have_failed_its_probe(cluster: Cluster) -> None:
    ends = ztunnel_pod()
    ends = {**ends, "metadata": {**ends["metadata"], "deletionTimestamp": "2026-01-01T09:00:00Z"}}
    found = cluster.explain(*cni(), ends, *shop(AMBIENT), m.pod())
    assert found.evidence("AgentNotReady") == [
        ("Pod/istio-system/ztunnel-1", "metadata.deletionTimestamp", "2026-01-01T09:00:00Z")
    ]


def test_of_a_long_text_the_end_stays(cluster: Cluster) -> None:
    long = NO_PLUGIN.replace("d41d8c", "d41d8c" * 60)
    found = cluster.explain(*HEALTHY, *shop(AMBIENT), creating(), told(long))
    message = found.message("SandboxFailed")
    assert len(message) < 340
    assert message.startswith("the pod cannot start: Failed to create pod sandbox")
    assert message.endswith("in path [/var/lib/k3s/cni]")
    assert ("Event/shop/web-1", "message", long) in found.evidence("SandboxFailed")


# A waypoint that was scaled to nothing.


def waypoint_scene(replicas: int) -> Iterator[m.Manifest]:
    named = {"gateway.networking.k8s.io/gateway-name": "wp"}
    yield from (*HEALTHY, istiod(), *shop({"istio.io/use-waypoint": "wp", **AMBIENT}), m.pod())
    yield {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": "wp", "namespace": "shop"},
        "spec": {
            "gatewayClassName": "istio-waypoint",
            "listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE"}],
        },
        "status": {"addresses": [{"type": "IPAddress", "value": "10.0.0.9"}]},
    }
    yield m.workload("Deployment", "wp", labels=named, spec={"replicas": replicas})
    spec = {"clusterIP": "10.0.0.2", "clusterIPs": ["10.0.0.2"], "type": "ClusterIP", "selector": {"app": "web"}}
    yield {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": "shop"}, "spec": spec}


@pytest.mark.parametrize("replicas", [0, 1])
def test_a_waypoint_that_was_scaled_to_nothing_is_scaled_back(ambient: Run, tmp_path: Path, replicas: int) -> None:
    path = tmp_path / "cluster.json"
    path.write_text(m.listed(*waypoint_scene(replicas)))
    found = ambient("waypoint", "explain", "svc", "web", "-n", "shop", "-f", str(path), "-o", "json")
    fixes = [(fix["command"], fix["alternative"]) for fix in json.loads(found.out)["fixes"]]
    around = ("kubectl ambient waypoint disable svc web -n shop --opt-out", True)
    if replicas:
        assert [command.split()[1] for command, _ in fixes[:-1]] == ["describe", "get"]
        assert fixes[-1] == around
    else:
        assert fixes == [("kubectl scale deployment wp -n shop --replicas=1", False), around]
    listed = ambient("waypoint", "list", "-n", "shop", "-f", str(path), "-o", "json")
    (waypoint,) = json.loads(listed.out)["items"]
    (told,) = [finding["fix"] for finding in waypoint["findings"] if finding["code"] == "WaypointDead"]
    assert told == ("kubectl describe gateway wp -n shop" if replicas else fixes[0][0])
