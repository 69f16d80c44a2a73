"""One run on an archive: opens it, keeps what the site said, remembers, publishes, and sums up.

Plain Python, without Scrapy: the door's components call it, and so could a script. Durable before visible.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from newsbot import health, text
from newsbot.archive import Archive, run_stamp
from newsbot.article import REASONS, Article, Capture, Look, Refusal
from newsbot.crawl.feed import Feed, without_people
from newsbot.crawl.gathering import Gathering
from newsbot.crawl.hearing import Hearing
from newsbot.crawl.keeping import Keeping
from newsbot.crawl.lists import Lists
from newsbot.crawl.sides import Sides, without_archiving
from newsbot.desk import Desk, Settled
from newsbot.discovery.again import Again
from newsbot.discovery.hosts import Hosts
from newsbot.discovery.wants import Wants
from newsbot.job import Job
from newsbot.ledger import Ledger, Work
from newsbot.shelf import PostShelf
from newsbot.sina import urls
from newsbot.views.judging import page_from
from newsbot.views.rebuild import catch_up
from newsbot.warc.writer import Writer
from newsbot.watch import Watch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from newsbot.clock import Clock
    from newsbot.crawl.options import Options
    from newsbot.errors import NewsbotError
    from newsbot.warc.exchange import Exchange

#: How long a failed article waits for its next try, doubled with each: minutes to a day.
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=10), timedelta(days=1)


class Run:
    """See the module. Use: `open()`, `begin()`, then work, then `ending.finish`."""

    def __init__(self, archive: Archive, clock: Clock, options: Options) -> None:
        self.archive = archive
        self.clock = clock
        self.options = options
        self.began = clock()
        self.name = run_stamp(self.began)
        self.facts = health.Facts(run=self.name, kind=options.kind, began=text.stamp(self.began))
        self.watch = Watch(self.name, options.kind, options.baseline_since)
        self._attempts: dict[str, int] = {}
        self._wanted: dict[str, str] = {}  # article key → URL given with -a urls and not settled yet
        self._claimed: set[str] = set()  # WARC files of this run that the ledger knows as such
        self._closing = ExitStack()

    def open(self, progress: Callable[[str], None] = lambda _: None) -> None:
        """Take the job, bring in what an earlier run left behind, open the writer.

        Raises Locked, LedgerError, ArchiveError; nothing stays open then.
        """
        with ExitStack() as opening:
            self.archive.make()
            self.job = Job(self.archive, self.options.kind, self.name, self.clock)
            self.job.lock()
            opening.callback(self.job.unlock)
            self.ledger = Ledger.open(self.archive)
            opening.callback(self.ledger.close)
            self.job.take(self.ledger)
            opening.callback(self.job.give_back)
            self.hosts = Hosts(self.ledger, self.clock, self.options.ban_rest)
            self.desk = Desk(self.ledger, PostShelf(self.archive.posts), page_from(self.archive.root))
            self.wants = Wants(self.ledger, self.clock, owner=self.name, **self.options.wanting())
            self.again = Again(self.ledger, self.clock, owner=self.name, **self.options.coming_back())
            self.hearing = Hearing(self.hosts, self.wants, self.desk, self.facts, self.clock)
            found = catch_up(
                self.archive, self.ledger, self.desk.shelf, self.hosts, progress, now=self.clock(), wants=self.wants
            )
            self.facts.recovered, self.facts.damaged = found
            writer = Writer(self.archive.root, clock=self.clock, **self.options.writing())
            self.keeping = Keeping(self.archive.root, writer, self.ledger, self._leave_out)
            self.lists = Lists(
                self.ledger,
                self.keeping,
                self.desk,
                self.facts,
                clock=self.clock,
                overlap_every=self.options.overlap_every,
            )
            self.feed = Feed(self.ledger, self.lists, self.clock, **self.options.feeding())
            self.sides = Sides(self.ledger, self.lists, self.clock, **self.options.beside())
            self._closing = opening.pop_all()

    def _leave_out(self, exchange: Exchange) -> None:
        """Take out of an exchange what is not to be kept."""
        if self.options.feed != "raw":
            without_people(exchange)
        if not self.options.keep_noarchive:
            without_archiving(exchange)

    # --- capture ---

    async def begin(self, failed: Callable[[NewsbotError], None]) -> None:
        """Write the fact that the run began; from now on commits are gathered, and `failed` is told if one fails."""
        Gathering(self.ledger, failed)
        facts = {"run": self.name, "began": self.facts.began, "kind": self.options.kind}
        await self.keeping.note(f"urn:newsbot:run:{self.name}", facts)
        self.ledger.note_run(self.name, facts)

    async def keep(self, exchange: Exchange) -> Capture:
        """Put an exchange into the archive, and listen to it; returns when it is on disk."""
        capture = await self.keeping.keep(exchange)
        if capture.file not in self._claimed:
            self._claimed.add(capture.file)
            self.ledger.claim_file(capture.file, self.name)
        self.facts.exchanges += 1
        self.facts.revisits += bool(capture.refers_to)
        self.hearing.note(capture, exchange)
        return capture

    def heard(self, url: str, said: object) -> None:
        """What an answer said once it was read: a no in a page, so that its host rests, or what was asked for."""
        if not isinstance(said, Refusal):
            self.hosts.welcome(urls.host(url))
        elif said.reason == "ban":
            self.hearing.ban(urls.host(url))

    async def refuse(self, key: str, url: str, refusal: Refusal) -> Look:
        """An article that was not asked at all (robots.txt, a host not allowed): the fact becomes a record."""
        facts = {"article": key, "url": url, "reason": refusal.reason, "evidence": refusal.evidence}
        noted = await self.keeping.note(f"urn:newsbot:refusal:{key}", facts)
        return Look(key, replace(noted, url=url), refusal)

    # --- articles ---

    def want(self, given: Sequence[str]) -> list[tuple[str, str]]:
        """(article key, URL) of these canonical URLs, an article once; each is a hole until it is settled."""
        for url in given:
            self._wanted.setdefault(self.ledger.key_of(url), url)
        self.facts.holes.update((url, "not asked yet") for url in self._wanted.values())
        return list(self._wanted.items())

    def lease(self, limit: int, *, again: bool = False) -> list[Work]:
        """Articles to ask now, `again` also those to be looked at once more; they are this run's until released."""
        work = self.ledger.lease(self.name, limit, self.clock(), self.options.lease_seconds)
        if again and not work:
            work = self.again.lease(limit)
        self._attempts.update((one.key, one.attempts) for one in work)
        return work

    def renew(self) -> None:
        """Called while the run lives, a few times per lease."""
        self.ledger.renew(self.name, self.clock(), self.options.lease_seconds)
        self.job.renew()

    def put_off(self, key: str, until: datetime) -> None:
        """An article that cannot be asked now (its host rests)."""
        self.ledger.release(key, self.name, not_before=until, tried=False)

    def remember(self, look: Look) -> None:
        """Open the row: what was seen of the article."""
        self.desk.note([look])

    def publish(self, look: Look) -> None:
        """Settle the article: post, row done, lease given back. Exactly once: the row is committed last."""
        with self.ledger.transaction():
            settled = self.desk.settle(look.key, look)
            self.hearing.unsettled.discard(look.key)
            attempts = self._attempts.pop(look.key, 0)
            wait = None
            if isinstance(look.result, Refusal) and not REASONS[look.result.reason] and look.result.reason != "stopped":
                wait = self.clock() + min(FIRST_WAIT * 2 ** min(attempts, 10), LONGEST_WAIT)
            self.ledger.release(look.key, self.name, not_before=wait)
            if settled.outcome in {"new", "revised"} and isinstance(look.result, Article):
                self.wants.publish(look.result)
            elif not isinstance(look.result, Refusal):
                self.wants.look_again(urls.canonical(look.capture.url))
        self._count(look, settled)
        if look.key not in self.again.keys:  # a second look meets other pages: edited ones, and deleted
            self.watch.see(look)

    def join(self, part: str) -> None:
        """A further page of an article came: its post shows it too."""
        settled = self.desk.settle(self.ledger.key_of(urls.first_page(part)))
        self.facts.revised += settled.outcome == "revised"

    def _count(self, look: Look, settled: Settled) -> None:
        self.facts.holes.pop(self._wanted.pop(look.key, ""), None)
        if not isinstance(look.result, Refusal):
            self.facts.captured += 1
        elif REASONS[look.result.reason]:
            reason = look.result.reason
            self.facts.refused[reason] = self.facts.refused.get(reason, 0) + 1
        else:
            self.facts.holes[look.capture.url] = f"{look.result.reason} {look.result.evidence}".strip()
        for word in (settled.outcome.replace("new", "published"), settled.turn):
            if word in {"published", "revised", "same", "deleted", "returned"}:
                setattr(self.facts, word, getattr(self.facts, word) + 1)
        self.facts.second_looks += look.key in self.again.keys

    def close(self) -> None:
        """Give back what was opened; after `ending.finish`, which does it."""
        self._closing.close()
