"""The nodes of the test cluster, as their kubelets would register them."""

from __future__ import annotations

from .api import Object

LINUX = ("n1", "n2", "n3", "n4")
WINDOWS = "w1"

_KUBELET = "v1.36.1"


def all_nodes() -> list[Object]:
    """Every node of the cluster."""
    linux = [_node(name, number, "linux") for number, name in enumerate(LINUX, start=1)]
    return [*linux, _node(WINDOWS, len(LINUX) + 1, "windows")]


def linux(name: str, number: int) -> Object:
    """One more of them."""
    return _node(name, number, "linux")


def _node(name: str, number: int, system: str) -> Object:
    size = {"cpu": "16", "memory": "64Gi", "pods": "250", "ephemeral-storage": "200Gi"}
    spec: Object = {"podCIDR": f"10.244.{number}.0/24", "podCIDRs": [f"10.244.{number}.0/24"]}
    if system == "windows":
        # What is usual for such nodes, and keeps Linux Pods off without a selector of their own.
        spec["taints"] = [{"key": "os", "value": "windows", "effect": "NoSchedule"}]
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": name,
            "labels": {
                "kubernetes.io/os": system,
                "kubernetes.io/arch": "amd64",
                "kubernetes.io/hostname": name,
                "topology.kubernetes.io/zone": f"zone-{'ab'[number % 2]}",
            },
        },
        "spec": spec,
        "status": {
            "capacity": size,
            "allocatable": size,
            "addresses": [
                {"type": "InternalIP", "address": f"192.0.2.{10 + number}"},
                {"type": "Hostname", "address": name},
            ],
            "nodeInfo": {
                "architecture": "amd64",
                "operatingSystem": system,
                "kubeletVersion": _KUBELET,
                "kubeProxyVersion": _KUBELET,
                "containerRuntimeVersion": "containerd://2.1.4",
                "osImage": "Windows Server 2022" if system == "windows" else "Debian GNU/Linux 12",
                "kernelVersion": "10.0.20348" if system == "windows" else "6.1.0-31-amd64",
                "bootID": "",
                "machineID": "",
                "systemUUID": "",
            },
        },
    }
