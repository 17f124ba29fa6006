"""A certificate authority for one test server: keys of its own, made fresh each time."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


@dataclass(frozen=True)
class KeyPair:
    """A certificate and its key, as PEM files."""

    certificate: Path
    key: Path


def write_key(key: ec.EllipticCurvePrivateKey, path: Path) -> None:
    """Write a private key that only its owner can read."""
    path.touch(mode=0o600)
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )


def new_key(path: Path) -> ec.EllipticCurvePrivateKey:
    """Make a key and write it."""
    key = ec.generate_private_key(ec.SECP256R1())
    write_key(key, path)
    return key


class Authority:
    """Signs the server's certificate and those of any user a test wants to be."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._key = new_key(folder / "ca.key")
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "kubectl-ambient-rig")])
        self.certificate = folder / "ca.crt"
        builder = self._builder(self._name, self._key).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self._sign(builder, self.certificate)

    def issue(self, file: str, name: str, organizations: tuple[str, ...] = (), *, server: bool = False) -> KeyPair:
        """A certificate: a user `name` in the groups `organizations`, or a server on loopback."""
        pair = KeyPair(self.folder / f"{file}.crt", self.folder / f"{file}.key")
        subject = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in organizations]
        subject.append(x509.NameAttribute(NameOID.COMMON_NAME, name))
        usage = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = self._builder(x509.Name(subject), new_key(pair.key)).add_extension(
            x509.ExtendedKeyUsage([usage]), critical=False
        )
        if server:
            addresses: list[x509.GeneralName] = [
                x509.DNSName("localhost"),
                x509.DNSName("kubernetes.default.svc"),
                x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
            ]
            builder = builder.add_extension(x509.SubjectAlternativeName(addresses), critical=False)
        self._sign(builder, pair.certificate)
        return pair

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            # An hour back: a clock that was set back a little must not spoil a test run.
            .not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=30))
        )

    def _sign(self, builder: x509.CertificateBuilder, path: Path) -> None:
        path.write_bytes(builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
