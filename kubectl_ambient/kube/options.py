"""kubectl's global connection flags, as one value handed to `connect`."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionOptions:
    """What was typed; an empty string, an empty tuple or False means: not given.

    `as_user_extra` holds `key=value` texts as typed. `request_timeout` is kubectl's text: bare seconds or
    Go's durations (`5s`, `1m30s`); "0" means no limit.
    """

    kubeconfig: str = ""
    context: str = ""
    cluster: str = ""
    user: str = ""
    namespace: str = ""
    server: str = ""
    token: str = ""
    client_certificate: str = ""
    client_key: str = ""
    certificate_authority: str = ""
    insecure_skip_tls_verify: bool = False
    tls_server_name: str = ""
    as_user: str = ""
    as_uid: str = ""
    as_groups: tuple[str, ...] = ()
    as_user_extra: tuple[str, ...] = ()
    request_timeout: str = "0"
    disable_compression: bool = False
