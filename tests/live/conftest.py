"""One cluster for all live tests, started when the first of them asks for it."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from tests.rig import definitions, programs, workloads
from tests.rig.apiserver import ApiServer
from tests.rig.cluster import Cluster
from tests.rig.faults import FaultProxy
from tests.rig.kubectl import Runner
from tests.rig.mesh import Mesh
from tests.rig.rights import wait_until_granted

from .long_lists import fill
from .ztunnel_scene import Scene, scene

NewNamespace = Callable[..., str]

RBAC = Path(__file__).resolve().parents[2] / "docs" / "rbac.yaml"


@pytest.hookimpl(wrapper=True, tryfirst=True)  # before xdist looks for groups
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> Iterator[None]:
    """Mark what lies in this folder; what needs the whole mesh stays in one xdist worker, what does not in another.

    So there is one mesh, and one of each of the other servers.
    """
    live = [item for item in items if Path(__file__).parent in item.path.parents]
    for item in live:
        needs_mesh = "mesh" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.live)
        item.add_marker(pytest.mark.xdist_group("live, with the mesh" if needs_mesh else "live"))
    yield
    if hasattr(config, "workerinput") and config.getvalue("loadgroup") and not all("@live" in i.nodeid for i in live):
        raise pytest.UsageError("xdist's groups have no effect with this pytest: each worker would start a mesh")


def pytest_runtest_setup() -> None:
    """Skip all at this one place, so that pytest tells it in one line."""
    reason = programs.why_not()
    if reason is None:
        return
    if os.environ.get("AMBIENT_REQUIRE_LIVE") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def mesh() -> Iterator[Mesh]:
    """Istio in a cluster of its own; most tests want no more than the cluster."""
    server = Cluster()
    try:
        server.start()
        yield Mesh(server).start()
    finally:
        server.stop()


@pytest.fixture(scope="session")
def cluster(mesh: Mesh) -> Cluster:
    """The whole mesh: control plane, kwok, Istio and the played node agent."""
    return mesh.cluster


@pytest.fixture(scope="session")
def bare_cluster() -> Iterator[ApiServer]:
    """An API server where nothing moves by itself, with all CRDs, for snapshots: `Snapshot(….api).load(…)`."""
    server = ApiServer()
    try:
        server.start()
        definitions.install(server)
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def long_lists() -> Iterator[ApiServer]:
    """A bare server whose lists do not fit into a page; see `long_lists.py`. Who adds to it takes it away again."""
    server = ApiServer()
    try:
        server.start()
        fill(server)
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def ztunnel_scene() -> Iterator[Scene]:
    """Pods in every relation to their ztunnel, in a cluster of their own; see `ztunnel_scene.py`."""
    with scene() as found:
        yield found


@pytest.fixture(scope="session")
def published(cluster: Cluster) -> dict[str, str]:
    """A user with each of the two published roles, by the role's last word."""
    cluster.kubectl("apply", "-f", str(RBAC))
    users = {"view": "vera", "edit": "edith"}
    for word, user in users.items():
        cluster.kubectl("create", "clusterrolebinding", user, f"--clusterrole=kubectl-ambient-{word}", f"--user={user}")
    # The rules of an aggregated role are filled in by the control plane, one role after the other.
    for user, verb in (("vera", "list"), ("edith", "list"), ("edith", "patch")):
        wait_until_granted(cluster, user, verb, "workloadentries.networking.istio.io")
    return users


@pytest.fixture
def kubectl(cluster: Cluster) -> Runner:
    """The real kubectl: `kubectl("get", "pods", "-n", namespace, user="dev")`; a failure raises."""
    return Runner(cluster, check=True)


@pytest.fixture
def ambient(cluster: Cluster) -> Runner:
    """The plugin, started by the real kubectl: `ambient("status", "-A")`; a failure is returned."""
    return Runner(cluster, "ambient")


@pytest.fixture
def new_namespace(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[NewNamespace]:
    """Makes namespaces of this test's own: `new_namespace({"istio-injection": "enabled"})`."""
    made: list[str] = []
    stem = re.sub(r"[^a-z0-9]+", "-", request.node.name.lower()).strip("-").removeprefix("test-")[:40].strip("-")

    def make(labels: Mapping[str, str] | None = None) -> str:
        name = f"{stem}-{uuid.uuid4().hex[:5]}"
        cluster.api.request("POST", "/api/v1/namespaces", workloads.namespace(name, labels))
        made.append(name)
        cluster.processes.wait_for(
            "the namespace's ServiceAccount",
            lambda: cluster.api.get(f"/api/v1/namespaces/{name}/serviceaccounts/default"),
        )
        return name

    yield make
    for name in made:
        cluster.api.request("DELETE", f"/api/v1/namespaces/{name}")
    # A player that died would let the next test fail for a reason that it cannot see.
    cluster.processes.check()


@pytest.fixture
def namespace(new_namespace: NewNamespace) -> str:
    """One namespace without labels."""
    return new_namespace()


@pytest.fixture
def fault_proxy(cluster: Cluster) -> Iterator[FaultProxy]:
    """A proxy before the cluster: `fault_proxy.forbid("/nodes")`, then run with `fault_proxy.kubeconfig()`."""
    proxy = FaultProxy(cluster).start()
    yield proxy
    proxy.stop()
