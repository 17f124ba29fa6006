"""Issue 10, number 4: no message and no traceback holds a credential, whatever goes wrong with it."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from kubectl_ambient.kube import secrets
from kubectl_ambient.kube.errors import ApiError
from tests.rig.certificates import Authority

from .conftest import MakeClient
from .program import ambient
from .standin import Reply, StandIn
from .test_auth import EXEC

S = "canary"  # stands in each secret, and in nothing else
COMMANDS = (("status",), ("version",), ("explain", "pod", "a"), ("enable", "ns", "shop"))

# Any call that the program makes of its own code may fail: then nobody's words stand between a secret and the screen.
BROKEN = """
import sys
sys.argv[0] = "kubectl-ambient"
import kubectl_ambient.kube.{module} as module
def broken(*args, **settings):
    try:
        raise KeyError(args, settings)
    except KeyError as e:
        raise RuntimeError(f"it broke with {{args!r}} {{settings!r}}") from e
module.{name} = broken
from kubectl_ambient.__main__ import main
main()
"""


@dataclass
class Case:
    """What goes wrong: under the kubeconfig's keys, with flags and variables of the environment."""

    user: dict[str, Any] = field(default_factory=dict)
    cluster: dict[str, Any] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    environ: dict[str, str] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


def exec_plugin(*args: str, command: str = "/bin/sh", **more: Any) -> dict[str, Any]:
    return {"exec": {"command": command, "args": list(args), "apiVersion": EXEC, "interactiveMode": "Never", **more}}


def prints(status: Any, code: int = 0, **more: Any) -> dict[str, Any]:
    text = status if isinstance(status, str) else json.dumps({"kind": "ExecCredential", "apiVersion": EXEC, **status})
    return exec_plugin("-c", 'printf %s "$0"; exit "$1"', text, str(code), **more)


def oidc(**config: str) -> dict[str, Any]:
    settings = {
        "idp-issuer-url": f"https://{S}-user:{S}-issuer@127.0.0.1:1",
        "client-id": "kubernetes",
        "client-secret": f"{S}-client-secret",
        "refresh-token": f"{S}-refresh-token",
        "id-token": f"e30.eyJleHAiOjF9.{S}",  # {"exp":1}
    }
    settings |= {key.replace("_", "-"): value for key, value in config.items()}
    return {"auth-provider": {"name": "oidc", "config": settings}}


PEM = f"-----BEGIN PRIVATE KEY-----\n{S}0123456789abcdef\n-----END PRIVATE KEY-----\n"
URL = f"https://{S}-name:{S}-pass"

