"""What to ask next: ledger facts + now → list windows. No I/O.

A *window* is a stretch of a list's time that one run reads (walk.py). Late insertion (sina.md, fact 2) is why windows
overlap.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from newsbot.sina import channels
from newsbot.text import BEIJING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

FULL_OVERLAP = timedelta(hours=24)  #: items come into a list up to hours late: this much is read again in full
SHORT_OVERLAP = timedelta(minutes=90)  #: 85 minutes late was seen (sina.md, fact 2)
CROSS_CHECK_EVERY = timedelta(hours=24)
RACE = timedelta(minutes=10)  #: younger items may simply have come in between reading two lists


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
    mode: str = ""  #: how it was read at last
    seen: int = 0  #: items it showed
    read: datetime | None = None  #: when it was read; None when that is not known


def past_window(facts: Mapping[str, Any], read: datetime | None = None) -> PastWindow:
    """A window from the facts of its record (`Walk.facts`), and when that was written.

    Raises KeyError, TypeError or ValueError when they are not such facts.
    """
    low, high = (datetime.fromisoformat(facts[name]) for name in ("low", "high"))
    if low.tzinfo is None or high.tzinfo is None:
        raise ValueError(f"no zone in {facts['low']} or {facts['high']}")
    return PastWindow(
        low=low,
        high=high,
        complete=bool(facts["complete"]),
        full=bool(facts["full"]),
        newest=datetime.fromisoformat(facts["newest"]) if facts.get("newest") else None,
        extra=int(facts.get("extra", 0)),
        promoted=bool(facts.get("promoted")),
        back_fill=bool(facts.get("back_fill")),
        mode=str(facts.get("mode", "")),
        seen=int(facts.get("seen", 0)),
        read=read,
    )


@dataclass(frozen=True, slots=True)
class Window:
    """What is to be read of one list: items with low <= ctime < high, aware UTC."""

    list_name: str
    low: datetime
    high: datetime
    mode: str  #: how it is read at first: `pages` newest first, `days` by Beijing day, or by `cursor`
    full: bool = True
    back_fill: bool = False
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


def is_due(last: datetime | None, now: datetime, every: timedelta) -> bool:
    """Is something to be read again that was read `last`? Also when that was by a clock that was ahead."""
    return last is None or not timedelta(0) <= now - last < every


def scheduled(past: Iterable[PastWindow]) -> list[PastWindow]:
    """Those that reach from one scheduled run to the next; a back-filled day closes no gap between them."""
    return [window for window in past if not window.back_fill]


def span(
    lists: Iterable[str],
    since: datetime,
    until: datetime,
    past: Callable[[str], Sequence[PastWindow]] = lambda _: (),
) -> list[Window]:
    """The windows of a back-fill: each Beijing day between `since` and `until`, newest first, list by list.

    Those are left out that `past` has read to their end when nothing could come into them late any more. A list whose
    last day could only be read by its cursor is read so at first.
    """
    known = {name: past(name) for name in lists}
    done = {name: [one for one in past if one.complete and _settled(one)] for name, past in known.items()}
    windows = [
        Window(name, max(since, begin), min(until, begin + timedelta(days=1)), _way(known[name]), back_fill=True)
        for begin in _days(since, until)
        for name in done
    ]
    return [one for one in windows if not any(w.low <= one.low and one.high <= w.high for w in done[one.list_name])]


def _way(past: Sequence[PastWindow]) -> str:
    """Which way back is tried first: days, unless what was back-filled last went by cursor."""
    read = [window for window in past if window.back_fill and window.complete and window.read]
    last = max(read, key=lambda window: window.read or window.high, default=None)
    return "cursor" if last and last.mode == "cursor" else "days"


def _settled(window: PastWindow) -> bool:
    return window.read is not None and window.read >= window.high + FULL_OVERLAP


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


def not_shown(seen: Mapping[str, datetime | None], known: Iterable[str], past: Iterable[PastWindow]) -> list[str]:
    """Keys that a cross-checked list showed and the list of all finance did not, within what that list read.

    `seen` is what the cross-check saw, article key → ctime; `known`, what the list of all finance has ever shown;
    `past`, its windows, newest first.
    """
    read = next((window for window in scheduled(past) if window.complete), None)
    if read is None:
        return []
    held = set(known)
    return sorted(
        key for key, ctime in seen.items() if ctime and read.low <= ctime < read.high - RACE and key not in held
    )
