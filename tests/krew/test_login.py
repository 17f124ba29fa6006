"""Logging in takes parts of the kubernetes package that nothing else asks for: they are in the archive too."""

from __future__ import annotations

import base64
import json
import ssl
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from release.archive import sha256
from release.machine import Machine
from release.manifest import manifest
from release.project import PLUGIN, this_platform

from tests.kube.standin import Reply, Seen, StandIn
from tests.rig.certificates import Authority, KeyPair

from .conftest import make_machine


@pytest.fixture(scope="module")
def installed(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """A machine on which krew has installed the archive."""
    folder = tmp_path_factory.mktemp("login")
    machine = make_machine(folder / "machine")
    path = folder / f"{PLUGIN}.yaml"
    path.write_text(manifest({this_platform(): sha256(archive)}), encoding="utf-8")
    assert machine.krew("install", f"--manifest={path}", f"--archive={archive}").code == 0
    return machine


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def server(authority: Authority) -> Iterator[StandIn]:
    """An API server that lets nobody in, and an issuer of tokens at the same address."""
    pair = authority.issue("server", "server", server=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    context.load_verify_locations(authority.certificate)
    context.verify_mode = ssl.CERT_OPTIONAL
    standin = StandIn(context)
    yield standin
    standin.stop()


def encoded(path: Path) -> str:
    return base64.b64encode(path.read_bytes()).decode()


def jwt(expires: float) -> str:
    """An id token, as far as it is looked at."""
    parts = (json.dumps(part).encode() for part in ({"alg": "none"}, {"exp": expires}))
    return ".".join([*(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts), "c2ln"])


FRESH, RENEWED = jwt(time.time() + 3600), jwt(time.time() + 7200)


def answer(seen: Seen, server: StandIn) -> Reply:
    if seen.path == "/.well-known/openid-configuration":
        return Reply({"token_endpoint": f"{server.url}/token"})
    if seen.path == "/token":
        return Reply({"id_token": RENEWED, "refresh_token": "second", "access_token": "a", "token_type": "bearer"})
    return Reply({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": 403, "reason": "Forbidden"}, 403)


def users(server: StandIn, authority: Authority, carol: KeyPair, program: str) -> dict[str, tuple[dict[str, Any], str]]:
    """Each way to log in, and the Authorization header that it leads to."""
    oidc = {
        "client-id": "me",
        "client-secret": "secret",
        "refresh-token": "first",
        "idp-issuer-url": server.url,
        "idp-certificate-authority-data": encoded(authority.certificate),
    }
    return {
        "token": ({"token": "abc"}, "Bearer abc"),
        "basic": ({"username": "a", "password": "b"}, "Basic YTpi"),
        "certificate": (
            {"client-certificate-data": encoded(carol.certificate), "client-key-data": encoded(carol.key)},
            "",
        ),
        "oidc": ({"auth-provider": {"name": "oidc", "config": {**oidc, "id-token": FRESH}}}, f"Bearer {FRESH}"),
        "oidc, expired": (
            {"auth-provider": {"name": "oidc", "config": {**oidc, "id-token": jwt(1)}}},
            f"Bearer {RENEWED}",
        ),
        "exec": (
            {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": program, "interactiveMode": "Never"}},
            "Bearer from-program",
        ),
    }


PROGRAM = """#!/bin/sh
echo '{"credential": {"access_token": "from-program", "token_expiry": "2999-01-01T00:00:00Z"},
  "apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential", "status": {"token": "from-program"}}'
"""


@pytest.mark.parametrize("way", ["token", "basic", "certificate", "oidc", "oidc, expired", "exec"])
def test_log_in(way: str, installed: Machine, server: StandIn, authority: Authority, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text(PROGRAM)
    program.chmod(0o755)
    user, header = users(server, authority, authority.issue("carol", "carol"), str(program))[way]
    cluster = {"server": server.url, "certificate-authority-data": encoded(authority.certificate)}
    content = {
        "current-context": "c",
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
    }
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(content))
    server.answers(lambda seen: answer(seen, server))
    told = installed.kubectl(PLUGIN, "status", "-n", "shop", "--kubeconfig", str(path))
    asked = [seen for seen in server.seen if seen.path.startswith("/api")]
    assert asked, told.stderr
    assert {seen.headers["Authorization"] or "" for seen in asked} == {header}
    assert all(bool(seen.peer) == (way == "certificate") for seen in asked)
    assert "Forbidden" in told.stderr or "forbidden" in told.stderr
