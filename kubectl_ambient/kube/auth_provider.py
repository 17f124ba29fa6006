"""Auth-providers of a kubeconfig (oidc, gcp, …): the `kubernetes` package knows them, and renews their tokens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from .access import Access
from .errors import ConfigError, printable
from .kubeconfig import Entry


def ask_auth_provider(access: Access, provider: Entry) -> str:
    """The Authorization header that `provider` gives to the access's user; what it renewed is saved.

    Raises ConfigError when it gives none.
    """
    from kubernetes.client import Configuration
    from kubernetes.config.kube_config import KubeConfigLoader

    from .persist import save_auth_provider

    before = dict(provider.get("config") or {})
    config = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {}}],
        "users": [{"name": "u", "user": {"auth-provider": provider}}],
    }
    configuration = Configuration()
    try:
        with _quiet_logging():
            KubeConfigLoader(config, config_base_path="").load_and_set(configuration)
    except Exception as e:
        # The loader's errors are many: missing keys, unreadable files, a provider's refusal.
        raise ConfigError(f"error: {_whose(access)} cannot be used: {printable(str(e) or repr(e))}") from e
    authorization = str(configuration.api_key.get("BearerToken") or "")
    if not authorization:
        raise ConfigError(
            f'error: the auth provider "{provider.get("name")}" of {_whose(access)} gave no credentials',
            hint="log in again with the tool that wrote this kubeconfig",
        )
    if (after := provider.get("config") or {}) != before:
        save_auth_provider(access.origin, access.user_name, after)
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
