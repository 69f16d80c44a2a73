"""Capture: Scrapy's HTTP/1.1 download handler, keeping what goes over the wire (warc.md section 1).

    engine → Capture.download_request → stock handler over wire.Pool → exchanges → self-check → Keeper.keep → response

A response, and equally a failure, goes back to Scrapy only when its exchanges are in the archive. `request.meta` keys:
`newsbot` (dict, JSON-able: the spider's context for the metadata record), `via` and `hops` go in; `capture`
(article.Capture) comes out.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable
from urllib.parse import urldefrag, urlsplit

from scrapy.core.downloader.handlers.http11 import HTTP11DownloadHandler
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadTimeoutError,
    StopDownload,
)
from scrapy.utils.url import add_http_if_no_scheme
from twisted.internet.error import ConnectionClosed
from twisted.web.client import ResponseFailed

from newsbot.clock import system_clock
from newsbot.errors import CaptureBroken
from newsbot.handlers.recording import Download, Recording, one_line
from newsbot.handlers.resolver import AddressRefused, Resolver
from newsbot.handlers.selfcheck import check_answered, check_response
from newsbot.handlers.trust import policy
from newsbot.handlers.wire import DOWNLOAD, Pool, check_names
from newsbot.warc.exchange import Exchange

if TYPE_CHECKING:
    from scrapy import Request
    from scrapy.crawler import Crawler
    from scrapy.http import Response

    from newsbot import article

__all__ = ["Capture", "Keeper"]


@runtime_checkable
class Keeper(Protocol):
    """The extension that archives exchanges (newsbot.extensions.Archive)."""

    def admit(self, url: str) -> None:
        """Raise an IgnoreRequest when the URL may not be asked any more: what waited before it has changed that."""

    async def keep(self, exchange: Exchange) -> article.Capture:
        """Return when `exchange` is durable; ArchiveError when it cannot be."""


class Capture(HTTP11DownloadHandler):
    """For DOWNLOAD_HANDLERS, http and https. Settings: TLS_CA_FILE, and those of the stock handler.

    Raises what the stock handler raises, and ArchiveError (not archived), CaptureBroken (the self-check failed),
    AddressRefused (resolver.py). None of these three is retried by Scrapy's RetryMiddleware.
    """

    _in_flight: ClassVar[set[Download]] = set()  #: of the whole process: Scrapy makes one handler a scheme

    def __init__(self, crawler: Crawler) -> None:
        """Put the recording pool and the verifying TLS policy in the stock ones' places.

        Raises BadInput (trust.py), and CaptureBroken when one of the names in wire.py is gone.
        """
        super().__init__(crawler)
        check_names()
        try:
            self._replace(crawler)
        except AttributeError as error:
            raise CaptureBroken.changed(error) from error
        self._clock = system_clock()
        self._most = crawler.settings.getint("DOWNLOAD_MAXSIZE")
        self._keeper: Keeper | None = None

    def _replace(self, crawler: Crawler) -> None:
        pool = Pool(self._pool._reactor)  # type: ignore[no-untyped-call]  # noqa: SLF001 - no public name for the reactor
        pool.maxPersistentPerHost = self._pool.maxPersistentPerHost
        pool.cachedConnectionTimeout = self._pool.cachedConnectionTimeout
        pool.retryAutomatically = self._pool.retryAutomatically
        self._pool = pool
        if crawler.settings.getbool("DOWNLOAD_VERIFY_CERTIFICATES"):
            options = self._contextFactory._get_cert_options_kwargs()  # noqa: SLF001 - of Scrapy's own factory
            self._contextFactory = policy(crawler.settings.get("TLS_CA_FILE") or "", options)

    @classmethod
    def abort_all(cls, reason: str) -> int:
        """Cancel every download of this process that is on the wire, `reason` in one line; give their number.

        Each is archived as far as it came (truncated `unspecified`, error `aborted: <reason>`) and raises
        DownloadCancelledError, which Scrapy does not retry. What only waits for the archive is left to end well.
        """
        downloads = list(cls._in_flight)
        for download in downloads:
            download.abort(reason)
        return len(downloads)

    async def download_request(self, request: Request) -> Response:
        """Download `request`; its exchanges are durable when this returns or raises."""
        self._archive().admit(request.url)
        download = Download(self._clock, request.meta.get("download_maxsize", self._most))
        try:
            response = await self._fetch(request, download)
        except CaptureBroken:
            raise
        except (Exception, asyncio.CancelledError) as error:
            exchanges = _exchanges(request, download, error)
            check_answered(request, error, exchanges, aborted=bool(download.aborted or download.excess))
            await self._keep(request, exchanges)
            if download.aborted:
                raise DownloadCancelledError(f"aborted: {download.aborted}") from error
            if download.excess:
                raise DownloadCancelledError(download.excess) from error
            raise
        stopped = "download_stopped" in response.flags
        exchanges = _exchanges(request, download, None, stopped=stopped)
        check_response(request, response, exchanges)
        await self._keep(request, exchanges)
        return response

    async def _fetch(self, request: Request, download: Download) -> Response:
        """The stock download, with `download` known to the pool and in reach of `abort_all` while it runs."""
        token = DOWNLOAD.set(download)
        self._in_flight.add(download)
        resolver = getattr(self._pool._reactor, "nameResolver", None)  # noqa: SLF001
        try:
            if isinstance(resolver, Resolver) and (proxy := request.meta.get("proxy")):
                resolver.admit_proxy(*_host_port(proxy))
            return await super().download_request(request)
        except CannotResolveHostError as error:
            if isinstance(resolver, Resolver) and (reason := resolver.refusal(urlsplit(request.url).hostname or "")):
                raise AddressRefused(reason) from error
            raise
        finally:
            self._in_flight.discard(download)
            download.follow(None)
            DOWNLOAD.reset(token)

    def _archive(self) -> Keeper:
        if self._keeper is None:
            self._keeper = self._crawler.get_extension(Keeper)  # type: ignore[type-abstract]  # isinstance is all it does
            if self._keeper is None:
                raise CaptureBroken("no extension archives exchanges: EXTENSIONS must hold newsbot.extensions.Archive")
        return self._keeper

    async def _keep(self, request: Request, exchanges: list[Exchange]) -> None:
        """Hand all to the archive and wait; `request.meta["capture"]` is then the last answer's, or the failure's."""
        answered = False
        for exchange in exchanges:
            capture = await self._archive().keep(exchange)
            if exchange.response is not None or not answered:
                request.meta["capture"] = capture
            answered = answered or exchange.response is not None


def _exchanges(
    request: Request, download: Download, error: BaseException | None, *, stopped: bool = False
) -> list[Exchange]:
    """Close the recordings of a download that ended with `error` or with a response; at least one exchange."""
    stopped = stopped or isinstance(error, StopDownload)
    exchanges = [
        _exchange(request, recording, *_ending(recording, error, download, stopped=stopped), stopped=stopped)
        if recording is download.recordings[-1]
        else _exchange(request, recording, "disconnect", f"sent again on a new connection: {recording.lost}")
        for recording in download.recordings
    ]
    if not exchanges and error is not None:  # no connection came about
        words = f"aborted: {download.aborted}" if download.aborted else one_line(error)
        exchanges.append(_describe(request, Exchange("", download.started, b"", protocols=(), error=words)))
    return exchanges


def _ending(recording: Recording, error: BaseException | None, download: Download, *, stopped: bool) -> tuple[str, str]:
    """(WARC-Truncated, error in one line) of the exchange that a download ended with."""
    words = one_line(error) if error is not None else recording.lost
    if download.aborted:
        token, words = "unspecified", f"aborted: {download.aborted}"
    elif download.excess:
        token, words = "length", download.excess
    elif isinstance(error, DownloadTimeoutError):
        token = "time"  # noqa: S105 - a token of WARC-Truncated
    elif isinstance(error, DownloadCancelledError):
        token = "length"  # noqa: S105
    elif stopped:
        token, words = "unspecified", "stopped by a signal handler"
    elif recording.lost and not _unreadable(error):
        token = "disconnect"  # noqa: S105
    else:
        token, words = "unspecified", words or "the answer could not be read to its end"
    if recording.whole and not recording.lost:
        token = ""
        words = words if error is not None else ""
    return token, words


def _unreadable(error: BaseException | None) -> bool:
    """True when Twisted gave up on an answer it could not parse, so that it was we who closed the connection."""
    cause = error.__cause__ if error is not None else None
    return isinstance(cause, ResponseFailed) and not any(reason.check(ConnectionClosed) for reason in cause.reasons)


def _exchange(request: Request, recording: Recording, truncated: str, error: str, *, stopped: bool = False) -> Exchange:
    """The recording, closed, as the archive takes it."""
    sent, interim, answer = recording.close(stopped=stopped)
    peer = recording.peer
    proxied = bool(request.meta.get("proxy"))
    exchange = Exchange(
        url="",
        started=recording.started,
        request=sent,
        response=answer or None,
        interim=interim,
        surplus=recording.surplus,
        truncated=truncated if answer else "",
        error=error,
        fetch_ms=round((recording.last - recording.begun) * 1000),
        protocols=("http/1.0" if answer.startswith(b"HTTP/1.0") else "http/1.1",) if sent else (),
    )
    if peer is not None:
        exchange.ip = "" if proxied else peer.ip
        if peer.tls and (not proxied or request.url.startswith("https:")):  # else it is the proxy's TLS
            exchange.protocols += (peer.tls,)
            exchange.cipher, exchange.chain = peer.cipher, peer.chain
    return _describe(request, exchange)


def _describe(request: Request, exchange: Exchange) -> Exchange:
    """Fill in what the request says: its URL, where it came from, the spider's context."""
    exchange.url = urldefrag(request.url)[0]
    exchange.via = request.meta.get("via", "")
    exchange.hops = request.meta.get("hops", "")
    exchange.context = request.meta.get("newsbot", {})
    return exchange


def _host_port(proxy: str) -> tuple[str, int]:
    parts = urlsplit(add_http_if_no_scheme(proxy))
    return parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
