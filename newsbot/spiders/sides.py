"""The spider's requests for column pages and the top list: one page each, asked once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.exceptions import IgnoreRequest

from newsbot.errors import NewsbotError
from newsbot.handlers.recording import one_line
from newsbot.sina import columns, toplist
from newsbot.spiders.answers import told
from newsbot.spiders.lists import PRIORITY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

    from scrapy.http import Response
    from twisted.python.failure import Failure

    from newsbot.article import Refusal
    from newsbot.crawl.sides import Side
    from newsbot.extensions import Archive
    from newsbot.spiders.articles import ArticleQueue


class SideQueue:
    """Turns sides into requests, and their answers into entries and addresses."""

    def __init__(self, archive: Archive, articles: ArticleQueue, changed: Callable[[], None]) -> None:
        """`changed` is called when one is done."""
        self.open = 0  #: that are on their way
        self._archive = archive
        self._run = archive.run
        self._articles = articles
        self._changed = changed

    def requests(self, only: Sequence[str]) -> Iterator[Request]:
        """Those that are due."""
        for side in self._run.sides.plan(only):
            self.open += 1
            yield Request(
                side.url,
                callback=self.parse,
                errback=self.failed,
                priority=PRIORITY,
                cb_kwargs={"side": side},
                meta={"newsbot": {"list": side.name}},
            )

    async def parse(self, response: Response, side: Side) -> AsyncIterator[Request]:
        """What it shows."""
        page: columns.ColumnPage | toplist.TopList | Refusal
        if side.name == toplist.NAME:
            page = told(response, toplist.read, asked=toplist.is_top(response.url))
        else:
            page = told(
                response,
                lambda body, kind, status: columns.read(body, response.url, kind, status),
                asked=columns.column_of(response.url) == side.name,
            )
        self._run.heard(response.url, page)
        self._run.sides.answer(side, response.meta["capture"], page)
        async for request in self._done(side):
            yield request

    async def failed(self, failure: Failure) -> AsyncIterator[Request]:
        """No answer, or none allowed."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy puts it there
        side: Side = request.cb_kwargs["side"]
        if isinstance(failure.value, NewsbotError):
            self._archive.fail(failure.value)
        known = isinstance(failure.value, NewsbotError | IgnoreRequest)
        side.why = str(failure.value) if known else one_line(failure.value)
        async for another in self._done(side):
            yield another

    async def _done(self, side: Side) -> AsyncIterator[Request]:
        await self._run.sides.end(side)
        self.open -= 1
        for request in self._articles.given(side.extra):
            yield request
        self._changed()
