"""What a replay found in WARC files → the ledger, then posts; through the desk, as in a live crawl."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from newsbot.desk import Desk
from newsbot.judgement import judge_requisite
from newsbot.publication import post_of
from newsbot.sina import urls
from newsbot.views.found import Answer, Fact, Flashes, Found, Listed, No, Requisite, Same, Seen, Unreadable
from newsbot.views.judging import page_from
from newsbot.views.reading import Reading
from newsbot.views.workers import Draft
from newsbot.warc.enclosed import located
from newsbot.warc.original import Original
from newsbot.warc.reader import Record
from newsbot.warc.resume import all_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from newsbot.article import Article, Capture, Refusal
    from newsbot.discovery.wants import Wants
    from newsbot.ledger import ArticleRow, Ledger
    from newsbot.shelf import Shelf
    from newsbot.views.workers import OneProcess


T = TypeVar("T")

#: Facts, or articles, of one transaction: a tenth of a second of them.
BATCH = 100


class Absorber:
    """Takes WARC files into the ledger, then settles every article that they touch."""

    def __init__(
        self, root: Path, ledger: Ledger, shelf: Shelf, workers: OneProcess, wants: Wants | None = None
    ) -> None:
        """`workers` keep whole articles where `settle` is to come; `wants` hears of what that publishes."""
        self._workers = workers
        self._wants = wants
        self._root = root
        self._ledger = ledger
        self._shelf = shelf
        self._archived = page_from(root)
        self._desk = Desk(ledger, shelf, self._page)
        self.reading = Reading()
        self.touched: set[str] = set()
        self.unreadable: list[Unreadable] = []
        self._noes: dict[tuple[str, bool], No] = {}  # host, and did it say how long? → the last no of that kind
        self.pages = 0
        self._joined: set[str] = set()  #: canonical URLs of articles of which a further page was read
        self._early: list[Same] = []  #: revisits that were read before what they repeat

    def take(self, path: Path) -> None:
        """Note what one file tells."""
        self.note(self.reading.file(path, name_of(path, self._root)))

    def note(self, found: Iterable[Found | Answer]) -> None:
        """Note facts, in transactions of BATCH: another run that waits for the ledger gets its turn between them."""
        for batch in _batches(self._workers.judged(found)):
            with self._ledger.transaction():
                self._note_looks([one for one in batch if isinstance(one, Seen)])
                self._ledger.note_originals([one for one in batch if isinstance(one, Original)])
                for one in batch:
                    self._note(one)

    def _note_looks(self, looks: Sequence[Seen]) -> None:
        self.pages += len(looks)
        self.touched.update(one.look.key for one in looks)
        self._ledger.note_looks([one.look for one in looks])
        self._workers.places.put(looks)

    def _note(self, one: Found) -> None:
        match one:
            case Listed():
                self.touched.update(entry.key for entry in one.entries)
                self._ledger.note_entries(one.capture, one.entries)
            case Flashes():
                self._ledger.note_flashes(one.capture, one.flashes)
            case Same():
                self.pages += 1
                self.touched.add(one.key)
                if not self._ledger.note_same(one.key, one.capture):
                    self._early.append(one)
            case Requisite():
                reason = judge_requisite(one.capture, ban=one.ban)
                self._ledger.note_requisite(one.url, one.kind, one.capture, reason)
                if one.kind == "part":
                    self._joined.add(urls.first_page(one.url))
            case Fact(kind="window"):
                self._ledger.note_window(one.capture.key(), one.facts)
            case Fact(kind="withdrawal"):
                facts = one.facts
                self.touched.add(facts["article"])
                self._ledger.note_withdrawal(facts["article"], facts["url"], one.capture.key(), facts["reason"])
            case Fact(kind="run"):
                self._ledger.note_run(one.facts["run"], one.facts)
            case No():
                kind = (one.host, one.rest is not None)
                self._noes[kind] = max(one, self._noes.get(kind, one), key=lambda no: no.until)
            case Unreadable():
                self.unreadable.append(one)

    @property
    def noes(self) -> list[No]:
        """What hosts said last of being left alone."""
        return list(self._noes.values())

    def settle_anew(self, progress: Callable[[int, int], None]) -> None:
        """Publish everything: the ledger holds what was noted and nothing else."""
        self._end_reading()
        self._desk.settle_all(self._publish, progress)
        self._workers.finish()

    def settle(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Publish what follows from all that was noted; `progress` gets articles done and their number."""
        self._end_reading()
        self.touched.update(map(self._ledger.key_of, self._joined))
        done = 0
        for batch in _batches(sorted(self.touched)):
            with self._ledger.transaction():
                for key in batch:
                    settled = self._desk.settle(key)
                    if self._wants and settled.outcome in {"new", "revised"} and (page := self._desk.shown(key)):
                        self._wants.publish(page)
            done += len(batch)
            if progress:
                progress(done, len(self.touched))
        self.touched.clear()

    def _publish(self, rows: Sequence[ArticleRow]) -> list[str]:
        """See Desk.settle_all."""
        places = self._workers.places.of([row.body_record for row in rows])
        drafts = [
            Draft(row.post, post_of(row, "", ""), places[row.body_record]) for row in rows if row.body_record in places
        ]
        self._workers.publish(drafts, self._shelf)
        left = [row.key for row in rows if row.body_record not in places]
        if left:  # to settle one can move others' posts, and none may be written after that
            self._workers.finish()
        return left

    def _page(self, capture: Capture) -> Article | Refusal:
        """The page of a capture: as it was read, or from the archive."""
        spool = self._workers.spool
        place = self._workers.places.of([capture.record_id]).get(capture.record_id) if spool.whole else None
        return spool.article(place) if place else self._archived(capture)

    def _end_reading(self) -> None:
        self.note(self.reading.leftovers())
        self._note_early()

    def _note_early(self) -> None:
        """Note the revisits whose originals have been read by now; the others dangle."""
        unknown = [
            one
            for one in self._early
            if not (self._note_same(one, one.capture.refers_to) or self._note_same(one, self._at(one)))
        ]
        twins = _twins(self._root, unknown)
        for one in unknown:
            candidates = twins.get((one.capture.file, one.digest), ())
            if not any(self._note_same(one, record_id) for _, _, record_id in sorted(candidates)):
                self.unreadable.append(Unreadable(one.capture.file, one.capture.offset, _dangling(one)))
        self._early.clear()

    def _note_same(self, one: Same, original: str) -> bool:
        return bool(original) and self._ledger.note_same(one.key, replace(one.capture, refers_to=original))

    def _at(self, one: Same) -> str:
        """The record of the capture that a revisit names by address and time, which may have whole seconds only."""
        seconds = len("2026-09-29T00:39:35")
        known = [
            (seen.date != one.date, seen.record_id)
            for seen in self._ledger.captures(urls.article_key(one.target))
            if seen.url == one.target and seen.date[:seconds] == one.date[:seconds] and not seen.refers_to
        ]
        return min(known)[1] if known else ""


