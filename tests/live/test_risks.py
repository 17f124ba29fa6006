"""Each risk on a real API server: its case is told as it is of the file, and the near miss beside it is not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from kubectl_ambient.mesh.risks.catalogue import RiskCode
from tests.docs.test_schema import check
from tests.rig import definitions
from tests.rig.api import ApiError, Object
from tests.rig.apiserver import ApiServer
from tests.rig.faults import FaultProxy
from tests.rig.load import Snapshot, documents
from tests.rig.processes import wait_for
from tests.rig.resources import Resources
from tests.rig.workloads import pod
from tests.risks.cases import INSTALLATION, NEAR_MISS, RAISED, Case, cases, codes, identity, is_there, told

# Kinds of others that are read: version, kind, plural, and whether namespaces hold them.
OTHERS = (
    ("monitoring.coreos.com/v1", "ServiceMonitor", "servicemonitors", True),
    ("monitoring.coreos.com/v1", "PodMonitor", "podmonitors", True),
    ("projectcalico.org/v3", "FelixConfiguration", "felixconfigurations", False),
    ("crd.projectcalico.org/v1", "FelixConfiguration", "felixconfigurations", False),
    ("operator.openshift.io/v1", "Network", "networks", False),
)
WEBHOOKS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
KEPT = ("kube-system",)  # namespaces that no server gives away

EVERY = cases()


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    """One of our own, with a definition of every kind: no case may meet what other tests have left."""
    found = ApiServer()
    try:
        found.start()
        definitions.install(found)
        found.apply(*(definitions.lax(*other, namespaced=inside) for *other, inside in OTHERS))
        yield found
    finally:
        found.stop()


def whole(case: Case) -> list[Object]:
    """The case in a mesh of one node that is healthy: what the case has itself stands in for that of the same name.

    Files may say nothing of a mesh, which is then taken for granted; of a server that would mean that there is none.
    """
    own = case.objects()
    known = {identity(item) for item in own}
    return [*own, *(item for item in documents(INSTALLATION) if identity(item) not in known)]


@contextmanager
def loaded(server: ApiServer, objects: list[Object]) -> Iterator[None]:
    """These objects and no others are there, until all of them are gone again."""
    try:
        Snapshot(server.api).load(objects)
        yield
    finally:
        # Webhooks first: nobody answers them, and pods that others make would be refused.
        for item in sorted(objects, key=lambda item: item["kind"] not in WEBHOOKS):
            _remove(server, item)
        wait_for("the server to have forgotten the webhooks", lambda: _takes_pods(server))


def _remove(server: ApiServer, item: Object) -> None:
    """At once, and whether or not it came to be: neither a kubelet nor a controller says that it is done with it."""
    name = item["metadata"]["name"]
    path = Resources(server.api).of(item).path(item)
    if item["kind"] == "Namespace" and name in KEPT:
        return
    with suppress(ApiError):
        server.api.request("DELETE", path, query={"gracePeriodSeconds": "0"})
        if item["kind"] == "Namespace":
            gone = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}, "spec": {"finalizers": []}}
            server.api.request("PUT", f"{path}/finalize", gone)


def _takes_pods(server: ApiServer) -> bool:
    try:
        server.api.request("POST", "/api/v1/namespaces/default/pods", pod("x", "default"), query={"dryRun": "All"})
    except ApiError:
        return False
    return True


def seen(server: ApiServer, objects: list[Object]) -> dict[str, Object]:
    """What the server says that it has, each by the name that evidence gives it."""
    resources = Resources(server.api)
    return {identity(item): server.api.request("GET", resources.of(item).path(item)) for item in objects}


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The plugin runs in this process: there are many cases."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith("KUBE"):
            monkeypatch.delenv(name)


@pytest.mark.parametrize("case", EVERY, ids=str)
def test_a_server_tells_what_the_file_tells(case: Case, server: ApiServer) -> None:
    objects = whole(case)
    with loaded(server, objects):
        plan, there = case.planned_live(server.kubeconfig), seen(server, objects)
    check(plan)
    assert plan["edits"]
    assert [line for line in plan["assumptions"] if line.startswith("not judged")] == []
    for risk in plan["risks"]:
        for evidence in risk["evidence"]:
            assert is_there(evidence, there[evidence["object"]], plan["edits"]), evidence
    assert plan["risks"] == case.planned()["risks"]
    if case.raises:
        assert case.code in codes(plan)
        assert told(plan) == case.to_tell()
    else:
        assert case.code not in codes(plan)


@pytest.mark.parametrize("code", [RiskCode.STRICT_REFUSES_SIDECARS, RiskCode.SIDECAR_REFUSES_MESH])
def test_it_is_named_where_sidecars_elsewhere_may_not_be_listed(code: RiskCode, server: ApiServer) -> None:
    case = Case(code, RAISED)
    proxy = FaultProxy(server).start()
    try:
        proxy.forbid("/pods[?].*canonical-name")
        with loaded(server, whole(case)):
            plan = case.planned_live(proxy.kubeconfig())
    finally:
        proxy.stop()
    assert code not in codes(plan)
    told_so = [line for line in plan["assumptions"] if "cannot list pods of sidecars and gateways" in line]
    assert [line for line in told_so if line.startswith("not judged") and code in line]


def test_the_server_is_left_as_it_was(server: ApiServer) -> None:
    """Else a case might be told of what another has left."""
    resources = Resources(server.api)
    every = {resources.of(item).path(item) for case in EVERY for item in whole(case)}
    assert [path for path in every if server.api.get(path)] == [f"/api/v1/namespaces/{name}" for name in KEPT]


def test_every_risk_has_a_case_here_and_a_near_miss() -> None:
    """A new code without them fails here, and in `tests/risks` on the file that is missing."""
    for code in RiskCode:
        found = {case.name: case for case in EVERY if case.code == code}
        assert found.keys() >= {RAISED, NEAR_MISS}
        assert all(case.path.is_file() for case in found.values()), code
        for case in (case for case in found.values() if case.raises):
            assert code in {risk["code"] for risk in case.to_tell()}
            near = found[case.name.replace(RAISED, NEAR_MISS)]
            assert case.objects() != near.objects(), case
