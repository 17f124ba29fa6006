"""A cluster whose pods can be reached by port-forward: the API server finds kwok, and kwok the played programs.

kwok serves port-forward as a kubelet does, and is told by PortForward objects where a pod's port really is. The API
server would dial the nodes by their names, which nobody can resolve: its egress selector leads it to a small proxy.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path
from typing import Any

import yaml

from .api import ApiError
from .cluster import Cluster
from .definitions import lax

_GROUP, _VERSION, _PLURAL = "kwok.x-k8s.io", "v1alpha1", "portforwards"


class ForwardingCluster(Cluster):
    """The control plane, with pods whose ports lead somewhere once `lead` was called for them."""

    kubelet_arguments = ("--enable-crds=PortForward",)

    def start(self) -> ForwardingCluster:
        """Start everything, and wait until pods can run."""
        self._egress = Egress(self.folder / "egress.sock", self)
        super().start()
        return self

    def stop(self) -> None:
        """End everything and leave nothing behind."""
        super().stop()
        self._egress.stop()

    def lead(self, namespace: str, pod: str, port: int, to: int) -> None:
        """Have a port of a pod be this port of the machine."""
        target = {"address": "127.0.0.1", "port": to}
        self.api.request(
            "POST",
            f"/apis/{_GROUP}/{_VERSION}/namespaces/{namespace}/{_PLURAL}",
            {
                "apiVersion": f"{_GROUP}/{_VERSION}",
                "kind": "PortForward",
                "metadata": {"name": pod, "namespace": namespace},
                "spec": {"forwards": [{"ports": [port], "target": target}]},
            },
        )

    def lead_address(self, address: str, port: int, to: int) -> None:
        """Have a port of a pod's address be this port of the machine, for what the API server itself dials."""
        self._egress.led[f"{address}:{port}"] = to

    def _server_arguments(self) -> list[str]:
        selector = {
            "apiVersion": "apiserver.k8s.io/v1beta1",
            "kind": "EgressSelectorConfiguration",
            "egressSelections": [
                {
                    "name": "cluster",
                    "connection": {
                        "proxyProtocol": "HTTPConnect",
                        "transport": {"uds": {"udsName": str(self._egress.path)}},
                    },
                }
            ],
        }
        file = self.folder / "egress.yaml"
        file.write_text(yaml.safe_dump(selector))
        return [*super()._server_arguments(), f"--egress-selector-config-file={file}"]

    def _start_kubelets(self) -> None:
        definition = lax(f"{_GROUP}/{_VERSION}", "PortForward", _PLURAL)
        self.api.request("POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", definition)
        self.processes.wait_for("the type PortForward", self._knows_the_type)
        super()._start_kubelets()

    def _knows_the_type(self) -> bool:
        try:
            return self.api.get(f"/apis/{_GROUP}/{_VERSION}/{_PLURAL}") is not None
        except ApiError:  # its storage is made a moment later
            return False


class Egress:
    """A CONNECT proxy on a Unix socket: kwok is the kubelet of every node, and some pods lead elsewhere.

    led: those, by address and port. All else is refused.
    """

    def __init__(self, path: Path, cluster: Cluster) -> None:
        self.path = path
        self._cluster = cluster
        self.led: dict[str, int] = {}
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(path))
        self._socket.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def stop(self) -> None:
        """Take no more connections."""
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(connection,), daemon=True).start()

    def _connect(self, connection: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            data = connection.recv(4096)
            if not data:
                return
            head += data
        asked = head.split()[1].decode()
        kubelets = getattr(self._cluster, "kubelets", None) if asked.endswith(":10250") else None
        target = f"127.0.0.1:{self.led[asked]}" if asked in self.led else kubelets
        if target is None:
            connection.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
            connection.close()
            return
        address, _, number = target.rpartition(":")
        there = socket.create_connection((address, int(number)))
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        threading.Thread(target=_copy, args=(there, connection), daemon=True).start()
        _copy(connection, there)


def _copy(source: Any, target: Any) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    for one in (source, target):
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
