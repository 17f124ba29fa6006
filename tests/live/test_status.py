"""`status` on the real control plane: every kind of pod, every format, every exit code."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from kubectl_ambient.cli import app
from kubectl_ambient.mesh import state
from tests.rig.agent import ANNOTATION, BEHAVIOUR
from tests.rig.api import Object
from tests.rig.cluster import STUCK, Cluster
from tests.rig.kubectl import Result, Runner
from tests.rig.processes import wait_for
from tests.rig.rights import wait_until_granted
from tests.rig.workloads import AMBIENT, INJECTED, OPTED_OUT, deployment, pod

SCHEMAS = Path(__file__).resolve().parents[2] / "docs" / "schema"


# What the other modules of this folder take from here.


@contextmanager
def a_namespace(cluster: Cluster, stem: str, labels: Mapping[str, str]) -> Iterator[str]:
    """A namespace for the tests of a whole module."""
    name = f"{stem}-{uuid.uuid4().hex[:5]}"
    metadata = {"name": name, "labels": dict(labels)}
    cluster.api.request("POST", "/api/v1/namespaces", {"metadata": metadata})
    account = f"/api/v1/namespaces/{name}/serviceaccounts/default"
    cluster.processes.wait_for("the namespace's ServiceAccount", lambda: cluster.api.get(account))
    try:
        yield name
    finally:
        cluster.api.request("DELETE", f"/api/v1/namespaces/{name}")


def document(told: Result, code: int = 0) -> dict[str, Any]:
    """What was printed as JSON, held to the schema of its kind."""
    assert told.code == code, told.stderr
    found: dict[str, Any] = json.loads(told.stdout)
    schema = json.loads((SCHEMAS / f"{found['kind']}.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(found)
    return found


def items(told: Result, code: int = 0) -> dict[str, dict[str, Any]]:
    """The pods of a StatusList: those of a workload by its name, the others by their own."""
    return {(item["owner"] or item["name"]).rpartition("/")[2]: item for item in document(told, code)["items"]}


def codes(item: Mapping[str, Any]) -> list[str]:
    """The findings on a pod, by their words."""
    return [finding["code"] for finding in item["findings"]]


def annotated(cluster: Cluster, namespace: str, app: str, value: str | None = "enabled") -> None:
    """Wait until all pods of an app run, and the agent has brought them to where they belong."""

    def there() -> bool:
        found = [p for p in cluster.pods(namespace, f"app={app}") if not p["metadata"].get("deletionTimestamp")]
        return len(found) >= _wanted(cluster, namespace, app) and all(
            p["status"].get("podIP") and p["metadata"].get("annotations", {}).get(ANNOTATION) == value for p in found
        )

    wait_for(f"{app} to be {value}", there)


def phase(cluster: Cluster, namespace: str, app: str, value: str) -> None:
    """Wait until the pods of an app are in a phase."""

    def there() -> bool:
        found = cluster.pods(namespace, f"app={app}")
        return len(found) >= _wanted(cluster, namespace, app) and all(p["status"].get("phase") == value for p in found)

    wait_for(f"{app} to be {value}", there)


def _wanted(cluster: Cluster, namespace: str, app: str) -> int:
    """How many pods of an app there are to be: they come one after the other."""
    found = cluster.api.get(f"/apis/apps/v1/namespaces/{namespace}/deployments/{app}")
    return int(found["spec"]["replicas"]) if found else 1


def workload(kind: str, name: str, namespace: str, **spec: Any) -> Object:
    """A StatefulSet, DaemonSet or Job."""
    batch = kind == "Job"
    template = deployment(name, namespace)["spec"]["template"]
    template["spec"] |= {"nodeSelector": {"kubernetes.io/hostname": "n1"}} | (
        {"restartPolicy": "Never"} if batch else {}
    )
    return {
        "apiVersion": "batch/v1" if batch else "apps/v1",
        "kind": kind,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"template": template, **({} if batch else {"selector": {"matchLabels": {"app": name}}}), **spec},
    }


def sandbox_failed(namespace: str, name: str) -> Object:
    """The event that a kubelet writes when istio-cni's plugin refuses a pod's sandbox."""
    words = 'Failed to create pod sandbox: plugin type="istio-cni" failed (add): unable to push CNI event'
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{name}.1", "namespace": namespace},
        "involvedObject": {"kind": "Pod", "namespace": namespace, "name": name, "apiVersion": "v1"},
        "reason": "FailedCreatePodSandBox",
        "message": words,
        "type": "Warning",
    }


Plugin = Callable[..., Result]


@pytest.fixture
def plugin(cluster: Cluster, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Plugin:
    """The plugin in this process: a fifth of the time, for tests that try many flags or faults."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith("KUBE"):
            monkeypatch.delenv(name)

    def call(*arguments: str, kubeconfig: Path | None = None) -> Result:
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig or cluster.kubeconfig))
        code = app.run(["kubectl-ambient", *arguments])
        out, err = capsys.readouterr()
        return Result(out, err, code)

    return call


