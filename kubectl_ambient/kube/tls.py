"""TLS as Go's client does it: which certificates are trusted, and what is told when one is not."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from .errors import ConfigError


class SharedContext(ssl.SSLContext):
    """A context that connections of several threads share.

    urllib3 sets the ALPN protocols anew for each connection. That frees a buffer which OpenSSL may be copying,
    without the interpreter's lock, while another thread opens its own connection.
    """

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        """Nothing: they are set once, by `make_ssl_context`."""


def make_ssl_context(configuration: Any, whose: str) -> ssl.SSLContext:
    """The context for a `kubernetes` Configuration, whose files are read now and not again.

    Raises ConfigError for an authority, certificate or key that cannot be used; `whose` names its user.
    """
    context = SharedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Go takes any certificate of the bundle for an anchor, and does not ask for the extensions that
    # Python 3.13 insists on and that many clusters' own authorities lack.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    ssl.SSLContext.set_alpn_protocols(context, ["http/1.1"])
    if not configuration.verify_ssl:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif configuration.ssl_ca_cert:
        _trust(context, configuration.ssl_ca_cert)
    else:
        _trust_the_system(context)
    if configuration.cert_file:
        _identify(context, configuration.cert_file, configuration.key_file, whose)
    return context


def _trust(context: ssl.SSLContext, path: str) -> None:
    try:
        pem = Path(path).read_bytes()
        context.load_verify_locations(cadata=pem.decode("ascii", errors="ignore"))
    except OSError as e:  # ssl.SSLError is one
        why = "unable to parse bytes as PEM block" if isinstance(e, ssl.SSLError) else str(e.strerror).lower()
        raise ConfigError(f"error: unable to load root certificates: {why}") from None


def _trust_the_system(context: ssl.SSLContext) -> None:
    context.load_default_certs()
    paths = ssl.get_default_verify_paths()
    if not context.cert_store_stats()["x509_ca"] and not (paths.cafile or paths.capath):
        import certifi

        context.load_verify_locations(certifi.where())


def _identify(context: ssl.SSLContext, certificate: str, key: str | None, whose: str) -> None:
    def no_password() -> str:
        raise ConfigError(f"error: tls: the client key of {whose} is encrypted, which kubectl cannot use either")

    try:
        context.load_cert_chain(certificate, key, password=no_password)
    except ssl.SSLError as e:
        why = "tls: failed to find any PEM data in certificate input or in the key"
        if e.reason == "KEY_VALUES_MISMATCH":
            why = "tls: private key does not match public key"
        raise ConfigError(f"error: {why} (client certificate of {whose})") from None
    except OSError as e:
        raise ConfigError(f"error: open {certificate}: {str(e.strerror).lower()}") from None
