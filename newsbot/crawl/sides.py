"""A run's dealings with what is read beside the lists: column pages, and the day's top list as a cross-check."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from newsbot.article import Refusal
from newsbot.discovery.windows import CROSS_CHECK_EVERY, RACE, is_due
from newsbot.sina import channels, columns, toplist
from newsbot.text import BEIJING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, timedelta

    from newsbot.article import Capture
    from newsbot.clock import Clock
    from newsbot.crawl.lists import Lists
    from newsbot.ledger import Ledger
    from newsbot.warc.exchange import Exchange

#: What a top list shows and no list did: so many are asked for at most.
_AT_ONCE = 100


@dataclass(slots=True)
class Side:
    """One page to ask for, and what came of it."""

    name: str  #: of the column, or toplist.NAME
    url: str
    high: datetime  #: when it was to be read, aware UTC
    why: str = "not asked"  #: what is missing; '' when nothing is
    seen: int = 0
    oldest: datetime | None = None
    newest: datetime | None = None
    extra: list[str] = field(default_factory=list)  #: addresses that only the top list named


class Sides:
    """The part of a Run that reads columns and the top list."""

    def __init__(
        self,
        ledger: Ledger,
        lists: Lists,
        clock: Clock,
        *,
        names: Sequence[str],
        every: timedelta,
        top: bool,
    ) -> None:
        """`names` of columns that every run looks after, each read again after `every`; `top`: is the top list read?"""
        self._ledger = ledger
        self._lists = lists
        self._clock = clock
        self._names = tuple(names)
        self._every = every
        self._top = top

    def plan(self, only: Sequence[str]) -> Iterator[Side]:
        """The pages that this run reads; `only` from `-a channels`, which asks for its columns in any case."""
        now = self._clock()
        for name in only or self._names:
            channel = channels.by_name(name)
            if channel.column and (only or is_due(self._lists.last(name), now, self._every)):
                yield Side(name, columns.page_url(channel), now)
        if self._top and not only and is_due(self._lists.last(toplist.NAME), now, CROSS_CHECK_EVERY):
            yield Side(toplist.NAME, toplist.page_url(now.astimezone(BEIJING).date()), now)

    def answer(self, side: Side, capture: Capture, page: columns.ColumnPage | toplist.TopList | Refusal) -> None:
        """What came of it."""
        if isinstance(page, Refusal):
            side.why = f"{page.reason}: {page.evidence}"
        elif isinstance(page, columns.ColumnPage):
            self._column(side, capture, page)
        else:
            known = {row.key for row in self._ledger.articles([key for key, _ in page.articles])}
            side.extra = [url for key, url in page.articles if key not in known][:_AT_ONCE]
            side.seen, side.why = len(page.articles), ""

    async def end(self, side: Side) -> None:
        """It was read, or could not be."""
        await self._lists.tell(_told(side), checks_only=side.name == toplist.NAME)

    def _column(self, side: Side, capture: Capture, page: columns.ColumnPage) -> None:
        self._lists.show(capture, page.entries)
        times = [entry.ctime for entry in page.entries if entry.ctime]
        side.seen = len(page.entries)
        side.oldest, side.newest = min(times, default=None), max(times, default=None)
        last = self._lists.last(side.name)
        lost = last and side.oldest and side.oldest > last + RACE
        side.why = f"it shows nothing from before {side.oldest:%Y-%m-%d %H:%M}Z, and was not read since" if lost else ""


def _told(side: Side) -> dict[str, Any]:
    low = min(side.oldest or side.high, side.high)
    return {
        "list": side.name,
        "low": low.isoformat(),
        "high": side.high.isoformat(),
        "complete": not side.why,
        "full": True,
        "mode": "page",
        "why": side.why,
        "seen": side.seen,
        "extra": len(side.extra),
        "newest": side.newest.isoformat() if side.newest else None,
    }


def without_archiving(exchange: Exchange) -> None:
    """Keep of a column page whose robots metas forbid to archive it only its links, in the answer's place."""
    answer = exchange.answer
    if not columns.column_of(exchange.url) or answer is None or answer.status != 200:
        return
    try:
        body = exchange.payload
    except ValueError:  # no page that could forbid anything
        return
    page = columns.read(body, exchange.url, answer.value("content-type"))
    if isinstance(page, columns.ColumnPage) and "noarchive" in page.robots | _words(answer.value("x-robots-tag")):
        exchange.resource = (page.target, page.content)
        exchange.replace(answer.head)


def _words(robots_tag: str) -> set[str]:
    return {word.strip().lower() for word in robots_tag.split(",")}
