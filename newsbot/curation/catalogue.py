"""What lies where in a set of WARC files, and which exchanges of it are wanted: for making a smaller collection.

Everything is kept in a temporary database, so that memory stays flat whatever the size of the archive. What belongs
together is found by WARC-Concurrent-To, in whatever order and by whatever tool the records were written. Addresses are
compared as SURT, as replay engines and `access.aclj` do.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import astuple
from functools import lru_cache
from typing import TYPE_CHECKING

from newsbot.sina import urls
from newsbot.views.found import Unreadable
from newsbot.warc import index
from newsbot.warc.reader import Record, Torn, records
from newsbot.warc.surt import surt
from newsbot.warc.wacz import Entry, Member, Page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

#: The records of an exchange share their address.
address_of = lru_cache(maxsize=64)(surt)

_TABLES = """
CREATE TABLE record (
    file INTEGER, place INTEGER, length INTEGER,
    exchange INTEGER,  -- its number; 0 for warcinfo
    id TEXT,
    original TEXT,  -- of a revisit: the id of the record that it repeats
    article TEXT,  -- key of the article that it is about
    address TEXT,  -- SURT of WARC-Target-URI; in a requisite's metadata that of the URL which the page names
    via TEXT,  -- of a page requisite: SURT of the page that wanted it
    facts TEXT  -- what an index says of it, JSON
);
CREATE INDEX record_by_exchange ON record (exchange);
CREATE TABLE member (id TEXT PRIMARY KEY, exchange INTEGER) WITHOUT ROWID;
CREATE INDEX member_by_exchange ON member (exchange);
CREATE TABLE word (kind TEXT, value TEXT, PRIMARY KEY (kind, value)) WITHOUT ROWID;
CREATE VIEW withdrawn AS SELECT value FROM word WHERE kind = 'withdrawn';  -- keys of articles
CREATE VIEW blocked AS SELECT value FROM word WHERE kind = 'blocked';  -- their addresses
CREATE VIEW wanted_article AS SELECT value FROM word WHERE kind = 'article';  -- keys
CREATE VIEW wanted_page AS SELECT value FROM word WHERE kind = 'page';  -- addresses of these articles
CREATE VIEW needed AS SELECT value FROM word WHERE kind = 'needed';  -- addresses of their requisites
CREATE TABLE page (number INTEGER PRIMARY KEY, fields TEXT);
CREATE TABLE chosen (exchange INTEGER PRIMARY KEY);
"""
#: Made when all records are in, which is the quicker way.
_INDEXES = """
CREATE INDEX record_by_place ON record (file, place);
CREATE INDEX record_by_id ON record (id);
CREATE INDEX record_by_article ON record (article) WHERE article > '';
CREATE INDEX record_by_address ON record (address);
CREATE INDEX record_by_via ON record (via) WHERE via > '';
"""
_REMOVE = """
DELETE FROM record WHERE exchange IN (
    SELECT exchange FROM record WHERE article IN withdrawn UNION SELECT exchange FROM record WHERE address IN blocked
)
"""
_CHOOSE_ALL = """
INSERT INTO chosen SELECT DISTINCT exchange FROM record WHERE exchange > 0 AND exchange NOT IN (
    SELECT exchange FROM record WHERE via IN blocked AND address NOT IN needed
)
"""
_CHOOSE = """
INSERT INTO chosen
    SELECT exchange FROM record WHERE article IN wanted_article
    UNION SELECT exchange FROM record WHERE via IN wanted_page
    UNION SELECT exchange FROM record WHERE address IN needed
"""
_CHOOSE_ORIGINALS = """
INSERT OR IGNORE INTO chosen
    SELECT original.exchange FROM chosen
        JOIN record AS revisit ON revisit.exchange = chosen.exchange AND revisit.original > ''
        JOIN record AS original ON original.id = revisit.original
"""
_DANGLING = """
SELECT count(*) FROM record WHERE original > '' AND exchange IN chosen
    AND NOT EXISTS (SELECT 1 FROM record AS other WHERE other.id = record.original)
"""
_FILES = """
SELECT file, sum(length) FROM record
    WHERE (exchange IN chosen OR exchange = 0) AND file IN (SELECT file FROM record WHERE exchange IN chosen)
    GROUP BY file ORDER BY file
