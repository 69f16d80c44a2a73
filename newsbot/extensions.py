"""What lives as long as a crawl: Archive (exchanges → WARC → ledger), Monitor (close → verdict), Progress.

They are shells: what they do is in run.py and health.py.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy import signals
from scrapy.exceptions import IgnoreRequest, NotConfigured
from scrapy.utils.asyncio import call_later, create_looping_call
from tqdm import tqdm

from newsbot.clock import system_clock
from newsbot.configuration import archive_of, options_of
from newsbot.console import tell
from newsbot.crawl.ending import finish
from newsbot.crawl.run import Run
from newsbot.errors import ArchiveError, NewsbotError
from newsbot.handlers.capture import Capture as CaptureHandler
from newsbot.handlers.resolver import parse_connect_to
from newsbot.text import stamp

if TYPE_CHECKING:
    from datetime import datetime

    from scrapy.crawler import Crawler
    from twisted.python.failure import Failure

    from newsbot import health
    from newsbot.article import Capture
    from newsbot.warc.exchange import Exchange

logger = logging.getLogger(__name__)

#: Seconds between two renewals of leases.
RENEW_EVERY = 30.0
#: Seconds between two looks at what still waits when a run ends.
SWEEP_EVERY = 0.5
#: Seconds after which a stop no longer waits for what is on the wire; a stopped crawl must end within 10.
GRACE = 4.0
#: Errors that a verdict names; the log has all.
NAMED_ERRORS = 100


class Stopping(IgnoreRequest):
    """The run is ending: this was not asked any more."""


class Resting(IgnoreRequest):
    """The host said no lately; `until` says when it may be asked again (aware UTC)."""

    def __init__(self, host: str, until: datetime) -> None:
        super().__init__(f"{host} rests until {stamp(until)}")
        self.until = until


class Archive:
    """Opens the run and keeps every exchange; handlers.Capture finds it by its `keep`."""

    def __init__(self, crawler: Crawler) -> None:
        """Open ledger and archive before the engine starts; raises NewsbotError, and nothing is left open then."""
        settings = crawler.settings
        options = options_of(settings, getattr(crawler.spider, "kind", "schedule"))
        CaptureHandler(crawler)  # Scrapy makes its own at the first request, and would only log that it cannot
        parse_connect_to(settings["CONNECT_TO"])
        self._crawler = crawler
        self._broken = False
        self._renewing: Any = None
        self.run = Run(archive_of(settings), system_clock(), options)
        self.run.facts.log = settings["LOG_FILE"] or ""
        self.run.open(progress=tell)
        self.stopping = asyncio.Event()

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Archive:
        """Scrapy's way in; off for crawls that are not of this archive (scrapy shell, fetch)."""
        if not hasattr(crawler.spider, "kind"):
            raise NotConfigured("newsbot archives its own spider only")
        archive = cls(crawler)
        crawler.signals.connect(archive.spider_opened, signals.spider_opened)
        crawler.signals.connect(archive.spider_error, signals.spider_error)
        crawler.signals.connect(archive.item_error, signals.item_error)
        return archive

    async def spider_opened(self) -> None:
        """The run begins: its first record."""
        try:
            await self.run.begin(self.fail)
        except NewsbotError as error:  # Scrapy would log it and crawl on
            self.fail(error)
            return
        self._renewing = create_looping_call(self._renew)
        self._renewing.start(RENEW_EVERY, now=False)

    def _renew(self) -> None:
        """Keep what is this run's; a run that lost its job stops."""
        try:
            self.run.renew()
        except NewsbotError as error:
            self.fail(error)

    def admit(self, url: str) -> None:
        """Raises Resting when the URL's host may not be asked now."""
        host = (urlsplit(url).hostname or "").rstrip(".")
        if until := self.run.hosts.resting(host):
            raise Resting(host, until)

    async def keep(self, exchange: Exchange) -> Capture:
        """Return when the exchange is in the archive for good; ArchiveError stops the crawl."""
        try:
            capture = await self.run.keep(exchange)
            self._bound()
        except Exception as error:  # a mistake of ours costs this exchange, and is told
            logger.exception("%s could not be kept, or what it says not be noted", exchange.url)
            self.fail(error)
            raise
        return capture

    def _bound(self) -> None:
        """End a back-fill that has asked as much as one may."""
        most = self._crawler.settings.getint("BACKFILL_MAX_REQUESTS")
        if self.run.options.kind == "backfill" and 0 < most <= self.run.facts.exchanges:
            self.stop(f"BACKFILL_MAX_REQUESTS = {most} reached; run it again to go on")

    def fail(self, error: BaseException | None) -> None:
        """An error after which going on would lose something: stop, and say so in the verdict."""
        facts = self.run.facts
        if isinstance(error, ArchiveError):
            facts.unwritable = facts.unwritable or str(error)
        else:
            words = str(error) if isinstance(error, NewsbotError) else f"{type(error).__name__}: {error}"
            line = f"{words}; {facts.log or 'the log'} has the whole story"
            if line not in facts.errors and len(facts.errors) < NAMED_ERRORS:
                facts.errors.append(line)
        if isinstance(error, NewsbotError) and not self._broken:
            self._broken = True
            self.stop(type(error).__name__, say=False)

    def stop(self, reason: str, *, say: bool = True) -> None:
        """End the crawl soon: what is on the wire gets `GRACE` seconds, what waits becomes a named hole."""
        if self.stopping.is_set():
            return
        self.stopping.set()
        if say:
            self.run.facts.stopped = reason
        if self._crawler.engine is not None and self._crawler.engine.running:  # else start() sees it and ends
            self._stop = asyncio.ensure_future(self._crawler.stop_async())
        self._sweep(reason, GRACE)

    def _sweep(self, reason: str, grace: float) -> None:
        """Let nothing wait for its turn, and break off what is on the wire in `grace` seconds.

        Again and again: a robots.txt that is broken off lets the request behind it begin.
        """
        engine = self._crawler.engine
        for slot in engine.downloader.slots.values() if engine is not None else ():
            while slot.queue:
                slot.queue.popleft()[1].errback(Stopping("the run is ending"))
        if grace <= 0:
            CaptureHandler.abort_all(reason)
        call_later(SWEEP_EVERY, self._sweep, reason, grace - SWEEP_EVERY)

    def spider_error(self, failure: Failure) -> None:
        """A callback raised: counted in the verdict, its article stays a hole."""
        self.fail(failure.value)

    def item_error(self, failure: Failure) -> None:
        """A pipeline raised: likewise."""
        self.fail(failure.value)

    def close(self) -> health.Verdict:
        """End the run; the verdict."""
        if self._renewing is not None and self._renewing.running:
            self._renewing.stop()
        return finish(self.run)


