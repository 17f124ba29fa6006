"""What enable and disable write, and what they do when the server or somebody else is in the way."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from typing import Any

import pytest

from kubectl_ambient.kube.options import ConnectionOptions
from kubectl_ambient.runs.change import apply as change_apply
from tests.kube.standin import Reply, Seen, status

from .enable_fixtures import Run, ambient, api, clean_environment, on_api
from .objects_api import Fields, ObjectsApi

__all__ = ["ambient", "api", "clean_environment", "on_api"]

LABEL = "istio.io/dataplane-mode"
SHOP, BANK = "/api/v1/namespaces/shop", "/api/v1/namespaces/bank"
PODS = "/api/v1/namespaces/shop/pods"


@pytest.fixture(autouse=True)
def namespaces(api: ObjectsApi) -> None:
    api.add(SHOP)
    api.add(BANK, {"team": "money"})


def test_one_merge_patch_with_our_field_manager(on_api: Run, api: ObjectsApi) -> None:
    found = on_api("enable", "ns", "shop")
    assert (found.code, found.out) == (0, "namespace/shop labeled\n")
    (patch,) = api.patches
    assert patch.headers["Content-Type"] == "application/merge-patch+json"
    assert patch.query == {"fieldManager": "kubectl-ambient"}
    assert json.loads(patch.body)["metadata"]["labels"] == {LABEL: "ambient"}
    assert found.err.splitlines()[-1] == "undo: kubectl ambient disable ns shop"


def test_another_field_manager(on_api: Run, api: ObjectsApi) -> None:
    on_api("enable", "ns", "shop", "--field-manager=me")
    assert api.patches[0].query == {"fieldManager": "me"}


def test_nothing_is_changed_twice(on_api: Run, api: ObjectsApi) -> None:
    on_api("enable", "ns", "shop")
    found = on_api("enable", "ns", "shop")
    assert found == (0, "namespace/shop not labeled\n", "")
    assert len(api.patches) == 1


def test_the_undo_line_carries_the_connection(on_api: Run) -> None:
    found = on_api("enable", "ns", "shop", "--context", "dev", "--as", "a b", "--token", "secret")
    assert found.err.splitlines()[-1] == "undo: kubectl ambient disable ns shop --context dev --as 'a b'"


def test_a_refusal_carries_it_as_well(on_api: Run, api: ObjectsApi) -> None:
    path = "/apis/apps/v1/namespaces/shop/replicasets/web-1"
    api.add(path, spec={"template": {"metadata": {}}})
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "controller": True}
    api.objects[path]["metadata"]["ownerReferences"] = [owner]
    found = on_api("enable", "rs", "web-1", "-n", "shop", "--context", "dev")
    assert found.code == 1
    assert found.err.endswith("template decides: kubectl ambient enable deploy/web -n shop --context dev\n")


def test_no_flag_that_the_cluster_is_reached_by_is_left_out() -> None:
    options = ConnectionOptions(
        kubeconfig="a file",
        server="https://x",
        token="secret",
        certificate_authority="ca",
        tls_server_name="name",
        insecure_skip_tls_verify=True,
        as_user="jane",
        as_groups=("a", "b"),
        as_user_extra=("k=v",),
    )
    assert options.flags == (
        ("--kubeconfig", "a file"),
        ("--server", "https://x"),
        ("--certificate-authority", "ca"),
        ("--tls-server-name", "name"),
        ("--as", "jane"),
        ("--as-group", "a"),
        ("--as-group", "b"),
        ("--as-user-extra", "k=v"),
        ("--insecure-skip-tls-verify",),
    )
    assert ConnectionOptions(token="secret").flags == ()


def test_several_namespaces_and_one_that_is_not_there(on_api: Run, api: ObjectsApi) -> None:
    found = on_api("enable", "ns", "shop", "nope", "bank", "shop")
    assert found.code == 1
    assert sorted(found.out.splitlines()) == ["namespace/bank labeled", "namespace/shop labeled"]
    assert 'Error from server (NotFound): namespaces "nope" not found' in found.err
    assert found.err.splitlines()[-1] == "undo: kubectl ambient disable ns shop bank"


def test_an_object_that_fails_stops_no_other(on_api: Run, api: ObjectsApi) -> None:
    def refuse(path: str, patch: Fields) -> Reply | None:
        words = 'namespaces "shop" is forbidden: User "u" cannot patch it'
        return status(403, "Forbidden", words, name="shop") if path == SHOP else None

    api.before_patch = refuse
    found = on_api("enable", "ns", "shop", "bank")
    assert (found.code, found.out) == (1, "namespace/bank labeled\n")
    assert 'Error from server (Forbidden): namespaces "shop" is forbidden' in found.err
    assert found.err.splitlines()[-1] == "undo: kubectl ambient disable ns bank"


@pytest.mark.parametrize("mode", ["client", "server"])
def test_a_dry_run_stores_nothing(on_api: Run, api: ObjectsApi, mode: str) -> None:
    found = on_api("enable", "ns", "shop", f"--dry-run={mode}")
    assert found.out == f"namespace/shop labeled ({'server ' if mode == 'server' else ''}dry run)\n"
    assert LABEL not in api.labels(SHOP)
    assert "undo" not in found.err
    assert [p.query["dryRun"] for p in api.patches] == (["All"] if mode == "server" else [])


@pytest.mark.parametrize("mode", ["none", "client", "server"])
def test_objects_as_they_are_afterwards(on_api: Run, api: ObjectsApi, mode: str) -> None:
    api.objects[SHOP]["metadata"]["managedFields"] = [{"manager": "x"}]
    found = on_api("enable", "ns", "shop", "bank", f"--dry-run={mode}", "-o", "json")
    document = json.loads(found.out)
    assert document["kind"] == "List"
    assert [i["metadata"]["name"] for i in document["items"]] == ["shop", "bank"]
    for item in document["items"]:
        assert (item["kind"], item["apiVersion"]) == ("Namespace", "v1")
        assert item["metadata"]["labels"][LABEL] == "ambient"
        assert "managedFields" not in item["metadata"]
    assert json.loads(on_api("enable", "ns", "shop", "-o", "json").out)["kind"] == "Namespace"


def test_names(on_api: Run) -> None:
    assert on_api("enable", "ns", "shop", "-o", "name").out == "namespace/shop\n"


# Somebody else changes the object between our read and our write.


def changed_once(api: ObjectsApi, labels: dict[str, str] | None) -> None:
    def change(path: str, patch: Fields) -> Reply | None:
        api.before_patch = lambda path, patch: None
        api.touch(path, labels)
        return None

    api.before_patch = change


def test_a_change_of_something_else_does_not_matter(on_api: Run, api: ObjectsApi) -> None:
    changed_once(api, {"other": "label"})
    assert on_api("enable", "ns", "shop").out == "namespace/shop labeled\n"
    assert api.labels(SHOP) == {"other": "label", LABEL: "ambient"}


def test_a_value_that_appeared_meanwhile_is_not_written_over(on_api: Run, api: ObjectsApi) -> None:
    changed_once(api, {LABEL: "none"})
    found = on_api("enable", "ns", "shop")
    assert (found.code, found.out) == (1, "")
    assert "already has a value (none), and --overwrite is false" in found.err
    assert api.labels(SHOP) == {LABEL: "none"}
    assert "undo" not in found.err


def test_the_undo_knows_the_value_that_appeared_meanwhile(on_api: Run, api: ObjectsApi) -> None:
    changed_once(api, {LABEL: "none"})
    found = on_api("enable", "ns", "shop", "--overwrite")
    assert found.out == "namespace/shop labeled\n"
    assert found.err.splitlines()[-1] == f"undo: kubectl label ns shop {LABEL}=none --overwrite"


def test_somebody_else_did_it_meanwhile(on_api: Run, api: ObjectsApi) -> None:
    changed_once(api, {LABEL: "ambient"})
    found = on_api("enable", "ns", "shop")
    assert (found.code, found.out) == (0, "namespace/shop not labeled\n")
    assert "undo" not in found.err


def test_an_object_that_never_stands_still_is_given_up(on_api: Run, api: ObjectsApi) -> None:
    def change(path: str, patch: Fields) -> Reply | None:
        api.touch(path)
        return None

    api.before_patch = change
    found = on_api("enable", "ns", "shop")
    assert (found.code, found.out) == (1, "")
    assert "the object has been modified" in found.err
    assert "(namespace/shop)" in found.err
    assert len(api.patches) == 5


def test_a_webhook_that_takes_the_label_off_again_is_told(on_api: Run, api: ObjectsApi) -> None:
    api.before_patch = lambda path, patch: Reply(api.objects[path])
    found = on_api("enable", "ns", "shop")
    assert (found.code, found.out) == (1, "")
    assert "namespace/shop: the server took the change, and the label is not set all the same" in found.err


# Few rights, and no connection.


def test_the_label_is_set_where_nothing_else_may_be_read(on_api: Run, api: ObjectsApi) -> None:
    def forbid(path: str) -> Reply | None:
        allowed = path == SHOP
        return None if allowed else status(403, "Forbidden", f"you may not read {path}")

    api.before_get = forbid
    found = on_api("enable", "ns", "shop")
    assert (found.code, found.out) == (0, "namespace/shop labeled\n")
    assert api.labels(SHOP)[LABEL] == "ambient"
    told = [line for line in found.err.splitlines() if "may not read" in line]
    assert len(told) == 1
    assert told[0].startswith("What this moves cannot be told: Error from server (Forbidden)")


def test_a_connection_lost_while_reading_changes_nothing(on_api: Run, api: ObjectsApi) -> None:
    api.before_get = lambda path: Reply(fault="reset") if path.endswith("/pods") else None
    found = on_api("enable", "ns", "shop")
    assert (found.code, found.out, api.patches) == (1, "", [])
    assert "Traceback" not in found.err


def test_unknown_credentials_change_nothing(on_api: Run, api: ObjectsApi) -> None:
    api.before_get = lambda path: status(401, "Unauthorized", "Unauthorized")
    found = on_api("enable", "ns", "shop", "bank")
    assert (found.code, found.out, api.patches) == (1, "", [])
    assert found.err.splitlines()[0] == "error: You must be logged in to the server (Unauthorized)"


def test_a_connection_lost_while_writing_ends_the_rest(on_api: Run, api: ObjectsApi) -> None:
    for i in range(60):
        api.add(f"/api/v1/namespaces/n{i}")
    tried: list[str] = []

    def lose(path: str, patch: Fields) -> Reply | None:
        tried.append(path)
        return Reply(fault="reset")

    api.before_patch = lose
    found = on_api("enable", "ns", "--all")
    assert (found.code, found.out) == (1, "")
    assert len(set(tried)) < 40
    assert "error: not tried, the connection was lost: namespace/" in found.err
    (told,) = [line for line in found.err.splitlines() if line.startswith("error: not known: it may still be applied")]
    assert {path.rpartition("/")[2] for path in tried} == set(re.findall(r"namespace/(\w+)", told))
    assert len(found.err.splitlines()) < 10


def test_ctrl_c_tells_what_was_done(on_api: Run, api: ObjectsApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_apply, "_SIDE_BY_SIDE", 2)
    for i in range(30):
        api.add(f"/api/v1/namespaces/n{i:02}")
    interrupted = threading.Event()

    def interrupt(path: str, patch: Fields) -> Reply | None:
        if len(api.patches) >= 5 and not interrupted.is_set():
            interrupted.set()
            signal.raise_signal(signal.SIGINT)
        if interrupted.is_set():
            time.sleep(0.1)
        return None

    api.before_patch = interrupt
    found = on_api("enable", "ns", "--all")
    assert found.code == 130
    time.sleep(0.5)
    done = [line.split()[0].split("/")[1] for line in found.out.splitlines()]
    changed = [path.rpartition("/")[2] for path, o in api.objects.items() if LABEL in o["metadata"]["labels"]]
    assert 5 <= len(done) < 32
    assert sorted(done) == sorted(changed)
    undo = found.err.splitlines()[-1]
    assert undo.startswith("undo: kubectl ambient disable ns ")
    assert sorted(undo.split()[5:]) == sorted(done)


def test_a_selector_undoes_only_where_all_that_it_means_was_changed(on_api: Run, api: ObjectsApi) -> None:
    """The label of an object that was refused is not the undo line's to take off."""
    for i in range(30):
        api.add(f"/api/v1/namespaces/n{i:02}", {"team": "a"})
    api.add("/api/v1/namespaces/n07", {"team": "a", LABEL: "Ambient"})
    found = on_api("enable", "ns", "-l", "team=a")
    assert (found.code, len(found.out.splitlines())) == (1, 29)
    undo = found.err.splitlines()[-1]
    assert undo.startswith("undo: kubectl ambient disable ns n00 ")
    assert " n07" not in undo

    api.add("/api/v1/namespaces/n07", {"team": "a"})
    on_api("disable", "ns", "-l", "team=a")
    assert on_api("enable", "ns", "-l", "team=a").err.splitlines()[-1] == "undo: kubectl ambient disable ns -l team=a"


