"""Politeness per host, over the ledger, so that a second process never doubles the rate (design.md).

A scheduled run queues for its turns; every other kind of run takes only turns that nobody waits for. A host that is
unwell is asked less often, until it is well again.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
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
#: Bytes of a robots.txt that are read: RFC 9309 2.5 wants 500 KiB at least, and the time grows with each line.
ROBOTS_LIMIT = 500 * 1024
#: Seconds; a Crawl-delay above it means that the host does not want to be crawled at all, which Disallow would say.
LONGEST_PACE = 120.0
#: Whatever a host asks for, after this it is asked again.
LONGEST_REST = timedelta(days=7)
#: However often it says no and not for how long, it is asked again after this, or after BAN_REST if that is longer: a
#: ban lifts within the hour (sina.md, fact 7), and what leaves the lists meanwhile is lost.
LONGEST_BAN = timedelta(hours=8)
#: An unwell host is asked half as often with each answer that failed, at most so many times over.
MOST_STRAIN = 5
#: Seconds; an answer that takes no longer is never called slow.
PROMPT = 1.0


@dataclass(slots=True)
class _Pulse:
    """How a host fared in this run."""

    interval: float = 0.0  # seconds between two requests while it is well
    asked: int = 0
    failed: int = 0
    seconds: float = 0.0  # until the answers' ends, all together
    strain: int = 0  # how often its interval is doubled now
    worst: int = 0  # … and was at most

    @property
    def slow(self) -> bool:
        return bool(self.worst or self.seconds > self.asked * max(self.interval, PROMPT))


class Hosts:
    """Which host may be asked, and when."""

    def __init__(self, ledger: Ledger, clock: Clock, rest: timedelta) -> None:
        """`rest` is how long a host rests after its first no; doubled with each that follows soon (see `welcome`)."""
        self._ledger = ledger
        self._clock = clock
        self._rest = rest
        self._welcomed: set[str] = set()
        self._pace: dict[str, float] = {}  # host → seconds between two requests, by its robots.txt
        self._pulses: defaultdict[str, _Pulse] = defaultdict(_Pulse)
        self._seen: dict[str, tuple[datetime, datetime | None]] = {}  # host → when looked, until when it rests

    def resting(self, host: str) -> datetime | None:
        """Until when the host rests (aware UTC), None when it may be asked."""
        now = self._clock()
        looked, until = self._seen.get(host, (None, None))
        if looked is None or not timedelta(0) <= now - looked < LOOK_AGAIN:
            until = self._ledger.resting(host, now)
            self._seen[host] = (now, until)
        # One that is further off was noted by a clock that was ahead.
        if until is None or not now < until <= now + LONGEST_REST + LOOK_AGAIN:
            return None
        self._welcomed.discard(host)  # whoever heard its no
        return until

    def ban(self, host: str, asked: timedelta | None = None) -> datetime:
        """The site said no: the host rests for as long as it asked, else twice as long as the last time; until when.

        One that says how long is heard, and that is no strike against it: only noes without a word get longer.
        """
        self._seen.pop(host, None)  # another process may have heard the same no a moment ago
        if until := self.resting(host):  # answers to what was asked before the first no
            return until
        strikes = self._ledger.strikes(host)
        until = self._clock() + (min(asked, LONGEST_REST) if asked else self._after(strikes))
        self._ledger.rest(host, until, strikes if asked else strikes + 1)
        self._seen.pop(host, None)
        return until

    def recall(self, host: str, said_no: datetime, asked: timedelta | None = None) -> None:
        """A record tells that the host said no then: it rests as long as it `asked`, if that is not over yet."""
        until = said_no + min(asked or self._rest, LONGEST_REST)
        if until > self._clock() and until > (self.resting(host) or said_no):
            strikes = self._ledger.strikes(host)
            self._ledger.rest(host, until, strikes if asked else max(1, strikes))
            self._seen.pop(host, None)

    def welcome(self, host: str) -> None:
        """The host gave what it was asked for: once it was well for as long as it rested, the next no is a first."""
        if host in self._welcomed or self.resting(host):  # else it answers what was asked before its no
            return
        strikes = self._ledger.strikes(host)
        if strikes and self._ledger.resting(host, self._clock() - self._after(strikes - 1)):
            return
        self._welcomed.add(host)
        if strikes:
            self._ledger.forgive(host, self._clock())

    def _after(self, strikes: int) -> timedelta:
        """The rest after so many noes in a row."""
        return min(self._rest * float(2 ** min(strikes, 10)), max(self._rest, LONGEST_BAN), LONGEST_REST)

    def turn(self, host: str, interval: float, *, first: bool = True) -> tuple[timedelta, bool]:
        """How long to wait, and whether the host may be asked then; if not, ask again for a turn.

        Turns lie `interval` seconds apart, or as far as the host's robots.txt says, in all processes together, and
        further while it is unwell. With `first` one is taken at the end of the queue, else only when there is no queue.
        """
        pulse = self._pulses[host]
        pulse.interval = max(interval, self._pace.get(host, 0.0))
        now, pace = self._clock(), pulse.interval * 2**pulse.strain
        if not pace:
            return timedelta(0), True
        if first:
            return self._ledger.reserve(host, now, pace) - now, True
        free = self._ledger.reserve_idle(host, now, pace)
        return max(timedelta(0), free - now), free <= now

    def fared(self, host: str, seconds: float, *, well: bool) -> None:
        """An answer took so long; `well` unless none came, or one that says that the host cannot cope (5xx, 429)."""
        pulse = self._pulses[host]
        pulse.asked += 1
        pulse.failed += not well
        pulse.seconds += seconds
        pulse.strain = max(0, pulse.strain - 1) if well else min(pulse.strain + 1, MOST_STRAIN)
        pulse.worst = max(pulse.worst, pulse.strain)

    def slow(self) -> list[str]:
        """One line for each host that took longer than our pace would have, the one that was asked most first."""
        slow = [(pulse.asked, host, pulse) for host, pulse in self._pulses.items() if pulse.asked and pulse.slow]
        return [_told(host, pulse) for _, host, pulse in sorted(slow, key=lambda one: (-one[0], one[1]))]

    def hear(self, host: str, robots_txt: bytes) -> None:
        """Obey the Crawl-delay that a host's robots.txt has for us."""
        delay = Protego.parse(what_counts(robots_txt).decode("utf-8", "replace")).crawl_delay(NAME)
        self._pace[host] = min(float(delay or 0), LONGEST_PACE)


def what_counts(robots_txt: bytes) -> bytes:
    """The lines of a robots.txt that lie within ROBOTS_LIMIT: half a rule would be another one (`Disallow: /`)."""
    if len(robots_txt) <= ROBOTS_LIMIT:
        return robots_txt
    end = max(robots_txt.rfind(b"\n", 0, ROBOTS_LIMIT), robots_txt.rfind(b"\r", 0, ROBOTS_LIMIT))
    return robots_txt[: end + 1]


def _told(host: str, pulse: _Pulse) -> str:
    mean = pulse.seconds / pulse.asked
    line = f"{host} took {mean:.1f} s an answer, {pulse.failed} of {pulse.asked} failed"
    worst = pulse.interval * 2**pulse.worst
    return f"{line}; asked only every {worst:.0f} s at times" if worst > pulse.interval else line


def wait_of(retry_after: str, now: datetime) -> timedelta | None:
    """How long a Retry-After header (RFC 9110, 10.2.3: seconds or a date) asks to wait; None for anything else."""
    value = retry_after.strip()
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value[:9]), LONGEST_REST.total_seconds())) or None
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    wait = moment - now if moment.tzinfo else timedelta(0)
    return wait if wait > timedelta(0) else None
