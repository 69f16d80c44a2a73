"""A server of raw sockets that answers in every odd way and remembers each byte it received and sent.

One port serves http, one https, one https with a certificate nobody trusts, and one is a proxy (absolute URIs and
CONNECT). The path's first part names the case (wirecases.py), the rest makes it unique: `/folded/17`.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.wirecases import CASES, DROP, RETRY, ROBOTS, Case, plain

if TYPE_CHECKING:
    from pathlib import Path

HOST = "wire.test"
CROWD = 16  #: requests that `/together/…` waits for before it answers any of them


@dataclass(frozen=True, slots=True)
class Logged:
    """One exchange as the server saw it."""

    request: bytes
    interim: bytes
    answer: bytes
    after: bytes
    served: int  #: exchanges before it on the same connection

    @property
    def surplus(self) -> int:
        """Bytes after the message."""
        return len(self.after)

    def allowed(self) -> list[bytes]:
        """The blocks that stand for its answer: with or without the 1xx heads and the bytes after the message."""
        begun = [self.answer, self.interim + self.answer]
        return list(dict.fromkeys([*begun, *(one + self.after for one in begun)]))


class WireServer:
    """All ports, each connection in a thread of its own; a context manager."""

    def __init__(self, folder: Path) -> None:
        self.ca_file = folder / "ca.pem"
        self.log: dict[str, list[Logged]] = defaultdict(list)
        self._lock = threading.Lock()
        self._trusted = _context(folder, "trusted", self.ca_file)
        self._foreign = _context(folder, "untrusted", folder / "foreign-ca.pem")
        self._listeners: list[socket.socket] = []
        self._connections: set[socket.socket] = set()
        self.http = self._listen(None)
        self.https = self._listen(self._trusted)
        self.untrusted = self._listen(self._foreign)
        self.older_ca = folder / "older-ca.pem"
        self._older = _context(folder, "older", self.older_ca)
        self._older.maximum_version = ssl.TLSVersion.TLSv1_2
        self.tls12 = self._listen(self._older)
        self._barriers: dict[str, threading.Barrier] = defaultdict(lambda: threading.Barrier(CROWD))
        self.proxy = self.http  # a request with an absolute URI or CONNECT is understood on the http port

    @property
    def connect_to(self) -> dict[str, str]:
        """CONNECT_TO for HOST, for hosts with a foreign certificate, with another's, without TLS, and a dead port."""
        return {
            f"{HOST}:80": f"127.0.0.1:{self.http}",
            f"{HOST}:443": f"127.0.0.1:{self.https}",
            "untrusted.test:443": f"127.0.0.1:{self.untrusted}",
            "older.test:443": f"127.0.0.1:{self.tls12}",
            "misnamed.test:443": f"127.0.0.1:{self.https}",
            "no-tls.test:443": f"127.0.0.1:{self.http}",
            "dead.test:80": f"127.0.0.1:{dead_port()}",
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for sock in [*self._listeners, *self._connections]:
            with contextlib.suppress(OSError):  # the other side may have closed it
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def _listen(self, context: ssl.SSLContext | None) -> int:
        listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self._listeners.append(listener)
        threading.Thread(target=self._accept, args=(listener, context), daemon=True).start()
        port: int = listener.getsockname()[1]
        return port

    def _accept(self, listener: socket.socket, context: ssl.SSLContext | None) -> None:
        with contextlib.suppress(OSError):  # the listener was closed: the end
            while True:
                sock, _ = listener.accept()
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                threading.Thread(target=self._serve, args=(sock, context), daemon=True).start()

    def _serve(self, sock: socket.socket, context: ssl.SSLContext | None) -> None:
        with contextlib.suppress(OSError):  # the client went away, or refused the certificate
            self._connections.add(sock)
            if context is not None:
                sock = self._secure(sock, context)
            served = 0
            while request := _read_request(sock):
                if request.startswith(b"\x16"):  # a TLS greeting on the http port
                    sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                    break
                method, target, _ = request.split(b" ", 2)
                if method == b"CONNECT" and target.startswith(b"forbidden."):
                    sock.sendall(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
                    break
                if method == b"CONNECT":
                    sock.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    sock = self._secure(sock, self._trusted)
                elif not self._exchange(sock, urlsplit(target.decode("ascii")).path, request, served):
                    break
                else:
                    served += 1
        with contextlib.suppress(OSError):
            sock.close()

    def _secure(self, sock: socket.socket, context: ssl.SSLContext) -> ssl.SSLSocket:
        secured = context.wrap_socket(sock, server_side=True)
        self._connections.add(secured)
        return secured

    def _exchange(self, sock: socket.socket, path: str, request: bytes, served: int) -> bool:
        """Answer one request; False when the connection ends with that."""
        case = self._answer(path, request, served)
        if path.startswith("/together/"):
            self._barriers[path.rpartition("-")[0]].wait(timeout=10)
        message = case.interim + case.answer + case.surplus
        size = case.piece or max(1, len(message))
        for at in range(0, len(message), size):
            sock.sendall(message[at : at + size])
        if case.then == "hang":
            sock.recv(1)
        elif case.then == "close" and isinstance(sock, ssl.SSLSocket):
            sock.settimeout(2)
            sock.unwrap()
        return case.then == "keep"

    def _answer(self, path: str, request: bytes, served: int) -> Case:
        """Choose the answer and log it, before anything of it is sent."""
        name, _, rest = path.lstrip("/").partition("/")
        with self._lock:
            before = self.log[path]
            if name == "redirect":
                location = b"Location: /ok/redirected-" + rest.encode()
                case = Case(plain(b"", location, status=b"302 Found"))
            elif name == "robots.txt":
                case = ROBOTS
            elif name == "together":
                case = CASES["ok"]
            elif name == "retry":
                case = CASES["ok"] if before else RETRY
            elif name == "dropped":  # as if a kept-alive connection had timed out just before
                case = CASES["ok"] if before or not served else DROP
            else:
                case = CASES[name]
            before.append(Logged(request, case.interim, case.answer, case.surplus, served))
        return case


def dead_port() -> int:
    """Give a port of loopback that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def _read_request(sock: socket.socket) -> bytes:
    """Read one request, head and body by Content-Length; b'' when the client closed."""
    request = b""
    while b"\r\n\r\n" not in request:
        part = sock.recv(65536)
        if not part:
            return b""
        request += part
        if request.startswith(b"\x16"):
            return request
    head, _, body = request.partition(b"\r\n\r\n")
    lengths = [line.partition(b":")[2] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    missing = (int(lengths[0]) if lengths else 0) - len(body)
    while missing > 0:
        part = sock.recv(65536)
        if not part:
            return b""
        request += part
        missing -= len(part)
    return request


def _context(folder: Path, name: str, ca_file: Path) -> ssl.SSLContext:
    """Make a CA (its certificate in `ca_file`) and a server context with a certificate of it for HOST."""
    authority, authority_key = _certificate(f"newsbot test CA {name}", None, None)
    leaf, key = _certificate(HOST if name == "trusted" else f"{name}.test", authority, authority_key)
    ca_file.write_bytes(authority.public_bytes(Encoding.PEM))
    chain = folder / f"{name}-chain.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    chain.write_bytes(secret + leaf.public_bytes(Encoding.PEM) + authority.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    return context


def _certificate(
    name: str, issuer: x509.Certificate | None, issuer_key: ec.EllipticCurvePrivateKey | None
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    if issuer is not None:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return builder.sign(issuer_key or key, hashes.SHA256()), key