def test_a_bad_object_does_not_hide_the_others(on_api: Run, api: ObjectsApi) -> None:
    api.objects["/api/v1/namespaces/bad"] = {**api.objects[SHOP], "metadata": {"name": "bad", "labels": [1]}}
    found = on_api("enable", "ns", "--all")
    assert sorted(found.out.splitlines()) == ["namespace/bank labeled", "namespace/shop labeled"]
    assert found.code == 1
    assert 'error: namespace "bad" cannot be read: ' in found.err


# What is selected.


def test_all_namespaces_but_those_of_kubernetes_and_istio(on_api: Run, api: ObjectsApi) -> None:
    for name in ("kube-system", "kube-public", "kube-node-lease", "istio-system"):
        api.add(f"/api/v1/namespaces/{name}")
    found = on_api("enable", "ns", "--all")
    assert sorted(found.out.splitlines()) == ["namespace/bank labeled", "namespace/shop labeled"]
    assert "kube-system, kube-public, kube-node-lease" in found.err
    assert "left out (Istio's own; name it to include it): istio-system" in found.err
    assert on_api("enable", "ns", "kube-system").out == "namespace/kube-system labeled\n"
    # Taking the label off does no harm anywhere.
    assert "namespace/kube-system unlabeled" in on_api("disable", "ns", "--all").out


