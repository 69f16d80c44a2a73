"""A run's dealings with the live feed: when it is read, what is kept of its answers, which articles it alone names."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from newsbot.article import Refusal
from newsbot.discovery.feed import FeedWalk
from newsbot.discovery.windows import is_due
from newsbot.sina import feed
from newsbot.text import unstamp

if TYPE_CHECKING:
    from newsbot.article import Capture
    from newsbot.clock import Clock
    from newsbot.crawl.lists import Lists
    from newsbot.ledger import Ledger
    from newsbot.warc.exchange import Exchange

#: So long lists have to show an article before it is asked for as the feed names it, by its page for telephones …
_LISTS_FIRST = timedelta(hours=3)
#: … and for so long after its item came.
_RECENT = timedelta(days=7)
#: Such articles that a run asks for at most; the others are the next run's.
_AT_ONCE = 100


class Feed:
    """The part of a Run that reads the live feed."""

    def __init__(self, ledger: Ledger, lists: Lists, clock: Clock, *, mode: str, every: timedelta) -> None:
        """`mode`: a word of sina.feed.MODES; `every`: how long after one reading the next is due."""
        self._ledger = ledger
        self._lists = lists
        self._clock = clock
        self._every = every
        self._on = mode != "off"

    def plan(self) -> FeedWalk | None:
        """What is to be read of it now, if it is due."""
        if not self._on:
            return None
        now = self._clock()
        if not is_due(self._lists.last(feed.NAME, complete=True), now, self._every):
            return None
        known, since = self._ledger.newest_flash()
        return FeedWalk(now, known, unstamp(since) if since else None)

    def answer(self, capture: Capture, page: feed.FeedPage) -> None:
        """One answer."""
        self._ledger.note_flashes(capture, page.flashes)

    async def end(self, walk: FeedWalk) -> None:
        """It was read as far as needed, or given up."""
        await self._lists.tell(walk.facts())

    def unlisted(self) -> list[str]:
        """Addresses of articles that only the feed has named, though lists had their time, the newest first."""
        if not self._on:
            return []
        now = self._clock()
        return self._ledger.only_in_feed(now - _RECENT, now - _LISTS_FIRST, _AT_ONCE)


def without_people(exchange: Exchange) -> None:
    """Let of an answer of the feed only that be kept which tells of nobody (sina.md 1.4), in the answer's place.

    What is no answer of the feed, such as a ban page, stays as it came. Of one that cannot be read nothing is kept but
    that, since it may hold anything.
    """
    answer = exchange.answer
    if not feed.is_feed(exchange.url) or answer is None or answer.status != 200:
        return
    try:
        body = exchange.payload
    except ValueError as error:
        _drop(exchange, str(error))
        return
    if body.lstrip().startswith(b"<"):
        return
    page = feed.read(body, answer.value("content-type"))
    if isinstance(page, Refusal) or exchange.truncated:
        _drop(exchange, page.evidence if isinstance(page, Refusal) else exchange.truncated)
        return
    exchange.resource = (page.target, page.content)
    exchange.replace(answer.head)


def _drop(exchange: Exchange, why: str) -> None:
    exchange.replace(None)
    exchange.truncated = ""
    exchange.error = (
        exchange.error or f"the feed's answer cannot be read and is not kept, for it may tell of people: {why}"
    )
