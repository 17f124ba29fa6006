"""Who we are to the server: the ways to log in that a kubeconfig, the flags or a pod can name.

An auth-provider (oidc) is left to the `kubernetes` package, which only then is imported: it is half a
second on the way of a command that takes as long without it.
"""

from __future__ import annotations

import threading
import time
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from .access import SERVICE_ACCOUNT, Access
from .errors import ConfigError, why_not_opened
from .headers import header_value
from .kubeconfig import Entry
from .secrets import remember

if TYPE_CHECKING:
    import ssl

_TOKEN_FILE_SECONDS = 60.0  # how long client-go trusts what it read
_INSTEAD_OF_EXEC = ("username", "client-certificate", "client-certificate-data")


class Login(Struct, frozen=True):
    """What a request carries: the Authorization header ("" for none) and the TLS context (None for http).

    `expires_at` is Unix time in seconds, None when it is not known to end.
    """

    authorization: str
    ssl_context: ssl.SSLContext | None
    certificate: str = ""  # tells two logins with different client certificates apart
    expires_at: float | None = None


class Authenticator:
    """Logs in when it is first asked, again when that has expired, and once more when told that it failed."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._lock = threading.Lock()
        self._login: Login | None = None

    @property
    def is_renewable(self) -> bool:
        """Whether asking again could give other credentials."""
        user = self._access.user
        return self._access.in_cluster or any(k in user for k in ("exec", "tokenFile", "auth-provider"))

    def current(self) -> Login:
        """The login to use now. Raises ConfigError."""
        with self._lock:
            login = self._login
            if login is None or (login.expires_at is not None and login.expires_at <= time.time()):
                login = self._login = log_in(self._access)
            return login

    def renew(self, refused: Login) -> Login | None:
        """Other credentials than those just refused; None when there are none to have."""
        if not self.is_renewable:
            return None
        with self._lock:
            if self._login is refused:
                self._login = log_in(self._access)
            return self._login


def log_in(access: Access) -> Login:
    """Reads, asks or runs whatever gives the credentials. Raises ConfigError."""
    # Credentials never travel in the clear: kubectl does not read them for http either.
    if not access.server.startswith("https:"):
        return Login("", None)
    from .tls import make_ssl_context

    cluster = _trusted_in_a_pod(access.cluster) if access.in_cluster else access.cluster
    if access.in_cluster and "token" not in access.user:
        token, until = _of_service_account()
        authorization = header_value("Authorization", f"Bearer {token}")
        return Login(authorization, make_ssl_context(cluster, {}, "the service account"), expires_at=until)
    if "auth-provider" in access.user:
        from .auth_provider import check_auth_provider

        check_auth_provider(access.user["auth-provider"])
    user, expires_at = _resolve(access)
    context = make_ssl_context(cluster, user, access.user_name)
    certificate = str(user.get("client-certificate-data") or "")
    authorization = header_value("Authorization", _authorization(access, user))
    return Login(authorization, context, certificate, expires_at)


def _resolve(access: Access) -> tuple[Entry, float | None]:
    """The user with token files and plugins replaced by what they gave, and the time until when."""
    user = dict(access.user)
    expires_at = None
    if "token" in user:
        user["token"] = user["token"].strip()
    elif "tokenFile" in user:
        user["token"] = _read_token(user["tokenFile"])
        expires_at = time.time() + _TOKEN_FILE_SECONDS
    elif "exec" in user and not any(k in user for k in _INSTEAD_OF_EXEC):
        from .exec_plugin import run_exec_plugin

        credential = run_exec_plugin(access)
        expires_at = credential.expires_at
        if credential.token:
            user["token"] = credential.token
        if credential.certificate:
            user["client-certificate-data"] = b64encode(credential.certificate.encode()).decode()
            user["client-key-data"] = b64encode(credential.key.encode()).decode()
    return user, expires_at


def _authorization(access: Access, user: Entry) -> str:
    """The first that there is of token, name and password, and auth-provider."""
    if token := user.get("token"):
        return f"Bearer {token}"
    if "username" in user:
        pair = f"{user['username']}:{user.get('password', '')}"
        return f"Basic {b64encode(pair.encode(errors='replace')).decode()}"
    if "auth-provider" in user:
        from .auth_provider import ask_auth_provider

        return ask_auth_provider(access, user["auth-provider"])
    return ""


def _read_token(path: str) -> str:
    try:
        token = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as e:
        raise ConfigError(f"error: open {path}: {why_not_opened(e)}") from None
    if not token:
        raise ConfigError(f"error: the token file {path} is empty")
    remember(token)
    return token


def _of_service_account() -> tuple[str, float]:
    """The token of this pod, which the kubelet writes anew before it ends, and when to read it again."""
    try:
        token = (SERVICE_ACCOUNT / "token").read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as e:
        raise ConfigError(
            f"error: the service account of this pod cannot be used: its token: {why_not_opened(e)}"
        ) from None
    if not token:
        raise ConfigError("error: the service account of this pod cannot be used: its token is empty")
    remember(token)
    return token, time.time() + _TOKEN_FILE_SECONDS


def _trusted_in_a_pod(cluster: Entry) -> Entry:
    if any(k in cluster for k in ("certificate-authority", "insecure-skip-tls-verify")):
        return cluster
    authority = SERVICE_ACCOUNT / "ca.crt"
    if not authority.is_file():
        raise ConfigError("error: the service account of this pod cannot be used: it has no ca.crt")
    return {**cluster, "certificate-authority": str(authority)}
