"""What a run needs to be told: values of settings, checked by the door."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any


@dataclass(frozen=True, slots=True)
class Options:
    """What a run needs to be told; the settings' values, checked."""

    kind: str = "schedule"  #: schedule, backfill or urls
    durability: str = "batch"
    max_bytes: int = 1_000_000_000
    max_age: timedelta = timedelta(days=1)
    payload_digest: str = "auto"
    lease_seconds: float = 600
    overlap_every: timedelta = timedelta(hours=2)
    baseline_since: str = ""  #: name of a run; what earlier ones taught of pages is forgotten
    ban_rest: timedelta = timedelta(hours=1)
    requisites: str = "images"  #: a word of sina.requisites.MODES
    requisite_max_age: timedelta = timedelta(days=7)
    feed: str = "off"  #: a word of sina.feed.MODES
    feed_every: timedelta = timedelta(hours=3)
    columns: tuple[str, ...] = ()  #: names of columns (sina.channels) that are read
    columns_every: timedelta = timedelta(hours=6)
    keep_noarchive: bool = False  #: column pages are kept whole whatever their robots metas say
    top_list: bool = False
    revisit_after: tuple[timedelta, ...] = ()  #: when an article is looked at again, after its publication
    info: dict[str, str] = field(default_factory=dict)  #: fields of warcinfo

    def writing(self) -> dict[str, Any]:
        """What warc.writer.Writer is told of it."""
        return {
            "info": self.info,
            "max_bytes": self.max_bytes,
            "max_age": self.max_age,
            "durability": self.durability,
            "payload_digest": self.payload_digest,
        }

    def coming_back(self) -> dict[str, Any]:
        """What again.Again is told of it: second looks are a scheduled run's business."""
        return {
            "schedule": self.revisit_after if self.kind == "schedule" else (),
            "lease_seconds": self.lease_seconds,
        }

    def wanting(self) -> dict[str, Any]:
        """What wants.Wants is told of it."""
        return {
            "mode": self.requisites,
            "max_age": self.requisite_max_age,
            "lease_seconds": self.lease_seconds,
        }

    def feeding(self) -> dict[str, Any]:
        """What feed.Feed is told of it."""
        return {"mode": self.feed, "every": self.feed_every}

    def beside(self) -> dict[str, Any]:
        """What sides.Sides is told of it."""
        return {"names": self.columns, "every": self.columns_every, "top": self.top_list}
