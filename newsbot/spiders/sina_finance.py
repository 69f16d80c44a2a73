"""The spider: lists, then articles, then what their pages need, until nothing is left to ask."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from scrapy import Request, Spider, signals

from newsbot.clock import system_clock
from newsbot.configuration import user_agent
from newsbot.console import tell
from newsbot.discovery import arguments
from newsbot.errors import CaptureBroken
from newsbot.extensions import Archive
from newsbot.handlers.recording import one_line
from newsbot.spiders.articles import ArticleQueue
from newsbot.spiders.feed import FeedQueue
from newsbot.spiders.lists import ListQueue
from newsbot.spiders.requisites import RequisiteQueue
from newsbot.spiders.sides import SideQueue

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.settings import BaseSettings
    from twisted.python.failure import Failure

    from newsbot.article import Look
    from newsbot.discovery.windows import Window


class SinaFinance(Spider):
    """`scrapy crawl sina_finance [-a channels=…] [-a since=…] [-a until=…] [-a urls=FILE]` (design.md, "Spider")."""

    name = "sina_finance"

    def __init__(self, **given: Any) -> None:
        """`given` is what came with -a; raises what arguments.read raises."""
        super().__init__()
        self.arguments = arguments.read(system_clock()(), **given)
        self.kind = self.arguments.kind
        self.expected: int | None = None  #: requests, where that can be guessed
        self._changed = asyncio.Event()
        self._lists: ListQueue
        self._articles: ArticleQueue
        self._feed: FeedQueue
        self._sides: SideQueue
        self._sides_due = False

    @classmethod
    def from_crawler(cls, crawler: Crawler, *args: Any, **kwargs: Any) -> SinaFinance:
        """Scrapy's way in."""
        spider = super().from_crawler(crawler, *args, **kwargs)
        for signal in (signals.item_scraped, signals.item_dropped, signals.item_error):
            crawler.signals.connect(spider.item_done, signal)
        crawler.signals.connect(spider.callback_failed, signals.spider_error)
        return spider

    @classmethod
    def update_settings(cls, settings: BaseSettings) -> None:
        """Fill the contact into the User-Agent; no proxy of the environment where CONNECT_TO leads the way."""
        super().update_settings(settings)
        settings.set("USER_AGENT", user_agent(settings), priority="cmdline")
        if settings["CONNECT_TO"]:  # a proxy would carry a demo's requests to the real site
            settings.set("HTTPPROXY_ENABLED", False, priority="cmdline")

    @property
    def archive(self) -> Archive:
        """The extension that keeps what is captured."""
        archive = self.crawler.get_extension(Archive)
        if archive is None:
            raise CaptureBroken("EXTENSIONS must hold newsbot.extensions.Archive: nothing is asked without an archive")
        return archive

    async def start(self) -> AsyncIterator[Request]:
        """Lists, then articles as the ledger hands them out, until neither is left."""
        archive = self.archive
        if archive.stopping.is_set():  # the run could not even begin
            return
        self._lists = ListQueue(archive, self._changed.set)
        self._articles = ArticleQueue(archive, self.settings, self._changed.set)
        self._feed = FeedQueue(archive, self._articles, self._changed.set)
        self._sides = SideQueue(archive, self._articles, self._changed.set)
        requisites = RequisiteQueue(archive, self.settings, self._changed.set)
        for request in self._first():
            yield request
        while not archive.stopping.is_set():
            self._changed.clear()  # first: what changes while we lease must not be slept through
            leased = False
            for request in self._leased():
                leased = True
                yield request
            alone = not (leased or self._articles.open or self._lists.walks or self._feed.walk or self._sides.open)
            for request in requisites.requests(alone=alone):
                leased = True
                yield request
            if leased:  # all of these may be done by now, with more to lease
                continue
            if alone and not requisites.open:
                return
            await self._changed.wait()

    def _first(self) -> Iterator[Request]:
        """What the run was told to ask."""
        wish = self.arguments
        if self.kind == "urls":
            yield from self._articles.given(wish.urls)
            return
        windows = self.archive.run.lists.plan(wish.lists, wish.since, wish.until)
        if self.kind == "backfill":
            self._foresee(windows)
        yield from self._lists.requests(windows)
        self._sides_due = self.kind == "schedule"
        if self.kind == "schedule" and not wish.lists:
            yield from self._feed.requests()

    def _leased(self) -> Iterator[Request]:
        if self._sides_due and not self._lists.walks:  # what only they show is known once lists have shown the rest
            self._sides_due = False
            yield from self._sides.requests(self.arguments.lists)
        if self.kind != "urls":
            yield from self._articles.requests(again=not self._lists.walks)  # lists first: they tell of edits

    def _foresee(self, windows: Sequence[Window]) -> None:
        """Say what the back-fill will take; a progress bar shows how much of it is left."""
        found = self.archive.run.lists.estimate(windows, delay=self.settings.getfloat("DOWNLOAD_DELAY"))
        self.expected = min(found.requests, self.settings.getint("BACKFILL_MAX_REQUESTS") or found.requests)
        tell(f"newsbot: {found.line}")

    def callback_failed(self, failure: Failure, response: Response | Failure | None) -> None:
        """A callback raised: its article stays a hole; anything else, such as a list not read on, ends the run."""
        request: Request | None = getattr(response, "request", None)
        if request is not None and "key" in request.cb_kwargs:
            self._articles.give_up(**request.cb_kwargs, error=failure.value)
        else:
            where = f"at {request.url}" if request is not None else "while choosing what to ask"
            self.archive.stop(f"an error {where}: {one_line(failure.value)}")

    def item_done(self, item: Look) -> None:
        """An article went through the pipelines, or failed in them."""
        self._articles.done(item.key)
