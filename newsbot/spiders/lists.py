"""The spider's requests for lists: one window after the other, and of each the pages that its walk asks for."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.exceptions import IgnoreRequest

from newsbot.article import Refusal
from newsbot.discovery.walk import Walk
from newsbot.errors import NewsbotError
from newsbot.handlers.recording import one_line
from newsbot.sina import listing
from newsbot.spiders.answers import list_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Iterator

    from scrapy.http import Response
    from twisted.python.failure import Failure

    from newsbot.discovery.windows import Window
    from newsbot.extensions import Archive

#: Lists first: they tell what there is to ask.
PRIORITY = 10


class ListQueue:
    """Turns windows into requests, and their answers into entries and the facts of windows."""

    def __init__(self, archive: Archive, changed: Callable[[], None]) -> None:
        """`changed` is called when an answer brought entries, and when a window is done."""
        self.walks: deque[Walk] = deque()  #: that are not over yet
        self._archive = archive
        self._run = archive.run
        self._changed = changed

    def requests(self, windows: Iterable[Window]) -> Iterator[Request]:
        """What begins the reading of these windows; each answer leads to the next request."""
        self.walks.extend(Walk(window) for window in windows)
        yield from self._next_walk()

    def _next_walk(self) -> Iterator[Request]:
        if self.walks:
            yield self._request(self.walks[0], self.walks[0].first())

    def _request(self, walk: Walk, url: str) -> Request:
        return Request(
            url,
            callback=self.parse,
            errback=self.failed,
            cb_kwargs={"walk": walk},
            priority=PRIORITY,
            meta={"newsbot": {"list": walk.window.list_name}},
        )

    async def parse(self, response: Response, walk: Walk) -> AsyncIterator[Request]:
        """A list's answer: note its entries, ask for what the walk wants next."""
        answer = list_of(response)
        self._run.heard(response.url, answer)
        if isinstance(answer, listing.Page):
            self._run.lists.answer(response.meta["capture"], answer)
            self._changed()
        async for request in self._walk_on(walk, walk.take(answer)):
            yield request

    async def failed(self, failure: Failure) -> AsyncIterator[Request]:
        """No answer, or none allowed: the walk decides whether to ask again."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy puts it there
        walk: Walk = request.cb_kwargs["walk"]
        following = None
        if isinstance(failure.value, NewsbotError):
            self._archive.fail(failure.value)
            walk.fail(str(failure.value), unreachable=True)
        elif isinstance(failure.value, IgnoreRequest):
            walk.fail(str(failure.value), unreachable=True)
        else:
            following = walk.take(Refusal("no-answer", one_line(failure.value)))
        async for another in self._walk_on(walk, following):
            yield another

    async def _walk_on(self, walk: Walk, url: str | None) -> AsyncIterator[Request]:
        if url is not None and not self._archive.stopping.is_set():
            yield self._request(walk, url)
            return
        if url is not None:
            walk.fail("the run was stopped")
        await self._run.lists.end(walk)
        self.walks.popleft()
        if walk.unreachable:  # asking for twenty more lists would only be impolite
            others, self.walks = self.walks, deque()
            for other in others:
                other.fail(f"not asked, as {walk.window.list_name} could not be: {walk.why}")
                await self._run.lists.end(other)
        for request in self._next_walk():
            yield request
        self._changed()
