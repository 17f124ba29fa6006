"""Issue 10, number 1: an issuer gets a secret, and writes into a kubeconfig, only when its certificate was verified."""

from __future__ import annotations

import base64
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.rig.certificates import Authority, KeyPair

from .program import Ran, ambient
from .standin import Reply, Seen, StandIn
from .test_auth import jwt

DISCOVERY = "/.well-known/openid-configuration"
OLD = jwt(1)
NEW = jwt(time.time() + 3600)
SECRETS = {"client-secret": "client-secret-canary", "refresh-token": "refresh-token-canary"}
UNVERIFIED = "Unable to connect to the server: tls: failed to verify certificate: x509: "
IN_THE_CLEAR = "Unable to connect to the server: the issuer of the auth-provider has a URL without https"

Login = Callable[..., Ran]


class Issuer:
    """Answers as an issuer does; what it was sent is in `standin.seen`."""

    def __init__(self, standin: StandIn) -> None:
        self.standin = standin
        self.metadata: dict[str, Any] = {"issuer": standin.url, "token_endpoint": f"{standin.url}/token"}
        self.tokens: dict[str, Any] = {
            "access_token": "a",
            "token_type": "bearer",
            "expires_in": 60,
            "id_token": NEW,
            "refresh_token": "second-refresh-token",
        }
        self.redirects: dict[str, str] = {}
        standin.answers(self.answer)

    def answer(self, seen: Seen) -> Reply:
        if to := self.redirects.get(seen.path):
            return Reply(status=307, headers={"Location": to})
        return Reply(self.metadata if seen.path == DISCOVERY else self.tokens)

    @property
    def bodies(self) -> str:
        return " ".join(f"{s.headers} {s.body.decode()}" for s in self.standin.seen)


def serve(pair: KeyPair) -> StandIn:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    return StandIn(context)


@pytest.fixture
def issuer(serving: KeyPair) -> Iterator[Issuer]:
    standin = serve(serving)
    yield Issuer(standin)
    standin.stop()


@pytest.fixture
def plain() -> Iterator[Issuer]:
    """An issuer over plain http, as a man in the middle offers one."""
    standin = StandIn()
    yield Issuer(standin)
    standin.stop()


@pytest.fixture
def login(
    tls_server: StandIn, authority: Authority, write_kubeconfig: Callable[..., Path], tmp_path: Path
) -> Callable[..., Ran]:
    """Runs `kubectl ambient version` as somebody whose id-token has expired."""
    tls_server.answers(Reply({"gitVersion": "v1.36.1"}))

    def log_in(url: str, config: dict[str, str] | None = None, **environ: str) -> Ran:
        settings = {"idp-issuer-url": url, "client-id": "kubernetes", "id-token": OLD, **SECRETS, **(config or {})}
        cluster = {"server": tls_server.url, "certificate-authority": str(authority.certificate)}
        path = write_kubeconfig(cluster, {"auth-provider": {"name": "oidc", "config": settings}})
        return ambient("version", "--kubeconfig", str(path), environ=environ)

    return log_in


def saved(folder: Path) -> dict[str, str]:
    content = yaml.safe_load((folder / "config").read_text())
    config: dict[str, str] = content["users"][0]["user"]["auth-provider"]["config"]
    return config


def nothing_was_given_away(ran: Ran, issuer: Issuer, api: StandIn, folder: Path) -> None:
    assert ran.code == 1
    assert not any(secret in issuer.bodies for secret in SECRETS.values())
    assert base64.b64encode(f"kubernetes:{SECRETS['client-secret']}".encode()).decode() not in issuer.bodies
    assert api.seen == []
    assert {key: saved(folder)[key] for key in ("id-token", *SECRETS)} == {"id-token": OLD, **SECRETS}


