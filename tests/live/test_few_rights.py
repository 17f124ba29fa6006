"""Answers for users who may read little: what could not be read is named, and never guessed over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.rig.cluster import Cluster
from tests.rig.kubectl import Result, Runner
from tests.rig.rights import wait_until_granted
from tests.rig.workloads import AMBIENT, OPTED_OUT, deployment, pod

from .test_status import Plugin, a_namespace, annotated, codes, document, items, phase, plugin, workload

__all__ = ["plugin"]

FIELDS = ("mode", "expected", "observed", "state", "reason", "owner", "afterRestart", "node")


def told_alike(one: Result, other: Result) -> None:
    """The same verdicts, field by field."""
    assert {n: [i[f] for f in FIELDS] for n, i in items(one).items()} == {
        n: [i[f] for f in FIELDS] for n, i in items(other).items()
    }


@pytest.fixture(scope="module")
def shop(cluster: Cluster) -> Iterator[str]:
    with a_namespace(cluster, "rights", AMBIENT) as name:
        cluster.apply(
            deployment("web", name, replicas=2),
            workload("StatefulSet", "db", name, serviceName="db"),
            pod("asks", name, labels=AMBIENT),
            pod("refuses", name, labels=OPTED_OUT),
            pod("on-the-host", name, host_network=True),
        )
        for app in ("web", "db", "asks"):
            annotated(cluster, name, app)
        for app in ("refuses", "on-the-host"):
            phase(cluster, name, app, "Running")
        yield name


@pytest.fixture(scope="module")
def administrator(cluster: Cluster, shop: str) -> Result:
    return Runner(cluster, "ambient")("status", "-n", shop, "-o", "json")


# The built-in role `view` in one namespace.


@pytest.fixture(scope="module")
def developer(cluster: Cluster, shop: str) -> str:
    cluster.kubectl("create", "rolebinding", "views", "--clusterrole=view", "--user=dev", "-n", shop)
    wait_until_granted(cluster, "dev", "list", "pods", shop)
    return "dev"


@pytest.fixture(scope="module")
def as_developer(cluster: Cluster, shop: str, developer: str) -> Result:
    return Runner(cluster, "ambient")("status", "-n", shop, "-o", "json", user=developer)


def test_a_developer_is_told_what_the_administrator_is(as_developer: Result, administrator: Result) -> None:
    told_alike(as_developer, administrator)
    assert document(administrator)["assumptions"] == []


REFUSED = (
    "get configmap istio-cni-config",
    "get configmap istio-sidecar-injector",
    "list daemonsets of istio-cni and ztunnel",
    "list mutatingwebhookconfigurations",
    "list nodes",
    "list pods of istio-cni",
)


@pytest.mark.parametrize("what", REFUSED)
def test_what_was_refused_is_named(as_developer: Result, what: str) -> None:
    assert [told for told in document(as_developer)["assumptions"] if f"cannot {what}: forbidden" in told]


def test_the_text_names_it_too(shop: str, developer: str, ambient: Runner) -> None:
    found = ambient("status", "-n", shop, user=developer)
    assert found.code == 0
    (line,) = found.stderr.splitlines()
    assert line.startswith("assumed: 9 things could not be read")
    assert "/docs/rbac.yaml" in line
    each = ambient("status", "-n", shop, "--assumptions", user=developer)
    told = [line for line in each.stderr.splitlines() if line.startswith("assumed: ")]
    assert any("list nodes: forbidden" in line for line in told)
    assert each.stdout == found.stdout
    assert "assumed" not in found.stdout


@pytest.mark.parametrize(
    ("words", "beginning"),
    [
        (("pod", "db-0"), "Pod {shop}/db-0 is in ambient mode: the namespace's label"),
        (("pod", "refuses"), "Pod {shop}/refuses is NOT in ambient mode: the pod opts out by its own label"),
        (("deploy", "web"), "Deployment {shop}/web: 2 of 2 pods are in ambient mode."),
        (("ns/{shop}",), "Namespace {shop}: 4 of 6 pods are in ambient mode."),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_developer_gets_explanations(
    shop: str, developer: str, ambient: Runner, words: tuple[str, ...], beginning: str
) -> None:
    found = ambient("explain", *(word.format(shop=shop) for word in words), "-n", shop, user=developer)
    assert found.code == 0
    assert " ".join(found.stdout.split()).startswith(beginning.format(shop=shop))
    assert "assumed: " in found.stderr


# Pods of one namespace, and nothing else.


@pytest.fixture(scope="module")
def lister(cluster: Cluster, shop: str) -> str:
    cluster.kubectl("create", "role", "lists-pods", "--verb=get,list", "--resource=pods", "-n", shop)
    cluster.kubectl("create", "rolebinding", "lists", "--role=lists-pods", "--user=viewer", "-n", shop)
    wait_until_granted(cluster, "viewer", "list", "pods", shop)
    return "viewer"


def test_what_hangs_on_the_namespace_is_unknown(shop: str, lister: str, ambient: Runner) -> None:
    told = ambient("status", "-n", shop, "-o", "json", user=lister)
    found = items(told)
    verdicts = {name: (item["expected"], item["state"], item["reason"]) for name, item in found.items()}
    assert verdicts == {
        "web": ("unknown", "Unknown", "EvidenceMissing"),
        "db": ("unknown", "Unknown", "EvidenceMissing"),
        "asks": ("in", "Enrolled", "PodLabel"),
        "refuses": ("out", "NotAmbient", "PodOptedOut"),
        "on-the-host": ("out", "NotAmbient", "HostNetwork"),
    }
    assert f"get namespace {shop}: forbidden" in found["web"]["message"]
    assert found["web"]["mode"] == "ambient"


def test_what_is_unknown_is_explained(shop: str, lister: str, ambient: Runner) -> None:
    found = ambient("explain", "pod", "db-0", "-n", shop, user=lister)
    assert found.code == 0
    text = " ".join(found.stdout.split())
    assert text.startswith(f"Pod {shop}/db-0 cannot be judged: the namespace's labels decide")
    assert f"get namespace {shop}: forbidden" in text


# Nothing at all.


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("status", "get pods"),
        ("status db-0", "get pod db-0"),
        ("explain pod db-0", "get pod db-0"),
        ("explain deploy web", "get deploy web"),
        ("explain pods -l app", "get pods -l app"),
        # Nothing else is known to be there, which is not the same as that there is none.
        ("explain deploy -l app", "get deploy -l app"),
        ("explain cj -l app", "get cj -l app"),
        ("explain ns -l app", "get ns -l app"),
    ],
)
def test_a_user_without_rights_gets_kubectls_sentence(
    shop: str, cluster: Cluster, plugin: Plugin, kubectl: Runner, ours: str, theirs: str
) -> None:
    found = plugin(*ours.split(), "-n", shop, kubeconfig=cluster.user("nobody"))
    wanted = kubectl(*theirs.split(), "-n", shop, user="nobody", check=False)
    assert (found.code, found.stdout) == (1, "")
    assert found.stderr == wanted.stderr


@pytest.mark.parametrize("words", ["status db-0", "explain pod db-0"])
def test_the_sentence_comes_last(shop: str, cluster: Cluster, plugin: Plugin, words: str) -> None:
    found = plugin(*words.split(), "-n", shop, kubeconfig=cluster.user("nobody"))
    assert (found.code, found.stdout) == (1, "")
    assert found.stderr.splitlines()[-1].startswith('Error from server (Forbidden): pods "db-0" is forbidden')


def test_a_user_without_rights_in_all_namespaces(ambient: Runner, kubectl: Runner) -> None:
    found = ambient("status", "-A", "-o", "json", user="nobody")
    wanted = kubectl("get", "pods", "-A", user="nobody", check=False)
    assert (found.code, found.stdout, found.stderr) == (1, "", wanted.stderr)


# The published roles.


@pytest.mark.parametrize("role", ["view", "edit"])
def test_under_the_published_role_nothing_is_missing(
    shop: str, published: dict[str, str], ambient: Runner, role: str
) -> None:
    def everything(user: str | None) -> dict[str, Any]:
        """But for the namespaces of other tests, which come and go meanwhile."""
        found = document(ambient("status", "-A", "-o", "json", user=user))
        found["items"] = [item for item in found["items"] if item["namespace"] in (shop, "istio-system")]
        found["namespaces"] = [home for home in found["namespaces"] if home["name"] in (shop, "istio-system")]
        for item in found["items"]:
            item["message"], item["findings"] = "", codes(item)
        del found["summary"]
        return found

    mine = everything(published[role])
    assert mine["assumptions"] == []
    assert {item["namespace"] for item in mine["items"]} == {shop, "istio-system"}
    assert {home["name"] for home in mine["namespaces"]} == {shop, "istio-system"}
    assert mine == everything(None)


@pytest.mark.parametrize(
    "words",
    ["status", "explain pod db-0", "explain ns/{shop}", "explain deploy/web", "explain deploy,cj,rs -l app", "version"],
)
def test_under_the_published_role_no_command_is_refused_anything(
    shop: str, published: dict[str, str], cluster: Cluster, plugin: Plugin, words: str
) -> None:
    found = plugin(*words.format(shop=shop).split(), "-n", shop, kubeconfig=cluster.user(published["view"]))
    assert found.code == 0
    assert "assumed" not in found.stderr
    assert "orbidden" not in found.stderr + found.stdout
    assert "unknown" not in found.stdout


def test_the_role_for_reading_changes_nothing_and_the_one_for_changing_does(
    cluster: Cluster, shop: str, published: dict[str, str], ambient: Runner
) -> None:
    # Its pods are in by their namespace already, so the label gains nothing: only --force sets it.
    words = ("enable", "deploy", "web", "-n", shop, "--force", "--dry-run=server")
    done = ambient(*words, user=published["edit"])
    assert (done.code, done.stdout) == (0, "deployment.apps/web labeled (server dry run)\n")
    refused = ambient(*words, user=published["view"])
    assert (refused.code, refused.stdout) == (1, "")
    assert "Forbidden" in refused.stderr
