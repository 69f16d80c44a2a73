"""The one place that asks the system what time it is.

Everything else takes a `Clock`: a function without arguments that gives an aware UTC datetime. Test processes set
`NEWSBOT_CLOCK` (design.md, "Time is a value").
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from newsbot.errors import BadInput

Clock = Callable[[], datetime]

#: What NEWSBOT_CLOCK counts from: one moment for all clocks of a process, so that they agree.
_ZERO = time.monotonic()


def system_clock() -> Clock:
    """The clock of this process: the system's, or one that starts at NEWSBOT_CLOCK and runs on from there.

    Raises BadInput when NEWSBOT_CLOCK is set and no ISO 8601 instant with a zone.
    """
    begin = os.environ.get("NEWSBOT_CLOCK")
    if not begin:
        return lambda: datetime.now(UTC)
    try:
        start = datetime.fromisoformat(begin)
    except ValueError:
        start = None
    if start is None or start.tzinfo is None:
        raise BadInput(f"NEWSBOT_CLOCK is {begin!r}: give an instant with a zone, like 2026-09-29T00:39:35+08:00")
    return lambda: start.astimezone(UTC) + timedelta(seconds=time.monotonic() - _ZERO)
