"""The credentials that this process has read, and how they are left out of what it prints.

Our own sentences hold none. This is for the words of others (a server's, a plugin's) and for tracebacks.
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

HIDDEN = "[hidden]"
_SURE = 8  # characters: what is shorter may be a plain word ("admin") that others use for something else
_SHORTEST = 3
_SECRET_KEYS = ("token", "password", "client-key-data")
_URL_KEYS = ("server", "proxy-url")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", re.DOTALL)
_LOOKS_SECRET = re.compile(
    r"(?i:\b(?<=bearer )|\b(?<=basic ))[A-Za-z0-9+/=._~-]{20,}"  # a header
    r"|\beyJ[\w-]+\.[\w-]+(?:\.[\w-]*)?"  # a JSON web token
    r"|(?<=://)[^/\s@\"']+(?=@)"  # the user and password of a URL
)

_credentials: set[str] = set()
_settings: set[str] = set()


def remember(*credentials: object) -> None:
    """Keeps credentials for `hide`. Numbers are taken as they are written; anything else than text is passed over."""
    _keep(_credentials, credentials)


def remember_url(url: object) -> None:
    """Keeps the user, the password and the query of a URL, if it has them."""
    if not isinstance(url, str):
        return
    before, at, _ = url.partition("://")[2].rpartition("@")
    if at:
        remember(before, *before.split(":", 1)[1:])
    remember(*url.partition("?")[2:])


def remember_user(user: object) -> None:
    """Keeps what stands under `user` of a kubeconfig, read but not yet checked."""
    if not isinstance(user, Mapping):
        return
    remember(*(user.get(key) for key in _SECRET_KEYS))
    provider, plugin = user.get("auth-provider"), user.get("exec")
    if isinstance(provider, Mapping) and isinstance(config := provider.get("config"), Mapping):
        remember(*(v for k, v in config.items() if not str(k).startswith("idp-") and k != "client-id"))
        remember_url(config.get("idp-issuer-url"))
    if isinstance(plugin, Mapping):
        values = [e.get("value") for e in _list(plugin.get("env")) if isinstance(e, Mapping)]
        # An option's name is no secret, its value may be one.
        values += [str(a).partition("=")[2] if str(a).startswith("-") else a for a in _list(plugin.get("args"))]
        _keep(_settings, values)


def remember_cluster(cluster: object) -> None:
    """Keeps what stands under `cluster` of a kubeconfig, read but not yet checked."""
    if isinstance(cluster, Mapping):
        for key in _URL_KEYS:
            remember_url(cluster.get(key))


def hide(text: str) -> str:
    """The words of others without any credential that is known, or that looks like one."""
    return _without(text, {c for c in _credentials if len(c) >= _SURE})


def hide_all(text: str) -> str:
    """A traceback, or a plugin's words: without the settings of plugins and the shortest passwords either."""
    return _without(text, _credentials | _settings)


def shown_url(url: str) -> str:
    """A URL as it may be printed: without user, password and query."""
    head, separator, rest = url.partition("://")
    if not separator:
        head, rest = "", url
    return head + separator + re.split(r"[?#]", rest.rpartition("@")[2], maxsplit=1)[0]


def host_of(url: str) -> str:
    """`host:port` of a URL, as it may be printed."""
    return urlsplit(shown_url(url)).netloc


def _keep(known: set[str], values: Any) -> None:
    for value in values:
        if isinstance(value, bytes | bytearray):
            value = value.decode("utf-8", errors="replace")
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if isinstance(value, str):
            known.update(part for part in (value, value.strip(), *value.splitlines()) if len(part) >= _SHORTEST)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _without(text: str, known: set[str]) -> str:
    text = _PRIVATE_KEY.sub(HIDDEN, text)
    for secret in sorted(known, key=len, reverse=True):
        if secret in text or len(secret) < 2000:
            for form in _forms(secret):
                text = text.replace(form, HIDDEN)
    return _LOOKS_SECRET.sub(HIDDEN, text)


def _forms(secret: str) -> set[str]:
    """As it stands, and as it is written in Python, JSON, a URL and a Basic header."""
    raw = secret.encode("utf-8", errors="replace")
    return {
        secret,
        repr(secret)[1:-1],
        repr(raw)[2:-1],
        json.dumps(secret)[1:-1],
        quote(secret, safe=""),
        b64encode(raw).decode(),
    }
