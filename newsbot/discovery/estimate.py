"""What a back-fill will take, before it begins: requests, time, disk. A guess from what the archive has seen so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING

from newsbot.sina.listing import PAGE_SIZE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from newsbot.discovery.windows import PastWindow, Window

#: Articles a day where an archive knows nothing yet: of all finance (sina.md section 5), and of any other list.
WHOLE, PART = 1750.0, 200.0
#: Bytes in the archive: a page with its records, one of a list, an image or style sheet.
PAGE, LIST, REQUISITE = 30_000, 12_000, 45_000
#: Images of an article's body.
IMAGES = 2.0
#: Windows of a list that are averaged.
_RECENT = 50


@dataclass(frozen=True, slots=True)
class Estimate:
    """Of a whole back-fill, however many runs it takes."""

    lists: tuple[str, ...]
    days: int
    articles: int
    requests: int
    seconds: float  #: when the host asked most is asked every `delay` seconds
    size: int  #: bytes

    @property
    def line(self) -> str:
        """For people."""
        if not self.days:
            return "back-fill: every day of it was read to its end before"
        days = f"{self.days} day{'s' if self.days > 1 else ''}"
        return (
            f"back-fill of {days} of {', '.join(self.lists)}: about {self.articles:,} articles, "
            f"{self.requests:,} requests, {_span(self.seconds)}, {self.size / 1e9:.1f} GB"
        )


def estimate(windows: Sequence[Window], past: Mapping[str, Sequence[PastWindow]], *, delay: float) -> Estimate:
    """`past`: what was read of each list so far; `delay`: seconds between two requests to a host. Images included."""
    days = {window.low: (window.high - window.low) / timedelta(days=1) for window in windows}
    daily = {name: _daily(name, windows_of) for name, windows_of in past.items()}
    # Lists overlap, and the one of all finance holds all others: the longest counts.
    articles = sum(
        share * max((daily[w.list_name] for w in windows if w.low == low), default=0) for low, share in days.items()
    )
    listings = sum(ceil(daily[window.list_name] * days[window.low] / PAGE_SIZE) + 1 for window in windows)
    pictures = articles * IMAGES
    return Estimate(
        lists=tuple(past),
        days=len(days),
        articles=round(articles),
        requests=round(articles + listings + pictures),
        seconds=max(articles, listings, pictures) * delay,
        size=round(articles * PAGE + listings * LIST + pictures * REQUISITE),
    )


def _daily(name: str, past: Sequence[PastWindow]) -> float:
    """Articles a day of a list, by its last complete windows."""
    read = [window for window in past[:_RECENT] if window.complete and window.seen]
    spent = sum(((window.high - window.low) for window in read), timedelta(0)) / timedelta(days=1)
    if spent > 0:
        return sum(window.seen for window in read) / spent
    return WHOLE if name in {"finance", "news"} else PART


def _span(seconds: float) -> str:
    hours = seconds / 3600
    return (
        f"{hours / 24:.0f} days"
        if hours > 72
        else f"{hours:.1f} hours"
        if hours >= 1
        else f"{seconds / 60:.0f} minutes"
    )
