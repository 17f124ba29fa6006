"""What a risk shows of a NetworkPolicy that decides: its peers in words, with all that narrows them."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ambient.cluster.facts import LabelSelector
from kubectl_ambient.cluster.network_facts import IPBlock, NetworkPolicy, NetworkPolicyPeer, NetworkPolicyRule
from kubectl_ambient.mesh.risks.deciding import peers

WEB = LabelSelector(match_labels={"app": "web"})


@pytest.mark.parametrize(
    ("peer", "told"),
    [
        ({"ip_block": IPBlock(cidr="10.0.0.0/8")}, "10.0.0.0/8"),
        ({"ip_block": IPBlock(cidr="10.0.0.0/8", except_=("10.1.0.0/16",))}, "10.0.0.0/8 except 10.1.0.0/16"),
        ({"pod_selector": WEB}, "pods app=web"),
        ({"pod_selector": LabelSelector()}, "all pods"),
        ({"namespace_selector": LabelSelector()}, "all namespaces"),
        ({"namespace_selector": WEB, "pod_selector": LabelSelector()}, "all pods of namespaces app=web"),
    ],
)
def test_a_peer_is_told_with_what_narrows_it(peer: dict[str, Any], told: str) -> None:
    rule = NetworkPolicyRule(peers=(NetworkPolicyPeer(**peer),))
    policy = NetworkPolicy(namespace="shop", name="p", ingress=(rule, NetworkPolicyRule()))
    (found,) = peers("ingress", policy)
    assert (found.field, found.value) == ("spec.ingress[].from", f"[0] {told}; [1] everybody")


def test_rules_that_name_nobody_have_no_peers_to_show() -> None:
    assert list(peers("egress", NetworkPolicy(namespace="shop", name="p", egress=(NetworkPolicyRule(),)))) == []
