"""The spider: turns what `discovery` wants into requests, and answers into values for the pipelines."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from scrapy import Request, Spider, signals
from scrapy.exceptions import IgnoreRequest

from newsbot.article import Article, Capture, Look, Refusal
from newsbot.clock import system_clock
from newsbot.console import tell, user_agent
from newsbot.discovery import arguments
from newsbot.discovery.walk import Walk
from newsbot.errors import CaptureBroken, NewsbotError
from newsbot.extensions import Archive, Resting, Stopping
from newsbot.handlers.recording import one_line
from newsbot.judgement import is_hop, judge_exchange, judge_page
from newsbot.middlewares import NotAllowed, undecodable
from newsbot.sina import listing, urls
from newsbot.spiders.requisite import RequisiteQueue

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator, Sequence

    from scrapy.crawler import Crawler
    from scrapy.http import Response
    from scrapy.settings import BaseSettings
    from twisted.python.failure import Failure

    from newsbot.crawl.run import Run
    from newsbot.discovery.windows import Window

#: Lists first: they tell what there is to ask.
LIST_PRIORITY = 10


class SinaFinance(Spider):
    """`scrapy crawl sina_finance [-a channels=…] [-a since=…] [-a until=…] [-a urls=FILE]` (design.md, "Spider")."""

    name = "sina_finance"

    def __init__(self, **given: Any) -> None:
        """`given` is what came with -a; raises what arguments.read raises."""
        super().__init__()
        self.arguments = arguments.read(system_clock()(), **given)
        self.kind = self.arguments.kind
        self._walks: deque[Walk] = deque()
        self._open: set[str] = set()  #: articles on their way
        self._changed = asyncio.Event()
        self.expected: int | None = None  #: requests, where that can be guessed

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

    @property
    def run(self) -> Run:
        """The run this spider works for."""
        return self.archive.run

    async def start(self) -> AsyncIterator[Request]:
        """Lists, then articles as the ledger hands them out, until neither is left."""
        if self.archive.stopping.is_set():  # the run could not even begin
            return
        requisites = RequisiteQueue(self.archive, self.settings, self._changed.set)
        if self.kind == "urls":
            for key, url in self.run.want(self.arguments.urls):
                yield self._article_request(key, url)
        else:
            wish = self.arguments
            windows = self.run.lists.plan(wish.lists, wish.since, wish.until)
            if self.kind == "backfill":
                self._foresee(windows)
            self._walks.extend(Walk(window) for window in windows)
            for request in self._next_walk():
                yield request
        while not self.archive.stopping.is_set():
            self._changed.clear()  # first: what changes while we lease must not be slept through
            leased = False
            for request in self._leased():
                leased = True
                yield request
            alone = not leased and not self._open and not self._walks
            for request in requisites.requests(alone=alone):
                leased = True
                yield request
            if leased:  # all of these may be done by now, with more to lease
                continue
            if alone and not requisites.open:
                return
            await self._changed.wait()

    def _foresee(self, windows: Sequence[Window]) -> None:
        """Say what the back-fill will take; a progress bar shows how much of it is left."""
        found = self.run.lists.estimate(windows, delay=self.settings.getfloat("DOWNLOAD_DELAY"))
        self.expected = min(found.requests, self.settings.getint("BACKFILL_MAX_REQUESTS") or found.requests)
        tell(f"newsbot: {found.line}")

    # --- lists ---

    def _next_walk(self) -> Iterator[Request]:
        if self._walks:
            walk = self._walks[0]
            yield self._list_request(walk, walk.first())

    def _list_request(self, walk: Walk, url: str) -> Request:
        return Request(
            url,
            callback=self.parse_listing,
            errback=self.listing_failed,
            cb_kwargs={"walk": walk},
            priority=LIST_PRIORITY,
            meta={"newsbot": {"list": walk.window.list_name}},
        )

    async def parse_listing(self, response: Response, walk: Walk) -> AsyncIterator[Request]:
        """A list's answer: note its entries, ask for what the walk wants next."""
        answer = _list_answer(response)
        if isinstance(answer, listing.Page):
            self.run.lists.answer(response.meta["capture"], answer)
            self._changed.set()
        elif answer.reason == "ban":
            self.run.ban(_host(response.url))
        async for request in self._walk_on(walk, walk.take(answer)):
            yield request

    async def listing_failed(self, failure: Failure) -> AsyncIterator[Request]:
        """No answer, or none allowed: the walk decides whether to ask again."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy puts it there
        walk: Walk = request.cb_kwargs["walk"]
        following = None
        if isinstance(failure.value, NewsbotError):
            self.archive.fail(failure.value)
            walk.fail(str(failure.value), unreachable=True)
        elif isinstance(failure.value, IgnoreRequest):
            walk.fail(str(failure.value), unreachable=True)
        else:
            following = walk.take(Refusal("no-answer", one_line(failure.value)))
        async for another in self._walk_on(walk, following):
            yield another

    async def _walk_on(self, walk: Walk, url: str | None) -> AsyncIterator[Request]:
        if url is not None and not self.archive.stopping.is_set():
            yield self._list_request(walk, url)
            return
        if url is not None:
            walk.fail("the run was stopped")
        await self.run.lists.end(walk)
        self._walks.popleft()
        if walk.unreachable:  # asking for twenty more lists would only be impolite
            others, self._walks = self._walks, deque()
            for other in others:
                other.fail(f"not asked, as {walk.window.list_name} could not be: {walk.why}")
                await self.run.lists.end(other)
        for request in self._next_walk():
            yield request
        self._changed.set()

    # --- articles ---

    def _leased(self) -> Iterator[Request]:
        """Articles from the ledger, as many as may wait at one time."""
        if self.kind == "urls":
            return
        ahead = self.settings.getint("WORK_AHEAD")
        room = ahead - len(self._open)
        if room < ahead // 2:  # half a load at a time: a lease of one costs as much as a lease of many
            return
        while room > 0 and (work := self.run.lease(room, again=not self._walks)):  # lists first: they tell of edits
            for one in work:
                if until := self.run.hosts.resting(_host(one.url)):
                    self.run.put_off(one.key, until)
                else:
                    yield self._article_request(one.key, one.url, channel=one.channel, title=one.title)
                    room -= 1

    def _article_request(self, key: str, url: str, **listed: str) -> Request:
        """`listed`: what its lists say of it, so that a WARC file tells it without the file that holds the list."""
        self._open.add(key)
        context = {"article": key, "url": url, **{name: value for name, value in listed.items() if value}}
        return Request(
            url,
            callback=self.parse_article,
            errback=self.article_failed,
            headers=self.run.keeping.validators(url),
            cb_kwargs={"key": key, "asked": url},
            meta={"newsbot": context, "hops": "L" if listed else ""},
        )

    async def parse_article(self, response: Response, key: str, asked: str) -> AsyncIterator[Look]:
        """An article's answer: an article, or a refusal with a reason."""
        capture: Capture = response.meta["capture"]
        location = _header(response, b"Location")
        if is_hop(capture.status, location):  # Scrapy does not follow it: to mailto:, say
            yield await self.archive.refuse(key, asked, Refusal("redirected-away", f"to {location}"))
            return
        result = judge_exchange(capture, asked, location) or self._page(response)
        if isinstance(result, Refusal) and result.reason == "ban":
            self.run.ban(_host(response.url))
        yield Look(key, capture, result)

    def _page(self, response: Response) -> Article | Refusal:
        capture: Capture = response.meta["capture"]
        if capture.refers_to:
            return self.run.page_again(capture)
        content_type = _header(response, b"Content-Type") or ""
        return undecodable(response) or judge_page(capture, response.body, content_type)

    async def article_failed(self, failure: Failure) -> AsyncIterator[Look]:
        """Nothing to parse: put off, refused with a reason, or a hole with its cause."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy puts it there
        key, asked = request.cb_kwargs["key"], request.cb_kwargs["asked"]
        error = failure.value
        if isinstance(error, NewsbotError):
            self.archive.fail(error)
            self._done(key)
        elif isinstance(error, Resting | Stopping):
            self.run.facts.holes[asked] = str(error)
            if isinstance(error, Resting):
                self.run.put_off(key, error.until)
            self._done(key)
        elif isinstance(error, IgnoreRequest):
            reason = "not-allowed" if isinstance(error, NotAllowed) else "robots"
            if "max redirections" in str(error):
                reason = "redirected-away"
            yield await self.archive.refuse(key, asked, Refusal(reason, str(error)))
        else:
            capture: Capture | None = request.meta.get("capture")
            refusal = None
            if capture is not None and not is_hop(capture.status, ""):
                refusal = judge_exchange(capture, asked, None)
            if capture is not None and refusal is not None:
                yield Look(key, capture, refusal)
            else:  # no record says so yet: a redirect to what is no address, or nothing was sent
                reason = "redirected-away" if capture else "no-answer"
                yield await self.archive.refuse(key, asked, Refusal(reason, one_line(failure.value)))

    def callback_failed(self, failure: Failure, response: Response | Failure | None) -> None:
        """A callback raised: its article stays a hole; a list that is not read on ends the run."""
        request: Request | None = getattr(response, "request", None)
        if request is not None and "key" in request.cb_kwargs:
            self.run.facts.holes[request.cb_kwargs["asked"]] = one_line(failure.value)
            self._done(request.cb_kwargs["key"])
        else:
            self.archive.stop(f"a list could not be read on: {one_line(failure.value)}")

    def item_done(self, item: Look) -> None:
        """An article went through the pipelines, or failed in them."""
        self._done(item.key)

    def _done(self, key: str) -> None:
        self._open.discard(key)
        self._changed.set()


def _list_answer(response: Response) -> listing.Page | Refusal:
    if not urls.is_listing(response.url):
        return Refusal("redirected-away", response.url)
    capture: Capture = response.meta["capture"]
    if capture.truncated:
        return Refusal("cut", f"truncated: {capture.truncated}")
    return undecodable(response) or listing.read(
        response.body, response.url, _header(response, b"Content-Type") or "", response.status
    )


def _header(response: Response, name: bytes) -> str | None:
    value = next(iter(response.headers.getlist(name)), None)  # the first of several, as a replay takes it
    return None if value is None else value.decode("latin-1")


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