def test_a_man_in_the_middle_gets_nothing(login: Login, issuer: Issuer, tls_server: StandIn, tmp_path: Path) -> None:
    """The usual case: no CA is named, so the system's roots must have signed."""
    ran = login(issuer.standin.url)
    assert ran.err.startswith(f"{UNVERIFIED}certificate signed by unknown authority\n")
    assert issuer.standin.seen == []
    nothing_was_given_away(ran, issuer, tls_server, tmp_path)


@pytest.mark.parametrize("how", ["data", "file"])
def test_another_authority_than_the_one_that_is_named(
    login: Login, issuer: Issuer, tls_server: StandIn, authority: Authority, tmp_path: Path, how: str
) -> None:
    """Not even one that the system trusts, nor one that $REQUESTS_CA_BUNDLE names."""
    other = Authority(tmp_path / "other").certificate
    named = {"idp-certificate-authority": str(other)}
    if how == "data":
        named = {"idp-certificate-authority-data": base64.b64encode(other.read_bytes()).decode()}
    system = str(authority.certificate)
    ran = login(issuer.standin.url, named, SSL_CERT_FILE=system, REQUESTS_CA_BUNDLE=system, CURL_CA_BUNDLE=system)
    assert ran.err.startswith(UNVERIFIED)
    nothing_was_given_away(ran, issuer, tls_server, tmp_path)


def test_a_bundle_for_other_programs_does_not_make_an_issuer_trusted(
    login: Login, issuer: Issuer, tls_server: StandIn, authority: Authority, tmp_path: Path
) -> None:
    ran = login(issuer.standin.url, REQUESTS_CA_BUNDLE=str(authority.certificate))
    assert ran.err.startswith(UNVERIFIED)
    nothing_was_given_away(ran, issuer, tls_server, tmp_path)


def test_a_certificate_for_another_host(
    login: Login, tls_server: StandIn, authority: Authority, client_pair: KeyPair, tmp_path: Path
) -> None:
    standin = serve(client_pair)
    try:
        mallory = Issuer(standin)
        ran = login(standin.url, {"idp-certificate-authority": str(authority.certificate)})
        assert ran.err.startswith(UNVERIFIED)
        nothing_was_given_away(ran, mallory, tls_server, tmp_path)
    finally:
        standin.stop()


@pytest.mark.parametrize("insecure", [{}, {"OAUTHLIB_INSECURE_TRANSPORT": "1"}])
@pytest.mark.parametrize("where", ["issuer", "token_endpoint", "discovery redirects", "token redirects"])
def test_no_secret_goes_over_plain_http(
    login: Login,
    issuer: Issuer,
    plain: Issuer,
    tls_server: StandIn,
    authority: Authority,
    tmp_path: Path,
    where: str,
    insecure: dict[str, str],
) -> None:
    url = issuer.standin.url
    match where:
        case "issuer":
            url = plain.standin.url
        case "token_endpoint":
            issuer.metadata["token_endpoint"] = f"{plain.standin.url}/token"
        case "discovery redirects":
            issuer.redirects[DISCOVERY] = plain.standin.url + DISCOVERY
        case "token redirects":
            issuer.redirects["/token"] = f"{plain.standin.url}/token"
    ran = login(url, {"idp-certificate-authority": str(authority.certificate)}, **insecure)
    assert ran.err.startswith(IN_THE_CLEAR)
    assert plain.standin.seen == []
    nothing_was_given_away(ran, plain, tls_server, tmp_path)


