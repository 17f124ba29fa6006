"""Istio's policies as a real API server stores them, and with what a real istiod writes on them."""

from __future__ import annotations

from operator import methodcaller
from typing import Any

from kubectl_ambient.cluster.kinds import policies as policy_wire
from kubectl_ambient.cluster.policy_facts import AuthorizationPolicy, Operation, PeerAuthentication, Rule
from kubectl_ambient.kube.api import connect
from kubectl_ambient.kube.options import ConnectionOptions
from kubectl_ambient.kube.resources import find_resource
from tests.rig.cluster import Cluster

HTTP_RULE = {"to": [{"operation": {"methods": ["GET"]}}]}


def create(cluster: Cluster, namespace: str, version: str, kind: str, name: str, spec: dict[str, Any]) -> None:
    plural = find_resource(kind).plural
    body = {"apiVersion": f"security.istio.io/{version}", "kind": kind, "metadata": {"name": name}, "spec": spec}
    cluster.api.request("POST", f"/apis/security.istio.io/{version}/namespaces/{namespace}/{plural}", body)


def policies(cluster: Cluster, namespace: str, of: Any) -> dict[str, Any]:
    client = connect(ConnectionOptions(kubeconfig=str(cluster.kubeconfig)))
    pages = client.facts(find_resource(of.__name__), namespace, type=of, fact=methodcaller("fact"), chunk_size=0)
    return {fact.name: fact for page in pages for fact in page}


def test_policies_of_either_version_with_the_conditions_of_istiod(cluster: Cluster, namespace: str) -> None:
    for version in ("v1", "v1beta1"):
        create(cluster, namespace, version, "AuthorizationPolicy", version, {"action": "DENY", "rules": [HTTP_RULE]})

    def written() -> dict[str, AuthorizationPolicy] | None:
        found = policies(cluster, namespace, policy_wire.AuthorizationPolicy)
        return found if all(policy.condition("ZtunnelAccepted") for policy in found.values()) else None

    found = cluster.processes.wait_for("istiod's conditions", written)
    assert set(found) == {"v1", "v1beta1"}
    for policy in found.values():
        condition = policy.condition("ZtunnelAccepted")
        assert condition is not None
        assert (condition.status, condition.reason, condition.generation) == ("True", "UnsupportedValue", 1)
        assert policy.generation == 1
        assert policy.rules == (Rule(to=(Operation(methods=("GET",)),)),)


def test_a_peer_authentication_and_when_it_was_changed(cluster: Cluster, namespace: str) -> None:
    spec = {"selector": {"matchLabels": {"app": "web"}}, "mtls": {}, "portLevelMtls": {"8080": {"mode": "STRICT"}}}
    create(cluster, namespace, "v1beta1", "PeerAuthentication", "web", spec)
    found: PeerAuthentication = policies(cluster, namespace, policy_wire.PeerAuthentication)["web"]
    assert (found.selector, found.mode, found.port_level_mtls) == ({"app": "web"}, "UNSET", {8080: "STRICT"})
    assert found.created is not None
    assert found.changed is not None
    assert found.changed >= found.created
