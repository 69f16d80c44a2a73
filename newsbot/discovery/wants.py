"""Page requisites of what a run publishes: wanted, asked once, and never at the cost of an article (design.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from newsbot.article import REASONS, date_of
from newsbot.judgement import judge_requisite
from newsbot.ledger import Wanted
from newsbot.sina.requisites import KINDS, referer, requisites
from newsbot.sina.urls import host
from newsbot.text import unstamp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from newsbot.article import Article, Capture
    from newsbot.clock import Clock
    from newsbot.ledger import Ledger
    from newsbot.warc.exchange import Exchange

#: After so many failed requests it is given up; the next revision of its article wants it again.
ATTEMPTS = 3
#: How long a failed one waits for its next try, doubled with each.
FIRST_WAIT = timedelta(minutes=30)
#: Failed ones that a verdict names.
NAMED = 100


@dataclass(slots=True)
class Tally:
    """What became of requisites in a run."""

    kept: int = 0  #: asked and in the archive now
    refused: dict[str, int] = field(default_factory=dict)  #: not there, or not to be asked, by reason
    failed: dict[str, str] = field(default_factory=dict)  #: URL → why, of those that may be asked again

    def facts(self, left: int) -> dict[str, Any]:
        """For the verdict."""
        return {"kept": self.kept, "refused": self.refused, "failed": self.failed, "left": left}


class Wants:
    """One run's hand on them. `mode`: a word of sina.requisites.MODES."""

    def __init__(
        self, ledger: Ledger, clock: Clock, *, owner: str, mode: str, max_age: timedelta, lease_seconds: float
    ) -> None:
        """`max_age`: after this a style sheet is asked for again, when a page that needs it is published."""
        self.tally = Tally()
        self.hosts: set[str] = set()  #: that were asked for requisites
        self._ledger = ledger
        self._clock = clock
        self._owner = owner
        self._mode = mode
        self._max_age = max_age
        self._seconds = lease_seconds

    def publish(self, article: Article) -> None:
        """An article was published or revised: want what its page needs and was not asked for yet."""
        needed = requisites(article, self._mode)
        if not needed:
            return
        asked = self._ledger.asked([one.url for one in needed])
        now = self._clock()
        for one in needed:
            before = asked.get(one.url)
            if before is None or self._again(before.kind, before.reason, before.key, now):
                self._ledger.want(Wanted(one.url, one.kind, one.of, one.referer), now)

    def look_again(self, url: str) -> None:
        """The first page of an article was found as it was: its other pages may be edited all the same."""
        now = self._clock()
        for part in self._ledger.parts(url):
            self._ledger.want(Wanted(part, "part", url, referer("", url, part)), now)

    def _again(self, kind: str, reason: str, key: str, now: datetime) -> bool:
        """Is one to be asked again that was asked before? An image never, unless all that came was a failure."""
        if reason:
            return not REASONS[reason]
        if kind == "part":  # it is the article: asked with each of its versions
            return True
        return kind == "style" and now - unstamp(date_of(key)) >= self._max_age

    def lease(self, limit: int) -> list[Wanted]:
        """Some to ask now."""
        kinds = ("part",) if self._mode == "none" else KINDS
        leased = self._ledger.lease_wanted(self._owner, limit, self._clock(), self._seconds, kinds=kinds)
        self.hosts.update(host(one.url) for one in leased)
        return leased

    def note(self, capture: Capture, context: Mapping[str, Any], *, ban: bool = False) -> None:
        """An exchange is in the archive: remember its answer, as a replay will find it. `ban`: as judge_requisite's."""
        reason = judge_requisite(capture, ban=ban)
        self._ledger.note_requisite(context["url"], context["requisite"], capture, reason)

    def concerns(self, exchange: Exchange) -> bool:
        """Is the exchange one of theirs, or the robots.txt of a host that was asked for them?"""
        context = exchange.context
        return "requisite" in context or (not context and host(exchange.url) in self.hosts)

    def settle(self, one: Wanted, reason: str, words: str) -> None:
        """It was asked for, or may not be: `reason` is '' when it is kept; `words` for people."""
        with self._ledger.transaction():
            if not reason:
                self.tally.kept += 1
            elif REASONS[reason]:
                self.tally.refused[reason] = self.tally.refused.get(reason, 0) + 1
            elif len(self.tally.failed) < NAMED:
                self.tally.failed[one.url] = words
            if not reason or REASONS[reason] or one.attempts + 1 >= ATTEMPTS:
                self._ledger.done_wanted(one.url)
            else:
                self.put_off(one, self._clock() + FIRST_WAIT * 2**one.attempts, tried=True)

    def put_off(self, one: Wanted, until: datetime, *, tried: bool = False) -> None:
        """It cannot be asked before then."""
        self._ledger.put_off_wanted(one.url, self._owner, until, tried=tried)

    def left(self) -> int:
        """How many are wanted still."""
        return self._ledger.count_wanted()
