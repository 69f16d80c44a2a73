"""The tee: what Twisted's HTTP/1.1 client sends and receives, kept byte for byte (warc.md section 1).

Twisted lower-cases header names, drops 1xx heads, skips lines without a colon and takes the chunking away before Scrapy
sees an answer. So the bytes are kept where they pass: on their way in at `dataReceived` (above TLS), on their way out
inside the request's `writeTo`. Which of them belong to which Scrapy request is carried from `Pool.getConnection`, where
a ContextVar tells, to the Twisted request and from there to the connection.

Names of Scrapy and Twisted that this rests on and that no document promises: `_pool`, `_contextFactory` and
`_get_cert_options_kwargs` (in capture.py), `_reactor`, `_factory`, `_quiescentCallback`, `_newclient.Request`,
`_LenientHTTP11ClientFactory`, `_LenientHTTP11ClientProtocol`, `writeTo`, `_finishResponse`, `state`. Hence the upper
bounds in requirements.in. One that is gone is noticed before the first request (`check_names`), one that is there and
no longer used at the first answer (selfcheck.py); tests/test_capture_names.py breaks each.
"""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.serialization import Encoding
from twisted.internet.interfaces import IHandshakeListener, ISSLTransport
from twisted.web.client import HTTPConnectionPool
from zope.interface import implementer  # type: ignore[import-untyped]  # zope.interface has no types

from newsbot.errors import CaptureBroken
from newsbot.handlers.ciphers import registered
from newsbot.handlers.recording import Download, Peer, Recording

try:
    from scrapy.core.downloader.handlers.http11 import _LenientHTTP11ClientFactory, _LenientHTTP11ClientProtocol
    from twisted.web._newclient import Request as TxRequest
except ImportError as error:
    raise CaptureBroken.changed(error) from error

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable

    from OpenSSL.SSL import Connection as TlsConnection
    from twisted.internet.defer import Deferred
    from twisted.internet.interfaces import IAddress, IStreamClientEndpoint
    from twisted.python.failure import Failure
    from twisted.web._newclient import HTTP11ClientProtocol
    from twisted.web.iweb import IResponse

#: The download on whose behalf the running code asks for a connection.
DOWNLOAD: ContextVar[Download | None] = ContextVar("newsbot_download", default=None)


class _TeeTransport:
    """A transport as a request's `writeTo` sees it: what is written is kept, everything else is the real one's."""

    def __init__(self, transport: Any, recording: Recording) -> None:
        self._transport = transport
        self._recording = recording

    def write(self, data: bytes) -> None:
        self._recording.sent.append(data)
        self._transport.write(data)

    def writeSequence(self, parts: Iterable[bytes]) -> None:  # noqa: N802 - Twisted's name
        self.write(b"".join(parts))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class RecordedRequest(TxRequest):
    """A Twisted request that knows its download, and its recording once a connection has taken it."""

    download: Download
    recording: Recording | None = None

    def writeTo(self, transport: Any) -> Deferred[None]:  # noqa: N802 - Twisted's name
        """Send the request, keeping its bytes."""
        if self.recording is not None:  # else the self-check finds nothing and stops the crawl
            transport = _TeeTransport(transport, self.recording)
        written: Deferred[None] = super().writeTo(transport)  # type: ignore[no-untyped-call]
        return written


