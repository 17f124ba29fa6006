"""What the platform is set to: nothing is told where the object does not say it."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ambient.cluster.caller_facts import ClusterNetwork, FelixConfiguration
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.risks.platform import calico_faults, ovn_kubernetes_faults

FELIX = "FelixConfiguration/default"
CONNECT_TIME = "spec.bpfConnectTimeLoadBalancing"


@pytest.mark.parametrize(
    ("settings", "field", "value"),
    [
        ({"ebpf": True}, CONNECT_TIME, None),
        ({"ebpf": True, "connect_time": "TCP"}, CONNECT_TIME, "TCP"),
        ({"ebpf": True, "connect_time": "Enabled", "connect_time_enabled": False}, CONNECT_TIME, "Enabled"),
        ({"ebpf": True, "connect_time_enabled": True}, f"{CONNECT_TIME}Enabled", "true"),
    ],
)
def test_calico_balances_at_connect_time_unless_it_is_told_not_to(
    settings: dict[str, Any], field: str, value: str | None
) -> None:
    (fault,) = calico_faults(FelixConfiguration(name="default", **settings))
    assert fault.evidence == (Evidence(FELIX, "spec.bpfEnabled", "true"), Evidence(FELIX, field, value))


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"connect_time": "TCP"},
        {"ebpf": False, "connect_time_enabled": True},
        {"ebpf": True, "connect_time": "Disabled"},
        {"ebpf": True, "connect_time": "Disabled", "connect_time_enabled": True},
        {"ebpf": True, "connect_time_enabled": False},
    ],
)
def test_of_iptables_and_of_what_is_off_nothing_is_told(settings: dict[str, Any]) -> None:
    assert not list(calico_faults(FelixConfiguration(name="default", **settings)))


@pytest.mark.parametrize(
    ("network", "told"),
    [
        ({"type": "OVNKubernetes", "gateway": True}, True),
        ({"type": "OVNKubernetes", "gateway": True, "via_host": False}, True),
        ({"type": "OVNKubernetes", "gateway": True, "via_host": True}, False),
        ({"type": "OVNKubernetes"}, False),
        ({"type": "OpenShiftSDN", "gateway": True}, False),
    ],
)
def test_only_a_gateway_that_is_configured_is_in_shared_mode(network: dict[str, Any], told: bool) -> None:
    assert bool(list(ovn_kubernetes_faults(ClusterNetwork(name="cluster", **network)))) is told
