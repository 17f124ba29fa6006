"""enable and disable through the real kubectl, on the real control plane."""

from __future__ import annotations

import json
import shlex
from typing import Any

import pytest
import yaml

from tests.rig.agent import ANNOTATION
from tests.rig.cluster import Cluster
from tests.rig.faults import FaultProxy
from tests.rig.kubectl import Result, Runner
from tests.rig.processes import wait_for
from tests.rig.rights import wait_until_granted
from tests.rig.workloads import AMBIENT, INJECTED, OPTED_OUT, deployment, pod

from .conftest import NewNamespace

LABEL = "istio.io/dataplane-mode"


def labels(cluster: Cluster, path: str) -> dict[str, str]:
    found = cluster.api.get(path)
    assert found is not None
    return dict(found["metadata"].get("labels") or {})


def mode(cluster: Cluster, namespace: str) -> str | None:
    return labels(cluster, f"/api/v1/namespaces/{namespace}").get(LABEL)


def template(cluster: Cluster, namespace: str, name: str) -> dict[str, str]:
    found = cluster.api.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/{name}")
    assert found is not None
    return dict(found["spec"]["template"]["metadata"]["labels"])


def running(cluster: Cluster, namespace: str, count: int, selector: str = "") -> None:
    def ready() -> bool:
        found = [p for p in cluster.pods(namespace, selector) if not p["metadata"].get("deletionTimestamp")]
        return len(found) == count and all(p["status"].get("podIP") for p in found)

    wait_for(f"{count} pods", ready)


def undo(result: Result) -> list[list[str]]:
    """The commands of the undo line, without `kubectl`."""
    (line,) = [found for found in result.stderr.splitlines() if found.startswith("undo: ")]
    return [shlex.split(command)[1:] for command in line.removeprefix("undo: ").split(" && ")]


@pytest.fixture
def shop(cluster: Cluster, namespace: str) -> str:
    """cart and web move; reports opted out; agent is on the host's network."""
    cluster.apply(
        deployment("cart", namespace, replicas=2),
        deployment("web", namespace),
        deployment("reports", namespace, labels=OPTED_OUT),
        deployment("agent", namespace, host_network=True),
    )
    running(cluster, namespace, 5)
    return namespace


def test_a_namespace(cluster: Cluster, shop: str, ambient: Runner, kubectl: Runner) -> None:
    found = ambient("enable", "ns", shop)
    assert (found.code, found.stdout) == (0, f"namespace/{shop} labeled\n")
    assert f"{LABEL}=ambient" in kubectl("get", "ns", shop, "--show-labels").stdout
    told = found.stderr.splitlines()
    assert told == [
        "Moving in        cart 2/2 · web 1/1",
        "Staying out      agent 1/1 HostNetwork · reports 1/1 PodOptedOut",
        "No restart is needed. Connections open now are not carried over.",
        f"undo: kubectl ambient disable ns {shop}",
    ]
    again = ambient("enable", "ns", shop)
    assert (again.code, again.stdout, again.stderr) == (0, f"namespace/{shop} not labeled\n", "")
    (command,) = undo(found)
    back = ambient(*command[1:])
    assert back.stdout == f"namespace/{shop} unlabeled\n"
    assert "Moving out       cart 2/2 · web 1/1" in back.stderr
    assert mode(cluster, shop) is None


def test_what_is_foretold_comes_true(cluster: Cluster, shop: str, ambient: Runner) -> None:
    ambient("enable", "ns", shop)

    def redirected() -> set[str]:
        return {
            p["metadata"]["labels"]["app"]
            for p in cluster.pods(shop)
            if p["metadata"].get("annotations", {}).get(ANNOTATION) == "enabled"
        }

    wait_for("cart and web to be in", lambda: redirected() == {"cart", "web"})


