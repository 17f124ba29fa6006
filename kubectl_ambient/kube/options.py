"""kubectl's global connection flags, as one value handed to `connect`."""

from __future__ import annotations

from typing import NamedTuple


class ConnectionOptions(NamedTuple):
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
    kuberc: str = ""

    @property
    def flags(self) -> tuple[tuple[str, ...], ...]:
        """The typed flags that lead a later command to the same cluster as the same user; never a secret.

        Each as its words: `("--context", "prod")`, `("--insecure-skip-tls-verify",)`.
        """
        typed = (
            ("--kubeconfig", self.kubeconfig),
            ("--context", self.context),
            ("--cluster", self.cluster),
            ("--user", self.user),
            ("--server", self.server),
            ("--certificate-authority", self.certificate_authority),
            ("--tls-server-name", self.tls_server_name),
            ("--client-certificate", self.client_certificate),
            ("--client-key", self.client_key),
            ("--as", self.as_user),
            ("--as-uid", self.as_uid),
            *(("--as-group", group) for group in self.as_groups),
            *(("--as-user-extra", extra) for extra in self.as_user_extra),
        )
        alone = (("--insecure-skip-tls-verify",),) if self.insecure_skip_tls_verify else ()
        return (*((flag, value) for flag, value in typed if value), *alone)
