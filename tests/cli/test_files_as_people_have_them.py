"""Files as people have them: what they do not hold is not read, and not absent."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster import manifests_of as m
from tests.cluster.waypoint_shop import made

from .enable_fixtures import Result, Run

AMBIENT = {"istio.io/dataplane-mode": "ambient"}
READY = {"conditions": [{"type": "Ready", "status": "True"}]}
GATEWAY_NAME = "gateway.networking.k8s.io/gateway-name"
ADVICE = ("rollout restart", "delete pod", "istioctl install")

Save = Callable[..., str]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    """Writes documents into a file of the folder that is given to `-f`; the path of the folder."""

    def write(*objects: m.Manifest, to: str = "all.yaml") -> str:
        path = tmp_path / "files" / to
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump_all(objects), encoding="utf-8")
        return str(tmp_path / "files")

    return write


def live(found: m.Manifest) -> m.Manifest:
    """As a server gives it."""
    metadata = {**found["metadata"], "creationTimestamp": "2026-01-01T00:00:00Z", "uid": "1", "resourceVersion": "7"}
    return {**found, "metadata": metadata}


def pod(name: str, namespace: str = "shop", **fields: Any) -> m.Manifest:
    return live(m.pod(name, namespace, status=READY, **fields))


WEB = pod("web-1", annotations={"ambient.istio.io/redirection": "enabled"}, owner="ReplicaSet/web-5d9f")
SHOP = live(m.namespace("shop", AMBIENT))
DNS = pod("coredns-1", "kube-system")
OWN = [live(m.namespace("kube-system")), live(m.namespace("istio-system")), DNS]
CNI = [
    live(m.workload("DaemonSet", "istio-cni-node", "istio-system", labels={"k8s-app": "istio-cni-node"})),
    pod("istio-cni-node-x", "istio-system", labels={"k8s-app": "istio-cni-node"}),
    pod("ztunnel-x", "istio-system", labels={"app": "ztunnel"}),
]
ISTIOD = live(m.workload("Deployment", "istiod", "istio-system", labels={"app": "istiod"}))
TEMPLATE = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "app", "image": "app:1"}]}}


def states(told: Result) -> dict[str, tuple[str, str]]:
    assert told.code in (0, 3), told
    return {item["name"]: (item["state"], item["reason"]) for item in json.loads(told.out)["items"]}


def items(told: Result) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(told.out)["items"]
    return found


# One namespace of a live mesh.


@pytest.mark.parametrize(
    "others",
    [
        (),
        # `-n shop` chooses among what has a namespace: with `ns,no` all of them come.
        (live(m.namespace("kube-system")), live(m.namespace("istio-system")), m.node("n1")),
        # the control plane is in another namespace than the agents
        (live(m.namespace("istio-system")), ISTIOD),
    ],
    ids=["alone", "with all namespaces and nodes", "with istiod's"],
)
def test_one_namespace_of_a_live_mesh(ambient: Run, save: Save, others: tuple[m.Manifest, ...]) -> None:
    folder = save(SHOP, WEB, *others)
    told = ambient("status", "-A", "-f", folder, "-o", "json", "--fail-on", "any")
    assert (told.code, states(told)) == (0, {"web-1": ("Enrolled", "NamespaceLabel")})
    assumed = " ".join(json.loads(told.out)["assumptions"])
    assert "istio-cni is taken to be installed, with ambient on: cannot list daemonsets of istio-cni: not in" in assumed
    explained = ambient("explain", "pod", "web-1", "-n", "shop", "-f", folder, "--fail-on", "any", "--assumptions")
    assert explained.code == 0
    assert not [advice for advice in ADVICE if advice in explained.out], explained.out
    assert "assumed: istio-cni is taken to be installed" in explained.err
    marks = {line[4:30].strip(): line[2] for line in explained.out.splitlines() if line[2:3] in ("✔", "~")}
    assert (marks["istio-cni is installed"], marks["istio-cni has ambient on"]) == ("~", "~")
    assert (marks["labels ask for ambient"], marks["pod has no sidecar"]) == ("✔", "✔"), "these were seen"


def test_the_flag_says_that_it_is_all(ambient: Run, save: Save) -> None:
    folder = save(SHOP, WEB)
    told = ambient("status", "-A", "-f", folder, "--whole-cluster", "-o", "json", "--fail-on", "drift")
    assert (told.code, states(told)) == (3, {"web-1": ("Stale", "AmbientNotInstalled")})
    (assumed,) = [line for line in json.loads(told.out)["assumptions"] if "whole cluster" in line]
    assert assumed.startswith(
        "the files are taken for the whole cluster, as --whole-cluster says: they hold no istio-cni"
    )


def test_the_flag_is_about_files(ambient: Run) -> None:
    for words in (("status",), ("explain", "pod", "x"), ("labels", "-A"), ("waypoint", "list")):
        told = ambient(*words, "--whole-cluster")
        assert (told.code, told.err.splitlines()[0]) == (
            2,
            "error: --whole-cluster says what the files of -f hold: type them as well",
        )


def test_a_command_that_is_offered_leads_to_the_same_files(ambient: Run, save: Save) -> None:
    told = ambient("explain", "pod", "web-1", "-n", "other", "-f", save(SHOP, WEB), "--whole-cluster")
    assert "kubectl ambient explain pod web-1 -n shop -f " in told.err
    assert told.err.rstrip().endswith("--whole-cluster")


# A whole cluster.


def test_everything_of_a_cluster_is_taken_for_it(ambient: Run, save: Save) -> None:
    told = ambient("status", "-A", "-f", save(SHOP, WEB, DNS, ISTIOD), "-o", "json")
    assert states(told)["web-1"] == ("Stale", "AmbientNotInstalled")
    assert "for they hold objects of kube-system: they hold no istio-cni" in " ".join(
        json.loads(told.out)["assumptions"]
    )
    told = ambient("status", "-A", "-f", save(SHOP, WEB, *OWN, ISTIOD, *CNI), "-o", "json", "--fail-on", "any")
    assert (told.code, states(told)["web-1"][0]) == (0, "Enrolled")


def test_an_uninstalled_istio(ambient: Run, save: Save) -> None:
    """Its namespace is left, and the nodes are there; nothing of it runs."""
    told = ambient("status", "-A", "-f", save(SHOP, WEB, live(m.namespace("istio-system")), m.node("n1")), "-o", "json")
    assert states(told)["web-1"] == ("Stale", "AmbientNotInstalled")


def test_pods_of_all_namespaces_and_nothing_else(ambient: Run, save: Save) -> None:
    """`kubectl get pods -A`: no pod of istio-cni is none; of Namespaces, webhooks and ConfigMaps nothing is known."""
    told = ambient("status", "-A", "-f", save(WEB, DNS), "-o", "json")
    assert states(told)["web-1"] == ("Stale", "AmbientNotInstalled")
    told = ambient("status", "-A", "-f", save(WEB, DNS, *CNI[1:]), "-o", "json")
    assert states(told)["web-1"] == ("Unknown", "EvidenceMissing")
    assert "cannot get namespace shop: not in the files" in told.out
    assert "cannot list daemonsets of istio-cni: not in the files" in told.out
    assert "is Ready on the pods' nodes is not known" not in told.out
    elsewhere = pod("web-2", "shop", annotations={"ambient.istio.io/redirection": "enabled"})
    elsewhere["spec"]["nodeName"] = "n2"
    told = ambient("status", "-A", "-f", save(SHOP, elsewhere, DNS, *CNI), "-o", "json")
    assert {f["code"] for i in items(told) if i["name"] == "web-2" for f in i["findings"]} == {"AgentMissing"}


def test_other_objects_of_the_server_tell_nothing_of_pods(ambient: Run, save: Save) -> None:
    config = live(m.configmap("kube-root-ca.crt", "kube-system"))
    told = ambient("status", "-A", "-f", save(SHOP, WEB, config), "-o", "json")
    assert states(told)["web-1"][0] == "Enrolled"


# An application's repository.

REPOSITORY = [
    m.namespace("shop", {**AMBIENT, "istio.io/use-waypoint": "waypoint"}),
    m.workload("Deployment", "web"),
    made("Service", "v1", "web", spec={"selector": {"app": "web"}, "ports": [{"port": 80}]}),
    made("ServiceEntry", "networking.istio.io/v1", "bank", spec={"hosts": ["bank.example.com"], "resolution": "DNS"}),
    made(
        "Gateway",
        "gateway.networking.k8s.io/v1",
        "waypoint",
        spec={
            "gatewayClassName": "istio-waypoint",
            "listeners": [{"name": "mesh", "port": 15008, "protocol": "HBONE"}],
        },
    ),
]
WRITTEN = [
    m.namespace("kube-system", {"pod-security.kubernetes.io/enforce": "privileged"}),
    m.workload("Deployment", "metrics-server", "kube-system"),
    m.namespace("istio-system"),
]
READERS = (
    ("status", "-A"),
    ("explain", "ns", "shop"),
    ("explain", "deploy", "web", "-n", "shop"),
    ("waypoint", "status", "-A"),
    ("labels", "-A"),
)


@pytest.mark.parametrize("words", READERS, ids=" ".join)
@pytest.mark.parametrize("beside", [[], WRITTEN], ids=["alone", "with kube-system"])
def test_a_correct_repository_fails_nothing(
    ambient: Run, save: Save, words: tuple[str, ...], beside: list[m.Manifest]
) -> None:
    told = ambient(*words, "-f", save(*REPOSITORY, *beside), "--fail-on", "any")
    assert told.code == 0, told
    assert "AmbientNotInstalled" not in told.out


@pytest.mark.parametrize("beside", [[], WRITTEN], ids=["alone", "with kube-system"])
def test_the_next_pods_of_a_repository_are_in_ambient_mode(ambient: Run, save: Save, beside: list[m.Manifest]) -> None:
    told = ambient("explain", "deploy", "web", "-n", "shop", "-f", save(*REPOSITORY, *beside), "-o", "json")
    (subject,) = json.loads(told.out)["subjects"]
    assert subject["nextPod"] == "ambient"


def test_a_waypoint_without_a_status_is_taken_to_be_ready(ambient: Run, save: Save) -> None:
    folder = save(*REPOSITORY)
    told = ambient("waypoint", "status", "-A", "-f", folder, "-o", "json")
    assert {i["name"]: i["waypoint"] for i in items(told)} == {"web": "shop/waypoint", "bank": "shop/waypoint"}
    assert "waypoint shop/waypoint has no status in the files: it is taken to be ready" in told.out
    told = ambient("waypoint", "list", "-A", "-f", folder, "-o", "json")
    (waypoint,) = items(told)
    assert (waypoint["findings"], waypoint["programmed"], waypoint["pods"]) == ([], None, None)
    written = {"conditions": [{"type": "Programmed", "status": "Unknown", "reason": "Pending"}]}
    (waypoint,) = items(ambient("waypoint", "list", "-f", save({**REPOSITORY[-1], "status": written}), "-o", "json"))
    assert [f["code"] for f in waypoint["findings"]] == ["WaypointWithoutAddress"], "a server's Gateway has conditions"


def test_a_waypoint_that_is_not_in_the_files_cannot_be_told(ambient: Run, save: Save) -> None:
    told = ambient("waypoint", "status", "-A", "-f", save(*REPOSITORY[:-1]), "-o", "json", "--fail-on", "drift")
    assert (told.code, {i["reason"] for i in items(told)}) == (0, {"EvidenceMissing"})
    assert not [f for i in items(told) for f in i["findings"]]


def test_a_mistake_in_a_repository_is_still_told(ambient: Run, save: Save) -> None:
    typo = {**REPOSITORY[2], "metadata": {**REPOSITORY[2]["metadata"], "labels": {"istio.io/use-waypoint": "waypiont"}}}
    told = ambient("waypoint", "status", "-A", "-f", save(*REPOSITORY, typo), "-o", "json", "--fail-on", "any")
    assert told.code == 3
    assert {i["name"]: i["reason"] for i in items(told)}["web"] == "WaypointIsNotReady"


def test_charts_of_istio_in_a_repository(ambient: Run, save: Save) -> None:
    """A DaemonSet without pods: as it says, and nothing of the nodes."""
    cni = m.workload("DaemonSet", "istio-cni-node", "istio-system", labels={"k8s-app": "istio-cni-node"})
    folder = save(*REPOSITORY, cni)
    told = ambient("explain", "deploy", "web", "-n", "shop", "-f", folder, "-o", "json")
    assert json.loads(told.out)["subjects"][0]["nextPod"] == "ambient"
    assert "on every node istio-cni is taken to run as its DaemonSet says" in told.out


def test_a_flux_folder(ambient: Run, save: Save) -> None:
    save(REPOSITORY[0], to="namespace.yaml")
    save(
        made("HelmRelease", "helm.toolkit.fluxcd.io/v2", "web", spec={"chart": {"spec": {"chart": "web"}}}),
        made("Kustomization", "kustomize.toolkit.fluxcd.io/v1", "shop", "flux-system", spec={"path": "./shop"}),
        made("HelmRelease", "helm.toolkit.fluxcd.io/v2", "istio-cni", "istio-system", spec={}),
        to="releases.yaml",
    )
    folder = save(
        {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "resources": ["x"]}, to="k.yaml"
    )
    for words in (("status", "-A"), ("labels", "-A"), ("waypoint", "status", "-A"), ("explain", "ns", "shop")):
        told = ambient(*words, "-f", folder)
        assert told.code == 0, told
        assert "AmbientNotInstalled" not in told.out
    assert "ambient" in ambient("explain", "ns", "shop", "-f", folder).out


def test_base_and_overlay(ambient: Run, save: Save) -> None:
    """The overlay's patch is an object of the same name; neither is a cluster."""
    save(*REPOSITORY, to="base/all.yaml")
    patch = m.workload("Deployment", "web", template={"metadata": {"labels": {"app": "web", **AMBIENT}}})
    folder = save(patch, to="overlays/prod/patch.yaml")
    told = ambient("explain", "deploy", "web", "-n", "shop", "-R", "-f", folder, "-o", "json", "--fail-on", "any")
    assert (told.code, json.loads(told.out)["subjects"][0]["nextPod"]) == (0, "ambient")


