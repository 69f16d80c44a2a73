"""Whom TLS connections trust: the authorities of TLS_CA_FILE and no others, else the system's (design.md, CONNECT_TO).

`policy` is what handlers.Capture connects with; extensions.Archive makes one before the engine starts, so that a bad
setting is told then.
"""

from __future__ import annotations

import os
import re
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

from OpenSSL.crypto import Error as CertificateError
from twisted.internet.ssl import Certificate, optionsForClientTLS, platformTrust, trustRootFromCertificates
from twisted.web.client import HostnameCachingHTTPSPolicy
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer  # type: ignore[import-untyped]  # zope.interface has no types

from newsbot.errors import BadInput

if TYPE_CHECKING:
    from twisted.internet.interfaces import IOpenSSLClientConnectionCreator

#: Where systems keep their bundle, besides where Python's own OpenSSL looks.
_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",  # Fedora, RHEL
    "/etc/ssl/ca-bundle.pem",  # openSUSE
    "/etc/ssl/cert.pem",  # macOS, Alpine
)
_PEM = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)

#: Hosts whose TLS context is kept, so that the authorities are not added again for every connection.
_HOSTS = 100


def policy(ca_file: str, options: dict[str, Any]) -> Any:
    """Give the IPolicyForHTTPS that verifies certificate and host name by TLS_CA_FILE, or by the system when ''.

    `options` are further arguments for Twisted's CertificateOptions (TLS versions, ciphers). Raises BadInput, one line,
    when there is no authority to trust.
    """
    inner: Any = _Policy(_trust_root(ca_file), options)  # zope's interfaces are no types to mypy
    return HostnameCachingHTTPSPolicy(inner, _HOSTS)


@implementer(IPolicyForHTTPS)
class _Policy:
    """Verifies against one trust root; sends the server's name (SNI), offers no other protocol than HTTP/1.1."""

    def __init__(self, trust_root: Any, options: dict[str, Any]) -> None:
        self._trust_root = trust_root
        self._options = options

    def creatorForNetloc(self, hostname: bytes, port: int) -> IOpenSSLClientConnectionCreator:  # noqa: ARG002, N802
        return optionsForClientTLS(
            hostname.decode("ascii"), trustRoot=self._trust_root, extraCertificateOptions=dict(self._options)
        )


def _trust_root(ca_file: str) -> Any:
    if ca_file:
        return _authorities(Path(ca_file), "TLS_CA_FILE")
    for bundle in _system_bundles():
        if bundle.is_file() and bundle.stat().st_size:
            return _authorities(bundle, "the system's list of CA certificates")
    folder = os.environ.get("SSL_CERT_DIR") or ssl.get_default_verify_paths().capath
    if folder and any(Path(folder).glob("*.0")):
        return platformTrust()  # type: ignore[no-untyped-call]
    raise BadInput(
        "this system has no CA certificates, so no https page can be trusted: install the Debian package "
        "ca-certificates, or name a PEM file in TLS_CA_FILE"
    )


def _system_bundles() -> list[Path]:
    chosen = os.environ.get("SSL_CERT_FILE")  # OpenSSL's own variable
    if chosen is not None:
        return [Path(chosen)]
    return [Path(name) for name in (ssl.get_default_verify_paths().cafile, *_BUNDLES) if name]


def _authorities(path: Path, what: str) -> Any:
    try:
        blocks = _PEM.findall(path.read_bytes())
    except OSError as error:
        raise BadInput(
            f"{what} {path} cannot be read ({error.strerror}): give a PEM file with CA certificates"
        ) from error
    if not blocks:
        raise BadInput(f"{what} {path} holds no certificate: give a PEM file with CA certificates")
    try:
        return trustRootFromCertificates([Certificate.loadPEM(block) for block in blocks])  # type: ignore[no-untyped-call]
    except CertificateError as error:
        raise BadInput(f"{what} {path} holds a broken certificate: give a PEM file with CA certificates") from error
