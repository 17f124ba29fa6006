"""Which proxy a server is reached through: the kubeconfig's, else the environment's, as in Go's net/http."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from .errors import ConfigError
from .secrets import remember_url, shown_url

_NO_URL = re.compile(r"[\x00-\x20\x7f]")


def proxy_for(server: str, proxy_url: str, environ: Mapping[str, str]) -> str:
    """The URL of the proxy to reach `server` (a URL) through; empty when it is reached directly.

    `proxy_url` is the kubeconfig's, which $NO_PROXY does not undo. Raises ConfigError.
    """
    if proxy_url:
        return _checked(proxy_url, f"invalid 'proxy-url' \"{shown_url(proxy_url)}\"")
    scheme = urlsplit(server).scheme
    name = f"{scheme}_proxy"
    found = environ.get(name.upper()) or environ.get(name) or ""
    # A CGI script's HTTP_PROXY may be a client's header.
    if not found or (scheme == "http" and environ.get("REQUEST_METHOD")):
        return ""
    if _goes_direct(server, environ.get("NO_PROXY") or environ.get("no_proxy") or ""):
        return ""
    url = found if "://" in found else f"http://{found}"
    return _checked(url, f'invalid proxy "{shown_url(found)}" in ${name}')


def _checked(url: str, what: str) -> str:
    remember_url(url)
    try:
        parts = urlsplit(url)
        valid = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        parts, valid = None, False
    # What urlsplit drops without a word, or hands on, and no host can have.
    if parts is None or _NO_URL.search(url):
        raise ConfigError(f"error: {what}: could not parse: {shown_url(url)}") from None
    if parts.scheme not in ("http", "https", "socks5", "socks5h"):
        raise ConfigError(f'error: {what}: unsupported scheme "{parts.scheme}", must be http, https, or socks5')
    if not valid:
        raise ConfigError(f"error: {what}: it names no host")
    # Go lets a SOCKS proxy resolve the server's name; urllib3 calls that socks5h.
    return f"socks5h://{url.partition('://')[2]}" if parts.scheme == "socks5" else url


def _goes_direct(server: str, no_proxy: str) -> bool:
    parts = urlsplit(server)
    host = (parts.hostname or "").rstrip(".")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address = _address(host)
    if host == "localhost" or (address is not None and address.is_loopback):
        return True
    return any(_matches(entry.strip().lower(), host, port, address) for entry in no_proxy.split(","))


def _matches(entry: str, host: str, port: int, address: ipaddress.IPv4Address | ipaddress.IPv6Address | None) -> bool:
    if not entry:
        return False
    if entry == "*":
        return True
    if "/" in entry:
        try:
            return address is not None and address in ipaddress.ip_network(entry, strict=False)
        except ValueError:
            return False
    name, colon, number = entry.rpartition(":")
    if colon and number.isdecimal() and _address(entry) is None:
        if number.lstrip("0") != str(port):
            return False
        entry = name.strip("[]")
    if address is not None:
        return _address(entry) == address
    entry = entry.removeprefix("*")
    if entry.startswith("."):
        return host.endswith(entry)
    return host == entry or host.endswith(f".{entry}")


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
