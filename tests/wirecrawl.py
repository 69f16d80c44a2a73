"""A crawl in a process of its own: takes a plan, asks for each of its URLs through handlers.Capture, tells what came.

    python tests/wirecrawl.py plan.json

plan.json: `settings`, `out` (file of JSON lines; the archive comes to lie beside it), `alone` and `together`
(requests: url, method, body as base64, meta), `abort` (true: cancel everything when all of `together` is on the wire),
`handler` (a class of this file).
Lines written: `{"kept": {...}}`, one for each exchange in the order of durability, and `{"outcome": {...}}`, one for
each request.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy import Request, Spider, signals
from scrapy.core.downloader.handlers.http11 import _LenientHTTP11ClientFactory
from scrapy.crawler import AsyncCrawlerProcess, Crawler
from scrapy.exceptions import StopDownload
from twisted.web._newclient import HTTP11ClientProtocol
from twisted.web._newclient import Request as TxRequest

from newsbot import article
from newsbot.clock import system_clock
from newsbot.errors import ArchiveError
from newsbot.handlers import wire
from newsbot.handlers.capture import Capture
from newsbot.warc.commit import GroupCommit
from newsbot.warc.writer import Writer

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from scrapy.http import Response
    from twisted.python.failure import Failure

    from newsbot.warc.exchange import Exchange


class Keep:
    """Stands where newsbot.extensions.Archive stands: writes each exchange into WARC files, and down as JSON."""

    def __init__(self, crawler: Crawler) -> None:
        self.out = Path(crawler.settings["OUT"]).open("a", encoding="utf-8")  # noqa: SIM115 - open as long as the crawl
        self.full = crawler.settings.getbool("DISK_FULL")
        self.count = 0
        archive = Path(crawler.settings["OUT"]).parent / "archive"
        self.writer = Writer(archive, info={"isPartOf": "wire"}, clock=system_clock())
        self.commit = GroupCommit(self.writer)
        crawler.signals.connect(self.close, signals.engine_stopped)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Keep:
        return cls(crawler)

    def admit(self, url: str) -> None:
        """Every URL may be asked."""

    async def keep(self, exchange: Exchange) -> article.Capture:
        if self.full:
            raise ArchiveError("no space left")
        written = self.writer.append(exchange)
        await self.commit.durable()
        assert written.file
        self.count += 1
        self.tell(kept={name: value for name, value in asdict(exchange).items() if not name.startswith("_")})
        status = int(exchange.response.split(None, 2)[1]) if exchange.response and not exchange.truncated else 0
        return article.Capture(f"<urn:{self.count}>", "", exchange.url, status, error=exchange.error)

    def close(self) -> None:
        self.commit.close()
        self.writer.close()
        self.out.close()

    def tell(self, **line: Any) -> None:
        json.dump(line, self.out, default=_plain)
        self.out.write("\n")


def _plain(value: object) -> str:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)


class WireSpider(Spider):
    """Asks what the plan says and tells how each request ended."""

    name = "wire"

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> WireSpider:
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.headers_received, signals.headers_received)
        crawler.signals.connect(spider.bytes_received, signals.bytes_received)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        plan: dict[str, Any] = self.settings["PLAN"]
        assert self.crawler.engine
        for item in plan["alone"]:
            request = self.request(item)
            try:
                self.answered(await self.crawler.engine.download_async(request))
            except Exception as error:  # told as the outcome
                self.tell(request, type(error).__name__, str(error), None)
        for item in plan["together"]:
            yield self.request(item)
        if plan.get("abort"):
            asyncio.get_running_loop().call_soon(self.abort, len(plan["together"]))

    def abort(self, expected: int) -> None:
        """Cancel all when each of the expected downloads waits: for an answer, the rest of one, or a connection."""
        downloads = list(Capture._in_flight)
        ready = [d for d in downloads if not d.recordings or d.recordings[-1].sent]
        begun = [d for d in downloads if d.recordings and d.recordings[-1].received]
        if len(ready) == expected and len(begun) == expected - 1:
            Capture.abort_all("the test says so")
        else:
            asyncio.get_running_loop().call_later(0.01, self.abort, expected)

    def request(self, item: dict[str, Any]) -> Request:
        return Request(
            item["url"],
            method=item.get("method", "GET"),
            body=base64.b64decode(item.get("body", "")),
            meta=item.get("meta", {}) | {"handle_httpstatus_all": item.get("all", True)},
            callback=self.answered,
            errback=self.failed,
            dont_filter=True,
        )

    def headers_received(self, request: Request) -> None:
        if request.meta.get("stop") == "headers":
            raise StopDownload(fail=bool(request.meta.get("stop_fail")))

    def bytes_received(self, request: Request) -> None:
        if request.meta.get("stop") == "bytes":
            raise StopDownload(fail=bool(request.meta.get("stop_fail")))

    def answered(self, response: Response) -> None:
        assert response.request
        self.tell(response.request, "", "", response)

    def failed(self, failure: Failure) -> None:
        self.tell(failure.request, type(failure.value).__name__, str(failure.value), None)  # type: ignore[attr-defined]

    def tell(self, request: Request, error: str, words: str, response: Response | None) -> None:
        keep = self.crawler.get_extension(Keep)
        assert keep
        capture = request.meta.get("capture")
        keep.tell(
            outcome={
                "url": request.url,
                "error": error,
                "words": words,
                "status": response.status if response else 0,
                "body": len(response.body) if response else 0,
                "kept": keep.count,
                "capture": asdict(capture) if capture else None,
            }
        )


class TeeForgets(Capture):
    """A Capture whose tee loses the last byte of what it is given."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)

        class Protocol(wire.RecordingProtocol):
            def dataReceived(self, data: bytes) -> None:
                if self._recording is not None:
                    self._recording.receive(data[:-1])
                super(wire.RecordingProtocol, self).dataReceived(data)  # type: ignore[no-untyped-call]

        class Factory(wire.Factory):
            def buildProtocol(self, addr: Any) -> Any:  # noqa: ARG002
                return Protocol(self._quiescentCallback)  # type: ignore[no-untyped-call]

        self._pool._factory = Factory


