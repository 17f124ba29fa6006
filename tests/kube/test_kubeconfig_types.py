"""Issue 10, numbers 8 and 10: values that no kubeconfig may hold. The real kubectl is asked beside us, where built."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kubectl_ambient.cli.app import run as run_here
from kubectl_ambient.kube.errors import ConfigError
from kubectl_ambient.kube.kubeconfig import parse_kubeconfig
from kubectl_ambient.kube.kubeconfig_types import _CONFIG, _Type

from .program import KUBECTL, ambient, run

LOADING = 'error: error loading config file "config": '
GO = "json: cannot unmarshal {} into Go struct field {} of type {}"

WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "as-groups: admins": ({"as-groups": "admins"}, GO.format("string", "AuthInfo.users.user.as-groups", "[]string")),
    "as-groups: [1]": ({"as-groups": [1]}, GO.format("number", "AuthInfo.users.user.as-groups", "string")),
    "args: abc": ({"exec": {"args": "abc"}}, GO.format("string", "ExecConfig.users.user.exec.args", "[]string")),
    "args: [1]": ({"exec": {"args": [1]}}, GO.format("number", "ExecConfig.users.user.exec.args", "string")),
    "a number in env": (
        {"exec": {"env": [{"name": "A", "value": 1}]}},
        GO.format("number", "ExecEnvVar.users.user.exec.env.value", "string"),
    ),
    "a token that is a number": ({"token": 1234}, GO.format("number", "AuthInfo.users.user.token", "string")),
    "a password that is yes": ({"password": True}, GO.format("bool", "AuthInfo.users.user.password", "string")),
    "an extra that is a text": (
        {"as-user-extra": {"a": "b"}},
        GO.format("string", "AuthInfo.users.user.as-user-extra", "[]string"),
    ),
    "a provider's setting that is a number": (
        {"auth-provider": {"config": {"a": 5}}},
        GO.format("number", "AuthProviderConfig.users.user.auth-provider.config", "string"),
    ),
    "a user that is a text": ("u", GO.format("string", "NamedAuthInfo.users.user", "v1.AuthInfo")),  # type: ignore[dict-item]
    "no base64": ({"client-key-data": "%%"}, "illegal base64 data at input byte 0"),
    "base64 cut short": ({"client-key-data": "YWI"}, "illegal base64 data at input byte 0"),
    "bytes that are texts": (
        {"client-key-data": ["a"]},
        GO.format("string", "AuthInfo.users.user.client-key-data", "uint8"),
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_type_is_refused_in_kubectls_sentence(
    case: str, write_kubeconfig: Callable[..., Path], tmp_path: Path
) -> None:
    user, sentence = WRONG[case]
    write_kubeconfig({"server": "https://127.0.0.1:1"}, user)
    ran = ambient("status", "--kubeconfig", "config")
    assert (ran.code, ran.out, ran.err.splitlines()[0]) == (1, "", LOADING + sentence)
    if KUBECTL:
        assert run(KUBECTL, "get", "pods", "--kubeconfig", "config").err == f"{LOADING}{sentence}\n"


def fields(of: _Type, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a kubeconfig: names of fields, 0 for a list's entry, "k" for a map's."""
    yield path
    if of.each is not None:
        yield from fields(of.each, (*path, 0 if of.kind == "array" else "k"))
    for key, each in of.fields.items():
        yield from fields(each, (*path, key))


def put(path: tuple[Any, ...], value: Any) -> Any:
    for part in reversed(path):
        value = [value] if part == 0 else {part: value}
    return value


VALUES: list[Any] = ["%%", 5, True, [5], ["x"], {"a": "b"}, [{}], None, [None]]


@pytest.mark.skipif(not KUBECTL, reason="kubectl is not built")
@pytest.mark.parametrize("path", [p for p in fields(_CONFIG) if p], ids=lambda p: ".".join(map(str, p)))
def test_every_field_is_taken_and_refused_as_kubectl_does(path: tuple[Any, ...], tmp_path: Path) -> None:
    """With one of the values each, since kubectl takes its time; all of them with all were tried once."""
    value = VALUES[len(".".join(map(str, path))) % len(VALUES)]
    text = json.dumps(put(path, value))
    (tmp_path / "config").write_text(text)
    theirs = run(KUBECTL, "config", "view", "--kubeconfig", "config")
    try:
        parse_kubeconfig(text, "config")
        ours = ""
    except ConfigError as e:
        ours = f"{e}\n"
    assert ours == theirs.err, text


