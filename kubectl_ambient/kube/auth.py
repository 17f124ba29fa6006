"""Who we are to the server: the `kubernetes` package's loaders, with what they leave out done around them.

They take the user's token, client certificate, basic auth and auth-provider (oidc, gcp), and the service
account of a pod. Token files and credential plugins are read here first, so that their failure is told.
"""

from __future__ import annotations

import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from .access import SERVICE_ACCOUNT, Access
from .errors import ConfigError, printable
from .kubeconfig import Entry

if TYPE_CHECKING:
    import ssl

_TOKEN_FILE_SECONDS = 60.0  # how long client-go trusts what it read
_INSTEAD_OF_EXEC = ("username", "client-certificate", "client-certificate-data")


@dataclass(frozen=True, slots=True)
class Login:
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
    if access.in_cluster and "token" not in access.user:
        return _log_in_as_service_account(access)
    user, expires_at = _resolve(access)
    return _load(access, user, expires_at)


def _resolve(access: Access) -> tuple[Entry, float | None]:
    """The user with token files and plugins replaced by what they gave, and only the first way left."""
    user = {k: v for k, v in access.user.items() if not k.startswith("as")}
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
    user.pop("tokenFile", None)
    user.pop("exec", None)
    if "token" in user or "username" in user:
        user.pop("auth-provider", None)
    if "username" in user:
        user.setdefault("password", "")
    return user, expires_at


def _read_token(path: str) -> str:
    try:
        token = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as e:
        why = e.strerror.lower() if isinstance(e, OSError) and e.strerror else "not a text file"
        raise ConfigError(f"error: open {path}: {why}") from None
    if not token:
        raise ConfigError(f"error: the token file {path} is empty")
    return token


def _load(access: Access, user: Entry, expires_at: float | None) -> Login:
    import shutil
    import tempfile

    from kubernetes.client import Configuration
    from kubernetes.config.kube_config import KubeConfigLoader

    from .persist import save_auth_provider
    from .tls import make_ssl_context

    provider = user.get("auth-provider")
    before = dict((provider or {}).get("config") or {})
    config = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {**access.cluster, "server": access.server}}],
        "users": [{"name": "u", "user": user}],
    }
    configuration = Configuration()
    # The loader writes keys to files, since Python's ssl reads them from there only: they live no longer
    # than this call.
    folder = tempfile.mkdtemp(prefix="kubectl-ambient-")
    try:
        with _quiet_logging():
            KubeConfigLoader(config, config_base_path="", temp_file_path=folder).load_and_set(configuration)
        context = make_ssl_context(configuration, access.user_name)
    except ConfigError:
        raise
    except Exception as e:
        # The loader's errors are many: missing keys, unreadable files, a provider's refusal.
        raise ConfigError(f"error: {_whose(access)} cannot be used: {printable(str(e) or repr(e))}") from e
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    authorization = str(configuration.api_key.get("BearerToken") or "")
    if provider:
        if not authorization:
            raise ConfigError(
                f'error: the auth provider "{provider.get("name")}" of {_whose(access)} gave no credentials',
                hint="log in again with the tool that wrote this kubeconfig",
            )
        if (after := provider.get("config") or {}) != before:
            save_auth_provider(access.origin, access.user_name, after)
    return Login(authorization, context, str(user.get("client-certificate-data") or ""), expires_at)


def _log_in_as_service_account(access: Access) -> Login:
    from kubernetes.client import Configuration
    from kubernetes.config.config_exception import ConfigException
    from kubernetes.config.incluster_config import InClusterConfigLoader

    from .tls import make_ssl_context

    configuration = Configuration()
    authority = access.cluster.get("certificate-authority") or str(SERVICE_ACCOUNT / "ca.crt")
    try:
        InClusterConfigLoader(str(SERVICE_ACCOUNT / "token"), authority).load_and_set(configuration)
    except (ConfigException, OSError) as e:
        raise ConfigError(f"error: the service account of this pod cannot be used: {e}") from None
    if access.cluster.get("insecure-skip-tls-verify"):
        configuration.verify_ssl = False
    token = str(configuration.api_key["BearerToken"]).partition(" ")[2].strip()
    context = make_ssl_context(configuration, "the service account")
    return Login(f"Bearer {token}", context, expires_at=time.time() + _TOKEN_FILE_SECONDS)


def _whose(access: Access) -> str:
    return f'user "{access.user_name}"' if access.user_name else "the credentials"


@contextmanager
def _quiet_logging() -> Iterator[None]:
    """The loader logs through the root logger, which prints; nobody else logs meanwhile."""
    import logging

    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
