"""What the platform is set to: nothing is told where the object does not say it."""

from __future__ import annotations

from typing import Any

import pytest

from kubectl_ambient.cluster.caller_facts import ClusterNetwork, FelixConfiguration
from kubectl_ambient.cluster.facts import AgentContainer, EnvVar
from kubectl_ambient.cluster.installation_facts import DaemonSet
from kubectl_ambient.mesh.evidence import Evidence
from kubectl_ambient.mesh.risks.platform import calico_faults, ovn_kubernetes_faults, vpc_cni_faults

MODE = "POD_SECURITY_GROUP_ENFORCING_MODE"
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


@pytest.mark.parametrize(
    ("env", "env_from", "told"),
    [
        ({"ENABLE_POD_ENI": "true"}, False, True),
        ({"ENABLE_POD_ENI": "true", MODE: "strict"}, False, True),
        ({"ENABLE_POD_ENI": "true", MODE: "standard"}, False, False),
        ({"ENABLE_POD_ENI": "true", MODE: None}, False, False),
        ({"ENABLE_POD_ENI": "true"}, True, False),
        ({"ENABLE_POD_ENI": "false", MODE: "strict"}, False, False),
        ({}, False, False),
    ],
)
def test_security_groups_are_strict_unless_they_are_told_not_to_be(
    env: dict[str, str | None], env_from: bool, told: bool
) -> None:
    variables = tuple(EnvVar(name=name, value=value) for name, value in env.items())
    container = AgentContainer(image="amazon-k8s-cni:v1", env=variables, env_from=env_from)
    daemonset = DaemonSet(namespace="kube-system", name="aws-node", container=container)
    assert bool(list(vpc_cni_faults(daemonset))) is told
