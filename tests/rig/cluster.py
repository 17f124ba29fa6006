"""A whole cluster: an API server, the real control loops, and kwok in the part of the kubelets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from . import nodes, programs
from .apiserver import ApiServer
from .processes import free_port

# Pods with this annotation stay as they are created: the kubelet never starts them.
STUCK = "rig.kubectl-ambient/kubelet"


class Cluster(ApiServer):
    """The control plane with four Linux nodes and a Windows one, all Ready."""

    kubelet_arguments: tuple[str, ...] = ()
    """What kwok is told besides."""

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__(folder, controllers=True)

    def start(self) -> Cluster:
        """Start everything and wait until Pods can run."""
        super().start()
        self._start_controllers()
        self._start_kubelets()
        for node in nodes.all_nodes():
            self.api.request("POST", "/api/v1/nodes", node)
        self.processes.wait_for("the nodes", self._nodes_ready)
        self.processes.wait_for(
            "the default ServiceAccount",
            lambda: self.api.get("/api/v1/namespaces/default/serviceaccounts/default"),
        )
        return self

    def _start_controllers(self) -> None:
        common = [
            f"--kubeconfig={self.kubeconfig}",
            f"--authentication-kubeconfig={self.kubeconfig}",
            f"--authorization-kubeconfig={self.kubeconfig}",
            "--leader-elect=false",
            # Nobody asks for their health over the network.
            "--secure-port=0",
            "--kube-api-qps=500",
            "--kube-api-burst=1000",
        ]
        self.processes.start(
            "kube-controller-manager",
            [
                programs.program("kube-controller-manager"),
                *common,
                f"--service-account-private-key-file={self.service_account_key}",
                f"--root-ca-file={self.authority.certificate}",
                "--use-service-account-credentials=false",
                # A busy machine must not turn nodes NotReady and evict what runs on them.
                "--node-monitor-grace-period=30m",
            ],
        )
        self.processes.start("kube-scheduler", [programs.program("kube-scheduler"), *common])

    def _start_kubelets(self) -> None:
        stages = self.folder / "stages.yaml"
        stages.write_text(yaml.safe_dump_all(_stages(programs.data("kwok-stages"))))
        self.kubelets = f"127.0.0.1:{free_port()}"
        self.processes.start(
            "kwok",
            [
                programs.program("kwok"),
                f"--kubeconfig={self.kubeconfig}",
                f"--config={stages}",
                "--manage-all-nodes=true",
                f"--server-address={self.kubelets}",
                "--node-lease-duration-seconds=600",
                *self.kubelet_arguments,
            ],
            # kwok 0.8.0 has a race at its start.
            {"GOMAXPROCS": "1"},
        )

    def _nodes_ready(self) -> bool:
        ready = 0
        for node in self.api.items("/api/v1/nodes"):
            conditions = node.get("status", {}).get("conditions", [])
            ready += any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)
        return ready == len(nodes.all_nodes())


def _stages(folder: Path) -> list[dict[str, Any]]:
    """kwok's own stages, except that a Pod can ask not to be started."""
    found: list[dict[str, Any]] = []
    for part in ("node/fast", "node/heartbeat-with-lease", "pod/fast"):
        for file in sorted((folder / part).glob("*.yaml")):
            found += [d for d in yaml.safe_load_all(file.read_text()) if d and d["kind"] == "Stage"]
    for stage in found:
        if stage["metadata"]["name"] == "pod-ready":
            stage["spec"]["selector"]["matchExpressions"].append(
                {"key": f'.metadata.annotations["{STUCK}"]', "operator": "NotIn", "values": ["stuck"]}
            )
    return found