@pytest.mark.parametrize("dry_run", ["client", "server"])
def test_a_dry_run(cluster: Cluster, shop: str, ambient: Runner, dry_run: str) -> None:
    found = ambient("enable", "ns", shop, f"--dry-run={dry_run}")
    words = "server dry run" if dry_run == "server" else "dry run"
    assert found.stdout == f"namespace/{shop} labeled ({words})\n"
    assert found.stderr.splitlines() == [
        "Would move in    cart 2/2 · web 1/1",
        "Would stay out   agent 1/1 HostNetwork · reports 1/1 PodOptedOut",
        "No restart is needed. Connections open now would not be carried over.",
    ]
    assert mode(cluster, shop) is None


def test_the_words_are_those_of_kubectl(shop: str, ambient: Runner, kubectl: Runner) -> None:
    def words(*arguments: str) -> tuple[str, int]:
        found = kubectl("label", "ns", shop, *arguments, check=False)
        return found.stdout, found.code

    dry = [f"--dry-run={way}" for way in ("client", "server")]
    for flags in ([], *([flag] for flag in dry), ["-o", "name"], ["-o", "name", dry[0]]):
        ours = ambient("enable", "ns", shop, *flags)
        kubectl("label", "ns", shop, f"{LABEL}-")
        assert (ours.stdout, ours.code) == words(f"{LABEL}=ambient", *flags)
        kubectl("label", "ns", shop, f"{LABEL}-")
    kubectl("label", "ns", shop, f"{LABEL}=none")
    ours, theirs = (
        ambient("enable", "ns", shop),
        kubectl("label", "ns", shop, f"{LABEL}=ambient", check=False),
    )
    assert (ours.stderr, ours.code) == (theirs.stderr, theirs.code)
    assert (ours.stdout, ours.code) == (theirs.stdout, 1)


@pytest.mark.parametrize("dry_run", ["client", "server"])
def test_objects_are_printed_as_kubectl_prints_them(shop: str, ambient: Runner, kubectl: Runner, dry_run: str) -> None:
    for output, load in (("json", json.loads), ("yaml", yaml.safe_load)):
        flags = (f"--dry-run={dry_run}", "-o", output)
        ours = ambient("enable", "ns", shop, *flags).stdout
        assert load(ours) == load(kubectl("label", "ns", shop, f"{LABEL}=ambient", *flags).stdout)


def test_a_workload_is_labelled_in_its_template(cluster: Cluster, shop: str, ambient: Runner, kubectl: Runner) -> None:
    found = ambient("enable", "deploy", "web", "-n", shop)
    assert (found.code, found.stdout) == (0, "deployment.apps/web labeled\n")
    assert "this restarts 1 pod" in found.stderr
    assert "Moving in        web 1/1 (by restart)" in found.stderr
    assert template(cluster, shop, "web")[LABEL] == "ambient"
    assert LABEL not in labels(cluster, f"/apis/apps/v1/namespaces/{shop}/deployments/web")
    kubectl("rollout", "status", "deploy/web", "-n", shop, "--timeout=90s")
    running(cluster, shop, 1, f"app=web,{LABEL}=ambient")
    (command,) = undo(found)
    assert ambient(*command[1:]).stdout == "deployment.apps/web unlabeled\n"
    assert LABEL not in template(cluster, shop, "web")


def test_what_restarts_pods_says_not_that_no_restart_is_needed(shop: str, ambient: Runner) -> None:
    for flags in (["--dry-run=server"], []):
        told = ambient("enable", f"ns/{shop}", "deploy/web", "-n", shop, *flags).stderr
        assert "deployment.apps/web: this restarts 1 pod" in told
        assert "No restart is needed" not in told
        assert "Connections open now" in told


def objects(kind: str, name: str, **spec: Any) -> dict[str, Any]:
    version = "apps/v1" if kind in ("StatefulSet", "DaemonSet", "ReplicaSet") else "batch/v1"
    container = {"name": "app", "image": "registry.example/app:1"}
    made: dict[str, Any] = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    if version == "batch/v1":
        made["spec"]["restartPolicy"] = "Never"
    else:
        spec["selector"] = {"matchLabels": {"app": name}}
    if kind == "CronJob":
        spec |= {"schedule": "0 0 1 1 *", "jobTemplate": {"spec": {"template": made}}}
    else:
        spec["template"] = made
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, "spec": spec}


