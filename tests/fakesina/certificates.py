"""A certificate authority made at start, and one certificate for each host name. EC keys: made in a millisecond."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

LIFETIME = timedelta(days=30)


def name(common: str) -> x509.Name:
    """An X.509 name that says what this is."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "newsbot: fake Sina, for tests only"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def usage(*, authority: bool) -> x509.KeyUsage:
    """What the key may do; OpenSSL's strict mode wants it said."""
    return x509.KeyUsage(
        digital_signature=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


class Authority:
    """A CA with a key of its own that lives as long as this object."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = name("fake Sina CA")
        builder = self._begin(self.name, self.key.public_key(), authority=True)
        self.certificate = builder.sign(self.key, hashes.SHA256())

    def _begin(self, subject: x509.Name, key: ec.EllipticCurvePublicKey, *, authority: bool) -> x509.CertificateBuilder:
        # The system's clock, not the site's: TLS libraries compare with the system's.
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + LIFETIME)
            .add_extension(x509.BasicConstraints(ca=authority, path_length=0 if authority else None), critical=True)
            .add_extension(usage(authority=authority), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False)
        )

    def issue(self, host: str) -> bytes:
        """Key and certificate of `host` (a name or an IP address) as PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            self._begin(name(host), key.public_key(), authority=False)
            .add_extension(x509.SubjectAlternativeName([subject(host)]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(self.key, hashes.SHA256())
        )
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return secret + certificate.public_bytes(Encoding.PEM)

    def pem(self) -> bytes:
        """The CA's certificate."""
        return self.certificate.public_bytes(Encoding.PEM)


def subject(host: str) -> x509.GeneralName:
    """`host` as a subject alternative name."""
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def contexts(directory: Path, hosts: Iterable[str]) -> dict[str, ssl.SSLContext]:
    """Write `ca.pem` and `hosts/<host>.pem` below `directory`; give a server context for each host."""
    authority = Authority()
    (directory / "hosts").mkdir(parents=True, exist_ok=True)
    (directory / "ca.pem").write_bytes(authority.pem())
    made: dict[str, ssl.SSLContext] = {}
    for host in hosts:
        path = directory / "hosts" / f"{host}.pem"
        path.touch(mode=0o600)
        path.write_bytes(authority.issue(host))
        made[host] = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made[host].load_cert_chain(path)
    return made


def by_name(made: dict[str, ssl.SSLContext], default: str) -> ssl.SSLContext:
    """The context to listen with: each SNI name gets its own certificate, an unknown one an alert."""
    front = made[default]

    def choose(connection: ssl.SSLObject, asked: str | None, _: ssl.SSLContext) -> int | None:
        if asked is None:
            return None
        if asked not in made:
            return ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        connection.context = made[asked]
        return None

    front.sni_callback = choose
    return front
