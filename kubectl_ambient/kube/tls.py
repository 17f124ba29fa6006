"""TLS as Go's client does it: which certificates are trusted, who we are, and what is told when that fails."""

from __future__ import annotations

import errno
import ssl
from base64 import b64decode
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from .errors import ConfigError, why_not_opened
from .kubeconfig import Entry
from .memory_file import as_path
from .secrets import remember


class SharedContext(ssl.SSLContext):
    """A context that connections of several threads share.

    urllib3 sets the ALPN protocols anew for each connection. That frees a buffer which OpenSSL may be copying,
    without the interpreter's lock, while another thread opens its own connection.
    """

    def set_alpn_protocols(self, alpn_protocols: Iterable[str]) -> None:
        """Nothing: they are set once, by `make_ssl_context`."""


def make_ssl_context(cluster: Entry, user: Entry, whose: str) -> ssl.SSLContext:
    """The context for a cluster and a user under the kubeconfig's keys, whose files are read now and not again.

    Raises ConfigError for an authority, certificate or key that cannot be used; `whose` names its user.
    """
    context = SharedContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # Go takes any certificate of the bundle for an anchor, and does not ask for the extensions that
    # Python 3.13 insists on and that many clusters' own authorities lack.
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    # A name must stand among the certificate's alternative names; Go does not look at its common name.
    context.hostname_checks_common_name = False
    ssl.SSLContext.set_alpn_protocols(context, ["http/1.1"])
    if cluster.get("insecure-skip-tls-verify"):
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif "certificate-authority-data" in cluster or "certificate-authority" in cluster:
        _trust(context, cluster)
    else:
        _trust_the_system(context)
    if "client-certificate-data" in user or "client-certificate" in user:
        with _as_file(user, "client-certificate") as certificate, _as_file(user, "client-key") as key:
            _identify(context, certificate, key, whose)
    return context


def _trust(context: ssl.SSLContext, cluster: Entry) -> None:
    try:
        if data := cluster.get("certificate-authority-data"):
            pem = b64decode(data)
        else:
            pem = Path(cluster["certificate-authority"]).read_bytes()
        context.load_verify_locations(cadata=pem.decode("ascii", errors="ignore"))
    except (ssl.SSLError, ValueError):  # a ValueError is for nothing at all
        raise ConfigError("error: unable to load root certificates: unable to parse bytes as PEM block") from None
    except OSError as e:
        raise ConfigError(f"error: unable to load root certificates: {str(e.strerror).lower()}") from None


def _trust_the_system(context: ssl.SSLContext) -> None:
    context.load_default_certs()
    paths = ssl.get_default_verify_paths()
    if not context.cert_store_stats()["x509_ca"] and not (paths.cafile or paths.capath):
        import certifi

        context.load_verify_locations(certifi.where())


def _as_file(user: Entry, key: str) -> AbstractContextManager[str]:
    """A path that has this for the length of the block: Python's ssl takes certificates and keys from files only."""
    data = user.get(f"{key}-data")
    if data is None:
        return nullcontext(str(user.get(key) or ""))
    content = b64decode(data)
    remember(*([content] if key == "client-key" else []))
    return as_path(content)


def _identify(context: ssl.SSLContext, certificate: str, key: str, whose: str) -> None:
    def no_password() -> str:
        raise ConfigError(f"error: tls: the client key of {whose} is encrypted, which kubectl cannot use either")

    try:
        context.load_cert_chain(certificate, key or None, password=no_password)
    except (OSError, ValueError) as e:
        if not _is_of_openssl(e):
            raise ConfigError(f"error: the client certificate of {whose} cannot be read: {why_not_opened(e)}") from None
        why = "tls: failed to find any PEM data in certificate input or in the key"
        if isinstance(e, ssl.SSLError) and e.reason == "KEY_VALUES_MISMATCH":
            why = "tls: private key does not match public key"
        raise ConfigError(f"error: {why} (client certificate of {whose})") from None


def _is_of_openssl(error: Exception) -> bool:
    """Python takes OpenSSL's refusal of what came through a pipe for one of the system: a pipe has no position."""
    return isinstance(error, ssl.SSLError) or (isinstance(error, OSError) and error.errno == errno.ESPIPE)
