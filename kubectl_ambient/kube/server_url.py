"""The server of a kubeconfig or of `--server` as a URL that can be asked, or kubectl's sentence why not."""

from __future__ import annotations

import re

from .errors import ConfigError
from .secrets import remember_url, shown_url

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BEHIND_PATH = re.compile(r"[?#]")
_HOST = re.compile(r"(\[[^\[\]]+\]|[^\[\]:/\s\\\"<>^`{|}%]+)(:[0-9]*)?")  # as Go's net/url parses it
_UNABLE = "Unable to connect to the server: "


def server_url(server: str) -> str:
    """`https://host:port/path` without a slash at its end; kubectl takes one without a scheme for http.

    User, password, query and fragment are left out: nothing sends them, and no message may hold them.
    Raises ConfigError.
    """
    remember_url(server)
    scheme, separator, rest = server.partition("://")
    if not separator:
        scheme, rest = "http", server
    if _CONTROL.search(server):
        raise ConfigError(f"{_UNABLE}net/url: invalid control character in URL")
    if scheme.lower() not in ("http", "https"):
        raise ConfigError(f'{_UNABLE}unsupported protocol scheme "{scheme}"')
    rest = _BEHIND_PATH.split(rest.rpartition("@")[2], maxsplit=1)[0]
    authority, _, path = rest.partition("/")
    if not (found := _HOST.fullmatch(authority)):
        raise ConfigError(f'error: host must be a URL or a host:port pair: "{shown_url(server)}"')
    port = (found[2] or "").removeprefix(":")
    if port and (len(port) > 5 or int(port) > 65535):
        raise ConfigError(f"{_UNABLE}dial tcp: address {port}: invalid port")
    address = found[1] + (f":{port}" if port else "")
    return f"{scheme.lower()}://{address}{f'/{path}'.rstrip('/')}"