def placed(namespace: str, *made: dict[str, Any]) -> list[dict[str, Any]]:
    for each in made:
        each["metadata"]["namespace"] = namespace
    return list(made)


def test_every_kind_of_workload_there_and_back(cluster: Cluster, namespace: str, ambient: Runner) -> None:
    cluster.apply(
        *placed(
            namespace,
            objects("StatefulSet", "db", serviceName="db", replicas=1, updateStrategy={"type": "OnDelete"}),
            objects("DaemonSet", "log"),
            objects("ReplicaSet", "rs", replicas=1),
            objects("CronJob", "cron"),
            objects("Job", "waiting", suspend=True),
        )
    )
    names = ["sts/db", "ds/log", "rs/rs", "cj/cron", "job/waiting"]
    found = ambient("enable", *names, "-n", namespace)
    assert found.code == 0, found.stderr
    assert found.stdout.count(" labeled\n") == 5
    flat = " ".join(found.stderr.split())
    assert "each pod keeps what it has until it is deleted" in flat
    assert "daemonset.apps/log: this restarts" in flat
    assert "a ReplicaSet does not restart its pods" in flat
    assert "cronjob.batch/cron: it holds from its next run on" in flat
    (command,) = undo(found)
    back = ambient(*command[1:])
    assert back.stdout.count(" unlabeled\n") == 5, back.stderr


def test_a_job_and_the_replicaset_of_a_deployment_are_refused(cluster: Cluster, shop: str, ambient: Runner) -> None:
    cluster.apply(*placed(shop, objects("Job", "load")))
    running(cluster, shop, 1, "app=load")
    found = ambient("enable", "job", "load", "-n", shop)
    assert (found.code, found.stdout) == (1, "")
    assert f"kubectl ambient enable pod -l job-name=load -n {shop}" in found.stderr
    (replicaset,) = cluster.api.items(f"/apis/apps/v1/namespaces/{shop}/replicasets?labelSelector=app%3Dweb")
    found = ambient("enable", "rs", replicaset["metadata"]["name"], "-n", shop)
    assert (found.code, found.stdout) == (1, "")
    assert f"kubectl ambient enable deploy/web -n {shop}" in found.stderr


def test_the_commands_that_a_refusal_names_work(cluster: Cluster, shop: str, ambient: Runner) -> None:
    cluster.apply(*placed(shop, objects("Job", "load")))
    running(cluster, shop, 1, "app=load")
    found = ambient("enable", "pod", "-l", "job-name=load", "-n", shop)
    assert found.stdout.endswith(" labeled\n"), found.stderr


def test_a_pod_of_an_ambient_namespace(cluster: Cluster, shop: str, ambient: Runner) -> None:
    ambient("enable", "ns", shop)
    name = cluster.pods(shop, "app=web")[0]["metadata"]["name"]
    found = ambient("disable", "pod", name, "-n", shop)
    assert (found.code, found.stdout) == (0, f"pod/{name} not labeled\n")
    assert "stays in ambient mode" in found.stderr
    assert "--opt-out" in found.stderr
    admin = ("--as", "root", "--as-group", "system:masters")
    out = ambient("disable", "pod", name, "-n", shop, "--opt-out", *admin)
    assert out.stdout == f"pod/{name} labeled\n"
    assert "Moving out       web 1/1" in out.stderr
    instead = f"kubectl ambient disable deploy/web -n {shop} --opt-out {' '.join(admin)}"
    assert instead in " ".join(out.stderr.split())
    (command,) = undo(out)
    assert command[0] == "label"
    assert tuple(command[-len(admin) :]) == admin
    cluster.kubectl(*command)
    assert LABEL not in labels(cluster, f"/api/v1/namespaces/{shop}/pods/{name}")


def test_another_value_comes_back(cluster: Cluster, new_namespace: NewNamespace, ambient: Runner) -> None:
    name = new_namespace({LABEL: "Kmesh"})
    found = ambient("enable", "ns", name, "--overwrite")
    assert mode(cluster, name) == "ambient"
    (command,) = undo(found)
    cluster.kubectl(*command)
    assert mode(cluster, name) == "Kmesh"