@implementer(IHandshakeListener)
class RecordingProtocol(_LenientHTTP11ClientProtocol):
    """Scrapy's client protocol, with every exchange of its connection recorded."""

    _recording: Recording | None = None
    _download: Download | None = None
    _peer: Peer | None = None
    _shaken = False
    _finishing = False

    def request(self, request: TxRequest) -> Deferred[IResponse]:
        """Send `request` and begin a recording of it; a hidden retry comes here again with the same request."""
        if not isinstance(request, RecordedRequest):
            raise CaptureBroken.changed("a request reached the wire past wire.Pool")
        if self.state == "QUIESCENT":  # else nothing is sent, and Twisted says so
            self._recording = request.recording = Recording(self, request.download.clock)
            request.download.recordings.append(self._recording)
            self._download = request.download
        return super().request(request).addCallback(self._headed, request.recording)

    def _headed(self, response: IResponse, recording: Recording | None) -> IResponse:
        if recording is not None:
            recording.headed = True
        return response

    @property
    def state(self) -> str:
        """Tell the pool not to use a connection again that is being closed.

        Twisted calls one QUIESCENT still when bytes came after the message, or when the download was stopped and the
        message came to its end nevertheless: the next request on it was then lost, over TLS without being sent.
        """
        spoilt = self._recording is not None and self._recording.spoilt and not self._finishing
        return "CONNECTION_LOST" if spoilt else str(super().state)

    def handshakeCompleted(self) -> None:  # noqa: N802 - IHandshakeListener
        """TLS stands: what was written goes out."""
        self._shaken = True

    def dataReceived(self, data: bytes) -> None:  # noqa: N802 - Twisted's name
        """Keep what came in, then let the stock protocol have it."""
        if self._recording is not None:
            self._recording.receive(data)
        super().dataReceived(data)  # type: ignore[no-untyped-call]
        if self._recording is None or self._download is None or self._download.excess:
            return
        if excess := self._recording.excess(self._download.limit):
            self._download.exceed(excess)

    def _finishResponse(self, rest: bytes) -> None:  # noqa: N802 - Twisted's name
        """The message is whole; `rest` came after it."""
        if self._recording is not None:
            self._recording.finish(len(rest))
        self._finishing = True  # within, the pool takes the connection back and wants to hear QUIESCENT
        super()._finishResponse(rest)
        self._finishing = False

    def connectionLost(self, reason: Failure) -> None:  # type: ignore[override]  # noqa: N802 - Twisted's name
        """The connection is gone."""
        if self._recording is not None:
            self._recording.lose(reason)
        super().connectionLost(reason)  # type: ignore[no-untyped-call]

    def peer(self) -> Peer:
        """The other side as known now; read at an exchange's end, because at its beginning TLS may not stand yet."""
        if self._peer is None or not self._peer.reached:
            self._peer = _peer(self.transport, shaken=self._shaken)
        return self._peer


def _peer(transport: Any, *, shaken: bool) -> Peer:
    ip = getattr(transport.getPeer(), "host", "")
    if not ISSLTransport.providedBy(transport):
        return Peer(ip)
    if not shaken:
        return Peer(ip, reached=False)
    tls: TlsConnection = transport.getHandle()
    version = tls.get_protocol_version_name().lower().replace("tlsv", "tls/")
    chain = tls.get_peer_cert_chain(as_cryptography=True) or []
    return Peer(
        ip=ip,
        tls=version if "." in version else f"{version}.0",
        cipher=registered(tls.get_cipher_name() or ""),
        chain=tuple(certificate.public_bytes(Encoding.DER) for certificate in chain),
    )


class Factory(_LenientHTTP11ClientFactory):
    """Builds the recording protocol where Scrapy's builds the stock one."""

    def buildProtocol(self, addr: IAddress | None) -> HTTP11ClientProtocol:  # noqa: ARG002, N802 - Twisted's names
        """Give the protocol of a new connection."""
        return RecordingProtocol(self._quiescentCallback)  # type: ignore[no-untyped-call]


class _Bound:
    """A connection (or Twisted's retrying wrapper of one) that is about to take the request of one download."""

    def __init__(self, connection: HTTP11ClientProtocol, download: Download) -> None:
        self._connection = connection
        self._download = download

    def request(self, request: TxRequest) -> Deferred[IResponse]:
        try:
            request.__class__ = RecordedRequest
        except TypeError as error:  # it is no longer of that class
            raise CaptureBroken.changed(error) from error
        request.download = self._download  # type: ignore[attr-defined]  # mypy does not see the line above
        return self._connection.request(request)


class Pool(HTTPConnectionPool):
    """Twisted's pool of kept-alive connections, each of them recording."""

    _factory = Factory

    def getConnection(self, key: Hashable, endpoint: IStreamClientEndpoint) -> Deferred[Any]:  # noqa: N802 - Twisted's
        """Give a connection for the download that DOWNLOAD names."""
        download = DOWNLOAD.get()
        if download is None:
            raise CaptureBroken.changed("a connection was asked for outside a download")
        flow: Deferred[Any] = super().getConnection(key, endpoint)
        flow.addCallback(_Bound, download)
        download.follow(flow)
        return flow


def check_names() -> None:
    """Raise CaptureBroken when a private name that the tee rests on is gone; called before the first request."""
    try:
        Factory(_nobody, "").buildProtocol(None)  # type: ignore[no-untyped-call]
        for owner, name in _NAMES:
            getattr(owner, name)
    except (AttributeError, TypeError) as error:
        raise CaptureBroken.changed(error) from error


_NAMES: tuple[tuple[type, str], ...] = (
    (HTTPConnectionPool, "_factory"),
    (_LenientHTTP11ClientProtocol, "_finishResponse"),
    (_LenientHTTP11ClientProtocol, "state"),
    (TxRequest, "writeTo"),
)


def _nobody(protocol: HTTP11ClientProtocol) -> None:
    """Take back a connection that was never made."""
