"""Completion as a person has it: through the real kubectl, of what is in the real cluster."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.rig import programs
from tests.rig.cluster import Cluster
from tests.rig.faults import Fault, FaultProxy
from tests.rig.kubectl import Runner
from tests.rig.processes import wait_for
from tests.rig.workloads import deployment, pod

NO_FILES = ":4"
Offered = Callable[..., list[str]]


@pytest.fixture
def offered(kubectl: Runner) -> Offered:
    """What kubectl offers after `kubectl ambient WORD…`, whose last word is not finished."""

    def ask(*words: str, user: str | None = None, kubeconfig: Path | None = None) -> list[str]:
        told = kubectl("__complete", "ambient", *words, user=user, kubeconfig=kubeconfig)
        *lines, directive = told.stdout.splitlines()
        assert directive == NO_FILES
        return [line.partition("\t")[0] for line in lines]

    return ask


def soon(offered: Offered, *words: str, kubeconfig: Path | None = None) -> list[str]:
    """What is offered, once it is anything: the plugin gives up soon, and the machine may have much else to do."""
    return wait_for(f"candidates for {words}", lambda: offered(*words, kubeconfig=kubeconfig))


def test_namespaces(offered: Offered, namespace: str) -> None:
    assert soon(offered, "status", "-n", namespace[:-1]) == [namespace]
    assert {"default", "istio-system", namespace} <= set(soon(offered, "status", "-n", ""))
    assert soon(offered, "enable", "ns", "istio-s") == ["istio-system"]


def test_pods_and_workloads(offered: Offered, cluster: Cluster, namespace: str, kubectl: Runner) -> None:
    cluster.apply(deployment("web", namespace, replicas=2), deployment("cart", namespace), pod("solo", namespace))
    kubectl("rollout", "status", "deploy/web", "-n", namespace)
    names = [p["metadata"]["name"] for p in cluster.pods(namespace, "app=web")]
    assert sorted(soon(offered, "status", "-n", namespace, "web-")) == sorted(names)
    assert soon(offered, "status", "-n", namespace, names[0], "web-") == names[1:]
    assert soon(offered, "explain", "pod", "-n", namespace, "so") == ["solo"]
    assert soon(offered, "explain", f"--namespace={namespace}", "deploy", "") == ["cart", "web"]
    assert soon(offered, "enable", "-n", namespace, "deploy/w") == ["deploy/web"]
    assert offered("enable", "-n", namespace, "sts", "") == []


def test_contexts_of_the_kubeconfig(offered: Offered, kubectl: Runner) -> None:
    contexts = kubectl("config", "get-contexts", "-o", "name").stdout.split()
    assert offered("status", "--context", "") == contexts


def test_as_somebody_else(offered: Offered, cluster: Cluster) -> None:
    assert "default" in soon(offered, "status", "--as", "jane", "--as-group", "system:masters", "-n", "")
    assert offered("status", "-n", "", user="nobody") == []
    assert offered("status", "--as", "nobody", "-n", "") == []


@pytest.mark.parametrize(
    "fault",
    [
        Fault("/namespaces", "hang", delay=5),
        Fault("/namespaces", "reset", after=0),
        Fault("/namespaces", "trickle", after=0, delay=1),
        Fault("/namespaces", "garbage", after=0),
        Fault("/namespaces", status=429, headers={"Retry-After": "5"}),
    ],
    ids=["hang", "reset", "trickle", "garbage", "429"],
)
def test_a_server_that_fails_offers_nothing(offered: Offered, fault_proxy: FaultProxy, fault: Fault) -> None:
    path = fault_proxy.kubeconfig()
    assert soon(offered, "status", "-n", "", kubeconfig=path)
    fault_proxy.clear()
    fault_proxy.add(fault)

    def failed() -> int:
        """How often it came to the request: the plugin may give up before, where the machine is busy."""
        assert offered("status", "-n", "", kubeconfig=path) == []
        return fault_proxy.count("/namespaces")

    wait_for("the request that failed", failed)


def test_what_krew_does_not_bring_can_be_installed(
    cluster: Cluster, kubectl: Runner, offered: Offered, tmp_path: Path
) -> None:
    plugin = tmp_path / "kubectl-ambient"
    plugin.write_text(f"#!{sys.executable}\nfrom kubectl_ambient.__main__ import main\nmain()\n")
    plugin.chmod(0o755)
    folders = [str(tmp_path), str(Path(programs.program("kubectl")).parent), "/usr/bin", "/bin"]
    env = {"PATH": os.pathsep.join(folders)}
    asked = ("__complete", "ambient", "status", "-n", "istio-s")
    assert "istio-system" not in kubectl(*asked, env=env).stdout
    kubectl("ambient", "completion", "install", env=env)
    wait_for("the namespace", lambda: kubectl(*asked, env=env).stdout == f"istio-system\n{NO_FILES}\n")
    kubectl("ambient", "completion", "uninstall", env=env)
    assert [path.name for path in tmp_path.iterdir()] == ["kubectl-ambient"]