CASES = {
    "a token with a line break": Case({"token": f"{S}\n{S}"}),
    "a token with NUL": Case({"token": f"{S}\0{S}"}),
    "a token that is refused": Case({"token": f"{S}-token-of-length"}),
    "a token that is a list": Case({"token": [S]}),
    "a token and a password": Case({"token": S, "username": "u", "password": S}),
    "a password": Case({"username": "u", "password": f"{S}-password\n"}),
    "--token": Case(flags=("--token", f"{S}\n{S}")),
    "--token that is refused": Case(flags=("--token", f"{S}-token-of-length")),
    "a token file": Case({"tokenFile": "token"}, files={"token": f"{S}\n{S}"}),
    "a token file that is no text": Case({"tokenFile": "token"}, files={"token": f"\udcff{S}"}),
    "a key that is none": Case(
        {"client-certificate-data": "eA==", "client-key-data": base64.b64encode(PEM.encode()).decode()}
    ),
    "a key that is no base64": Case({"client-certificate-data": "eA==", "client-key-data": f"{S}%"}),
    "a key file": Case({"client-certificate": "key", "client-key": "key"}, files={"key": PEM}),
    "a server that cannot be read": Case(cluster={"server": f"{URL}@[::1"}),
    "a server with a port that is none": Case(cluster={"server": f"{URL}@127.0.0.1:abc"}),
    "a server with a line break": Case(cluster={"server": f"{URL}@127.0.0.1:1\n"}),
    "a server of another scheme": Case(cluster={"server": f"ftp://{S}:{S}@127.0.0.1"}),
    "a server that refuses": Case(cluster={"server": f"{URL}@127.0.0.1:1/?token={S}"}),
    "a server that does not exist": Case(cluster={"server": f"{URL}/{S}@nowhere.invalid:1"}),
    "--server": Case(flags=("--server", f"{URL}@127.0.0.1:1")),
    "a proxy that cannot be read": Case(cluster={"proxy-url": f"http://{S}:{S}@h:port"}),
    "a proxy with a space": Case(cluster={"proxy-url": f"http://{S}:{S} @h:1"}),
    "a proxy of another scheme": Case(cluster={"proxy-url": f"ftp://{S}:{S}@h:1"}),
    "a proxy that refuses": Case(cluster={"proxy-url": f"http://{S}:{S}@127.0.0.1:1"}),
    "a proxy that does not exist": Case(cluster={"proxy-url": f"http://{S}:{S}/{S}@nowhere.invalid:1"}),
    "a SOCKS proxy": Case(cluster={"proxy-url": f"socks5://{S}:{S}@127.0.0.1:1"}),
    "the environment's proxy": Case(
        cluster={"server": "https://192.0.2.1"}, environ={"HTTPS_PROXY": f"http://{S}:{S}@127.0.0.1:1"}
    ),
    "the environment's proxy that cannot be read": Case(
        cluster={"server": "https://192.0.2.1"}, environ={"https_proxy": f"{S}:{S}@[::1"}
    ),
    "a plugin that prints no JSON": Case(prints(f"{S} {{")),
    "a plugin that fails after it printed": Case(prints(S, 3)),
    "a plugin's token with a line break": Case(prints({"status": {"token": f"{S}\n{S}"}})),
    "a plugin's token that is a list": Case(prints({"status": {"token": [S]}})),
    "a plugin's time": Case(prints({"status": {"token": S, "expirationTimestamp": S}})),
    "a plugin's version": Case(prints({"apiVersion": S, "status": {"token": S}})),
    "a plugin's key": Case(prints({"status": {"clientCertificateData": PEM, "clientKeyData": PEM}})),
    "a plugin's key without a certificate": Case(prints({"status": {"clientKeyData": PEM}})),
    "a plugin's environment": Case(
        exec_plugin("-c", "echo $SECRET >&2; exit 1", env=[{"name": "SECRET", "value": f"{S}-env"}])
    ),
    "a plugin's arguments": Case(exec_plugin("-c", 'echo "$0 $1" >&2; exit 1', f"{S}-arg", f"--password={S}-arg")),
    "a plugin's environment with NUL": Case(exec_plugin(env=[{"name": "A", "value": f"{S}\0"}])),
    "a plugin's arguments with NUL": Case(exec_plugin(f"{S}\0")),
    "a plugin that is not there": Case(exec_plugin(f"{S}-arg", command="no-such-login")),
    "an issuer that refuses": Case(oidc()),
    "an issuer that cannot be read": Case(oidc(idp_issuer_url=f"{URL}@[::1")),
    "an issuer over http": Case(oidc(idp_issuer_url=f"http://{S}:{S}@127.0.0.1:1")),
    "an id-token that is none": Case(oidc(id_token=S)),
    "an id-token that cannot be read": Case(oidc(id_token=f"a.{S}.b")),
    "an id-token with a line break": Case(oidc(id_token=f"e30.e30.{S}\n")),
    "another provider": Case({"auth-provider": {"name": "gcp", "config": {"access-token": S, "cmd-path": S}}}),
}


@pytest.fixture
def refusing(tls_server: StandIn) -> StandIn:
    """Answers each request with 401 and tells what it was sent, as an echo of a proxy does."""

    def answer(seen: Any) -> Reply:
        message = f"not with {seen.headers['Authorization']}"
        return Reply({"kind": "Status", "code": 401, "reason": "Unauthorized", "message": message}, 401)

    tls_server.answers(answer)
    return tls_server


@pytest.fixture
def written(
    refusing: StandIn, authority: Authority, write_kubeconfig: Callable[..., Path], tmp_path: Path
) -> Callable[[Case], tuple[str, ...]]:
    """Writes what a case says; gives the flags."""

    def write(case: Case) -> tuple[str, ...]:
        for name, content in case.files.items():
            (tmp_path / name).write_bytes(content.encode(errors="surrogateescape"))
        trusted = {"server": refusing.url, "certificate-authority": str(authority.certificate)}
        return "--kubeconfig", str(write_kubeconfig({**trusted, **case.cluster}, case.user)), *case.flags

    return write


