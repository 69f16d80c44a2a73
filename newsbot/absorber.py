"""What a replay found in WARC files → the ledger, then posts; through the desk, as in a live crawl."""

from __future__ import annotations

import pickle
import sqlite3
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from newsbot.article import Article, Capture, Look, Refusal
from newsbot.desk import Desk
from newsbot.found import Fact, Found, Listed, No, Requisite, Same, Unreadable
from newsbot.judgement import judge_requisite
from newsbot.replay import Reading, page_from
from newsbot.warc.original import Original

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime
    from pathlib import Path

    from newsbot.ledger import Ledger
    from newsbot.shelf import Shelf
    from newsbot.wants import Wants


T = TypeVar("T")

#: Facts, or articles, of one transaction: a tenth of a second of them.
BATCH = 100


class Spool:
    """Pages that were read and not yet published, on disk, so that memory stays flat (a temporary database)."""

    def __init__(self, fallback: Callable[[Capture], Article | Refusal]) -> None:
        self._database = sqlite3.connect("")  # an unnamed file that the system removes by itself
        self._database.execute("CREATE TABLE page (record TEXT PRIMARY KEY, article BLOB) WITHOUT ROWID")
        self._fallback = fallback

    def put(self, look: Look) -> None:
        """Keep the page of a look, if it is one."""
        if not isinstance(look.result, Article):
            return
        row = (look.capture.record_id, pickle.dumps(look.result))
        self._database.execute("INSERT OR REPLACE INTO page VALUES (?, ?)", row)

    def fetch(self, capture: Capture) -> Article | Refusal:
        """The page of a capture, from here or from the archive."""
        row = self._database.execute("SELECT article FROM page WHERE record = ?", (capture.record_id,)).fetchone()
        if row is None:
            return self._fallback(capture)
        page: Article | Refusal = pickle.loads(row[0])  # noqa: S301
        return page

    def close(self) -> None:
        """Give the disk space back."""
        self._database.close()


class Absorber:
    """Takes WARC files into the ledger, then settles every article that they touch."""

    def __init__(self, root: Path, ledger: Ledger, shelf: Shelf, wants: Wants | None = None) -> None:
        """`wants` hears of what is published, as in a live run; a rebuild of years wants nothing anew."""
        self._wants = wants
        self._root = root
        self._ledger = ledger
        self._spool = Spool(page_from(root))
        self._desk = Desk(ledger, shelf, self._spool.fetch)
        self.reading = Reading()
        self.touched: set[str] = set()
        self.unreadable: list[Unreadable] = []
        self.noes: dict[str, datetime] = {}  #: host → when it last said no
        self.pages = 0
        self._early: list[Same] = []  #: revisits that were read before what they repeat

    def take(self, path: Path) -> None:
        """Note what one file tells."""
        self.note(self.reading.file(path, name_of(path, self._root)))

    def note(self, found: Iterable[Found]) -> None:
        """Note facts, in transactions of BATCH: another run that waits for the ledger gets its turn between them."""
        for batch in _batches(found):
            with self._ledger.transaction():
                for one in batch:
                    self._note(one)

    def _note(self, one: Found) -> None:
        match one:
            case Look():
                self.pages += 1
                self.touched.add(one.key)
                self._desk.note([one])
                self._spool.put(one)
            case Listed():
                self.touched.update(entry.key for entry in one.entries)
                self._ledger.note_entries(one.capture, one.entries)
            case Same():
                self.pages += 1
                self.touched.add(one.key)
                if not self._ledger.note_same(one.key, one.capture):
                    self._early.append(one)
            case Requisite():
                self._ledger.note_requisite(one.url, one.kind, one.capture, judge_requisite(one.capture))
            case Original():
                self._ledger.note_original(one)
            case Fact(kind="window"):
                self._ledger.note_window(one.capture.key(), one.facts)
            case Fact(kind="withdrawal"):
                facts = one.facts
                self.touched.add(facts["article"])
                self._ledger.note_withdrawal(facts["article"], facts["url"], one.capture.key(), facts["reason"])
            case Fact(kind="run"):
                self._ledger.note_run(one.facts["run"], one.facts)
            case No():
                self.noes[one.host] = max(one.when, self.noes.get(one.host, one.when))
            case Unreadable():
                self.unreadable.append(one)

    def settle(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Publish what follows from all that was noted; `progress` gets articles done and their number."""
        self.note(self.reading.leftovers())
        self._note_early()
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
        self._spool.close()

    def _note_early(self) -> None:
        """Note the revisits whose originals have been read by now; the others dangle."""
        for one in self._early:
            seen = one.capture
            if not self._ledger.note_same(one.key, seen):
                why = f"the revisit of {seen.url} repeats {seen.refers_to}, which no file holds; restore that file"
                self.unreadable.append(Unreadable(seen.file, seen.offset, why))
        self._early.clear()


def _batches(many: Iterable[T]) -> Iterator[list[T]]:
    source = iter(many)
    while batch := list(islice(source, BATCH)):
        yield batch


def name_of(path: Path, root: Path) -> str:
    """What the views call a WARC file: its path in the archive, or as given when it lies elsewhere."""
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
