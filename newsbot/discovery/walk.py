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
PAGES_A_DAY = 60  #: … by cursor or by days more of them for a longer window; all of finance has 35 a day
TRIES = 3  #: a list answer that cannot be read is asked again this often

#: Which ways back are tried after the first: neither is proved for every list (sina.md, fact 5).
_NEXT = {"pages": ("cursor", "days"), "days": ("cursor",), "cursor": ("days",)}
_DAY = timedelta(days=1)


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
    total: int | None = None  #: what the list says of its length; in a back-fill of that of the day
    newest: datetime | None = None
    _left: list[str] = field(default_factory=list)  # ways not tried yet
    _reached: datetime | None = None  # the oldest item so far of those that came in order
    _failures: int = 0
    # Of the present way, or by days of the present day:
    _page: int = 1
    _day: date | None = None
    _cursor: int | None = None
    _empty: int = 0
    _answers: int = 0
    _keys: set[str] = field(default_factory=set)
    _skipped: int = 0
    _total: int | None = None

    def first(self) -> str:
        """URL of the first request."""
        self._left = list(_NEXT[self.window.mode])
        return self._begin(self.window.mode)

    def take(self, answer: listing.Page | Refusal) -> str | None:
        """Note one answer; URL of the next request, or None at the end."""
        self.answers += 1
        self._answers += 1
        if isinstance(answer, Refusal):
            return self._refused(answer)
        self._failures = 0
        self._note(answer)
        if not answer.size:
            return self._nothing()
        self._empty = 0
        if why := self._not_honoured(answer):
            return self._go_on(why, else_pages=True)
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
            "back_fill": window.back_fill,
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

    def _begin(self, mode: str) -> str:
        """Take this way, from where the window begins or another way got to."""
        high = self._reached or self.window.high
        self.mode, self._answers = mode, 0
        self._cursor = int(high.timestamp()) if mode == "cursor" else None
        # A window's end belongs to the next; where another way got to is an item's time.
        last = high if self._reached else high - timedelta(microseconds=1)
        return self._begin_day(last.astimezone(BEIJING).date() if mode == "days" else None)

    def _begin_day(self, day: date | None) -> str:
        self._day, self._page, self._empty = day, 1, 0
        self._keys, self._skipped, self._total = set(), 0, None
        return self._url()

    def _url(self) -> str:
        channel = channels.by_name(self.window.list_name)
        if self.mode == "cursor":
            return listing.page_url(channel, cursor=self._cursor)
        return listing.page_url(channel, self._page, day=self._day)

    def _note(self, answer: listing.Page) -> None:
        self.skipped += len(answer.skipped)
        self._skipped += len(answer.skipped)
        if answer.total is not None:
            self._total = answer.total
            if (self.mode == "days") is self.window.back_fill:
                self.total = answer.total
        for entry in answer.entries:
            self._keys.add(entry.key)
            self.seen[entry.key] = entry.ctime
            if entry.ctime and (self.newest is None or entry.ctime > self.newest):
                self.newest = entry.ctime

    def _after(self, answer: listing.Page) -> str | None:
        """What follows an answer with items in it."""
        # The last item's, not the smallest: one item with an odd time must not end the walk.
        oldest = next((entry.ctime for entry in reversed(answer.entries) if entry.ctime), None)
        self._reached = oldest or self._reached
        if self.mode == "days":
            if self._total is not None and self._page * listing.PAGE_SIZE >= self._total:
                return self._at_the_end()
        elif oldest is not None and oldest < self.window.low:
            return self._end(complete=True)
        if self._answers >= self._most():
            return self._end(complete=False, why=f"stopped after {self.answers} answers, more than a list has")
        if self.mode == "cursor":
            if oldest is None:
                return self._go_on(f"{self.window.list_name} gives no time to go on from", else_pages=True)
            if int(oldest.timestamp()) == self._cursor:
                return self._end(complete=True)  # the list shows its last item again and again
            self._cursor = int(oldest.timestamp())
        else:
            self._page += 1
        return self._url()

    def _most(self) -> float:
        """Answers after which this way has no end."""
        days = (self.window.high - self.window.low) / _DAY
        return MAX_PAGES + (0 if self.mode == "pages" else days * PAGES_A_DAY)

    def _nothing(self) -> str | None:
        """An empty page is the end only after one retry (sina.md 1.1)."""
        self._empty += 1
        if self._empty == 1:
            return self._url()
        return self._at_the_end()

    def _at_the_end(self) -> str | None:
        """The list shows no more by this way: was that all?"""
        shown = len(self._keys) + self._skipped
        if self.mode != "pages" and not shown:
            reached = self._reached or self.window.high
            return self._go_on(
                f"{self.window.list_name} shows nothing of {self._day}"
                if self._day
                else f"nothing older than {reached:%Y-%m-%d %H:%M}Z is shown"
            )
        if self.mode != "cursor" and self._total is not None and shown < self._total:
            return self._go_on(f"the list ended after {shown} of {self._total} items")
        if self._day and self._day > self.window.low.astimezone(BEIJING).date():
            return self._begin_day(self._day - _DAY)
        if not shown and self.window.alive:
            return self._end(complete=False, why="the list is empty, and was not before")
        return self._end(complete=True)

    def _refused(self, refusal: Refusal) -> str | None:
        self._failures += 1
        why = f"{refusal.reason}: {refusal.evidence}"
        if refusal.reason == "ban" or self._failures >= TRIES:
            self.unreachable = refusal.reason in {"ban", "no-answer"}
            if self.unreachable or self.mode == "pages":  # else it may be this way only that fails
                return self._end(complete=False, why=why)
            self._failures = 0
            return self._go_on(f"{self.window.list_name} fails by {self.mode}, {why}")
        return self._url()

    def _not_honoured(self, answer: listing.Page) -> str:
        """Why the answer is of another time than was asked for; '' when it is not."""
        times = [entry.ctime for entry in answer.entries if entry.ctime]
        if self._day:
            begin = datetime.combine(self._day, datetime.min.time(), BEIJING)
            if not all(begin <= moment < begin + _DAY for moment in times):
                return f"{self.window.list_name} does not honour day windows"
        elif self._cursor is not None and times and max(times).timestamp() > self._cursor + 1:
            return f"{self.window.list_name} does not honour the cursor"
        return ""

    def _go_on(self, why: str, *, else_pages: bool = False) -> str | None:
        """Try the next way, and note why; turning pages, which takes longest, only where no other is honoured."""
        if self._left:
            mode = self._left.pop(0)
        elif else_pages and self.window.mode != "pages":
            mode = "pages"
        else:
            return self._end(complete=False, why=why)
        self.notes.append(f"{why}; went on by {mode}")
        return self._begin(mode)

    def _end(self, *, complete: bool, why: str = "") -> str | None:
        self.complete, self.why = complete, why
        return None  # so that every way out of `take` reads `return …`
