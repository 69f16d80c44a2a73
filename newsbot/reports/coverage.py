"""How complete the archive is, from what the ledger counts: by day and channel, by list and time. No I/O of its own.

Two kinds of things can be missing. A *hole* is an article that some list showed and that is neither captured nor
refused for good. A *gap* is a time of which a list was never read to the end: nobody knows what came into it then.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from newsbot.ledger.coverage import LATENCY_UNIT, Hole
from newsbot.reports.feed import FeedCoverage, survey_feed
from newsbot.reports.gaps import Gap, Reading, read, union
from newsbot.sina import channels, feed, toplist
from newsbot.text import BEIJING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from newsbot.ledger import Ledger
    from newsbot.ledger.coverage import Standings

#: Holes that are named one by one; all are counted.
NAMED = 1000


@dataclass(slots=True)
class Count:
    """Articles: every one of them is published, refused, gone, withdrawn or a hole."""

    articles: int = 0
    listed: int = 0  #: that a list has shown
    captured: int = 0  #: whose page is in the archive
    published: int = 0
    refused: dict[str, int] = field(default_factory=dict)  #: by reason
    gone: int = 0  #: not there any more when it was first asked for
    deleted: int = 0  #: captured, and later confirmed to be gone (tombstones)
    withdrawn: int = 0
    holes: int = 0
    edited: int = 0  #: that have several versions

    def add(self, row: Standings) -> None:
        """Count these articles too."""
        self.articles += row.articles
        self.listed += row.listed * row.articles
        self.captured += row.captured * row.articles
        self.deleted += row.deleted * row.articles
        if row.state in {"listed", "failed"}:
            self.holes += row.articles
        elif row.state == "refused":
            self.refused[row.reason] = self.refused.get(row.reason, 0) + row.articles
        else:
            setattr(self, row.state, getattr(self, row.state) + row.articles)

    def facts(self) -> dict[str, Any]:
        """For JSON."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(slots=True)
class Day:
    """One day, Beijing, by the articles' publication; looks by when they were taken."""

    total: Count = field(default_factory=Count)
    channels: dict[str, Count] = field(default_factory=dict)
    looks: int = 0
    revisits: int = 0  #: looks that found what was there already
    late: dict[int, int] = field(default_factory=dict)  #: latency in units of ten minutes → articles
    unknown: int = 0  #: minutes that lie in a gap of a list that is read at every run

    def latency(self, share: float) -> int | None:
        """Minutes within which this share of its articles was captured, in tens; None when none was."""
        left = share * sum(self.late.values())
        for units in sorted(self.late):
            left -= self.late[units]
            if left <= 0:
                return (units + 1) * int(LATENCY_UNIT.total_seconds()) // 60
        return None

    def facts(self) -> dict[str, Any]:
        """For JSON."""
        return {
            **self.total.facts(),
            "channels": {name: count.facts() for name, count in sorted(self.channels.items())},
            "looks": self.looks,
            "revisits": self.revisits,
            "unknown_minutes": self.unknown,
            "latency_minutes": {"half": self.latency(0.5), "nine_tenths": self.latency(0.9)},
        }


@dataclass(slots=True)
class Coverage:
    """All of it. Days and lists in order, gaps by list and time, holes newest first."""

    now: datetime
    days: dict[str, Day] = field(default_factory=dict)  #: `2026-09-29`, Beijing; '' for articles without any time
    lists: dict[str, Reading] = field(default_factory=dict)
    gaps: list[Gap] = field(default_factory=list)
    holes: list[Hole] = field(default_factory=list)  #: not more than NAMED
    feed: FeedCoverage | None = None

    @property
    def total(self) -> Count:
        """Of all days."""
        whole = Count()
        for day in self.days.values():
            for name, number in day.total.facts().items():
                if name != "refused":
                    setattr(whole, name, getattr(whole, name) + number)
            for reason, number in day.total.refused.items():
                whole.refused[reason] = whole.refused.get(reason, 0) + number
        return whole

    @property
    def whole(self) -> bool:
        """Is nothing missing?"""
        return not (self.gaps or self.total.holes or (self.feed and self.feed.unknown))

    def facts(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "now": self.now.isoformat(),
            "total": self.total.facts(),
            "days": {name: day.facts() for name, day in self.days.items()},
            "lists": {name: reading.facts() for name, reading in self.lists.items()},
            "gaps": [gap.facts() for gap in self.gaps],
            "holes": [hole_facts(hole) for hole in self.holes],
            "feed": self.feed.facts() if self.feed else None,
        }