def test_a_template_gets_another_value_back_by_a_patch(cluster: Cluster, namespace: str, ambient: Runner) -> None:
    cluster.apply(deployment("web", namespace, labels={LABEL: "Kmesh"}))
    found = ambient("enable", "deploy/web", "-n", namespace, "--overwrite")
    assert template(cluster, namespace, "web")[LABEL] == "ambient"
    (command,) = undo(found)
    cluster.kubectl(*command)
    assert template(cluster, namespace, "web")[LABEL] == "Kmesh"


def test_both_modes_are_told_before(new_namespace: NewNamespace, ambient: Runner) -> None:
    name = new_namespace(INJECTED)
    found = ambient("enable", "ns", name)
    flat = " ".join(found.stderr.split())
    assert f"namespace/{name} asks for sidecars too (namespace label istio-injection=enabled)" in flat
    assert f"kubectl label namespace {name} istio-injection-" in flat


def test_disable_names_the_pods_that_stay_in(cluster: Cluster, new_namespace: NewNamespace, ambient: Runner) -> None:
    name = new_namespace(AMBIENT)
    cluster.apply(deployment("mine", name, labels=AMBIENT), pod("bare", name))
    running(cluster, name, 2)
    found = ambient("disable", "ns", name)
    flat = " ".join(found.stderr.split())
    assert "1 pod stays in ambient mode by its own label: mine-" in flat
    assert f"kubectl ambient disable deploy/mine -n {name}" in flat
    assert "Moving out bare 1/1" in flat


def test_selected_namespaces_leave_istio_and_kubernetes_alone(
    cluster: Cluster, new_namespace: NewNamespace, ambient: Runner
) -> None:
    mine = new_namespace()
    found = ambient("enable", "ns", "--all", "--dry-run=client")
    assert f"namespace/{mine} labeled (dry run)\n" in found.stdout
    for name in ("kube-system", "kube-public", "kube-node-lease", "istio-system"):
        assert f"namespace/{name} " not in found.stdout
        assert name in found.stderr
    named = ambient("enable", "ns", "kube-node-lease", "--dry-run=client")
    assert named.stdout == "namespace/kube-node-lease labeled (dry run)\n"


def test_istios_pods_show_which_namespaces_are_its_own(
    cluster: Cluster, new_namespace: NewNamespace, ambient: Runner
) -> None:
    name = new_namespace()
    cluster.apply(pod("ztunnel-x", name, labels={"app": "ztunnel"}))
    found = ambient("enable", "ns", "--all", "--dry-run=client")
    assert f"namespace/{name} " not in found.stdout
    assert "holds ztunnel" in found.stderr


def test_undo_of_many_is_a_selection(cluster: Cluster, new_namespace: NewNamespace, ambient: Runner) -> None:
    names = [new_namespace({"team": "many"}) for _ in range(21)]
    found = ambient("enable", "ns", "-l", "team=many")
    assert found.stdout.count(" labeled\n") == 21
    assert undo(found) == [["ambient", "disable", "ns", "-l", "team=many"]]
    ambient(*undo(found)[0][1:])
    assert {mode(cluster, name) for name in names} == {None}


def test_nothing_is_restarted_for_nothing(
    cluster: Cluster, new_namespace: NewNamespace, ambient: Runner, kubectl: Runner
) -> None:
    inside, outside = new_namespace(AMBIENT), new_namespace()
    for namespace in (inside, outside):
        cluster.apply(deployment("web", namespace))
        kubectl("label", "deploy", "web", "-n", namespace, f"wave={inside}")
        running(cluster, namespace, 1)
    before = cluster.pods(inside)[0]["metadata"]["name"]
    found = ambient("enable", "deploy", "-l", f"wave={inside}", "-A")
    assert sorted(found.stdout.splitlines()) == ["deployment.apps/web labeled", "deployment.apps/web not labeled"]
    flat = " ".join(found.stderr.split())
    assert "left alone (in already: " in flat
    assert f"--force restarts it all the same): {inside}/web" in flat
    assert LABEL not in template(cluster, inside, "web")
    assert template(cluster, outside, "web")[LABEL] == "ambient"
    running(cluster, inside, 1)
    assert cluster.pods(inside)[0]["metadata"]["name"] == before
    ambient("enable", "deploy", "web", "-n", inside, "--force")
    assert template(cluster, inside, "web")[LABEL] == "ambient"
    undo_of_off = undo(ambient("disable", "deploy", "web", "-n", inside))
    assert undo_of_off == [["ambient", "enable", "deploy", "web", "-n", inside, "--force"]]
    ambient(*undo_of_off[0][1:])
    assert template(cluster, inside, "web")[LABEL] == "ambient"


