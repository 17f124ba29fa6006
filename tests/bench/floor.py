"""The floor: the very requests of a command, asked again by curl, which does nothing with the answers."""

from __future__ import annotations

import json
import shutil
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from tests.rig import relay
from tests.rig.api import Object
from tests.rig.apiserver import ApiServer

# A token that continues a list lasts until etcd is next compacted: at most 5 minutes.
_FRESH = 90.0

# The server indents JSON, and does not stream it, for a User-Agent that begins with curl.
_HEADERS = ("Accept", "Accept-Encoding", "User-Agent")
_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
_AT_ONCE = 10


@dataclass(frozen=True)
class Asked:
    """One request that a command sent, and those of its headers that decide what is answered."""

    method: str
    path: str
    headers: tuple[tuple[str, str], ...]


class Recorder(relay.Server):
    """Passes all on to the server, and takes note of it."""

    clock_ahead = 0.0

    def __init__(self, behind: ApiServer) -> None:
        trusted = ssl.create_default_context(cafile=str(behind.authority.certificate))
        # A token goes over TLS only.
        pair = behind.authority.issue("recorder", "recorder", server=True)
        serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        serving.load_cert_chain(pair.certificate, pair.key)
        super().__init__(relay.Upstream(behind.url, trusted), self, serving)
        self.asked: list[Asked] = []
        self.RequestHandlerClass = _noting(self.RequestHandlerClass, self.asked)
        self.kubeconfig = behind.user("admin", server=f"https://127.0.0.1:{self.server_address[1]}")

    def __enter__(self) -> Recorder:
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.server_close()
        self.cut_all()

    def fault_for(self, method: str, path: str) -> None:
        """Nothing is harmed."""

    def record(self, method: str, path: str, status: int, began: float) -> None:
        """What counts was noted when it came in."""


class Floor:
    """The floor of one command on one server."""

    def __init__(self, server: ApiServer, command: Sequence[str]) -> None:
        self._server = server
        self._command = command
        self.asked: list[Asked] = []
        self._when = -_FRESH

    def curl(self, *, side_by_side: bool) -> Callable[[], Sequence[str]]:
        """The command line that asks the same, as it stands when it is wanted."""
        return lambda: self._line(side_by_side)

    def _line(self, side_by_side: bool) -> Sequence[str]:
        if time.monotonic() - self._when >= _FRESH:
            self.asked = self._reads()
            self._when = time.monotonic()
        file = self._server.folder / "curl.config"
        file.touch(mode=0o600)
        file.write_text("\nnext\n".join(self._config(asked) for asked in self.asked) + "\n")
        together = ["--parallel", "--parallel-immediate"] if side_by_side else []
        return [curl(), "--disable", "--silent", "--show-error", *together, "--config", str(file)]

    def _reads(self) -> list[Asked]:
        with Recorder(self._server) as recorder:
            environ = {
                "KUBECONFIG": str(recorder.kubeconfig),
                "PATH": "/usr/bin:/bin",
                "HOME": str(self._server.folder),
            }
            done = subprocess.run(self._command, env=environ, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(self._command)} exited with {done.returncode}: {done.stderr.strip()}")
        return [asked for asked in recorder.asked if asked.method == "GET"]

    def _config(self, asked: Asked) -> str:
        return _request(self._server, asked.path, asked.headers)


def patches(server: ApiServer, pods: Sequence[Object], label: str, value: str | None) -> Callable[[], Sequence[str]]:
    """The command line by which curl sets a label of pods or (None) takes it off; many at once, as the plugin."""
    body = json.dumps(json.dumps({"metadata": {"labels": {label: value}}}))
    headers = (("Accept", _METADATA), ("Content-Type", "application/merge-patch+json"))

    def line() -> Sequence[str]:
        file = server.folder / f"curl.patches-{value or 'none'}"
        file.touch(mode=0o600)
        paths = (f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}" for pod in pods)
        requests = (f"{_request(server, path, headers)}\nrequest = PATCH\ndata = {body}" for path in paths)
        file.write_text("\nnext\n".join(requests) + "\n")
        many = ["--parallel", "--parallel-immediate", "--parallel-max", str(_AT_ONCE)]
        return [curl(), "--disable", "--silent", "--show-error", *many, "--config", str(file)]

    return line


def _request(server: ApiServer, path: str, headers: Sequence[tuple[str, str]]) -> str:
    lines = [
        f'url = "{server.url}{path}"',
        f'cacert = "{server.authority.certificate}"',
        'output = "/dev/null"',
        "fail",
        "http1.1",
        "globoff",
    ]
    every = [*headers, ("Authorization", f"Bearer {server.token('admin')}")]
    return "\n".join([*lines, *(f'header = "{name}: {value}"' for name, value in every)])


def curl() -> str:
    """The path of curl; raises RuntimeError where there is none."""
    found = shutil.which("curl")
    if not found:
        raise RuntimeError("no curl: it measures how long the bytes alone take")
    return found


def _noting(handler: Any, asked: list[Asked]) -> Any:
    class Noting(handler):  # type: ignore[misc]
        def parse_request(self) -> bool:
            understood: bool = super().parse_request()
            if understood:
                headers = [(name, self.headers[name]) for name in _HEADERS if self.headers[name]]
                asked.append(Asked(self.command, self.path, tuple(headers)))
            return understood

    return Noting
