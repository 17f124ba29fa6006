"""Renewal of an OpenID Connect login: the `kubernetes` package does it, over connections that are verified.

By itself it does not verify an issuer whose CA is not named, and follows redirects to plain http.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import requests
from kubernetes.config import kube_config
from msgspec import Struct
from requests.adapters import HTTPAdapter
from requests_oauthlib import OAuth2Session

from .errors import ConfigError, KubeError
from .server_url import server_url
from .tls import make_ssl_context

if TYPE_CHECKING:
    import ssl

_SECONDS = 30.0  # for an issuer to answer
_UNABLE = "Unable to connect to the server: "
_IN_THE_CLEAR = f"{_UNABLE}the issuer of the auth-provider has a URL without https: no secret is sent in the clear"
_NO_ID_TOKEN = (
    'token response did not contain an id_token, either the scope "openid" wasn\'t requested upon login,'
    " or the provider doesn't support id_tokens as part of the refresh response"
)
_REFUSALS = ("invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type")


class VerifyingLoader(kube_config.KubeConfigLoader):  # type: ignore[misc]
    """The package's loader; what it sends to an issuer goes to one whose certificate was verified, or not at all."""

    def _refresh_oidc(self, provider: Any) -> None:
        """Puts renewed tokens into the provider's config. Raises ConfigError and ConnectionFailed, in our own words."""
        settings: dict[str, Any] = provider["config"].value
        settings["idp-issuer-url"] = issuer = _issuer(settings)
        old = settings["id-token"]
        try:
            with _verified(issuer_context(settings)):
                super()._refresh_oidc(provider)
        except KubeError:
            raise
        except Exception as e:
            raise _told(e, issuer) from None
        if not all(isinstance(settings[key], str) for key in ("id-token", "refresh-token")):
            raise ConfigError(f"{_UNABLE}{_NO_ID_TOKEN}")
        if settings["id-token"] == old:
            raise ConfigError(f"{_UNABLE}failed to refresh token: the issuer refused the client-id")


def _issuer(settings: dict[str, Any]) -> str:
    """The issuer's URL. Raises ConfigError for what is missing, or would send secrets in the clear."""
    for key in ("idp-issuer-url", "client-id"):
        if not settings.get(key):
            raise ConfigError(f"error: Must provide {key}")
    if not settings.get("refresh-token"):
        raise ConfigError(f"{_UNABLE}No valid id-token, and cannot refresh without refresh-token")
    issuer = server_url(settings["idp-issuer-url"])
    if not issuer.startswith("https:"):
        raise ConfigError(_IN_THE_CLEAR)
    return issuer


def _told(error: Exception, issuer: str) -> KubeError:
    """What went wrong between us and the issuer, without the words of the libraries: they quote what was sent."""
    from oauthlib.oauth2 import InsecureTransportError, MissingTokenError, OAuth2Error

    from .network_errors import network_error

    if isinstance(error, InsecureTransportError | requests.exceptions.InvalidSchema):
        return ConfigError(_IN_THE_CLEAR)
    if isinstance(error, requests.exceptions.ConnectionError | requests.exceptions.Timeout):
        return network_error(error, issuer, hint="this is the issuer of the auth-provider, not the cluster")
    if isinstance(error, KeyError) and error.args == ("id_token",):
        return ConfigError(f"{_UNABLE}{_NO_ID_TOKEN}")
    if isinstance(error, OAuth2Error) and not isinstance(error, MissingTokenError) and error.error in _REFUSALS:
        hint = "log in again with the tool that wrote this kubeconfig"
        return ConfigError(f'{_UNABLE}failed to refresh token: oauth2: "{error.error}"', hint=hint)
    return ConfigError(f"{_UNABLE}failed to refresh token: the issuer's answer cannot be used")


def issuer_context(config: dict[str, Any]) -> ssl.SSLContext:
    """Trusts the CA that an auth-provider's `config` names for its issuer, else the system's. Raises ConfigError."""
    cluster = {}
    for key in ("certificate-authority-data", "certificate-authority"):
        if named := config.get(f"idp-{key}"):
            cluster[key] = named
    return make_ssl_context(cluster, {}, "the issuer")


class _Adapter(HTTPAdapter):  # type: ignore[misc]
    """Connects with one TLS context only, whatever the caller and the environment say of verification."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def send(self, request: Any, **settings: Any) -> Any:
        return super().send(request, **{**settings, "timeout": _SECONDS})

    def build_connection_pool_key_attributes(self, request: Any, *_: Any) -> Any:
        host, _tls = super().build_connection_pool_key_attributes(request, True)
        return host, {"cert_reqs": "CERT_REQUIRED", "ssl_context": self._context}

    def cert_verify(self, *_: Any) -> None:
        """Nothing: the context verifies."""


class _Discovered(Struct, frozen=True):
    status: int
    data: bytes

    def read(self) -> bytes:
        return self.data


@contextmanager
def _verified(context: ssl.SSLContext) -> Iterator[None]:
    """Puts our connections in the place of those that the loader would make. Nobody else renews meanwhile."""

    class Session(OAuth2Session):  # type: ignore[misc]
        def __init__(self, *args: Any, **settings: Any) -> None:
            super().__init__(*args, **settings)
            _only(self, context)

    class Client:
        def __init__(self, configuration: object) -> None:
            del configuration

        def call_api(self, method: str, url: str) -> _Discovered:
            with _only(requests.Session(), context) as session:
                answer = session.request(method, url)
            if answer.status_code != 200:
                raise ConfigError(f"{_UNABLE}oidc: failed to query metadata endpoint {answer.status_code}")
            return _Discovered(answer.status_code, answer.content)

    before = kube_config.ApiClient, kube_config.OAuth2Session
    kube_config.ApiClient, kube_config.OAuth2Session = Client, Session
    try:
        yield
    finally:
        kube_config.ApiClient, kube_config.OAuth2Session = before


def _only(session: requests.Session, context: ssl.SSLContext) -> requests.Session:
    """The session without a way to speak plain http, not after a redirect either."""
    session.adapters.clear()
    session.mount("https://", _Adapter(context))
    return session
