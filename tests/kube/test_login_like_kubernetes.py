"""The `kubernetes` package as an oracle: by one kubeconfig, the server sees the same person and is trusted alike."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kubectl_ambient.kube.api import connect
from kubectl_ambient.kube.errors import ConnectionFailed
from kubectl_ambient.kube.options import ConnectionOptions
from tests.rig.certificates import Authority, KeyPair

from .standin import Reply, StandIn
from .test_auth import as_data, jwt, plugin

UNTRUSTED = "the server's certificate is refused"
PATH = "/version"
OK = Reply({"gitVersion": "v1.36.1"})

Kubeconfig = dict[str, Any]


def seen_by(server: StandIn) -> tuple[str | None, Any]:
    """Who the server takes the last request for: the header, and the subject of the certificate."""
    last = server.seen[-1]
    assert last.path == PATH
    return last.headers["Authorization"], last.peer.get("subject")


def by_kubernetes(path: Path, server: StandIn) -> Any:
    """What the package's own loader and client do with it."""
    from kubernetes.client import ApiClient, Configuration
    from kubernetes.client.rest import ApiException
    from kubernetes.config import load_kube_config

    configuration = Configuration()
    # Python 3.13 wants more of an authority than Go does, and most clusters' own have it not.
    configuration.disable_strict_ssl_verification = True
    configuration.retries = False
    load_kube_config(config_file=str(path), client_configuration=configuration)
    with ApiClient(configuration) as client:
        try:
            client.call_api(*client.param_serialize("GET", PATH, auth_settings=["BearerToken"])).read()
        except ApiException as e:
            return UNTRUSTED if "CERTIFICATE_VERIFY_FAILED" in str(e) else str(e)
    return seen_by(server)


def by_us(path: Path, server: StandIn) -> Any:
    try:
        connect(ConnectionOptions(kubeconfig=str(path))).raw(PATH)
    except ConnectionFailed as e:
        return UNTRUSTED if "failed to verify certificate" in str(e) else str(e)
    return seen_by(server)


@pytest.fixture
def users(client_pair: KeyPair, authority: Authority, tmp_path: Path) -> dict[str, Kubeconfig]:
    (tmp_path / "token").write_text("in-a-file")
    files = {"client-certificate": str(client_pair.certificate), "client-key": str(client_pair.key)}
    other = as_data(authority.issue("erin", "erin"))
    answers_pair = (
        f"answer(clientCertificateData=Path({str(client_pair.certificate)!r}).read_text(),"
        f" clientKeyData=Path({str(client_pair.key)!r}).read_text())"
    )
    for name in ("token-plugin", "pair-plugin"):
        (tmp_path / name).mkdir()
    return {
        "none": {},
        "token": {"token": "abc"},
        "a token comes before its file": {"token": "abc", "tokenFile": "token"},
        "tokenFile": {"tokenFile": "token"},
        "certificate data": as_data(client_pair),
        "certificate files": files,
        "certificate of one form, key of the other": {
            "client-certificate": files["client-certificate"],
            "client-key-data": as_data(client_pair)["client-key-data"],
        },
        "another certificate": other,
        "certificate and token": {**files, "token": "abc"},
        "certificate and password": {**files, "username": "bob", "password": "pass:word"},
        "password": {"username": "bob", "password": "pass:word"},
        "a key alone": {"client-key": files["client-key"]},
        "plugin with a token": plugin(tmp_path / "token-plugin", "answer(token='from-a-plugin')"),
        "plugin with a certificate": plugin(tmp_path / "pair-plugin", answers_pair),
        "oidc": {"auth-provider": {"name": "oidc", "config": {"id-token": jwt(time.time() + 3600)}}},
    }


USERS = {
    "none": (None, None),
    "token": ("Bearer abc", None),
    "a token comes before its file": ("Bearer abc", None),
    "tokenFile": ("Bearer in-a-file", None),
    "certificate data": (None, "carol"),
    "certificate files": (None, "carol"),
    "certificate of one form, key of the other": (None, "carol"),
    "another certificate": (None, "erin"),
    "certificate and token": ("Bearer abc", "carol"),
    "certificate and password": ("Basic Ym9iOnBhc3M6d29yZA==", "carol"),
    "password": ("Basic Ym9iOnBhc3M6d29yZA==", None),
    "a key alone": (None, None),
    "plugin with a token": ("Bearer from-a-plugin", None),
    "plugin with a certificate": (None, "carol"),
    "oidc": ("Bearer ", None),
}


@pytest.mark.parametrize("user", USERS)
def test_the_same_person(
    tls_server: StandIn,
    authority: Authority,
    users: dict[str, Kubeconfig],
    write_kubeconfig: Callable[..., Path],
    user: str,
) -> None:
    tls_server.answers(OK)
    cluster = {"server": tls_server.url, "certificate-authority": str(authority.certificate)}
    path = write_kubeconfig(cluster, users[user])
    told, subject = found = by_us(path, tls_server)
    header, name = USERS[user]
    assert (told or "").startswith(header or "")
    assert dict(pair[0] for pair in subject or ()).get("commonName") == name
    assert found == by_kubernetes(path, tls_server)


def test_no_user_is_left_out(users: dict[str, Kubeconfig]) -> None:
    assert users.keys() == USERS.keys()


CLUSTERS = {
    "authority file": True,
    "authority data": True,
    "another authority": False,
    "the system's authorities": False,
    "insecure": True,
    "the name of another": False,
    "a name of the server": True,
    "insecure by another name": True,
}


@pytest.mark.filterwarnings("ignore:Unverified HTTPS request")
@pytest.mark.parametrize("cluster", CLUSTERS)
def test_the_same_trust(
    tls_server: StandIn, authority: Authority, write_kubeconfig: Callable[..., Path], tmp_path: Path, cluster: str
) -> None:
    tls_server.answers(OK)
    data = base64.b64encode(authority.certificate.read_bytes()).decode()
    known = {"certificate-authority": str(authority.certificate)}
    clusters: dict[str, Kubeconfig] = {
        "authority file": known,
        "authority data": {"certificate-authority-data": data},
        "another authority": {"certificate-authority": str(Authority(tmp_path / "other").certificate)},
        "the system's authorities": {},
        "insecure": {"insecure-skip-tls-verify": True},
        "the name of another": {**known, "tls-server-name": "other.example"},
        "a name of the server": {**known, "tls-server-name": "kubernetes.default.svc"},
        "insecure by another name": {"insecure-skip-tls-verify": True, "tls-server-name": "other.example"},
    }
    path = write_kubeconfig({"server": tls_server.url, **clusters[cluster]}, {"token": "abc"})
    found = by_us(path, tls_server)
    assert found == (("Bearer abc", None) if CLUSTERS[cluster] else UNTRUSTED)
    assert found == by_kubernetes(path, tls_server)