def test_pods_of_all_namespaces_but_those(on_api: Run, api: ObjectsApi) -> None:
    api.add("/api/v1/namespaces/kube-system/pods/dns")
    api.add(f"{PODS}/web")
    api.objects["/api/v1/pods/x"] = api.objects[f"{PODS}/web"]
    api.objects["/api/v1/pods/y"] = api.objects["/api/v1/namespaces/kube-system/pods/dns"]
    found = on_api("enable", "pods", "-A", "--all")
    assert found.out == "pod/web labeled\n"
    assert "left out (Kubernetes' own; name it to include it): kube-system" in found.err
    assert on_api("enable", "pods", "--all", "-n", "kube-system").out == "pod/dns labeled\n"


def test_the_proxies_of_gateways_have_to_be_named(on_api: Run, api: ObjectsApi) -> None:
    managed = {"gateway.istio.io/managed": "istio.io-mesh-controller"}
    api.add(f"{PODS}/web")
    api.add(f"{PODS}/wp", managed | {"istio.io/dataplane-mode": "none"})
    found = on_api("enable", "pods", "--all", "--overwrite")
    assert (found.code, found.out) == (0, "pod/web labeled\n")
    assert "left out (made for a Gateway; name it to include it): pod/wp" in found.err
    assert on_api("enable", "pod", "wp", "--overwrite").out == "pod/wp labeled\n"


