"""Reading the live feed back to what is known of it; its ids are contiguous, so that a gap shows. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from newsbot.article import Refusal
from newsbot.discovery.walk import TRIES
from newsbot.sina import feed

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

MAX_PAGES = 20  #: 900 items can be reached (sina.md 1.4); how many a page holds is contradicted
#: So much older items are read once more: the address of an item's article may appear minutes after the item.
OVERLAP = timedelta(hours=1)


@dataclass(slots=True)
class FeedWalk:
    """Reads from the newest item back to `known`: `first()`, then `take()` of each answer, which gives the next URL.

    `complete` is set when what was read joins on to what was known, or, where nothing was, when all that can be
    reached was read; `why` says what is missing.
    """

    now: datetime  #: aware UTC
    known: int = 0  #: the largest id known; 0 for none
    since: datetime | None = None  #: when that item came
    complete: bool = False
    why: str = ""
    answers: int = 0
    seen: dict[int, datetime | None] = field(default_factory=dict)  #: id → when it came
    _page: int = 1
    _failures: int = 0

    def first(self) -> str:
        """URL of the first request."""
        return feed.page_url()

    def take(self, answer: feed.FeedPage | Refusal) -> str | None:
        """Note one answer; URL of the next request, or None at the end."""
        self.answers += 1
        if isinstance(answer, Refusal):
            self._failures += 1
            if answer.reason == "ban" or self._failures >= TRIES:
                return self._end(f"{answer.reason}: {answer.evidence}")
            return feed.page_url(self._page)
        self._failures = 0
        new = {flash.id: flash.created for flash in answer.flashes if flash.id not in self.seen}
        self.seen |= new
        if self._joined():
            return self._end("")
        if answer.last or not new or self._page >= MAX_PAGES:
            return self._end(self._lost())
        self._page += 1
        return feed.page_url(self._page)

    def fail(self, why: str) -> None:
        """End the walk from outside."""
        self._end(why)

    def facts(self) -> dict[str, Any]:
        """As the `urn:newsbot:window` record keeps it; times ISO 8601 in UTC."""
        times = [moment for moment in self.seen.values() if moment]
        newest, oldest = max(times, default=None), min(times, default=self.now)
        low = min(self.since or oldest, oldest) if self.complete else oldest
        return {
            "list": feed.NAME,
            "low": low.isoformat(),
            "high": self.now.isoformat(),
            "complete": self.complete,
            "full": True,
            "mode": "pages",
            "why": self.why,
            "answers": self.answers,
            "seen": len(self.seen),
            "ids": [min(self.seen), max(self.seen)] if self.seen else [],
            "newest": newest.isoformat() if newest else None,
        }

    def _joined(self) -> bool:
        """Does what was seen reach back into what was known, and far enough for late addresses?"""
        if not self.known or not self.seen or min(self.seen) > self.known + 1:
            return False
        oldest = self.seen[min(self.seen)]
        return oldest is None or self.since is None or oldest <= self.since - OVERLAP

    def _lost(self) -> str:
        if not self.seen:
            return "the feed is empty"
        begin = min(self.seen)
        if self.known and begin > self.known + 1:
            return f"{spell(range(self.known + 1, begin))} can be reached no more"
        return ""

    def _end(self, why: str) -> str | None:
        self.complete, self.why = not why, why
        return None  # so that every way out of `take` reads `return …`


def missing(seen: Iterable[int]) -> list[range]:
    """The ids between the smallest and the largest of `seen` that are not among them."""
    found, last = [], None
    for number in sorted(seen):
        if last is not None and number > last + 1:
            found.append(range(last + 1, number))
        last = number
    return found


def spell(ids: range) -> str:
    """`id 103`, `ids 103-120`."""
    return f"id {ids[0]}" if len(ids) == 1 else f"ids {ids[0]}-{ids[-1]}"
