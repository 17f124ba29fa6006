"""The headers that every request carries, and the warnings that answers bring in theirs."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kubectl_ambient import __version__

from .access import Access
from .errors import ConfigError
from .utf8 import utf8

_MACHINES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_LEGAL_IN_A_NAME = re.compile(rb"[!#$&'*+\-.^_`|~0-9A-Za-z]")  # a header's name, RFC 7230, without %
_ILLEGAL_IN_A_VALUE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_WARNING = re.compile(r'299 [^ "]+ "((?:[^"\\]|\\.)*)"')


def user_agent() -> str:
    """`kubectl-ambient/1.2.3 (linux/amd64)`."""
    import platform

    machine = platform.machine().lower()
    return f"kubectl-ambient/{__version__} ({platform.system().lower()}/{_MACHINES.get(machine, machine)})"


def standing_headers(access: Access) -> list[tuple[str, str]]:
    """Names and values; Impersonate-Group comes once for each group, so this cannot be a dict."""
    headers = [("User-Agent", user_agent())]
    if not access.cluster.get("disable-compression"):
        headers.append(("Accept-Encoding", "gzip"))
    user = access.user
    if user.get("as"):
        headers.append(("Impersonate-User", user["as"]))
        if user.get("as-uid"):
            headers.append(("Impersonate-Uid", user["as-uid"]))
        headers += [("Impersonate-Group", group or "") for group in user.get("as-groups") or ()]
        for key, values in (user.get("as-user-extra") or {}).items():
            headers += [(f"Impersonate-Extra-{_escape(str(key))}", value or "") for value in values or ()]
    return [(name, header_value(name, value)) for name, value in headers]


def header_value(name: str, value: str) -> str:
    """`value` so that http.client sends it as UTF-8. Raises ConfigError, without it, where no header can hold it."""
    if _ILLEGAL_IN_A_VALUE.search(value):
        raise ConfigError(f'Unable to connect to the server: net/http: invalid header field value for "{name}"')
    return utf8(value).decode("latin-1")


def warnings_in(values: Iterable[str]) -> list[str]:
    """The texts of `Warning: 299 - "text"` headers; others, and broken ones, are left out."""
    return [re.sub(r"\\(.)", r"\1", text) for value in values for text in _WARNING.findall(value)]


def _escape(key: str) -> str:
    return "".join(chr(b) if _LEGAL_IN_A_NAME.fullmatch(bytes((b,))) else f"%{b:02X}" for b in utf8(key))
