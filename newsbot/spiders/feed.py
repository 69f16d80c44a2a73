"""The spider's requests for the live feed, page by page, and for the articles that only it names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.exceptions import IgnoreRequest

from newsbot.article import Refusal
from newsbot.errors import NewsbotError
from newsbot.handlers.recording import one_line
from newsbot.sina import feed
from newsbot.spiders.answers import told
from newsbot.spiders.lists import PRIORITY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from scrapy.http import Response
    from twisted.python.failure import Failure

    from newsbot.discovery.feed import FeedWalk
    from newsbot.extensions import Archive
    from newsbot.spiders.articles import ArticleQueue


class FeedQueue:
    """Turns the feed's walk into requests, and its answers into items."""

    def __init__(self, archive: Archive, articles: ArticleQueue, changed: Callable[[], None]) -> None:
        """`changed` is called when the feed is read to its end."""
        self.walk: FeedWalk | None = None  #: while it is being read
        self._archive = archive
        self._run = archive.run
        self._articles = articles
        self._changed = changed

    def requests(self) -> Iterator[Request]:
        """The first page, if the feed is due."""
        self.walk = self._run.feed.plan()
        if self.walk is not None:
            yield self._request(self.walk.first())

    def _request(self, url: str) -> Request:
        meta = {"newsbot": {"feed": feed.NAME}}
        return Request(url, callback=self.parse, errback=self.failed, priority=PRIORITY, meta=meta)

    async def parse(self, response: Response) -> AsyncIterator[Request]:
        """A page of the feed: note its items, ask for what the walk wants next."""
        answer = told(response, feed.read, asked=feed.is_feed(response.url))
        self._run.heard(response.url, answer)
        if isinstance(answer, feed.FeedPage):
            self._run.feed.answer(response.meta["capture"], answer)
        async for request in self._go_on(self.walk.take(answer) if self.walk else None):
            yield request

    async def failed(self, failure: Failure) -> AsyncIterator[Request]:
        """No answer, or none allowed: the walk decides whether to ask again."""
        following = None
        if isinstance(failure.value, NewsbotError):
            self._archive.fail(failure.value)
        if self.walk is None:
            return
        if isinstance(failure.value, NewsbotError | IgnoreRequest):
            self.walk.fail(str(failure.value))
        else:
            following = self.walk.take(Refusal("no-answer", one_line(failure.value)))
        async for request in self._go_on(following):
            yield request

    async def _go_on(self, url: str | None) -> AsyncIterator[Request]:
        if self.walk is None:
            return
        if url is not None and not self._archive.stopping.is_set():
            yield self._request(url)
            return
        if url is not None:
            self.walk.fail("the run was stopped")
        await self._run.feed.end(self.walk)
        self.walk = None
        for request in self._articles.given(self._run.feed.unlisted()):
            yield request
        self._changed()