# One namespace in ambient mode with every kind of pod in it.


@pytest.fixture(scope="module")
def shop(cluster: Cluster) -> Iterator[str]:
    with a_namespace(cluster, "shop", AMBIENT) as name:
        nowhere = pod("nowhere", name)
        nowhere["spec"]["nodeSelector"] = {"no-such": "node"}
        leaving = pod("leaving", name)
        leaving["metadata"]["finalizers"] = ["rig.kubectl-ambient/stays"]
        cluster.apply(
            deployment("web", name, replicas=2),
            workload("StatefulSet", "db", name, serviceName="db"),
            workload("DaemonSet", "log", name),
            workload("Job", "nightly", name),
            pod("asks", name, labels=AMBIENT),
            pod("refuses", name, labels=OPTED_OUT),
            pod("on-the-host", name, host_network=True),
            pod("on-windows", name, node="w1"),
            pod("stuck", name, node="n1", annotations={STUCK: "stuck"}),
            sandbox_failed(name, "stuck"),
            nowhere,
            leaving,
        )
        for app in ("web", "db", "log", "asks", "leaving"):
            annotated(cluster, name, app)
        for app, ends in (("nightly", "Succeeded"), ("refuses", "Running"), ("on-windows", "Running")):
            phase(cluster, name, app, ends)
        wait_for("stuck to be placed", lambda: cluster.pods(name, "app=stuck")[0]["spec"].get("nodeName"))
        path = f"/api/v1/namespaces/{name}/pods/leaving"
        cluster.api.request("DELETE", path)
        try:
            yield name
        finally:
            cluster.api.patch(path, {"metadata": {"finalizers": None}})


@pytest.fixture(scope="module")
def told(cluster: Cluster, shop: str) -> Result:
    """`status -o json` of it, asked once."""
    return Runner(cluster, "ambient")("status", "-n", shop, "-o", "json")


FIELDS = ("mode", "expected", "observed", "state", "reason", "owner", "afterRestart")


@pytest.mark.parametrize(
    ("name", "fields", "findings"),
    [
        ("web", "ambient in enabled Enrolled NamespaceLabel Deployment/web ambient", []),
        ("db", "ambient in enabled Enrolled NamespaceLabel StatefulSet/db ambient", []),
        ("log", "ambient in enabled Enrolled NamespaceLabel DaemonSet/log ambient", []),
        ("nightly", "none out absent NotAmbient PodFinished Job/nightly ambient", []),
        ("asks", "ambient in enabled Enrolled PodLabel - ambient", []),
        ("refuses", "none out absent NotAmbient PodOptedOut - none", []),
        ("on-the-host", "none out absent NotAmbient HostNetwork - none", ["HostNetworkTried"]),
        ("on-windows", "none out absent NotAmbient NodeUnsupported - none", []),
        ("nowhere", "none in absent Starting NamespaceLabel - ambient", ["Unschedulable"]),
        ("stuck", "none in absent Starting NamespaceLabel - ambient", ["SandboxFailed"]),
        ("leaving", "ambient in enabled Enrolled NamespaceLabel - ambient", ["Terminating"]),
    ],
)
def test_every_kind_of_pod(told: Result, name: str, fields: str, findings: list[str]) -> None:
    item = items(told)[name]
    assert " ".join(item[field] or "-" for field in FIELDS) == fields
    assert codes(item) == findings


def test_what_a_listing_says_of_the_whole(told: Result) -> None:
    found = document(told)
    assert found["istio"] == {
        "cniVersion": "1.30.3-distroless",
        "cniVersions": ["1.30.3-distroless"],
        "ambientEnabled": True,
        "excludeNamespaces": ["kube-system"],
        "source": "ConfigMap istio-system/istio-cni-config",
    }
    assert found["assumptions"] == []
    assert found["summary"] == {
        "pods": 12,
        "Enrolled": 6,
        "Pending": 0,
        "Starting": 2,
        "NotEnrolled": 0,
        "Stale": 0,
        "NotAmbient": 4,
        "Unknown": 0,
        "unserved": 0,
    }
    assert told.stderr == ""


def test_nodes_are_named(told: Result) -> None:
    found = items(told)
    assert [found[name]["node"] for name in ("db", "on-windows", "nowhere")] == ["n1", "w1", ""]


def test_a_pod_that_hangs_is_told_with_its_event(told: Result) -> None:
    (finding,) = items(told)["stuck"]["findings"]
    assert "unable to push CNI event" in finding["message"]
    assert finding["severity"] == "error"


