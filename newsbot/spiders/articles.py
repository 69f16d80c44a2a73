"""The spider's requests for articles, as the ledger hands them out; each answer becomes a Look for the pipelines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy import Request
from scrapy.exceptions import IgnoreRequest

from newsbot.article import Article, Capture, Look, Refusal
from newsbot.errors import NewsbotError
from newsbot.extensions import Resting, Stopping
from newsbot.handlers.recording import one_line
from newsbot.judgement import is_hop, judge_exchange, judge_page
from newsbot.middlewares import undecodable
from newsbot.sina.urls import host
from newsbot.spiders.answers import header, not_asked

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Sequence

    from scrapy.http import Response
    from scrapy.settings import BaseSettings
    from twisted.python.failure import Failure

    from newsbot.extensions import Archive


class ArticleQueue:
    """Turns leased articles, or given addresses, into requests, and what became of them into Looks."""

    def __init__(self, archive: Archive, settings: BaseSettings, changed: Callable[[], None]) -> None:
        """`changed` is called whenever one is done."""
        self.open: set[str] = set()  #: keys of those on their way, until their item is through the pipelines
        self._archive = archive
        self._run = archive.run
        self._ahead = settings.getint("WORK_AHEAD")
        self._fed = bool(settings.getdict("FEEDS"))  # who reads a feed of looks (-O FILE) wants each with its article
        self._changed = changed

    def given(self, urls: Sequence[str]) -> Iterator[Request]:
        """Ask for just these (canonical URLs)."""
        for key, url in self._run.want(urls):
            yield self._request(key, url)

    def requests(self, *, again: bool) -> Iterator[Request]:
        """Articles from the ledger, as many as may wait at one time; with `again` those to be looked at once more."""
        room = self._ahead - len(self.open)
        if room < self._ahead // 2:  # half a load at a time: a lease of one costs as much as a lease of many
            return
        while room > 0 and (work := self._run.lease(room, again=again)):
            for one in work:
                if until := self._run.hosts.resting(host(one.url)):
                    self._run.put_off(one.key, until)
                else:
                    yield self._request(one.key, one.url, channel=one.channel, title=one.title)
                    room -= 1

    def _request(self, key: str, url: str, **listed: str) -> Request:
        """`listed`: what its lists say of it, so that a WARC file tells it without the file that holds the list."""
        self.open.add(key)
        context = {"article": key, "url": url, **{name: value for name, value in listed.items() if value}}
        return Request(
            url,
            callback=self.parse,
            errback=self.failed,
            headers=self._run.keeping.validators(url),
            cb_kwargs={"key": key, "asked": url},
            meta={"newsbot": context, "hops": "L" if listed else ""},
        )

    async def parse(self, response: Response, key: str, asked: str) -> AsyncIterator[Look]:
        """An article's answer: an article, or a refusal with a reason."""
        capture: Capture = response.meta["capture"]
        location = header(response, b"Location")
        if is_hop(capture.status, location):  # Scrapy does not follow it: to mailto:, say
            yield await self._run.refuse(key, asked, Refusal("redirected-away", f"to {location}"))
            return
        result = judge_exchange(capture, asked, location) or self._page(key, response, capture)
        self._run.heard(response.url, result)
        yield Look(key, capture, result)

    def _page(self, key: str, response: Response, capture: Capture) -> Article | Refusal | None:
        if capture.refers_to:
            return self._run.desk.page_of(capture) if self._fed else self._run.desk.page_again(key, capture)
        return undecodable(response) or judge_page(capture, response.body, header(response, b"Content-Type") or "")

    async def failed(self, failure: Failure) -> AsyncIterator[Look]:
        """Nothing to parse: put off, refused with a reason, or a hole with its cause."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy puts it there
        key, asked = request.cb_kwargs["key"], request.cb_kwargs["asked"]
        error = failure.value
        if isinstance(error, NewsbotError):
            self._archive.fail(error)
            self.done(key)
        elif isinstance(error, Resting | Stopping):
            self._run.facts.holes[asked] = str(error)
            if isinstance(error, Resting):
                self._run.put_off(key, error.until)
            self.done(key)
        elif isinstance(error, IgnoreRequest):
            yield await self._run.refuse(key, asked, not_asked(error))
        else:
            yield await self._unanswered(key, asked, request.meta.get("capture"), one_line(error))

    async def _unanswered(self, key: str, asked: str, capture: Capture | None, error: str) -> Look:
        """What became of a request that failed after it was admitted."""
        refusal = None
        if capture is not None and not is_hop(capture.status, ""):
            refusal = judge_exchange(capture, asked, None)
        if capture is not None and refusal is not None:
            return Look(key, capture, refusal)
        # No record says so yet: a redirect to what is no address, or nothing was sent.
        return await self._run.refuse(key, asked, Refusal("redirected-away" if capture else "no-answer", error))

    def give_up(self, key: str, asked: str, error: BaseException | None) -> None:
        """A callback raised: the article stays a hole."""
        self._run.facts.holes[asked] = one_line(error)
        self.done(key)

    def done(self, key: str) -> None:
        """An article went through the pipelines, failed in them, or came to nothing."""
        self.open.discard(key)
        self._changed()
