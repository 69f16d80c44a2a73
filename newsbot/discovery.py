"""What to ask next: ledger facts + now → list windows and their requests. No I/O.

A *window* is a stretch of a list's time that one run reads; a *walk* reads one window, answer by answer, and knows at
its end whether it saw all of it. Late insertion (sina.md, fact 2) is why windows overlap.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from newsbot.article import Refusal
from newsbot.sina import channels, listing
from newsbot.text import BEIJING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

FULL_OVERLAP = timedelta(hours=24)  #: items come into a list up to hours late: this much is read again in full
SHORT_OVERLAP = timedelta(minutes=90)  #: 85 minutes late was seen (sina.md, fact 2)
CROSS_CHECK_EVERY = timedelta(hours=24)
RACE = timedelta(minutes=10)  #: younger items may simply have come in between reading two lists
MAX_PAGES = 400  #: lists were seen to end after 134-162 pages of 50; a site that never ends must not hold a run
TRIES = 3  #: a list answer that cannot be read is asked again this often


@dataclass(frozen=True, slots=True)
class PastWindow:
    """What the ledger knows of a window that was read to its end."""

    low: datetime
    high: datetime
    complete: bool
    full: bool  #: read with the full overlap
    newest: datetime | None = None  #: ctime of the newest item shown
    extra: int = 0  #: items the list of all finance did not show
    promoted: bool = False  #: the list is asked at every run since
    back_fill: bool = False  #: a day that was asked for; says nothing of the time up to now


def past_window(facts: Mapping[str, Any]) -> PastWindow:
    """A window from the facts of its record (`Walk.facts`)."""
    return PastWindow(
        low=datetime.fromisoformat(facts["low"]),
        high=datetime.fromisoformat(facts["high"]),
        complete=bool(facts["complete"]),
        full=bool(facts["full"]),
        newest=datetime.fromisoformat(facts["newest"]) if facts.get("newest") else None,
        extra=int(facts.get("extra", 0)),
        promoted=bool(facts.get("promoted")),
        back_fill=bool(facts.get("back_fill")),
    )


@dataclass(frozen=True, slots=True)
class Window:
    """What is to be read of one list: items with low <= ctime < high, aware UTC."""

    list_name: str
    low: datetime
    high: datetime
    mode: str  #: how it is read at first: `pages` newest first, in a back-fill `days` by Beijing day, then `cursor`
    full: bool = True
    alive: bool = False  #: the list has shown items before, so that an empty one is no whole answer
    cross_check: bool = False
    promoted: bool = False


def plan(
    now: datetime, past: Callable[[str], Sequence[PastWindow]], *, overlap_every: timedelta, only: Sequence[str] = ()
) -> list[Window]:
    """The windows a scheduled run reads now, in order: the default lists, then what is due as a cross-check.

    `past` gives a list's windows, newest first. `only` (from `-a channels`) reads exactly those lists.
    """
    windows = [_next_window(name, now, scheduled(past(name)), overlap_every) for name in only or channels.DEFAULT_LISTS]
    if only:
        return windows
    for channel in channels.CHANNELS:
        if channel.name in channels.DEFAULT_LISTS:
            continue
        seen = scheduled(past(channel.name))
        window = _next_window(channel.name, now, seen, overlap_every, cross_check=True)
        last = next((w.high for w in seen if w.complete), None)
        # What 2519 misses twice is asked for at every run, and each of its windows says so to the next.
        promoted = any(w.promoted for w in seen) or sum(w.extra > 0 for w in seen) >= 2
        if promoted or last is None or now - last >= CROSS_CHECK_EVERY:
            windows.append(replace(window, promoted=promoted))
    return windows


def scheduled(past: Iterable[PastWindow]) -> list[PastWindow]:
    """Those that reach from one scheduled run to the next; a back-filled day closes no gap between them."""
    return [window for window in past if not window.back_fill]


def span(lists: Iterable[str], since: datetime, until: datetime) -> list[Window]:
    """The windows of a back-fill: each Beijing day between `since` and `until`, newest first, list by list."""
    return [
        Window(name, max(since, begin), min(until, begin + timedelta(days=1)), "days")
        for begin in _days(since, until)
        for name in lists
    ]


def _days(since: datetime, until: datetime) -> Iterable[datetime]:
    begin = (until - timedelta(microseconds=1)).astimezone(BEIJING).replace(hour=0, minute=0, second=0, microsecond=0)
    while begin + timedelta(days=1) > since:
        yield begin.astimezone(since.tzinfo)
        begin -= timedelta(days=1)


def _next_window(
    name: str, now: datetime, past: Sequence[PastWindow], overlap_every: timedelta, *, cross_check: bool = False
) -> Window:
    """From the list's own last complete point less the overlap (design.md, "Spider")."""
    complete = [window for window in past if window.complete]
    alive = any(one.newest for one in past)
    window = partial(Window, name, high=now, mode="pages", cross_check=cross_check, alive=alive)
    if not complete:
        return window(low=now - FULL_OVERLAP)
    point = min(now, max(window.high for window in complete))
    last_full = max((window.high for window in complete if window.full), default=None)
    if last_full is None or not timedelta(0) <= now - last_full < overlap_every:
        return window(low=point - FULL_OVERLAP)
    newest = max((window.newest for window in complete if window.newest), default=point)
    return window(low=min(newest, point) - SHORT_OVERLAP, full=False)


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


def not_shown(walk: Walk, known: Iterable[str], past: Iterable[PastWindow]) -> list[str]:
    """Keys that a cross-checked list showed and the list of all finance did not, within what that list read.

    `known` are the keys the list of all finance has shown; `past` are its windows, newest first.
    """
    read = next((window for window in scheduled(past) if window.complete), None)
    if read is None:
        return []
    held = set(known)
    return sorted(
        key for key, ctime in walk.seen.items() if ctime and read.low <= ctime < read.high - RACE and key not in held
    )
