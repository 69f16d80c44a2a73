"""The live feed's completeness, by ids: which are known, which the site did not show, which were asked too late."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from newsbot.discovery.feed import spell
from newsbot.sina import feed
from newsbot.text import BEIJING, unstamp

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from newsbot.ledger import Ledger, MissingIds, WindowRow


@dataclass(slots=True)
class FeedCoverage:
    """What is known of the feed."""

    items: int
    deleted: int  #: of these, marked so by the site
    first: int  #: smallest id
    last: int  #: largest id
    not_shown: list[MissingIds] = field(default_factory=list)  #: left out by the site between ids that it showed
    unknown: list[MissingIds] = field(default_factory=list)  #: gone from its reach before a run read it

    def facts(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "items": self.items,
            "deleted": self.deleted,
            "first": self.first,
            "last": self.last,
            "not_shown": [{"first": one.first, "last": one.last} for one in self.not_shown],
            "unknown": [
                {"first": one.first, "last": one.last, "after": one.after, "before": one.before} for one in self.unknown
            ],
        }

    def gaps(self) -> Iterator[str]:
        """One line for each stretch of unknown ids; Beijing time."""
        for one in self.unknown:
            low, high = (
                f"{unstamp(at).astimezone(BEIJING):%Y-%m-%d %H:%M}" if at else "?" for at in (one.after, one.before)
            )
            yield f"{feed.NAME}: {spell(range(one.first, one.last + 1))} are not known, of {low}–{high}"


def survey_feed(
    ledger: Ledger, windows: Sequence[WindowRow], since: datetime | None, until: datetime | None
) -> FeedCoverage | None:
    """What is known of it; None where it was never read. Only gaps of the time from `since` to `until` are named."""
    items, deleted, first, last = ledger.counted_flashes()
    if not items:
        return None
    found = FeedCoverage(items, deleted, first, last)
    read = [ids for row in windows if (ids := row.facts.get("ids"))]
    for one in ledger.missing_flashes():
        if (since and one.before and unstamp(one.before) < since) or (
            until and one.after and unstamp(one.after) >= until
        ):
            continue
        shown = any(low < one.first and one.last < high for low, high in read)
        (found.not_shown if shown else found.unknown).append(one)
    return found
