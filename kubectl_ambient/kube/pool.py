"""urllib3's connection pool, set up for one cluster: TLS, proxy and socket options."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from .access import Access
from .auth import Login
from .errors import ConfigError
from .link import Link

if TYPE_CHECKING:
    import urllib3

POOL_SIZE = 10  # as many as are read beside each other


def make_pool(login: Login, access: Access, proxy: str, link: Link) -> urllib3.PoolManager:
    """The pool to reach a cluster through as `login`; `proxy` is a URL or empty. Raises ConfigError.

    link: learns from every answer, and tells whether the next is better not compressed.
    """
    _leave_out_http2()
    import urllib3

    if access.cluster.get("insecure-skip-tls-verify"):
        # It was asked for by name; kubectl does not warn either.
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    settings: dict[str, Any] = {"maxsize": POOL_SIZE, "socket_options": _socket_options()}
    if login.ssl_context is not None:
        settings["ssl_context"] = login.ssl_context
        if name := access.cluster.get("tls-server-name"):
            settings["server_hostname"] = name
    if not proxy:
        return _timed(urllib3.PoolManager(**settings), link)
    if proxy.startswith("socks5"):
        # Asked first, since urllib3 also prints a warning when it is missing.
        if find_spec("socks") is None:
            raise ConfigError(
                f"error: the proxy {_without_password(proxy)} is a SOCKS proxy, which needs the package PySocks",
                hint="pip install PySocks, beside kubectl-ambient; or use an HTTP proxy",
            )
        from urllib3.contrib.socks import SOCKSProxyManager

        return _timed(SOCKSProxyManager(proxy, **settings), link)
    parts = urlsplit(proxy)
    if parts.username is not None:
        settings["proxy_headers"] = urllib3.make_headers(
            proxy_basic_auth=f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        )
    return _timed(urllib3.ProxyManager(_without_password(proxy), **settings), link)


def _leave_out_http2() -> None:
    """Have urllib3 take its package for HTTP/2 as it lies there, without running it.

    It asks importlib.metadata for a version, for somebody who switches HTTP/2 on: a thirtieth of a command's time.
    """
    found = None if "urllib3" in sys.modules else find_spec("urllib3")
    if found is not None:
        package = ModuleType("urllib3.http2")
        package.__path__ = [str(Path(place, "http2")) for place in found.submodule_search_locations or ()]
        sys.modules[package.__name__] = package


def _timed(manager: urllib3.PoolManager, link: Link) -> urllib3.PoolManager:
    from .connection import with_deadlines

    found = manager.pool_classes_by_scheme
    manager.pool_classes_by_scheme = {scheme: with_deadlines(pool, link) for scheme, pool in found.items()}
    return manager


def _without_password(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


def _socket_options() -> list[tuple[int, int, int]]:
    """No delay, and a peer that is gone is noticed within a minute or so, even while a watch is silent."""
    import socket as s

    options = [(s.IPPROTO_TCP, s.TCP_NODELAY, 1), (s.SOL_SOCKET, s.SO_KEEPALIVE, 1)]
    for name, value in (("TCP_KEEPIDLE", 30), ("TCP_KEEPINTVL", 10), ("TCP_KEEPCNT", 3)):
        if hasattr(s, name):
            options.append((s.IPPROTO_TCP, getattr(s, name), value))
    return options
