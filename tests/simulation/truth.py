"""The judge: what the site knows of itself against what the archive holds."""

from __future__ import annotations

import itertools
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from newsbot.discovery.windows import FULL_OVERLAP
from newsbot.text import stamp, unstamp
from tests.fakesina.newsroom import place
from tests.judging import tables
from tests.simulation.world import FRONT, LISTS, MINUTE, PAGES, PATIENCE, SLOW_HOST, Asked, World

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.crawling import Bot

#: When an article is looked at again for certain, whatever it did before.
PROMISED = (timedelta(minutes=30), timedelta(hours=3))
#: Trouble in which a host has no robots.txt (RFC 9309, 2.3.1.3).
NO_RULES = {"403", "404", "429", "html", "empty"}
#: Seconds for which a host rests after it said so.
RESTS = {"ban": 3600.0, "ban-200": 3600.0, "429": 120.0, "503-later": 300.0}


@dataclass(frozen=True, slots=True)
class Ran:
    """One run, and how it ended: its exit code, or `killed`."""

    began: datetime
    ended: datetime
    how: int | str

    @property
    def whole(self) -> bool:
        """Did it live to its end, with room on the disk?"""
        return self.how in {0, 3, 4}


@dataclass(slots=True)
class Truth:
    """Everything the judge looks at.

    `delay`: seconds between two requests, which may be less by the share `jitter` where they arrive over sockets;
    `blur`: seconds between newsbot's clock and the site's; `on_the_way`: seconds that an answer takes to be kept.
    """

    bot: Bot
    world: World
    runs: Sequence[Ran]
    delay: float
    jitter: float = 0.001
    blur: float = 0.01
    on_the_way: float = 0.01
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)
    captures: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    asked: dict[str, list[Asked]] = field(default_factory=lambda: defaultdict(list))
    rules: dict[str, list[Asked]] = field(default_factory=lambda: defaultdict(list))  #: host → of its robots.txt
    deaths: list[tuple[datetime, datetime]] = field(default_factory=list)  #: (last answer, end) of runs cut short

    def __post_init__(self) -> None:
        known = tables(self.bot, "article", "capture")
        self.rows = {row["key"]: row for row in known["article"]}
        for row in sorted(known["capture"], key=lambda row: str(row["key"])):
            self.captures[row["article"]].append(row)
        for one in self.world.log:
            self.asked[one.docid].append(one)
            if one.path == "/robots.txt":
                self.rules[one.host].append(one)
        for run in self.runs:
            if not run.whole:
                asked = [one.when for one in self.world.log if run.began <= one.when <= run.ended]
                self.deaths.append((asked[-1] if asked else run.began, run.ended))

    def judge(self) -> None:
        """AssertionError with the seed and the story of each article at fault."""
        faults = [(docid, fault) for docid in self.world.history for fault in self._article(docid)]
        told = [f"{fault}\n{self.story(docid)}" for docid, fault in faults[:3]]
        told += list(self._impolite())[:5] + list(self._deserted()) + list(self._holes())
        summary = f"seed {self.world.seed}: {len(faults)} articles are not as the site tells\n"
        assert not told, summary + "\n".join(told)

    def story(self, docid: str) -> str:
        """All that happened to an article."""
        story = self.world.story(docid)
        lines = [(state.since, f"site: {state.page}") for state in self.world.history[docid]]
        lines += [(one.when, f"asked: {one.status} {one.page or ''} {one.failure}") for one in self.asked[docid]]
        for row in self.captures[docid]:
            kept = {name: row[name] for name in ("status", "outcome", "reason", "title", "text_digest") if row[name]}
            lines.append((unstamp(row["key"].partition(" ")[0]), f"kept: {kept}"))
        for moment in self.world.shown.get(docid, [])[:1]:
            lines.append((moment, "listed first"))
        lines += [(run.ended, f"run of {stamp(run.began)}: {run.how}") for run in self.runs if not run.whole]
        head = f"{docid} {story.variant} {story.url} created {stamp(story.created)}; row: {self.rows.get(docid)}"
        return "\n  ".join([head, *(f"{stamp(when)} {what}" for when, what in sorted(lines))])

    # --- one article ---

    def _article(self, docid: str) -> Iterator[str]:
        row = self.rows.get(docid)
        if row is None or not row["channel_key"]:
            shown = [moment for moment in self.world.shown.get(docid, []) if self._outlived(moment)]
            if shown or self._must_be_seen(docid):
                yield "it was listed, and newsbot does not know it"
            return
        if fault := self._standing(docid, row):
            yield fault
        yield from self._versions(docid)
        yield from self._promises(docid)
        yield from self._forbidden(docid)

    def _must_be_seen(self, docid: str) -> bool:
        """Is it in the lists now, and was it there for long enough while newsbot read back to its place?

        One that went soon, or before the first run, and came back to its old place days later is nowhere where a run
        looks; while it was there the lists may have been out of reach.
        """
        states = self.world.history[docid]
        if not states[-1].listed:
            return False
        first, last = self.runs[0].began, self.world.story(docid).intime + FULL_OVERLAP
        turns = [(listed, next(same).since) for listed, same in itertools.groupby(states, lambda state: state.listed)]
        ends = [*(since for _, since in turns[1:]), last]
        spans = zip(turns, ends, strict=True)
        return any(listed and min(end, last) - max(since, first) >= PATIENCE for (listed, since), end in spans)

    def _outlived(self, moment: datetime) -> bool:
        """Was what the site answered then heard by a run that lived on, if only for the next answer?"""
        return not any(last - timedelta(seconds=self.on_the_way) <= moment <= end for last, end in self.deaths)

    def _standing(self, docid: str, row: dict[str, Any]) -> str:
        """How it must stand in the end, by what the site says of it now; '' when it does."""
        stands = (row["state"], row["reason"], bool(row["tombstone"]))
        due = self._due(docid, row)
        return "" if stands == due else f"it stands as {stands}, and should as {due}"

    def _due(self, docid: str, row: dict[str, Any]) -> tuple[str, str, bool]:
        story, page = self.world.story(docid), self.world.history[docid][-1].page
        seen = any(one.page and one.status == 200 for one in self.asked[docid])
        gone = bool(story.missing) or place(story.home) == FRONT
        if any(one.failure == "503" and one.when > self.world.end for one in self.asked[docid]):
            return ("failed", "server-error", False)  # a hole, with its cause
        if story.outcome == "robots" and not row["body_key"]:
            return ("refused", "robots", False)
        if page or (seen and row["body_key"]):
            return ("published", "", gone)
        if story.missing:
            return ("gone", "gone", False)
        reason = "redirected-away" if gone else "no-layout" if story.page else story.outcome
        return ("refused", reason, False)

    def _versions(self, docid: str) -> Iterator[str]:
        """Each page that was answered is a capture, of just that version."""
        pages = [one for one in self.asked[docid] if one.page]
        kept = [row for row in self.captures[docid] if row["outcome"] == "article"]
        said: dict[tuple[int, str], tuple[str, str]] = {}
        for row in kept:
            moment = unstamp(row["key"].partition(" ")[0])
            one = min(pages, key=lambda one: abs(one.when - moment), default=None)
            if one is None or abs(one.when - moment) > timedelta(seconds=self.blur):
                yield f"a capture of {moment} is of no page that the site gave"
                return
            assert one.page is not None
            version = (row["title"], row["text_digest"])
            if said.setdefault(one.page, version) != version:
                yield f"the page {one.page} is two versions"
        if len(set(said.values())) != len(said):
            yield "two versions of the page are one to newsbot"
        for one in pages:
            if one.page not in said and self._outlived(one.when):
                yield f"the page {one.page} was answered, and is no version"
        last = self.world.history[docid][-1].page
        if last and said and last not in said:
            yield f"the last page {last} is no version"

    def _promises(self, docid: str) -> Iterator[str]:
        """It was looked at again in time."""
        story = self.world.story(docid)
        if story.outcome == "robots":  # asked by the way, see _forbidden
            return
        begin = story.appears or story.created
        for wait in PROMISED:
            due, last = story.created + wait, story.created + wait + PATIENCE
            first = next((one.when for one in self.asked[docid]), last)
            if begin > due or first > due or last > self.world.end:
                continue
            if not any(due - 10 * MINUTE <= one.when <= last for one in self.asked[docid]):
                yield f"it was not looked at again {wait} after its publication"

    def _forbidden(self, docid: str) -> Iterator[str]:
        """What robots.txt forbids was asked only while there was none: while the host said 4xx of it, or no rules."""
        for one in self.asked[docid] if self.world.story(docid).outcome == "robots" else ():
            heard = [rules for rules in self.rules[one.host] if rules.when < one.when]
            if not heard or heard[-1].failure not in NO_RULES:
                yield f"it was asked for at {one.when}, which robots.txt forbids"

    # --- hosts ---

    def _impolite(self) -> Iterator[str]:
        before: dict[str, Asked] = {}
        rests: dict[str, tuple[datetime, Asked]] = {}
        slow = False
        for one in self.world.log:
            last = before.get(one.host)
            pace = (
                self.world.crawl_delay
                if slow and one.host == SLOW_HOST and last and last.path != "/robots.txt"
                else self.delay
            )
            if one.host == SLOW_HOST and one.path == "/robots.txt":
                slow = one.status == 200  # what an earlier run heard of it does not count
            if last and one.when - last.when < timedelta(seconds=pace * (1 - self.jitter)):
                yield f"{one.host} was asked after {one.when - last.when}: {last}, {one}"
            until, why = rests.get(one.host, (one.when, one))
            if one.when < until:
                yield f"{one.host} was asked while it rested: {one} after {why}"
            before[one.host] = one
            if one.failure in RESTS and self._outlived(one.when):
                rests[one.host] = (one.when + timedelta(seconds=RESTS[one.failure]), one)

    def _deserted(self) -> Iterator[str]:
        """No host that every run needs was left alone for longer than its noes and our own trouble explain."""
        for host in (PAGES, LISTS):
            asked = [one.when for one in self.world.log if one.host == host and one.when <= self.world.end]
            for before, after in itertools.pairwise(asked):
                if after - before > PATIENCE:
                    yield f"{host} was left alone from {before} to {after}"

    # --- the verdict ---

    def _holes(self) -> Iterator[str]:
        """The last verdict names every article that is open, with its cause."""
        verdict = self.bot.verdicts()[-1]
        still = {row["url"]: row["reason"] for row in self.rows.values() if row["state"] in {"failed", "listed"}}
        if verdict["holes_left"] != len(still) or set(verdict["holes"]) != set(still):
            yield f"the last verdict names {verdict['holes']}, open are {still}"
        for url, reason in still.items():
            if reason not in verdict["holes"].get(url, ""):
                yield f"the last verdict says of {url} {verdict['holes'].get(url)!r}, and not {reason!r}"