# Rights.


@pytest.fixture
def may_label(cluster: Cluster, namespace: str) -> str:
    """`dev` may read and patch this one Namespace and the Deployment web in it, and nothing else."""
    rules = [
        {"apiGroups": [""], "resources": ["namespaces"], "resourceNames": [namespace], "verbs": ["get", "patch"]},
        {"apiGroups": ["apps"], "resources": ["deployments"], "resourceNames": ["web"], "verbs": ["get", "patch"]},
    ]
    cluster.apply(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": {"name": "labeller", "namespace": namespace},
            "rules": rules,
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": {"name": "labeller", "namespace": namespace},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "labeller"},
            "subjects": [{"kind": "User", "name": "dev", "apiGroup": "rbac.authorization.k8s.io"}],
        },
        deployment("web", namespace),
    )
    wait_until_granted(cluster, "dev", "patch", "deployments.apps", namespace, "web")
    return namespace


def test_a_user_who_may_only_patch_one_object(cluster: Cluster, may_label: str, ambient: Runner) -> None:
    found = ambient("enable", "ns", may_label, user="dev")
    assert (found.code, found.stdout) == (0, f"namespace/{may_label} labeled\n")
    assert mode(cluster, may_label) == "ambient"
    told = [line for line in found.stderr.splitlines() if "cannot be told" in line]
    assert len(told) == 1
    assert 'cannot list resource "pods"' in told[0]
    found = ambient("enable", "deploy", "web", "-n", may_label, user="dev")
    assert (found.code, found.stdout) == (0, "deployment.apps/web labeled\n")
    assert template(cluster, may_label, "web")[LABEL] == "ambient"


def test_a_user_without_rights_gets_kubectls_sentence(namespace: str, ambient: Runner, kubectl: Runner) -> None:
    ours = ambient("enable", "ns", namespace, user="nobody")
    theirs = kubectl("label", "ns", namespace, f"{LABEL}=ambient", user="nobody", check=False)
    assert (ours.code, ours.stdout, ours.stderr) == (theirs.code, theirs.stdout, theirs.stderr)


def test_what_is_not_there(namespace: str, ambient: Runner, kubectl: Runner) -> None:
    ours = ambient("enable", "deploy", "nope", "-n", namespace)
    theirs = kubectl("label", "deploy", "nope", "-n", namespace, "a=b", check=False)
    assert (ours.code, ours.stdout, ours.stderr) == (theirs.code, theirs.stdout, theirs.stderr)


def test_a_page_of_pods_that_breaks_off_changes_nothing(
    cluster: Cluster, shop: str, ambient: Runner, fault_proxy: FaultProxy
) -> None:
    fault_proxy.reset(rf"/namespaces/{shop}/pods")
    found = ambient("enable", "ns", shop, kubeconfig=fault_proxy.kubeconfig())
    assert (found.code, found.stdout) == (1, "")
    assert mode(cluster, shop) is None
    assert fault_proxy.count(method="PATCH") == 0


def test_one_round_of_reads_and_one_write(shop: str, ambient: Runner, fault_proxy: FaultProxy) -> None:
    ambient("enable", "ns", shop, kubeconfig=fault_proxy.kubeconfig())
    assert fault_proxy.count(method="PATCH") == 1
    assert fault_proxy.count(r"/namespaces/[^/]+/pods", method="GET") == 1
    fault_proxy.clear()
    ambient("enable", "ns", shop, kubeconfig=fault_proxy.kubeconfig())
    assert [r.method for r in fault_proxy.requests] == ["GET"]