def test_all_namespaces_agree_with_the_one(shop: str, told: Result, ambient: Runner) -> None:
    found = document(ambient("status", "-A", "-o", "json"))
    of_shop = [item for item in found["items"] if item["namespace"] == shop]
    assert [(i["name"], i["state"], i["reason"], i["owner"]) for i in of_shop] == [
        (i["name"], i["state"], i["reason"], i["owner"]) for i in document(told)["items"]
    ]
    istio = {item["owner"]: item["reason"] for item in found["items"] if item["namespace"] == "istio-system"}
    assert istio == {
        "DaemonSet/istio-cni-node": "PodOptedOut",
        "DaemonSet/ztunnel": "PodOptedOut",
        "Deployment/istiod": "PodOptedOut",
    }


def test_all_namespaces_in_rows(shop: str, ambient: Runner, kubectl: Runner) -> None:
    """Other tests make and delete namespaces meanwhile: what lasted must have a row, what never was must not."""

    def names() -> set[str]:
        listed = kubectl("get", "ns", "-o", "name").stdout.split()
        return {name.removeprefix("namespace/") for name in listed}

    before = names()
    rows = [line.split() for line in ambient("status", "-A", "--no-headers").stdout.splitlines()]
    after = names()
    told = [row[0] for row in rows]
    assert [shop, "ambient", "12", "6", "4", "2", "-", "-", "‼"] in rows
    assert told == sorted(told)
    assert before & after <= set(told)
    assert set(told) <= before | after


def test_yaml_is_the_same_document(shop: str, told: Result, plugin: Plugin) -> None:
    given = yaml.safe_load(plugin("status", "-n", shop, "-o", "yaml").stdout)
    given["items"] = [{**item, "message": "", "findings": codes(item)} for item in given["items"]]
    wanted = document(told)
    wanted["items"] = [{**item, "message": "", "findings": codes(item)} for item in wanted["items"]]
    assert given == wanted


def test_wide_rows(shop: str, plugin: Plugin) -> None:
    rows = [" ".join(line.split()) for line in plugin("status", "-n", shop, "-o", "wide").stdout.splitlines()]
    assert rows[0] == "NAME MODE STATE REASON NODE EXPECTED OBSERVED AFTER-RESTART OWNER WAYPOINT"
    assert "db-0 ambient Enrolled NamespaceLabel n1 in enabled ambient StatefulSet/db <none>" in rows
    assert "nowhere none Starting NamespaceLabel <none> in absent ambient <none> <none>" in rows


def test_no_headers_means_rows_only(shop: str, told: Result, plugin: Plugin) -> None:
    found = plugin("status", "-n", shop, "--no-headers")
    assert [line.split()[0] for line in found.stdout.splitlines()] == [i["name"] for i in document(told)["items"]]
    assert found.stderr == ""


@pytest.mark.parametrize(
    "flags",
    [
        (),
        ("-l", "app in (db, log),pod-template-hash notin (x)"),
        ("-l", "!app"),
        ("--field-selector", "spec.nodeName=n1,status.phase!=Succeeded"),
        ("pod/asks",),
        ("refuses", "nope", "db-0"),
    ],
    ids=" ".join,
)
def test_what_is_selected_is_what_kubectl_selects(
    shop: str, plugin: Plugin, kubectl: Runner, flags: tuple[str, ...]
) -> None:
    ours = plugin("status", "-n", shop, "-o", "name", *flags)
    resource = () if flags and "/" in flags[0] else ("pods",)
    theirs = kubectl("get", *resource, "-n", shop, "-o", "name", *flags, check=False)
    assert sorted(ours.stdout.split()) == sorted(theirs.stdout.split())
    if "-l" not in flags or ours.stdout:
        assert (ours.stderr, ours.code) == (theirs.stderr, theirs.code)


def test_a_name_that_is_not_there_beside_others(shop: str, plugin: Plugin) -> None:
    found = items(plugin("status", "-n", shop, "refuses", "nope", "-o", "json"), code=1)
    assert list(found) == ["refuses"]


def test_an_empty_namespace(namespace: str, ambient: Runner, kubectl: Runner) -> None:
    ours, theirs = ambient("status", "-n", namespace), kubectl("get", "pods", "-n", namespace)
    assert theirs.stderr == f"No resources found in {namespace} namespace.\n"
    assert (ours.code, ours.stdout, ours.stderr) == (0, "", theirs.stderr)


def test_an_empty_namespace_as_a_document(namespace: str, plugin: Plugin) -> None:
    found = document(plugin("status", "-n", namespace, "-o", "json"))
    assert (found["items"], found["summary"]["pods"]) == ([], 0)