# A must-gather: namespaces as folders.


def gateway(**fields: Any) -> m.Manifest:
    address = {"addresses": [{"type": "IPAddress", "value": "10.0.0.9"}]}
    return live(
        {**REPOSITORY[-1], "status": {**address, "conditions": [{"type": "Programmed", "status": "True"}]}, **fields}
    )


def test_a_must_gather_tree(ambient: Run, save: Save) -> None:
    """It holds all pods of the namespaces that it has, and tells nothing of others."""
    root = "quay-io-must-gather/namespaces"
    save(SHOP, to=f"{root}/shop/shop.yaml")
    save({"apiVersion": "v1", "kind": "PodList", "items": [WEB]}, to=f"{root}/shop/core/pods.yaml")
    save(live(REPOSITORY[2]), to=f"{root}/shop/core/services.yaml")
    save(DNS, to=f"{root}/kube-system/core/pods.yaml")
    folder = save(gateway(), to=f"{root}/shop/gateway.networking.k8s.io/gateways/waypoint.yaml")
    told = ambient("status", "-A", "-R", "-f", folder, "-o", "json")
    assert states(told)["web-1"] == ("Enrolled", "NamespaceLabel"), "istio-cni is in a namespace that was not gathered"
    (waypoint,) = items(ambient("waypoint", "list", "-R", "-f", folder, "-o", "json"))
    assert (waypoint["pods"], [f["code"] for f in waypoint["findings"]]) == ({"ready": 0, "all": 0}, ["WaypointDead"])


