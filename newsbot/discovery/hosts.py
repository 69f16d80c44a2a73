"""Politeness per host, over the ledger, so that a second process never doubles the rate (design.md).

A scheduled run queues for its turns; every other kind of run takes only turns that nobody waits for.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from protego import Protego

if TYPE_CHECKING:
    from newsbot.clock import Clock
    from newsbot.ledger import Ledger

#: How long what the ledger said of a host's rest is taken as true; another process's ban is obeyed within this time.
LOOK_AGAIN = timedelta(seconds=5)
#: The name that robots.txt may address us by.
NAME = "newsbot"
#: Seconds; a Crawl-delay above it means that the host does not want to be crawled at all, which Disallow would say.
LONGEST_PACE = 120.0
#: However often a host says no, after this it is asked again.
LONGEST_REST = timedelta(days=7)


class Hosts:
    """Which host may be asked, and when."""

    def __init__(self, ledger: Ledger, clock: Clock, rest: timedelta) -> None:
        """`rest` is how long a host rests after its first no; doubled with each that follows."""
        self._ledger = ledger
        self._clock = clock
        self._rest = rest
        self._welcomed: set[str] = set()
        self._pace: dict[str, float] = {}  # host → seconds between two requests, by its robots.txt
        self._seen: dict[str, tuple[datetime, datetime | None]] = {}  # host → when looked, until when it rests

    def resting(self, host: str) -> datetime | None:
        """Until when the host rests (aware UTC), None when it may be asked."""
        now = self._clock()
        looked, until = self._seen.get(host, (None, None))
        if looked is None or not timedelta(0) <= now - looked < LOOK_AGAIN:
            until = self._ledger.resting(host, now)
            self._seen[host] = (now, until)
        # One that is further off was noted by a clock that was ahead.
        return until if until and now < until <= now + LONGEST_REST + LOOK_AGAIN else None

    def ban(self, host: str, asked: timedelta | None = None) -> datetime:
        """The site said no: the host rests for as long as it asked, else twice as long as the last time; until when."""
        if until := self.resting(host):  # answers to what was asked before the first no
            return until
        strikes = self._ledger.strikes(host)
        rest = asked or self._rest * float(2 ** min(strikes, 10))
        until = self._clock() + min(rest, LONGEST_REST)
        self._ledger.rest(host, until, strikes + 1)
        self._seen.pop(host, None)
        self._welcomed.discard(host)
        return until

    def recall(self, host: str, said_no: datetime) -> None:
        """A record tells that the host said no then: it rests from then on, if that is not over yet."""
        until = said_no + self._rest
        if until > self._clock():
            self._ledger.rest(host, until, max(1, self._ledger.strikes(host)))
            self._seen.pop(host, None)

    def welcome(self, host: str) -> None:
        """The host gave what it was asked for: its next no, if any, is a first one."""
        if host not in self._welcomed and not self.resting(host):  # else it answers what was asked before its no
            self._welcomed.add(host)
            self._ledger.forgive(host)

    def turn(self, host: str, interval: float, *, first: bool = True) -> tuple[timedelta, bool]:
        """How long to wait, and whether the host may be asked then; if not, ask again for a turn.

        Turns lie `interval` seconds apart, or as far as the host's robots.txt says, in all processes together. With
        `first` one is taken at the end of the queue, else only when there is no queue.
        """
        now, pace = self._clock(), max(interval, self._pace.get(host, 0.0))
        if not pace:
            return timedelta(0), True
        if first:
            return self._ledger.reserve(host, now, pace) - now, True
        free = self._ledger.reserve_idle(host, now, pace)
        return max(timedelta(0), free - now), free <= now

    def hear(self, host: str, robots_txt: str) -> None:
        """Obey the Crawl-delay that a host's robots.txt has for us."""
        delay = Protego.parse(robots_txt).crawl_delay(NAME)
        self._pace[host] = min(float(delay or 0), LONGEST_PACE)


def wait_of(retry_after: str, now: datetime) -> timedelta | None:
    """How long a Retry-After header (RFC 9110, 10.2.3: seconds or a date) asks to wait; None for anything else."""
    value = retry_after.strip()
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value[:9]), LONGEST_REST.total_seconds())) or None
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    wait = moment - now if moment.tzinfo else timedelta(0)
    return wait if wait > timedelta(0) else None