def test_an_unknown_namespace(ambient: Runner) -> None:
    found = ambient("status", "-n", "nope")
    sentence = 'Error from server (NotFound): namespaces "nope" not found\n'
    assert (found.code, found.stdout, found.stderr) == (1, "", sentence)


def test_a_pod_that_is_not_there(namespace: str, ambient: Runner, kubectl: Runner) -> None:
    ours, theirs = (
        ambient("status", "nope", "-n", namespace),
        kubectl("get", "pod", "nope", "-n", namespace, check=False),
    )
    assert (ours.code, ours.stdout, ours.stderr) == (theirs.code, theirs.stdout, theirs.stderr)


# A namespace that the agent leaves alone, so that the annotations are the test's own.


@pytest.fixture(scope="module")
def odd(cluster: Cluster) -> Iterator[str]:
    with a_namespace(cluster, "odd", AMBIENT | {BEHAVIOUR: "off"}) as name:
        cluster.apply(
            pod("left-out", name),
            pod("waits", name, annotations={ANNOTATION: "pending"}),
            pod("stays", name, labels=OPTED_OUT, annotations={ANNOTATION: "enabled"}),
            pod("fine", name, annotations={ANNOTATION: "enabled"}),
            pod("mistyped", name, labels={"istio.io/dataplane-mode": "Ambient"}, annotations={ANNOTATION: "enabled"}),
            pod("strange", name, annotations={ANNOTATION: "perhaps"}),
        )
        for app in ("left-out", "waits", "stays", "fine", "mistyped"):
            phase(cluster, name, app, "Running")
        yield name


@pytest.fixture(scope="module")
def conflict(cluster: Cluster) -> Iterator[str]:
    with a_namespace(cluster, "conflict", AMBIENT | INJECTED) as name:
        cluster.apply(pod("cart", name))
        phase(cluster, name, "cart", "Running")
        yield name


def test_pending_and_stale(odd: str, plugin: Plugin) -> None:
    found = items(plugin("status", "-n", odd, "-o", "json"))
    assert " ".join(found["waits"][field] or "-" for field in FIELDS) == (
        "ambient in pending Pending NamespaceLabel - ambient"
    )
    assert " ".join(found["stays"][field] or "-" for field in FIELDS) == "ambient out enabled Stale PodOptedOut - none"
    assert codes(found["mistyped"]) == ["ModeValueUnknown"]
    assert (found["strange"]["observed"], codes(found["strange"])) == ("absent", ["RedirectionValueUnknown"])


@pytest.mark.parametrize(
    ("condition", "pods", "code"),
    [
        ("drift", "stays", 3),
        ("drift", "waits", 0),
        ("pending", "waits", 3),
        ("any", "mistyped", 3),
        ("any", "fine", 0),
        ("drift,pending", "waits", 3),
    ],
)
def test_fail_on(odd: str, plugin: Plugin, condition: str, pods: str, code: int) -> None:
    found = plugin("status", "-n", odd, pods, "-o", "name", "--fail-on", condition)
    assert (found.code, found.stdout) == (code, f"pod/{pods}\n")


@pytest.mark.parametrize(("condition", "code"), [("conflict", 3), ("drift", 0)])
def test_fail_on_both_modes(conflict: str, plugin: Plugin, condition: str, code: int) -> None:
    assert plugin("status", "-n", conflict, "--fail-on", condition).code == code


def test_fail_on_unknown(cluster: Cluster, odd: str, ambient: Runner, kubectl: Runner) -> None:
    kubectl("create", "role", "lists-pods", "--verb=get,list", "--resource=pods", "-n", odd)
    kubectl("create", "rolebinding", "ivan", "--role=lists-pods", "--user=ivan", "-n", odd)
    wait_until_granted(cluster, "ivan", "list", "pods", odd)
    found = ambient("status", "-n", odd, "--fail-on", "unknown", user="ivan")
    assert (found.code, "Unknown" in found.stdout) == (3, True)


def test_a_pod_that_stays_out_is_drift_once_it_is_old_enough(
    odd: str, plugin: Plugin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has half a minute, which is shortened here, and tried with a clock of its own in `tests/mesh`."""
    flags = ("status", "-n", odd, "left-out", "-o", "json", "--fail-on", "drift")
    monkeypatch.setattr(state, "YOUNG", timedelta(hours=1))
    assert items(plugin(*flags))["left-out"]["state"] == "Starting"
    monkeypatch.setattr(state, "YOUNG", timedelta(0))
    found = items(plugin(*flags), code=3)["left-out"]
    assert found["state"] == "NotEnrolled"
    assert found["message"].startswith("Should be in ambient mode (the namespace's label")