"""
_MEMBERS = """
SELECT place, length, facts FROM record WHERE file = ? AND (exchange IN chosen OR exchange = 0) ORDER BY place
"""


class Catalogue:
    """The records of WARC files, and a choice among their exchanges."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None)  # an unnamed file that the system removes by itself
        self._database.executescript(f"PRAGMA journal_mode = OFF; PRAGMA cache_size = -16000; BEGIN; {_TABLES}")
        self._paths: list[Path] = []
        self._exchanges = 0
        self.unreadable: list[Unreadable] = []  #: places of files that could not be read
        self.part_of: set[str] = set()  #: `isPartOf` of the files' warcinfo records

    def close(self) -> None:
        """Give the disk space back."""
        self._database.close()

    # --- what there is ---

    def read(self, path: Path, name: str) -> Iterator[int]:
        """Take in the records of a WARC file, which the views call `name`; gives after each how far it is, bytes."""
        file = len(self._paths)
        self._paths.append(path)
        for record in records(path):
            if isinstance(record, Torn):
                self.unreadable.append(Unreadable(name, record.offset, record.why))
            elif not record.length or record.inner:
                why = "several records share one gzip member, which cannot be indexed; `warcio recompress` parts them"
                self.unreadable.append(Unreadable(name, record.offset, why))
                break
            else:
                self._note(record, file, name)
                yield record.offset + record.length

    def complete(self) -> None:
        """All files have been read."""
        self._database.executescript(_INDEXES)

    def _note(self, record: Record, file: int, name: str) -> None:
        exchange = 0
        if record.type != "warcinfo":
            exchange = self._exchange(record)
        elif part_of := record.fields.get("isPartOf"):
            self.part_of.add(part_of)
        article, asked, via = "", record.target, ""
        try:
            article, asked, via = _about(record)
        except ValueError as error:
            why = f"{record.target} is not as newsbot writes it: {error}"
            self.unreadable.append(Unreadable(name, record.offset, why))
        row = index.row(record)
        facts = json.dumps(astuple(row)) if row else ""
        place = (file, record.offset, record.length, exchange, record.id)
        about = (
            record.refers_to if record.type == "revisit" else "",
            article,
            address_of(asked),
            via and address_of(via),
            facts,
        )
        self._database.execute("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", place + about)

    def _exchange(self, record: Record) -> int:
        """The number of the exchange that a record belongs to; two that it joins become one."""
        ids = [one for one in (record.id, *record.concurrent_to) if one]
        found = set()
        for one in ids:
            found.update(self._column("SELECT exchange FROM member WHERE id = ?", one))
        if not found:
            self._exchanges += 1
        first = min(found, default=self._exchanges)
        for other in found - {first}:
            self._database.execute("UPDATE record SET exchange = ? WHERE exchange = ?", (first, other))
            self._database.execute("UPDATE member SET exchange = ? WHERE exchange = ?", (first, other))
        self._database.executemany("INSERT OR IGNORE INTO member VALUES (?, ?)", [(one, first) for one in ids])
        return first

    def holds(self, record_id: str) -> bool:
        """Is there such a record, and not removed?"""
        return bool(self._column("SELECT 1 FROM record WHERE id = ?", record_id))

    # --- what is wanted ---

    def remove(self, articles: Iterable[str], addresses: Iterable[str]) -> None:
        """Forget every exchange that is about one of these articles, or that asked one of these addresses (URLs)."""
        self._want("withdrawn", articles)
        self._want("blocked", map(surt, filter(None, addresses)))
        self._database.execute(_REMOVE)

    def want(self, article: str, pages: Iterable[str], requisites: Iterable[str]) -> None:
        """Want an article, captured at `pages` (URLs), and what it needs to be shown (URLs)."""
        self._want("article", [article])
        self._want("page", map(surt, filter(None, pages)))
        self._want("needed", map(surt, requisites))

    def _want(self, kind: str, values: Iterable[str]) -> None:
        rows = [(kind, value) for value in values]
        self._database.executemany("INSERT OR IGNORE INTO word VALUES (?, ?)", rows)

    def put(self, page: Page) -> None:
        """Keep a line of the page list, after those that were kept before."""
        self._database.execute("INSERT INTO page (fields) VALUES (?)", (json.dumps(astuple(page)),))

    def pages(self) -> Iterator[Page]:
        """The page list."""
        for (fields,) in self._database.execute("SELECT fields FROM page ORDER BY number"):
            yield Page(*json.loads(fields))

    def choose(self, *, everything: bool) -> int:
        """Choose what is wanted, or `everything` but requisites of removed articles alone; how many exchanges.

        The originals that chosen revisits repeat are chosen with them.
        """
        self._database.execute(_CHOOSE_ALL if everything else _CHOOSE)
        self._database.execute(_CHOOSE_ORIGINALS)
        [count] = self._column("SELECT count(*) FROM chosen")
        return count

    def dangling(self) -> int:
        """How many chosen revisits repeat a record that is not there."""
        [count] = self._column(_DANGLING)
        return count

    def size(self) -> int:
        """Of all that is chosen, bytes."""
        return sum(size for _, size in self._database.execute(_FILES))

    def entries(self) -> Iterator[Entry]:
        """What was chosen, file by file."""
        for file, size in self._database.execute(_FILES).fetchall():
            yield Entry(self._paths[file], size, self._members(file))

    def _members(self, file: int) -> Iterator[Member]:
        for place, length, facts in self._database.execute(_MEMBERS, (file,)):
            yield Member(place, length, index.Row(*json.loads(facts)) if facts else None)

    def _column(self, query: str, *parameters: str) -> list[int]:
        return [value for (value,) in self._database.execute(query, parameters)]


def _about(record: Record) -> tuple[str, str, str]:
    """(key of the article that a record is about, URL that was asked, page that wanted it as requisite); ValueError."""
    url = record.target
    if url.startswith("urn:newsbot:"):
        return str(record.facts.get("article", "")), url, ""
    if record.type == "metadata" and record.content_type == index.FIELDS_TYPE:
        context = record.context
        if "requisite" in context:
            return "", str(context.get("url", url)), record.fields.get("via", "")
        return str(context.get("article", "")), url, ""
    return (urls.article_key(url) if urls.is_article(url) else ""), url, ""
