"""Which namespaces a selection leaves out."""

from __future__ import annotations

from msgspec import structs

from kubectl_ambient.change.protected import protected
from kubectl_ambient.cluster.facts import Unread
from tests.mesh.builders import agent, cluster


def test_kubernetes_own_and_istios_by_their_names() -> None:
    assert set(protected(None)) == {"kube-system", "kube-public", "kube-node-lease", "istio-system"}


def test_istios_own_by_what_the_cluster_shows() -> None:
    elsewhere = [structs.replace(agent("ztunnel", "1.30.3"), namespace="mesh-agents")]
    assert protected(cluster(ztunnel_pods=elsewhere))["mesh-agents"] == "holds ztunnel"


def test_an_application_namespace_is_not() -> None:
    assert "app" not in protected(cluster())


def test_what_may_not_be_read_protects_nothing_more() -> None:
    unread = Unread(what="list pods", why="forbidden")
    snapshot = cluster(ztunnel_pods=unread, cni_pods=unread, cni_daemonsets=unread, istiods=unread)
    assert protected(snapshot) == protected(None)