class Monitor:
    """At the close: facts → verdict → one JSON file, one line in the log, and the exit code for the crawl command."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self.verdict: health.Verdict | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Monitor:
        """Scrapy's way in."""
        monitor = cls(crawler)
        crawler.signals.connect(monitor.spider_closed, signals.spider_closed)
        return monitor

    def spider_closed(self, reason: str) -> None:
        """Sum up. `reason` is `finished`, or what closed the spider early (CLOSESPIDER_… among them)."""
        archive = self._crawler.get_extension(Archive)
        if archive is None:
            return
        if reason != "finished" and not archive.stopping.is_set():
            archive.run.facts.stopped = reason
        self.verdict = archive.close()
        logger.info(self.verdict.line)


class Progress:
    """A line with what is done so far, on a terminal only."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler
        self._bar: tqdm[Any] | None = None
        self._ticking: Any = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Progress:
        """Scrapy's way in; off where nobody looks."""
        if not sys.stderr.isatty():
            raise NotConfigured
        progress = cls(crawler)
        crawler.signals.connect(progress.spider_opened, signals.spider_opened)
        crawler.signals.connect(progress.spider_closed, signals.spider_closed)
        return progress

    def spider_opened(self) -> None:
        """Begin to show."""
        if self._crawler.get_extension(Archive) is not None:
            total = self._crawler.spider.expected if self._crawler.spider else None  # type: ignore[attr-defined]
            self._bar = tqdm(desc="kept", unit=" exchanges", leave=False, miniters=0, total=total)
            self._ticking = create_looping_call(self._show)
            self._ticking.start(0.5, now=True)

    def _show(self) -> None:
        archive = self._crawler.get_extension(Archive)
        if archive is None or self._bar is None:
            return
        facts = archive.run.facts
        refused = sum(facts.refused.values())
        self._bar.set_postfix_str(
            f"{len(archive.run.lists.shown)} listed, {facts.published} published, {refused} refused", refresh=False
        )
        self._bar.update(facts.exchanges - self._bar.n)
        self._bar.refresh()

    def spider_closed(self) -> None:
        """Take the line away."""
        if self._bar is not None:
            self._ticking.stop()
            self._bar.close()
