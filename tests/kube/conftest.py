"""Stand-in servers, kubeconfigs in a folder of their own, and no pauses."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from kubectl_ambient.kube import flow, transport
from kubectl_ambient.kube.api import Client, connect
from kubectl_ambient.kube.options import ConnectionOptions
from tests.rig.certificates import Authority, KeyPair

from .standin import StandIn

MakeClient = Callable[..., Client]


class Metadata(msgspec.Struct, gc=False):
    name: str
    namespace: str = ""
    labels: dict[str, str] | None = None


class Object(msgspec.Struct, gc=False):
    metadata: Metadata


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the machine's own clusters or proxies; a home without a kubeconfig."""
    for name in list(os.environ):
        if name.lower().endswith("_proxy") or name.startswith("KUBE") or name == "POD_NAMESPACE":
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds that would have been slept; they pass, and chance adds nothing to them."""
    slept: list[float] = []
    monkeypatch.setattr(transport, "sleep", slept.append)
    monkeypatch.setattr(flow, "sleep", slept.append)
    monkeypatch.setattr(flow, "now", lambda: sum(slept))
    monkeypatch.setattr(flow, "chance", lambda: 0.0)
    return slept


@pytest.fixture
def server() -> Iterator[StandIn]:
    standin = StandIn()
    yield standin
    standin.stop()


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="session")
def serving(authority: Authority) -> KeyPair:
    return authority.issue("server", "server", server=True)


@pytest.fixture(scope="session")
def client_pair(authority: Authority) -> KeyPair:
    return authority.issue("carol", "carol", ("developers",))


@pytest.fixture
def tls_server(authority: Authority, serving: KeyPair) -> Iterator[StandIn]:
    """Serves https, and takes a client certificate when one is offered."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(serving.certificate, serving.key)
    context.load_verify_locations(authority.certificate)
    context.verify_mode = ssl.CERT_OPTIONAL
    standin = StandIn(context)
    yield standin
    standin.stop()


@pytest.fixture
def write_kubeconfig(tmp_path: Path) -> Callable[..., Path]:
    """Writes a kubeconfig with one context `dev`, and gives its path."""

    def write(cluster: Any, user: Any = None, name: str = "config", **context: Any) -> Path:
        path = tmp_path / name
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "dev",
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": "u", "user": user or {}}],
            "contexts": [{"name": "dev", "context": {"cluster": "c", "user": "u", **context}}],
        }
        path.write_text(yaml.safe_dump(content))
        return path

    return write


@pytest.fixture
def client(server: StandIn, write_kubeconfig: Callable[..., Path]) -> MakeClient:
    """Connects to `server`, with the flags that a test gives."""

    def make(user: Any = None, cluster: Any = None, warn: Any = None, **flags: Any) -> Client:
        path = write_kubeconfig({"server": server.url, **(cluster or {})}, user)
        return connect(ConnectionOptions(kubeconfig=str(path), **flags), *([warn] if warn else []))

    return make


@pytest.fixture
def tls_client(tls_server: StandIn, authority: Authority, write_kubeconfig: Callable[..., Path]) -> MakeClient:
    """Connects to `tls_server` as `user`."""

    def make(user: Any = None, cluster: Any = None, **flags: Any) -> Client:
        trusted = {"server": tls_server.url, "certificate-authority": str(authority.certificate)}
        path = write_kubeconfig({**trusted, **(cluster or {})}, user)
        return connect(ConnectionOptions(kubeconfig=str(path), **flags))

    return make
