"""What one command connects with: a context of the kubeconfig, with the flags laid over it, as in kubectl."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from .access_checks import check_access
from .errors import ConfigError
from .kubeconfig import Entry, Kubeconfig, load_kubeconfig
from .options import ConnectionOptions
from .plugin_policy import PluginPolicy, load_policy
from .secrets import remember
from .server_url import server_url

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
NO_SERVER = "http://localhost:8080"


class Access(Struct, frozen=True):
    """The cluster and the user to connect with, under the kubeconfig's own keys (paths absolute).

    `in_cluster`: the service account of this pod is used. `hint` is what to tell when it does not work.
    """

    server: str
    context: str = ""
    namespace: str = "default"
    cluster_name: str = ""
    user_name: str = ""
    cluster: Entry = field(default_factory=dict)
    user: Entry = field(default_factory=dict)
    origin: str = ""
    in_cluster: bool = False
    hint: str = ""
    plugin_policy: PluginPolicy = field(default_factory=PluginPolicy)


def find_access(options: ConnectionOptions, environ: Mapping[str, str] | None = None) -> Access:
    """Reads the kubeconfig and the flags. Raises ConfigError, with kubectl's words where it has some."""
    environ = os.environ if environ is None else environ
    remember(options.token)
    config = load_kubeconfig(options.kubeconfig, environ)
    access = select_access(config, options, environ)
    access = replace(access, plugin_policy=load_policy(options.kuberc, environ, is_needed="exec" in access.user))
    if access.server == server_url(_default_server(environ)) and _is_pod(environ):
        return _of_service_account(access, options, environ)
    return access


def select_access(config: Kubeconfig, options: ConnectionOptions, environ: Mapping[str, str]) -> Access:
    """The context, cluster and user that are meant, with the flags laid over them. Pure but for `stat`."""
    context_name = options.context or config.current_context
    context = config.contexts.get(context_name)
    if context_name and context is None:
        raise ConfigError(
            f'error: context "{context_name}" does not exist', hint=_similar(context_name, config.contexts)
        )
    context = context or {}
    cluster_name = options.cluster or context.get("cluster", "")
    user_name = options.user or context.get("user", "")
    if options.cluster and cluster_name not in config.clusters:
        raise ConfigError(
            f'error: cluster "{cluster_name}" does not exist', hint=_similar(cluster_name, config.clusters)
        )
    if options.user and user_name not in config.users:
        raise ConfigError(f'error: auth info "{user_name}" does not exist', hint=_similar(user_name, config.users))
    cluster = _cluster(config.clusters.get(cluster_name, {}), options)
    user = _user(config.users.get(user_name, {}), options)
    check_access(cluster_name, cluster, user_name, user)
    return Access(
        server=server_url(cluster.get("server") or _default_server(environ)),
        context=context_name,
        namespace=options.namespace or context.get("namespace") or "default",
        cluster_name=cluster_name,
        user_name="" if options.token else user_name,
        cluster=cluster,
        user=user,
        origin=config.origins.get(user_name, ""),
        hint=_what_is_missing(config, context_name, cluster_name, user_name, cluster),
    )


def _cluster(entry: Entry, options: ConnectionOptions) -> Entry:
    cluster = dict(entry)
    if options.server:
        cluster["server"] = options.server
    if options.insecure_skip_tls_verify or options.certificate_authority:
        for key in ("insecure-skip-tls-verify", "certificate-authority", "certificate-authority-data"):
            cluster.pop(key, None)
        if options.insecure_skip_tls_verify:
            cluster["insecure-skip-tls-verify"] = True
        if options.certificate_authority:
            cluster["certificate-authority"] = str(Path(options.certificate_authority).absolute())
    # Another server is seldom known by the name of the one in the file.
    if options.server or options.tls_server_name:
        cluster.pop("tls-server-name", None)
    if options.tls_server_name:
        cluster["tls-server-name"] = options.tls_server_name
    if options.disable_compression:
        cluster["disable-compression"] = True
    return cluster


def _user(entry: Entry, options: ConnectionOptions) -> Entry:
    user = dict(entry)
    for key, path in (
        ("client-certificate", options.client_certificate),
        ("client-key", options.client_key),
    ):
        if path:
            user.pop(f"{key}-data", None)
            user[key] = str(Path(path).absolute())
    if options.token:
        user["token"] = options.token
    if options.as_user:
        user["as"] = options.as_user
    if options.as_uid:
        user["as-uid"] = options.as_uid
    if options.as_groups:
        user["as-groups"] = list(options.as_groups)
    if options.as_user_extra:
        user["as-user-extra"] = _extra(options.as_user_extra)
    return user


def _extra(pairs: tuple[str, ...]) -> dict[str, list[str]]:
    extra: dict[str, list[str]] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise ConfigError(f'error: invalid --as-user-extra "{pair}": it must be key=value')
        extra.setdefault(key, []).append(value)
    return extra


def _default_server(environ: Mapping[str, str]) -> str:
    return environ.get("KUBERNETES_MASTER") or NO_SERVER


def _what_is_missing(config: Kubeconfig, context: str, cluster_name: str, user_name: str, cluster: Entry) -> str:
    if cluster.get("server"):
        if user_name and user_name not in config.users:
            return f'context "{context}" names the user "{user_name}", which is not in the kubeconfig'
        return ""
    if cluster_name and cluster_name not in config.clusters:
        return f'context "{context}" names the cluster "{cluster_name}", which is not in the kubeconfig'
    if cluster_name:
        return f'the cluster "{cluster_name}" has no server in the kubeconfig'
    if config.contexts:
        return "no context is chosen: `kubectl config use-context NAME` sets one, --context names one"
    if config.missing:
        return f"no kubeconfig was found at {', '.join(config.missing)}: name one with --kubeconfig"
    return "the kubeconfig is empty: name another with --kubeconfig or $KUBECONFIG"


def _similar(name: str, known: Mapping[str, Any]) -> str:
    import difflib

    if close := difflib.get_close_matches(name, known, n=1):
        return f'did you mean "{close[0]}"?'
    return "see `kubectl config get-contexts`" if known else "the kubeconfig has none"


def _is_pod(environ: Mapping[str, str]) -> bool:
    return bool(
        environ.get("KUBERNETES_SERVICE_HOST")
        and environ.get("KUBERNETES_SERVICE_PORT")
        and (SERVICE_ACCOUNT / "token").is_file()
    )


def _of_service_account(access: Access, options: ConnectionOptions, environ: Mapping[str, str]) -> Access:
    host, port = environ["KUBERNETES_SERVICE_HOST"], environ["KUBERNETES_SERVICE_PORT"]
    try:
        own = (SERVICE_ACCOUNT / "namespace").read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        own = ""
    return Access(
        server=server_url(f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"),
        namespace=options.namespace or environ.get("POD_NAMESPACE") or own or "default",
        cluster=access.cluster,
        user=access.user,
        in_cluster=True,
    )
