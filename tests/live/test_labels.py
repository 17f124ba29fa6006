"""`labels` on the real control plane: it finds ten planted mistakes, and nothing else; `istioctl analyze` beside it."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.rig import programs
from tests.rig.api import Object
from tests.rig.cluster import Cluster
from tests.rig.kubectl import Result, Runner
from tests.rig.rights import wait_until_granted
from tests.rig.workloads import AMBIENT, deployment, pod, pod_spec

from .test_status import a_namespace, document

Mistake = tuple[str, str, str]


def service(
    name: str, namespace: str, labels: dict[str, str] | None = None, annotations: dict[str, str] | None = None
) -> Object:
    metadata = {"name": name, "namespace": namespace, "labels": labels or {}, "annotations": annotations or {}}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {"selector": {"app": name}, "ports": [{"name": "http", "port": 80}]},
    }


def waypoint(name: str, namespace: str, labels: dict[str, str]) -> Object:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "spec": {
            "gatewayClassName": "istio-waypoint",
            "listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE"}],
        },
    }


def job(name: str, namespace: str, labels: dict[str, str]) -> Object:
    """A Job with these labels on its pod template."""
    template = {"metadata": {"labels": labels}, "spec": {**pod_spec(), "restartPolicy": "Never"}}
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": {"template": template}}


def cron_job(name: str, namespace: str, labels: dict[str, str]) -> Object:
    """A CronJob that runs when it is told to."""
    made = job(name, namespace, labels)
    spec = {"schedule": "0 0 1 1 *", "suspend": True, "jobTemplate": {"spec": made["spec"]}}
    return {**made, "kind": "CronJob", "spec": spec}


def objects(wrong: str, typo: str) -> list[Object]:
    """What carries the mistakes, but for the labels of the two namespaces."""
    web = deployment("web", wrong)
    web["metadata"]["labels"] = {"istio.io/dataplane-mode": "none"}
    return [
        web,
        service("cart", wrong, {"istio.io/dataplane-mode": "ambient"}),
        service("orders", wrong, {"istio.io/use-waypoints": "wp"}),
        service("search", wrong, {"istio.io/use-waypoint-namespace": "infra"}),
        service("billing", wrong, annotations={"istio.io/use-waypoint": "wp"}),
        service("reviews", wrong, {"istio.io/waypoint-for": "all"}),
        waypoint("wp", wrong, {"istio.io/waypoint-for": "services"}),
        pod("ingress", typo, labels={"ambient.istio.io/bypass-inbound-capture": "true"}),
    ]


WRONG = {**AMBIENT, "istio-injection": "enabled"}
TYPO = {"istio.io/dataplane-mode": "Ambient"}


def planted(wrong: str, typo: str) -> set[Mistake]:
    """The ten: code, object, key."""
    return {
        ("BothModes", f"Namespace/{wrong}", "istio-injection"),
        ("ValueUnknown", f"Namespace/{typo}", "istio.io/dataplane-mode"),
        ("KeyMisplaced", f"Deployment/{wrong}/web", "istio.io/dataplane-mode"),
        ("KeyMisplaced", f"Service/{wrong}/cart", "istio.io/dataplane-mode"),
        ("KeyMisspelt", f"Service/{wrong}/orders", "istio.io/use-waypoints"),
        ("LabelIncomplete", f"Service/{wrong}/search", "istio.io/use-waypoint-namespace"),
        ("LabelIsAnnotation", f"Service/{wrong}/billing", "istio.io/use-waypoint"),
        ("KeyMisplaced", f"Service/{wrong}/reviews", "istio.io/waypoint-for"),
        ("ValueUnknown", f"Gateway/{wrong}/wp", "istio.io/waypoint-for"),
        ("AnnotationIsLabel", f"Pod/{typo}/ingress", "ambient.istio.io/bypass-inbound-capture"),
    }


@pytest.fixture(scope="module")
def mistaken(cluster: Cluster) -> Iterator[tuple[str, str]]:
    """Two namespaces with ten mistakes."""
    with a_namespace(cluster, "wrong", WRONG) as wrong, a_namespace(cluster, "typo", TYPO) as typo:
        cluster.apply(*objects(wrong, typo))
        generated = f"/apis/apps/v1/namespaces/{wrong}/deployments/wp"
        cluster.processes.wait_for("istiod to make the waypoint", lambda: cluster.api.get(generated))
        yield wrong, typo


@pytest.fixture(scope="module")
def clean(cluster: Cluster) -> Iterator[str]:
    """A namespace with everything in its place, and a waypoint that istiod makes."""
    labels = {**AMBIENT, "istio.io/use-waypoint": "wp", "istio.io/ingress-use-waypoint": "true"}
    with a_namespace(cluster, "clean", labels) as name:
        cluster.apply(
            waypoint("wp", name, {"istio.io/waypoint-for": "all", "istio.io/rev": "default"}),
            deployment("web", name, labels={"istio.io/use-waypoint": "none"}),
            deployment("out", name, labels={"istio.io/dataplane-mode": "none", "sidecar.istio.io/inject": "false"}),
            deployment("edge", name, annotations={"ambient.istio.io/bypass-inbound-capture": "true"}),
            service("web", name, {"istio.io/use-waypoint": "none", "topology.istio.io/zone": "a", "istio": "mine"}),
        )
        generated = f"/apis/apps/v1/namespaces/{name}/deployments/wp"
        cluster.processes.wait_for("istiod to make the waypoint", lambda: cluster.api.get(generated))
        yield name


def mistakes(told: Result, *namespaces: str, code: int = 0) -> list[Mistake]:
    """What is wrong in these namespaces: the last piece of evidence is the label itself."""
    found = []
    for item in document(told, code)["items"]:
        if item["namespace"] in namespaces or (item["kind"] == "Namespace" and item["name"] in namespaces):
            for finding in item["findings"]:
                evidence = finding["evidence"][-1]
                key = evidence["field"].partition("[")[2].rstrip("]")
                found.append((finding["code"], evidence["object"], key))
    return found


def test_the_ten_are_found_and_nothing_else(ambient: Runner, mistaken: tuple[str, str], clean: str) -> None:
    found = mistakes(ambient("labels", "-A", "-o", "json"), *mistaken, clean)
    assert sorted(found) == sorted(planted(*mistaken))


def test_nothing_is_wrong_with_istio_itself(ambient: Runner, mistaken: tuple[str, str], clean: str) -> None:
    assert mistakes(ambient("labels", "-A", "-o", "json"), "istio-system", "kube-system", clean, "default") == []
    told = ambient("labels", "-n", clean, "--fail-on", "any")
    assert (told.code, "nothing is wrong" in told.stdout) == (0, True)


def test_one_namespace_and_one_object(ambient: Runner, mistaken: tuple[str, str]) -> None:
    wrong, typo = mistaken
    assert sorted(mistakes(ambient("labels", "-n", wrong, "-o", "json"), wrong)) == sorted(
        mistake for mistake in planted(wrong, typo) if wrong in mistake[1]
    )
    told = ambient("labels", "svc/cart", "gtw/wp", "-n", wrong)
    assert told.code == 0
    assert told.stdout.count("‼") == 2
    assert ambient("labels", f"ns/{typo}", "--fail-on", "any").code == 3
    assert ambient("labels", "svc/no-such", "-n", wrong).stderr.startswith('Error from server (NotFound): services "no')


def test_the_same_in_files(ambient: Runner, mistaken: tuple[str, str], tmp_path: Path) -> None:
    wrong, typo = mistaken
    namespaces: list[Any] = [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        for name, labels in ((wrong, WRONG), (typo, TYPO))
    ]
    path = tmp_path / "all.yaml"
    path.write_text(yaml.safe_dump_all([*namespaces, *objects(wrong, typo)]))
    assert sorted(mistakes(ambient("labels", "-f", str(path), "-o", "json"), *mistaken)) == sorted(planted(*mistaken))


def test_the_server_takes_every_fix(kubectl: Runner, ambient: Runner, mistaken: tuple[str, str]) -> None:
    """Tried without storing, so that the mistakes stay for the other tests; `kubectl` raises where it fails."""
    for namespace in mistaken:
        for item in document(ambient("labels", "-n", namespace, "-o", "json"))["items"]:
            for finding in item["findings"]:
                for command in (finding["fix"] or "").split(" && "):
                    if command:
                        kubectl(*shlex.split(command)[1:], "--dry-run=server")


def test_what_a_job_makes_is_told_once_live_and_in_files(
    cluster: Cluster, kubectl: Runner, ambient: Runner, tmp_path: Path
) -> None:
    with a_namespace(cluster, "jobs", AMBIENT) as name:
        cluster.apply(cron_job("nightly", name, TYPO), job("once", name, TYPO))
        kubectl("create", "job", "now", "--from=cronjob/nightly", "-n", name)
        pods = ("get", "pods", "-n", name, "-o", "name")
        cluster.processes.wait_for("the pods of both", lambda: len(kubectl(*pods).stdout.split()) == 2)
        told = ambient("labels", "-n", name, "-o", "json")
        found = mistakes(told, name)
        assert found == [
            ("ValueUnknown", f"CronJob/{name}/nightly", "istio.io/dataplane-mode"),
            ("ValueUnknown", f"Job/{name}/once", "istio.io/dataplane-mode"),
        ]
        fixes = [finding["fix"] for item in document(told)["items"] for finding in item["findings"]]
        assert fixes[1] is None
        kubectl(*shlex.split(fixes[0])[1:], "--dry-run=server")
        path = tmp_path / "all.yaml"
        path.write_text(kubectl("get", "cronjobs,jobs,pods", "-n", name, "-o", "yaml").stdout)
        assert mistakes(ambient("labels", "-f", str(path), "-o", "json"), name) == found


def test_the_spec_of_a_workload_entry(cluster: Cluster, kubectl: Runner, ambient: Runner) -> None:
    with a_namespace(cluster, "vms", {"istio.io/use-waypoint": "wp"}) as name:
        entry = {
            "apiVersion": "networking.istio.io/v1",
            "kind": "WorkloadEntry",
            "metadata": {"name": "vm", "namespace": name},
            "spec": {"address": "10.9.9.9", "labels": {"istio.io/use-waypoint": "none", "istio.io/use-waypoints": "x"}},
        }
        cluster.apply(entry)
        told = document(ambient("labels", "-n", name, "-o", "json"))
        (found,) = [finding for item in told["items"] for finding in item["findings"]]
        assert (found["code"], found["evidence"][0]["field"]) == ("KeyMisspelt", "spec.labels[istio.io/use-waypoints]")
        kubectl(*shlex.split(found["fix"])[1:])
        assert kubectl("get", "we", "vm", "-n", name, "-o", "jsonpath={.spec.labels}").stdout == (
            '{"istio.io/use-waypoint":"none"}'
        )
        assert "but its own istio.io/use-waypoint=none wins" in ambient("labels", "we/vm", "-n", name).stdout


def test_a_developer_asks_about_one_pod(cluster: Cluster, ambient: Runner, mistaken: tuple[str, str]) -> None:
    """The pod and its namespace by `get` are enough; the rest is named."""
    _, typo = mistaken
    cluster.kubectl("create", "rolebinding", "views", "--clusterrole=view", "--user=dev", "-n", typo)
    wait_until_granted(cluster, "dev", "get", "pods", typo)
    told = ambient("labels", "pod/ingress", "-n", typo, "-o", "json", user="dev")
    assert mistakes(told, typo) == [
        ("AnnotationIsLabel", f"Pod/{typo}/ingress", "ambient.istio.io/bypass-inbound-capture")
    ]
    refused = ambient("labels", "-A", user="dev")
    assert refused.code == 1
    assert "forbidden" in refused.stderr


def test_istioctl_analyze_tells_two_of_the_ten(cluster: Cluster, mistaken: tuple[str, str], clean: str) -> None:
    """The comparison of the README: which of the ten Istio's own analysis names."""
    done = subprocess.run(
        [programs.program("istioctl"), "analyze", "-A", "--kubeconfig", str(cluster.kubeconfig)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    objects = {(ref.replace("/", " ", 1), key) for _, ref, key in planted(*mistaken)}
    lines = done.stdout.splitlines()
    told = {ref.partition(" ")[2] for line in lines for ref, key in objects if f"({ref})" in line and key in line}
    assert told == {mistaken[0], f"{mistaken[0]}/billing"}, done.stdout