def test_nothing_selected(on_api: Run, api: ObjectsApi) -> None:
    api.objects.clear()
    assert on_api("enable", "ns", "--all") == (0, "", "No resources found\n")
    assert on_api("enable", "pods", "--all") == (0, "", "No resources found in shop namespace.\n")


def test_the_selectors_go_to_the_server(on_api: Run, api: ObjectsApi) -> None:
    seen: list[Any] = []
    answer = api._answer
    api._standin.answers(lambda request: (seen.append(request), answer(request))[1])
    on_api("enable", "ns", "-l", "team=money", "--field-selector", "metadata.name=bank")
    assert {**seen[0].query} == {"labelSelector": "team=money", "fieldSelector": "metadata.name=bank", "limit": "500"}


def asked(api: ObjectsApi) -> list[Seen]:
    """All requests from now on."""
    seen: list[Seen] = []
    answer = api._answer
    api._standin.answers(lambda request: (seen.append(request), answer(request))[1])
    return seen


@pytest.mark.parametrize("where", [(), ("-A",)])
def test_of_selected_pods_those_around_them_are_not_read(on_api: Run, api: ObjectsApi, where: tuple[str, ...]) -> None:
    """They are most of a large cluster."""
    for number in range(12):
        path = f"{PODS}/web-{number:02}"
        api.add(path, {"app": "web"})
        api.objects[f"/api/v1/pods/web-{number:02}"] = api.objects[path]
    seen = asked(api)
    found = on_api("enable", "pod", "-l", "app=web", *where)
    assert (found.code, len(found.out.splitlines())) == (0, 12)
    lists = [s.query.get("labelSelector") for s in seen if s.path in (PODS, "/api/v1/pods")]
    assert sorted(lists, key=str) == ["app=web", "app=web", "app=ztunnel", "k8s-app=istio-cni-node"]


