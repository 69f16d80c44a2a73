"""What a run needs to be told: values of settings, checked by the door."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta


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
    ban_rest: timedelta = timedelta(hours=1)
    info: dict[str, str] = field(default_factory=dict)  #: fields of warcinfo