def test_a_few_pods_do_not_prove_a_waypoint_dead(ambient: Run, save: Save) -> None:
    (waypoint,) = items(ambient("waypoint", "list", "-f", save(SHOP, WEB, gateway()), "-o", "json"))
    assert (waypoint["pods"], waypoint["findings"]) == (None, [])
    sick = live(m.pod("waypoint-1", labels={GATEWAY_NAME: "waypoint"}))
    (waypoint,) = items(ambient("waypoint", "list", "-f", save(SHOP, sick, gateway()), "-o", "json"))
    assert (waypoint["pods"], waypoint["findings"]) == (None, []), "others of it may be Ready"
    proxy = pod("waypoint-1", labels={GATEWAY_NAME: "waypoint"})
    (waypoint,) = items(ambient("waypoint", "list", "-f", save(SHOP, proxy, gateway()), "-o", "json"))
    assert waypoint["pods"] == {"ready": 1, "all": 1}
    (waypoint,) = items(ambient("waypoint", "list", "-f", save(SHOP, WEB, DNS, gateway()), "-o", "json"))
    assert [f["code"] for f in waypoint["findings"]] == ["WaypointDead"], "all pods of the cluster"


def test_nobody_uses_a_waypoint_only_where_all_were_read(ambient: Run, save: Save) -> None:
    plain = live(m.namespace("shop", AMBIENT))
    (waypoint,) = items(ambient("waypoint", "list", "-f", save(plain, WEB, gateway()), "-o", "json"))
    assert waypoint["findings"] == []
    (waypoint,) = items(ambient("waypoint", "list", "-f", save(plain, gateway()), "--whole-cluster", "-o", "json"))
    assert "WaypointUnused" in [f["code"] for f in waypoint["findings"]]


