"""A run's dealings with lists: which windows it reads, and what becomes of their answers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from newsbot.article import date_of
from newsbot.discovery import windows
from newsbot.discovery.estimate import Estimate, estimate
from newsbot.sina import channels
from newsbot.text import unstamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from newsbot.article import Capture, Entry
    from newsbot.clock import Clock
    from newsbot.crawl.keeping import Keeping
    from newsbot.desk import Desk
    from newsbot.discovery.walk import Walk
    from newsbot.health import Facts
    from newsbot.ledger import Ledger
    from newsbot.sina import listing

#: Complete windows of a list that a run looks back on at least, and a back-fill: some years of days.
_RECENT, _ALL = 50, 100_000
#: A run looks back to the last full reading, if runs are no closer to each other than this.
_OFTEN = timedelta(minutes=5)


class Lists:
    """The part of a Run that reads lists."""

    def __init__(
        self, ledger: Ledger, keeping: Keeping, desk: Desk, facts: Facts, *, clock: Clock, overlap_every: timedelta
    ) -> None:
        """`facts` are the run's, and count what the lists bring."""
        self.shown: set[str] = set()  #: article keys the lists showed in this run
        self.only: tuple[str, ...] = ()  #: the lists that the run was told to read; empty: the default ones
        self._ledger = ledger
        self._keeping = keeping
        self._desk = desk
        self._facts = facts
        self._clock = clock
        self._overlap_every = overlap_every
        self._recent = max(_RECENT, overlap_every // _OFTEN)

    def plan(self, only: Sequence[str], since: datetime | None, until: datetime | None) -> list[windows.Window]:
        """The windows this run reads."""
        now, self.only = self._clock(), tuple(only)
        if since:
            lists = only or channels.DEFAULT_LISTS
            return windows.span(lists, since, min(until or now, now), lambda name: self.past(name, _ALL))
        lists = [name for name in only if not channels.by_name(name).column]  # columns are read by crawl.sides
        if only and not lists:
            return []
        return windows.plan(now, self.past, overlap_every=self._overlap_every, only=lists)

    def past(self, list_name: str, limit: int = 0) -> list[windows.PastWindow]:
        """A list's windows that were read to their end, newest first: so many, or as many as a scheduled run needs."""
        rows = self._ledger.windows(list_name, limit or self._recent, complete=True)
        return [windows.past_window(row.facts, unstamp(date_of(row.key))) for row in rows]

    def estimate(self, windows: Sequence[windows.Window], *, delay: float) -> Estimate:
        """What reading these windows and their articles will take."""
        return estimate(windows, {w.list_name: self.past(w.list_name) for w in windows}, delay=delay)

    def answer(self, capture: Capture, page: listing.Page) -> None:
        """One answer of a list."""
        self.show(capture, page.entries)
        self._facts.skipped += len(page.skipped)

    def show(self, capture: Capture, entries: Sequence[Entry]) -> None:
        """Articles that an answer shows, of a list or of a column."""
        noted = self._desk.list_entries(capture, entries)
        self.shown.update(entry.key for entry in entries)
        self._facts.new += len(noted.new)
        self._facts.revised += len(noted.revised)

    async def end(self, walk: Walk) -> None:
        """A window was read to its end, or given up."""
        facts = walk.facts() | {"kind": self._facts.kind}
        if walk.window.cross_check:
            known = self._ledger.listed_by("finance", list(walk.seen))
            facts["extra"] = len(windows.not_shown(walk.seen, known, self.past("finance")))
        await self.tell(facts)

    async def tell(self, facts: dict[str, Any], *, checks_only: bool = False) -> None:
        """What came of a window, of a list or of what is read beside them, becomes a record and a row.

        `checks_only`: it is no window of ours that could be missing something.
        """
        name = facts["list"]
        noted = await self._keeping.note(f"urn:newsbot:window:{name}:{self._facts.run}", facts)
        self._ledger.note_window(noted.key(), facts)
        self._facts.lists[name] = facts
        if facts.get("extra"):
            self._facts.extra[name] = facts["extra"]
        if not checks_only:
            self._facts.windows += 1
            if not facts["complete"]:
                self._facts.incomplete.append(f"{name}: {facts['why']}")

    def last(self, name: str, *, complete: bool = False) -> datetime | None:
        """Up to when a list was read last, to its end or (unless `complete`) at all; None for never."""
        read = [windows.past_window(row.facts).high for row in self._ledger.windows(name, 1, complete=complete)]
        return read[0] if read else None