@pytest.mark.parametrize(("output", "whole"), [("", False), ("name", False), ("json", True), ("yaml", True)])
def test_what_is_not_told_is_not_sent_back(on_api: Run, api: ObjectsApi, output: str, whole: bool) -> None:
    api.add(f"{PODS}/web", spec={"nodeName": "n"})
    found = on_api("enable", "pod", "web", *(["-o", output] if output else []))
    assert found.code == 0
    assert ("PartialObjectMetadata" in api.patches[0].headers["Accept"]) != whole
    assert ("nodeName" in found.out) == whole


def test_a_template_is_more_than_metadata(on_api: Run, api: ObjectsApi) -> None:
    api.add("/apis/apps/v1/namespaces/shop/deployments/web", spec={"template": {"metadata": {}}})
    assert on_api("enable", "deploy", "web").code == 0
    assert api.patches[0].headers["Accept"] == "application/json"


def test_one_refusal_of_several_is_named(on_api: Run, api: ObjectsApi) -> None:
    api.add(SHOP, {LABEL: "none"})
    alone = on_api("enable", "ns", "shop")
    assert alone.err == f"error: '{LABEL}' already has a value (none), and --overwrite is false\n"
    both = on_api("enable", "ns", "shop", "bank")
    assert (both.code, both.out) == (1, "namespace/bank labeled\n")
    assert f"error: namespace/shop: '{LABEL}' already has a value (none)" in both.err


def test_what_the_server_warns_of_is_told(on_api: Run, api: ObjectsApi) -> None:
    api.before_patch = lambda path, patch: Reply(
        {**api.objects[path], "metadata": {**api.objects[path]["metadata"], "labels": {LABEL: "ambient"}}},
        warnings=('299 - "this is old"',),
    )
    assert "Warning: this is old\n" in on_api("enable", "ns", "shop").err


def test_a_reader_that_has_gone_still_leaves_the_way_back(on_api: Run, api: ObjectsApi) -> None:
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "kubectl_ambient", "enable", "ns", "shop"]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert done.stderr.splitlines()[-1] == "undo: kubectl ambient disable ns shop"
    assert api.labels(SHOP)[LABEL] == "ambient"