def _twins(root: Path, unknown: Sequence[Same]) -> dict[tuple[str, str], list[tuple[bool, str, str]]]:
    """For revisits that name no original to be found: the responses of the same file with the same payload digest.

    By file and digest, as (of another address, date, record id). One more reading of such a file, which is rare.
    """
    wanted = {(one.capture.file, one.digest): one.capture.url for one in unknown if one.digest}
    twins: dict[tuple[str, str], list[tuple[bool, str, str]]] = {}
    for file in sorted({file for file, _ in wanted}):
        for record in all_records(located(root / file)):
            if isinstance(record, Record) and record.type == "response":
                place = (file, record.headers.get("warc-payload-digest", ""))
                if place in wanted:
                    twins.setdefault(place, []).append((record.target != wanted[place], record.date, record.id))
    return twins


def _dangling(one: Same) -> str:
    seen = one.capture
    named = seen.refers_to or f"{one.target} {one.date}".strip() or one.digest or "a record it does not name"
    return f"the revisit of {seen.url} repeats {named}, which no file holds; restore that file"


def _batches(many: Iterable[T]) -> Iterator[list[T]]:
    source = iter(many)
    while batch := list(islice(source, BATCH)):
        yield batch


def name_of(path: Path, root: Path) -> str:
    """What the views call a WARC file: its path in the archive, or as given when it lies elsewhere."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