def forms(text: str) -> Iterator[str]:
    """Ways in which a word may be written: the three of base64, by where it begins."""
    yield text
    yield quote(text)
    for before in range(3):
        yield base64.b64encode(b"x" * before + text.encode() + b"xxx").decode()[4 if before else 0 : -5]


def is_told(output: str) -> bool:
    return any(form in output for form in forms(S))


@pytest.mark.parametrize("name", CASES)
def test_no_secret_is_told(written: Callable[[Case], tuple[str, ...]], name: str) -> None:
    case = CASES[name]
    flags = written(case)
    command = COMMANDS[len(name) % len(COMMANDS)]
    ran = ambient(*command, *flags, environ={**case.environ, "KUBECTL_AMBIENT_TRACEBACK": "1"})
    assert ran.code == 1, ran.all
    assert not is_told(ran.all)
    assert "Traceback" not in ran.err
    assert "a bug in kubectl-ambient" not in ran.err


PLACES = {
    ("access", "select_access"): "a token that is refused",
    ("auth", "log_in"): "a token that is refused",
    ("auth", "header_value"): "a token that is refused",
    ("transport", "make_pool"): "a token that is refused",
    ("transport", "proxy_for"): "a proxy that refuses",
    ("access", "load_kubeconfig"): "--token that is refused",
    ("tls", "b64decode"): "a key that is none",
    ("exec_plugin", "look_path"): "a plugin's arguments",
    ("exec_plugin", "_as_json"): "a plugin's environment",
    ("exec_plugin", "ExecCredential"): "a plugin's token with a line break",
    ("auth_provider", "_whose"): "an id-token that cannot be read",
    ("kubeconfig", "wrong_type"): "an issuer that refuses",
}


@pytest.mark.parametrize("traceback", ["", "1"])
@pytest.mark.parametrize(("module", "name"), PLACES)
def test_no_bug_tells_a_secret(
    written: Callable[[Case], tuple[str, ...]], module: str, name: str, traceback: str
) -> None:
    case = CASES[PLACES[module, name]]
    launch = ("-c", BROKEN.format(module=module, name=name))
    environ = {**case.environ, "KUBECTL_AMBIENT_TRACEBACK": traceback}
    ran = ambient("status", *written(case), environ=environ, launch=launch)
    assert ran.code == 1
    assert ("Traceback" in ran.err) == bool(traceback)
    assert ("a bug in kubectl-ambient" in ran.err) != bool(traceback)
    assert not is_told(ran.all)


def test_a_servers_words_do_not_repeat_a_token(tls_client: MakeClient, refusing: StandIn) -> None:
    with pytest.raises(ApiError) as e:
        tls_client({"token": f"{S}-token-of-length"}).raw("/api")
    assert str(e.value) == f"error: You must be logged in to the server (not with Bearer {secrets.HIDDEN})"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://u:p@h:1/path", "https://h:1/path"),
        ("https://u:p/a?b#c@h:1", "https://h:1"),
        ("u:p@h:1", "h:1"),
        ("http://h/?token=x#y", "http://h/"),
        ("http://x:port", "http://x:port"),
    ],
)
def test_a_url_is_shown_without_what_is_secret(url: str, shown: str) -> None:
    assert secrets.shown_url(url) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Invalid header value b'Bearer abcdefghij0123456789'", "Invalid header value b'Bearer [hidden]'"),
        ("Basic authentication is not offered", "Basic authentication is not offered"),
        ("see https://user:password@host/x", "see https://[hidden]@host/x"),
        (f"a key: {PEM}b", "a key: [hidden]\nb"),
        ("an id eyJhbGciOi.eyJleHAiOj.c2ln here", "an id [hidden] here"),
    ],
)
def test_what_looks_like_a_credential_is_hidden(text: str, shown: str) -> None:
    assert secrets.hide(text) == shown


def test_plain_words_stay() -> None:
    """A password that is a word must not make holes into a server's sentences."""
    secrets.remember("shop")
    assert secrets.hide('pods "web" in "shop" not found') == 'pods "web" in "shop" not found'
    assert secrets.hide_all("password shop") == "password [hidden]"