@pytest.mark.parametrize("how", ["file", "data", "system"])
def test_a_verified_issuer_renews_and_what_it_gave_is_kept(
    login: Login, issuer: Issuer, tls_server: StandIn, authority: Authority, tmp_path: Path, how: str
) -> None:
    data = base64.b64encode(authority.certificate.read_bytes()).decode()
    named = {
        "file": {"idp-certificate-authority": str(authority.certificate)},
        "data": {"idp-certificate-authority-data": data},
        "system": {},
    }[how]
    ran = login(issuer.standin.url, named, **({"SSL_CERT_FILE": str(authority.certificate)} if how == "system" else {}))
    assert ran.code == 0, ran.err
    assert [s.path for s in issuer.standin.seen] == [DISCOVERY, "/token"]
    assert tls_server.seen[0].headers["Authorization"] == f"Bearer {NEW}"
    assert saved(tmp_path) == {
        "idp-issuer-url": issuer.standin.url,
        "client-id": "kubernetes",
        "client-secret": "client-secret-canary",
        "id-token": NEW,
        "refresh-token": "second-refresh-token",
        **named,
    }
    assert (tmp_path / "config").stat().st_mode & 0o777 == 0o600


def test_without_an_id_token_and_without_a_client_secret(
    login: Login, issuer: Issuer, tls_server: StandIn, authority: Authority, tmp_path: Path
) -> None:
    """kubectl asks for both in this way too; nothing but what the issuer sent is written."""
    without = {"id-token": "", "client-secret": "", "idp-certificate-authority": str(authority.certificate)}
    del issuer.tokens["refresh_token"]
    ran = login(issuer.standin.url + "/", without)
    assert ran.code == 0, ran.err
    assert (saved(tmp_path)["id-token"], saved(tmp_path)["refresh-token"]) == (NEW, "refresh-token-canary")
    assert saved(tmp_path)["idp-issuer-url"] == issuer.standin.url + "/"


@pytest.mark.parametrize(
    ("metadata", "tokens", "words"),
    [
        ({}, {"id_token": None}, "token response did not contain an id_token"),
        ({}, {"id_token": 5}, "token response did not contain an id_token"),
        ({}, {"id_token": "a\nb"}, 'net/http: invalid header field value for "Authorization"'),
        (
            {},
            {"error": "invalid_grant", "error_description": "canary"},
            'failed to refresh token: oauth2: "invalid_grant"',
        ),
        ({}, {"error": "canary"}, "failed to refresh token: the issuer's answer cannot be used"),
        ({"token_endpoint": None}, {}, "failed to refresh token: the issuer's answer cannot be used"),
        ({"token_endpoint": 5}, {}, "failed to refresh token: the issuer's answer cannot be used"),
    ],
)
def test_an_issuers_answer_that_cannot_be_used(
    login: Login,
    issuer: Issuer,
    tls_server: StandIn,
    authority: Authority,
    tmp_path: Path,
    metadata: dict[str, Any],
    tokens: dict[str, Any],
    words: str,
) -> None:
    issuer.metadata |= metadata
    issuer.tokens |= tokens
    ran = login(issuer.standin.url, {"idp-certificate-authority": str(authority.certificate)})
    assert ran.code == 1
    assert ran.err.startswith(f"Unable to connect to the server: {words}")
    assert "canary" not in ran.all
    assert tls_server.seen == []
    assert saved(tmp_path)["id-token"] == OLD


@pytest.mark.parametrize(
    ("config", "words"),
    [
        ({"idp-issuer-url": ""}, "error: Must provide idp-issuer-url"),
        ({"client-id": ""}, "error: Must provide client-id"),
        (
            {"refresh-token": ""},
            "Unable to connect to the server: No valid id-token, and cannot refresh without refresh-token",
        ),
        ({"idp-certificate-authority": "/nope"}, "error: unable to load root certificates: no such file"),
        ({"idp-issuer-url": "https://u:canary@[::1"}, 'error: host must be a URL or a host:port pair: "https://[::1"'),
        ({"id-token": "canary"}, 'error: the auth provider "oidc" of user "u" gave no credentials'),
        ({"id-token": "a.canary.c"}, 'error: user "u" cannot be used: its id-token is not a valid JWT'),
    ],
)
def test_settings_that_cannot_be_used(login: Login, config: dict[str, str], words: str) -> None:
    ran = login("https://127.0.0.1:1", config)
    assert ran.code == 1
    assert ran.err.startswith(words)
    assert "canary" not in ran.all