def fill_command(hole: Hole) -> str:
    """What fetches one article."""
    return f"echo {shlex.quote(hole.url)} | scrapy crawl sina_finance -a urls=-"


def hole_facts(hole: Hole) -> dict[str, str]:
    """A hole for JSON."""
    facts = {name: getattr(hole, name) for name in Hole.__slots__}
    return facts | {"reason": hole.reason or "not asked yet", "command": fill_command(hole)}


def survey(
    ledger: Ledger,
    now: datetime,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    only: Sequence[str] = (),
) -> Coverage:
    """The archive's coverage, of all time or of the days that `since` and `until` lie in; `only` these channels."""
    wanted = _Wanted(since, until, frozenset(only))
    found = Coverage(now)
    days: dict[str, Day] = {}
    for row in filter(wanted.takes, ledger.standings()):
        day = days.setdefault(row.day, Day())
        day.total.add(row)
        if row.latency >= 0:
            day.late[row.latency] = day.late.get(row.latency, 0) + row.articles
        day.channels.setdefault(row.channel, Count()).add(row)
    for edits in filter(wanted.takes, ledger.edits()):
        day = days.setdefault(edits.day, Day())  # a crawl may have gone on between the two questions
        for count in (day.total, day.channels.setdefault(edits.channel, Count())):
            count.edited += edits.articles
    for looks in ledger.looks_by_day():
        if wanted.day(looks.day):
            day = days.setdefault(looks.day, Day())
            day.looks, day.revisits = day.looks + looks.looks, day.revisits + looks.revisit * looks.looks
    for name, windows in ledger.every_window():
        if name == feed.NAME:
            found.feed = None if wanted.channels else survey_feed(ledger, windows, since, until)
        elif name != toplist.NAME and (not wanted.channels or name in wanted.channels):
            found.lists[name], gaps = read(name, windows, now, since, until)
            found.gaps += gaps
    _spread(days, found)
    found.days = dict(sorted(days.items()))
    found.holes = [hole for hole in ledger.open_articles(NAMED) if wanted.takes(hole)]
    return found


@dataclass(frozen=True, slots=True)
class _Wanted:
    since: datetime | None
    until: datetime | None
    channels: frozenset[str]

    def takes(self, row: Any) -> bool:
        return self.day(row.day) and (not self.channels or row.channel in self.channels)

    def day(self, day: str) -> bool:
        if not (self.since or self.until):
            return True
        return bool(day) and self._first() <= day <= self._last()

    def _first(self) -> str:
        return self.since.astimezone(BEIJING).date().isoformat() if self.since else ""

    def _last(self) -> str:
        if self.until is None:
            return "~"
        return (self.until - timedelta(microseconds=1)).astimezone(BEIJING).date().isoformat()


def _spread(days: dict[str, Day], found: Coverage) -> None:
    """Give each day its minutes that lie in gaps of the lists that every run reads; of any list when there are none."""
    default = [name for name in channels.DEFAULT_LISTS if name in found.lists]
    gaps = union((gap.low, gap.high) for gap in found.gaps if gap.list_name in (default or found.lists))
    for low, high in gaps:
        begin = low.astimezone(BEIJING).date()
        while (midnight := datetime.combine(begin, time(), BEIJING)) < high:
            inside = min(high, midnight + timedelta(days=1)) - max(low, midnight)
            day = days.setdefault(begin.isoformat(), Day())
            day.unknown += -(-inside // timedelta(minutes=1))
            begin += timedelta(days=1)


def by_number(reasons: Mapping[str, int]) -> list[tuple[str, int]]:
    """The most frequent first."""
    return sorted(reasons.items(), key=lambda one: (-one[1], one[0]))


def dates(days: Iterable[str]) -> list[date]:
    """Those that are dates, in order."""
    return sorted(date.fromisoformat(day) for day in days if day)