HOSTILE: list[Any] = [
    *("a\0b", "a\r\nX: y", "x" * 100_000, "\ud800", "é日本", "https://a:99999", "https://[::1", "https://u:p@h:abc"),
    *(5, [], ["a\0b"], [None], {"a": "b\0"}, {"\0": ["\n"]}),
]
EXEC = {"command": "/bin/true", "apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "Never"}
OIDC = {"idp-issuer-url": "https://127.0.0.1:1", "client-id": "a", "refresh-token": "c"}


def hostile(value: Any) -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """A cluster, a user and a context for each field, which holds `value`."""
    cluster: dict[str, Any] = {"server": "https://127.0.0.1:1"}
    names = {"cluster": "c", "user": "u"}
    for key in ("server", "tls-server-name", "certificate-authority", "certificate-authority-data", "extensions"):
        yield {**cluster, key: value}, {"token": "t"}, names
    yield {"server": "https://192.0.2.1", "proxy-url": value}, {"token": "t"}, names
    for key in ("token", "tokenFile", "as", "username", "password", "client-certificate", "client-key-data", "exec"):
        yield cluster, {key: value}, names
    for key in ("as-uid", "as-groups", "as-user-extra"):
        yield cluster, {"token": "t", "as": "eve", key: value}, names
    for key in ("command", "args", "env", "apiVersion", "installHint", "interactiveMode"):
        yield cluster, {"exec": {**EXEC, key: value}}, names
    yield cluster, {"exec": {**EXEC, "args": [value]}}, names
    for key in ("name", "value"):
        yield cluster, {"exec": {**EXEC, "env": [{"name": "A", "value": "B", key: value}]}}, names
    extension = [{"name": "client.authentication.k8s.io/exec", "extension": value}]
    yield {**cluster, "extensions": extension}, {"exec": {**EXEC, "provideClusterInfo": True}}, names
    for key in (*OIDC, "id-token", "idp-certificate-authority", "idp-certificate-authority-data"):
        yield cluster, {"auth-provider": {"name": "oidc", "config": {**OIDC, key: value}}}, names
    for key in ("cluster", "user", "namespace"):
        yield cluster, {"token": "t"}, {**names, key: value}


@pytest.mark.parametrize("value", HOSTILE, ids=lambda v: ascii(v)[:20])
def test_no_field_is_a_bug(value: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Wrong types, NUL, line breaks, huge values: in every field, one sentence and exit code 1."""
    for cluster, user, context in hostile(value):
        content = {
            "current-context": "x",
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": "u", "user": user}],
            "contexts": [{"name": "x", "context": context}],
        }
        (tmp_path / "config").write_text(json.dumps(content))
        code = run_here(["kubectl-ambient", "status", "--kubeconfig", "config"])
        told = capsys.readouterr().err
        assert code == 1, (user, told)
        assert "a bug in kubectl-ambient" not in told, (cluster, user)
        assert "Traceback" not in told, (cluster, user)


@pytest.mark.parametrize(
    ("server", "sentence"),
    [
        ("https://127.0.0.1:99999", "Unable to connect to the server: dial tcp: address 99999: invalid port"),
        ("http://127.0.0.1:99999", "Unable to connect to the server: dial tcp: address 99999: invalid port"),
        ("https://127.0.0.1:abc", 'error: host must be a URL or a host:port pair: "https://127.0.0.1:abc"'),
        ("https://127.0.0.1:-1", 'error: host must be a URL or a host:port pair: "https://127.0.0.1:-1"'),
        ("https://[::1", 'error: host must be a URL or a host:port pair: "https://[::1"'),
        ("https://a b", 'error: host must be a URL or a host:port pair: "https://a b"'),
        ("https://a\nb", "Unable to connect to the server: net/url: invalid control character in URL"),
        ("https://127.0.0.1:1#a", "The connection to the server 127.0.0.1:1 was refused"),
        ("https://127.0.0.1:1?a=b", "The connection to the server 127.0.0.1:1 was refused"),
        ("https://u:p@127.0.0.1:1", "The connection to the server 127.0.0.1:1 was refused"),
        ("https://127.0.0.1:0", "The connection to the server 127.0.0.1:0 was refused"),
    ],
)
def test_a_server_that_cannot_be_asked(server: str, sentence: str) -> None:
    words = ("--token", "t", "--server", server)
    ran = ambient("status", *words)
    assert ran.code == 1
    assert ran.err.startswith(sentence)
    if KUBECTL:
        assert run(KUBECTL, "get", "--raw", "/api", *words).err.startswith(sentence)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("users: [{name: u, user: {password: *canary}}]", "yaml: line 1: unknown anchor … referenced"),
        ("users: [{name: u, user: {password: !!int canary}}]", "yaml: line 1: cannot decode !!str … as a !!int"),
        ("users: [{name: u, user: {password: !!bool canary}}]", "yaml: line 1: cannot decode !!str … as a !!bool"),
        ("users: [{name: u, user: {password: !!timestamp canary}}]", "yaml: line 1: cannot decode !!str"),
        ("users: [{name: u, user: {password: @canary}}]", "yaml: line 1: found character that cannot start"),
        ("users: [{name: u, user: {password: 'canary}}]", "yaml: line"),
        ("users: [{name: u, user: {client-key-data: canary%}}]", "illegal base64 data at input byte 6"),
    ],
)
def test_yaml_that_cannot_be_read_is_told_without_its_values(text: str, words: str) -> None:
    """Issue 10, number 4."""
    with pytest.raises(ConfigError) as e:
        parse_kubeconfig(text, "config")
    assert str(e.value).startswith(LOADING + words)
    assert "canary" not in str(e.value) + e.value.hint


def test_a_time_is_a_text_as_in_kubectl() -> None:
    config = parse_kubeconfig("users: [{name: u, user: {password: 12:30:45, token: 2024-01-01}}]", "config")
    assert config.users["u"] == {"password": "12:30:45", "token": "2024-01-01"}


def test_bytes_may_be_numbers_as_in_kubectl() -> None:
    config = parse_kubeconfig("users: [{name: u, user: {client-key-data: [97, null, 98]}}]", "config")
    assert config.users["u"] == {"client-key-data": "YQBi"}
