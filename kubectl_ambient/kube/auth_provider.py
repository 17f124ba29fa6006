"""Auth-providers of a kubeconfig: for oidc, the only one that kubectl still has, the `kubernetes` package asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kubectl_ambient.foreign import stacked

from .access import Access
from .errors import ConfigError, KubeError
from .headers import header_value
from .kubeconfig import Entry
from .secrets import remember

_REMOVED = {
    "gcp": (
        'Please use the "gke-gcloud-auth-plugin" kubectl/client-go credential plugin instead.',
        "See https://cloud.google.com/blog/products/containers-kubernetes/kubectl-auth-changes-in-gke"
        " for further details",
    ),
    "azure": (
        "Please use the https://github.com/Azure/kubelogin kubectl/client-go credential plugin instead.",
        "See https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins"
        " for further details",
    ),
}
_EXPIRED = "e30.eyJleHAiOjB9.e30"  # {}.{"exp":0}.{}: in the place of an id-token that is not there
_LOG_IN_AGAIN = "log in again with the tool that wrote this kubeconfig"


def check_auth_provider(provider: Entry) -> None:
    """Raises ConfigError for one that kubectl does not know, or no longer."""
    name = provider.get("name") or ""
    if name in _REMOVED:
        raise ConfigError(stacked([f"error: The {name} auth plugin has been removed.", *_REMOVED[name]]))
    if name != "oidc":
        raise ConfigError(f'error: no Auth Provider found for name "{name}"')


def ask_auth_provider(access: Access, provider: Entry) -> str:
    """The Authorization header that `provider` (oidc) gives to the access's user; what it renewed is saved.

    Raises ConfigError when it gives none, ConnectionFailed when its issuer cannot be reached or is not verified.
    """
    from kubernetes.client import Configuration

    from .oidc import VerifyingLoader
    from .persist import save_auth_provider

    before: dict[str, Any] = dict(provider.get("config") or {})
    settings = {"client-secret": "", **before, "id-token": before.get("id-token") or _EXPIRED}
    config = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {}}],
        "users": [{"name": "u", "user": {"auth-provider": {"name": "oidc", "config": settings}}}],
    }
    configuration = Configuration()
    try:
        with _quiet_logging():
            VerifyingLoader(config, config_base_path="").load_and_set(configuration)
    except KubeError:
        raise
    except Exception:
        # The loader's words quote what it stumbled over.
        raise ConfigError(
            f"error: {_whose(access)} cannot be used: its id-token is not a valid JWT", hint=_LOG_IN_AGAIN
        ) from None
    authorization = str(configuration.api_key.get("BearerToken") or "")
    if not authorization:
        raise ConfigError(
            f'error: the auth provider "oidc" of {_whose(access)} gave no credentials', hint=_LOG_IN_AGAIN
        )
    renewed = {key: settings[key] for key in ("id-token", "refresh-token") if settings.get(key) != before.get(key)}
    if renewed:
        remember(*renewed.values())
        header_value("Authorization", authorization)  # what cannot be sent is not kept either
        save_auth_provider(access.origin, access.user_name, {**before, **renewed})
    return authorization


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