# What is asked about.


def test_a_namespace_that_no_file_knows_is_a_mistake(ambient: Run, save: Save) -> None:
    folder = save(*REPOSITORY, made("HelmRelease", "helm.toolkit.fluxcd.io/v2", "istio-cni", "istio-system", spec={}))
    for words in (("status",), ("labels",), ("waypoint", "status"), ("waypoint", "list")):
        told = ambient(*words, "-n", "shpo", "-f", folder)
        assert told.code == 1, words
        assert 'Error (NotFound): namespaces "shpo" not found' in told.err.splitlines(), words
        assert ambient(*words, "-n", "istio-system", "-f", folder).code == 0, "nothing of Istio's is in it"


def test_pods_that_are_not_in_the_files_are_not_gone(ambient: Run, save: Save) -> None:
    words = ("explain", "deploy", "web", "-n", "shop", "-f", save(*REPOSITORY))
    assert ambient(*words).out.startswith("Deployment shop/web: the files hold no pods of it.")
    assert "has no pods: it has made none, or they are gone" in ambient(*words, "--whole-cluster").out


def test_explain_fails_on_what_status_fails_on(ambient: Run, save: Save) -> None:
    plain, sick = pod("plain"), pod("sick", annotations={"ambient.istio.io/redirection": "on"})
    folder = save(SHOP, WEB, plain, sick)
    for name in ("web-1", "plain", "sick"):
        for word in ("drift", "pending", "conflict", "unknown", "any"):
            rest = (name, "-n", "shop", "-f", folder, "-o", "name", "--fail-on", word)
            assert ambient("status", *rest).code == ambient("explain", "pod", *rest).code, (name, word)
