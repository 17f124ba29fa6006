"""A played ztunnel: answers `/config_dump` as one of any version does, or misbehaves on demand."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal

Dump = dict[str, Any]
Manner = Literal["well", "cut", "hang", "garbage", "error"]

LISTS_FROM = 23  # workloads, services and policies are lists from here on, and maps before
INFO_FROM = 24


def dump_of(node: str, minor: int = 30, **parts: Any) -> Dump:
    """A dump of a ztunnel that has nothing yet. parts: what it has instead of its own of that name."""
    return {
        "certificates": [],
        "config": {"localNode": node, "clusterId": "Kubernetes", "proxyMode": "Shared", "dnsProxy": True},
        "policies": [],
        "services": [],
        "stagedServices": {},
        "staticConfig": {"services": [], "workloads": []},
        "version": {"version": "0", "istioVersion": f"1.{minor}.3", "buildStatus": "Clean"},
        "workloadState": {},
        "workloads": [],
        **parts,
    }


def enrolled(uid: str, namespace: str, name: str, account: str = "default", state: str = "Up") -> tuple[str, Any]:
    """An entry of workloadState."""
    info = {"name": name, "namespace": namespace, "serviceAccount": account}
    found: dict[str, Any] = {"state": state, "info": info}
    if state == "Up":
        found["connections"] = {"inbound": [], "outbound": []}
    return uid, found


def known(namespace: str, name: str, node: str, ip: str, protocol: str = "HBONE", **more: Any) -> Any:
    """An entry of workloads; ztunnel leaves out what is the default, as the protocol TCP is."""
    found = {
        "uid": f"Kubernetes//Pod/{namespace}/{name}",
        "name": name,
        "namespace": namespace,
        "node": node,
        "workloadIps": [ip],
        "status": "Healthy",
        "clusterId": "Kubernetes",
        **more,
    }
    return {**found, "protocol": protocol} if protocol != "TCP" else found


def as_of(minor: int, dump: Dump) -> Dump:
    """The same as that version writes it."""
    found = copy.deepcopy(dump)
    found["version"]["istioVersion"] = f"1.{minor}.3"
    if minor < LISTS_FROM:
        found["workloads"] = {f"/{w['workloadIps'][0]}": w for w in found["workloads"]}
        found["services"] = {f"/{s['vips'][0]}": s for s in found["services"]}
        found["servicesByHostname"] = {}
        found["policies"] = {f"{p['namespace']}/{p['name']}": p for p in found["policies"]}
    if minor < INFO_FROM:
        for entry in found["workloadState"].values():
            entry.pop("info")
    return found


class PlayedZtunnel:
    """Serves one dump on a loopback port. manner: how it answers. asked: the paths that it was asked for.

    metrics: its own. pending: what it tells that it waits for. of_agent: the metrics of its node's istio-cni.

    before: what happens before it answers.
    """

    def __init__(self) -> None:
        self.dump: Dump | bytes = b""
        self.metrics = ""
        self.pending = ""
        self.of_agent = ""
        self.manner: Manner = "well"
        self.asked: list[str] = []
        self.before: Callable[[], None] | None = None
        self.ending = threading.Event()
        played = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                played._answer(self)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """End it, and what hangs."""
        self.ending.set()
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, request: BaseHTTPRequestHandler) -> None:
        self.asked.append(f"{request.command} {request.path}")
        if self.before:
            self.before()
        if self.manner == "hang":
            self.ending.wait()
            return
        if self.manner == "error":
            request.send_error(500)
            return
        if request.path == "/stats/prometheus":
            self._send(request, self.metrics.encode(), "text/plain")
            return
        if request.path == "/metrics":
            self._send(request, self.of_agent.encode(), "text/plain", 200 if self.of_agent else 500)
            return
        if request.path == "/healthz/ready":
            text = f"not ready, pending: {self.pending}" if self.pending else "ready"
            self._send(request, text.encode(), "text/plain", 500 if self.pending else 200)
            return
        dump = self.dump
        body = dump if isinstance(dump, bytes) else json.dumps(dump, indent=2, sort_keys=True).encode()
        body = b"not json" if self.manner == "garbage" else body
        self._send(request, body, "application/json")

    def _send(self, request: BaseHTTPRequestHandler, body: bytes, content_type: str, status: int = 200) -> None:
        request.send_response(status)
        request.send_header("content-type", content_type)
        request.send_header("content-length", str(len(body)))
        request.end_headers()
        request.wfile.write(body[: len(body) // 2] if self.manner == "cut" else body)
        if self.manner == "cut":
            request.wfile.flush()
            request.connection.close()