class FactoryIgnored(Capture):
    """As if Twisted's pool no longer asked `_factory`."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._pool._factory = _LenientHTTP11ClientFactory


class PoolIgnored(Capture):
    """As if Scrapy no longer asked `_pool`: its own is in place."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        stock = super(Capture, self)
        policy = self._contextFactory
        stock.__init__(crawler)  # type: ignore[misc]  # puts the stock pool back
        self._contextFactory = policy


class WriteToIgnored(Capture):
    """As if Twisted's requests were no longer sent by `writeTo`."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        wire.RecordedRequest.writeTo = TxRequest.writeTo  # type: ignore[method-assign]


class FinishIgnored(Capture):
    """As if `_finishResponse` were called something else: no message ever ends."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        wire.RecordingProtocol._finishResponse = HTTP11ClientProtocol._finishResponse  # type: ignore[method-assign]


def main(plan_file: str) -> None:
    """Run the plan."""
    plan = json.loads(Path(plan_file).read_text(encoding="utf-8"))
    handler = globals()[plan.get("handler", "Capture")]
    process = AsyncCrawlerProcess(
        plan["settings"]
        | {
            "PLAN": plan,
            "OUT": plan["out"],
            "EXTENSIONS": {Keep: 0},
            "DOWNLOAD_HANDLERS": {"http": handler, "https": handler},
            "TWISTED_DNS_RESOLVER": "newsbot.handlers.resolver.Resolver",
            "DOWNLOAD_VERIFY_CERTIFICATES": True,
            "TELNETCONSOLE_ENABLED": False,
        }
    )
    process.crawl(WireSpider)
    process.start()


if __name__ == "__main__":
    main(sys.argv[1])
