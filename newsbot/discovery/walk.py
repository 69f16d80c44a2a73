"""Reading one window of a list, answer by answer: which request follows, and whether all of it was seen. No I/O."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from newsbot.article import Refusal
from newsbot.sina import channels, listing
from newsbot.text import BEIJING

if TYPE_CHECKING:
    from newsbot.discovery.windows import Window

MAX_PAGES = 400  #: lists were seen to end after 134-162 pages of 50; a site that never ends must not hold a run
TRIES = 3  #: a list answer that cannot be read is asked again this often


@dataclass(slots=True)
class Walk:
    """Reads one window: `first()` gives the first URL, each answer goes to `take()`, which gives the next URL or None.

    When it gives None the walk is over: `complete` says whether the whole window was seen, `why` what was missing.
    """

    window: Window
    complete: bool = False
    why: str = ""
    unreachable: bool = False  #: it is the list API's host that does not answer, so no other list will be read either
    mode: str = ""
    notes: list[str] = field(default_factory=list)  #: which way was taken and why, where it was not the first choice
    answers: int = 0
    seen: dict[str, datetime | None] = field(default_factory=dict)  #: article key → ctime
    skipped: int = 0  #: items without URL or docid
    total: int | None = None
    newest: datetime | None = None
    _page: int = 1
    _cursor: int | None = None
    _empty: int = 0
    _failures: int = 0

    def first(self) -> str:
        """URL of the first request."""
        self.mode = self.window.mode
        return self._url()

    def take(self, answer: listing.Page | Refusal) -> str | None:
        """Note one answer; URL of the next request, or None at the end."""
        self.answers += 1
        if isinstance(answer, Refusal):
            return self._refused(answer)
        self._failures = 0
        self._note(answer)
        if not answer.size:
            return self._nothing()
        self._empty = 0
        if self.mode != "pages" and (other := self._not_honoured(answer)):
            return other
        return self._after(answer)

    def facts(self) -> dict[str, Any]:
        """The walk's result as the `urn:newsbot:window` record keeps it; times ISO 8601 in UTC."""
        window = self.window
        return {
            "list": window.list_name,
            "low": window.low.isoformat(),
            "high": window.high.isoformat(),
            "complete": self.complete,
            "full": window.full,
            "promoted": window.promoted,
            "back_fill": window.mode == "days",
            "mode": self.mode,
            "why": self.why,
            "notes": self.notes,
            "answers": self.answers,
            "seen": len(self.seen),
            "skipped": self.skipped,
            "total": self.total,
            "newest": self.newest.isoformat() if self.newest else None,
        }

    def fail(self, why: str, *, unreachable: bool = False) -> None:
        """End the walk from outside: the host rests, the run stops."""
        self.complete, self.why, self.unreachable = False, why, unreachable

    def _url(self) -> str:
        channel = channels.by_name(self.window.list_name)
        if self.mode == "days":
            return listing.page_url(channel, self._page, day=self._day())
        if self.mode == "cursor":
            return listing.page_url(channel, cursor=self._cursor)
        return listing.page_url(channel, self._page)

    def _day(self) -> date:
        return self.window.low.astimezone(BEIJING).date()

    def _note(self, answer: listing.Page) -> None:
        self.skipped += len(answer.skipped)
        self.total = answer.total if answer.total is not None else self.total
        for entry in answer.entries:
            self.seen[entry.key] = entry.ctime
            if entry.ctime and (self.newest is None or entry.ctime > self.newest):
                self.newest = entry.ctime

    def _after(self, answer: listing.Page) -> str | None:
        """What follows an answer with items in it."""
        # The last item's, not the smallest: one item with an odd time must not end the walk.
        oldest = next((entry.ctime for entry in reversed(answer.entries) if entry.ctime), None)
        if self.mode == "days":
            if self.total is not None and self._page * listing.PAGE_SIZE >= self.total:
                return self._at_the_end()
        elif oldest is not None and oldest < self.window.low:
            return self._end(complete=True)
        if self.answers >= MAX_PAGES:
            return self._end(complete=False, why=f"stopped after {self.answers} answers, more than a list has")
        if self.mode == "cursor":
            if oldest is None:
                return self._switch("pages", f"{self.window.list_name} gives no time to go on from")
            if int(oldest.timestamp()) == self._cursor:
                return self._end(complete=True)  # the list shows its last item again and again
            self._cursor = int(oldest.timestamp())
        else:
            self._page += 1
        return self._url()

    def _nothing(self) -> str | None:
        """An empty page is the end only after one retry (sina.md 1.1)."""
        self._empty += 1
        if self._empty == 1:
            return self._url()
        return self._at_the_end()

    def _at_the_end(self) -> str | None:
        """The list shows no more: was that all?"""
        shown = len(self.seen) + self.skipped
        if self.mode != "cursor" and self.total is not None and shown < self.total:
            return self._end(complete=False, why=f"the list ended after {shown} of {self.total} items")
        if not shown and self.mode == "days":
            return self._switch("cursor", f"{self.window.list_name} shows nothing of {self._day()}")
        if not shown and self.mode == "cursor":
            return self._end(complete=False, why=f"nothing older than {self.window.high:%Y-%m-%d %H:%M}Z is shown")
        if not shown and self.window.alive:
            return self._end(complete=False, why="the list is empty, and was not before")
        return self._end(complete=True)

    def _refused(self, refusal: Refusal) -> str | None:
        self._failures += 1
        if refusal.reason == "ban" or self._failures >= TRIES:
            self.unreachable = refusal.reason in {"ban", "no-answer"}
            return self._end(complete=False, why=f"{refusal.reason}: {refusal.evidence}")
        return self._url()

    def _not_honoured(self, answer: listing.Page) -> str | None:
        """Neither way back is proved for every list: when the answer is from another time, take the next way."""
        times = [entry.ctime for entry in answer.entries if entry.ctime]
        if self.mode == "days":
            begin = datetime.combine(self._day(), datetime.min.time(), BEIJING)
            if all(begin <= moment < begin + timedelta(days=1) for moment in times):
                return None
            return self._switch("cursor", f"{self.window.list_name} does not honour day windows")
        if self._cursor is not None and times and max(times).timestamp() > self._cursor + 1:
            return self._switch("pages", f"{self.window.list_name} does not honour the cursor")
        return None

    def _switch(self, mode: str, why: str) -> str:
        self.notes.append(f"{why}; went on by {mode}")
        self.mode, self._page, self._empty = mode, 1, 0
        self._cursor = int(self.window.high.timestamp()) if mode == "cursor" else None
        return self._url()

    def _end(self, *, complete: bool, why: str = "") -> str | None:
        self.complete, self.why = complete, why
        return None  # so that every way out of `take` reads `return …`
