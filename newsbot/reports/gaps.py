"""The time of which a list was read to its end, and the time of which it was not. No I/O."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from newsbot.discovery.windows import CROSS_CHECK_EVERY
from newsbot.sina import channels
from newsbot.text import BEIJING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from newsbot.ledger import WindowRow

_COLUMNS = frozenset(channel.name for channel in channels.COLUMNS)
#: Until a list's next scheduled reading is late: so long after the last one nothing is amiss yet.
RHYTHM = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Gap:
    """A time of which a list was never read to the end; aware UTC."""

    list_name: str
    low: datetime
    high: datetime
    why: str  #: of the last try that failed; '' when there was none

    @property
    def command(self) -> str:
        """What fills it; '' where nothing can: a column shows its newest articles only."""
        if self.list_name in _COLUMNS:
            return ""
        low, high = (moment.astimezone(BEIJING) for moment in (self.low, self.high + timedelta(seconds=59)))
        return (
            f"scrapy crawl sina_finance -a channels={shlex.quote(self.list_name)} "
            f"-a since={low:%Y-%m-%dT%H:%M} -a until={high:%Y-%m-%dT%H:%M}"
        )

    def __str__(self) -> str:
        low, high = (moment.astimezone(BEIJING) for moment in (self.low, self.high))
        until = f"{high:%H:%M}" if low.date() == high.date() else f"{high:%Y-%m-%d %H:%M}"
        why = f" ({self.why})" if self.why else ""
        return f"{self.list_name}: nothing is known of {low:%Y-%m-%d %H:%M}–{until}{why}"

    def facts(self) -> dict[str, str]:
        """For JSON; times in UTC."""
        return {
            "list": self.list_name,
            "low": self.low.isoformat(),
            "high": self.high.isoformat(),
            "why": self.why,
            "command": self.command,
        }


@dataclass(frozen=True, slots=True)
class Reading:
    """What one list was read of."""

    windows: int
    complete: int
    first: datetime  #: from here on something is known
    last: datetime  #: up to here
    short: list[dict[str, Any]]  #: windows of whose `total` items fewer were seen, and that no later one made good

    def facts(self) -> dict[str, Any]:
        """For JSON; times in UTC."""
        return {
            "windows": self.windows,
            "complete": self.complete,
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
            "short": self.short,
        }


def read(
    name: str, windows: Sequence[WindowRow], now: datetime, since: datetime | None = None, until: datetime | None = None
) -> tuple[Reading, list[Gap]]:
    """What the windows of a list come to, and the gaps between them; only what of these lies in that time."""
    spans = [(_moment(row, "low"), _moment(row, "high"), row.facts) for row in windows]
    complete = union((low, high) for low, high, facts in spans if facts["complete"])
    first, last = min(low for low, _, _ in spans), max((high for _, high in complete), default=spans[0][0])
    newest = now if _is_late(name, last, now, spans) else max(last, *(high for _, high, _ in spans))
    failed = [one for one in spans if not one[2]["complete"]]
    gaps: list[Gap] = []
    for begin, end in _between(complete, first, min(newest, now)):
        low, high = max(begin, since or begin), min(end, until or end)
        if low < high:
            why = next((facts["why"] for a, b, facts in reversed(failed) if a < high and b > low), "")
            gaps.append(Gap(name, low, high, " ".join(str(why).split())))
    short = [
        {"low": low.isoformat(), "high": high.isoformat(), "seen": _seen(facts), "total": facts["total"]}
        for low, high, facts in failed
        if facts.get("total") and facts.get("back_fill") and _seen(facts) < facts["total"]
        if not any(a <= low and high <= b for a, b in complete)
    ]
    return Reading(len(spans), len(spans) - len(failed), first, last, short), gaps


def _seen(facts: Mapping[str, Any]) -> int:
    return int(facts.get("seen", 0)) + int(facts.get("skipped", 0))


def _moment(row: WindowRow, name: str) -> datetime:
    return datetime.fromisoformat(row.facts[name]).astimezone(UTC)


def _is_late(name: str, last: datetime, now: datetime, spans: Sequence[tuple[Any, Any, Mapping[str, Any]]]) -> bool:
    """Should a scheduled run have read the list once more since? What is only ever back-filled is never late."""
    rhythm = RHYTHM if name in channels.DEFAULT_LISTS else RHYTHM + CROSS_CHECK_EVERY
    return now - last > rhythm and not all(facts.get("back_fill") for _, _, facts in spans)


def union(spans: Iterable[tuple[datetime, datetime]]) -> list[tuple[datetime, datetime]]:
    """The same time without overlaps, in order."""
    whole: list[tuple[datetime, datetime]] = []
    for low, high in sorted(spans):
        if whole and low <= whole[-1][1]:
            whole[-1] = whole[-1][0], max(high, whole[-1][1])
        else:
            whole.append((low, high))
    return whole


def _between(
    known: Sequence[tuple[datetime, datetime]], begin: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """The time from `begin` to `end` that is not in `known`."""
    for low, high in known:
        if begin < min(low, end):
            yield begin, min(low, end)
        begin = max(begin, high)
    if begin < end:
        yield begin, end
