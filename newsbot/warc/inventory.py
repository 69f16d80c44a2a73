"""Which records there are, over any number of files, in constant memory: 61-bit hashes in a temporary database.

Two records may share a hash by chance (once in some 10⁵ archives of 10⁷ records), so whoever asks looks at the records
themselves before accusing one.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from newsbot.warc.record import Record

#: Records that can be what a revisit repeats.
_REPEATABLE = frozenset({"response", "resource"})
_BATCH = 1000  # rows written at a time

_TABLES = """
CREATE TABLE record (id INTEGER, file INTEGER, offset INTEGER, inside INTEGER, cited INTEGER, digest INTEGER);
CREATE TABLE revisit (file INTEGER, offset INTEGER, inside INTEGER, original INTEGER, cited INTEGER, digest INTEGER);
CREATE TABLE claim (id INTEGER, file INTEGER, offset INTEGER, record TEXT, by TEXT);
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a record lies."""

    file: int  #: the caller's number of it
    offset: int
    inside: int  #: in its unfolded gzip member, where several share one


@dataclass(frozen=True, slots=True)
class Claim:
    """What somebody else, such as the ledger, says of a record."""

    record: str  #: its id
    file: int
    offset: int
    by: str  #: who says so


class Inventory:
    """Use: `add` every record and `claim` what others say; then `seal`, and ask."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("")  # an unnamed file that the system removes by itself
        self._database.executescript(_TABLES)
        self._rows: list[tuple[int, int, int, int, int | None, int | None]] = []

    def add(self, record: Record, file: int, digest: str) -> None:
        """Note a record; `digest`: that of its payload, '' when it has none.

        A warcinfo record is passed over: some crawlers begin several files with the same one.
        """
        cited = None
        kind = record.type
        if kind == "warcinfo":
            return
        if kind in _REPEATABLE:
            date = record.headers.get("warc-date", "")[:19]  # to the second: WARC/1.0 knows no more
            cited = hash((record.target, date))
        elif kind == "revisit":
            self._revisit(record, file, digest)
        place = (hash(record.id), file, record.offset, record.inner)
        self._rows.append((*place, cited, hash(digest) if digest else None))
        if len(self._rows) == _BATCH:
            self._flush()

    def _revisit(self, record: Record, file: int, digest: str) -> None:
        original = hash(record.refers_to) if record.refers_to else None
        uri, date = (record.headers.get(f"warc-refers-to-{name}", "") for name in ("target-uri", "date"))
        cited = hash((uri.strip("<>"), date[:19])) if uri and date else None
        row = (file, record.offset, record.inner, original, cited, hash(digest) if digest else None)
        self._database.execute("INSERT INTO revisit VALUES (?, ?, ?, ?, ?, ?)", row)

    def claim(self, claim: Claim) -> None:
        """Note that somebody says where a record lies."""
        row = (hash(claim.record), claim.file, claim.offset, claim.record, claim.by)
        self._database.execute("INSERT INTO claim VALUES (?, ?, ?, ?, ?)", row)

    def seal(self) -> None:
        """All is noted; questions from now on."""
        self._flush()
        self._database.execute("CREATE INDEX record_by_id ON record (id)")
        self._database.execute("CREATE INDEX record_by_citation ON record (cited) WHERE cited IS NOT NULL")

    def twins(self) -> Iterator[tuple[Place, Place]]:
        """Records that seem to have the id of an earlier one: (the earliest, another)."""
        query = """
            SELECT a.file, a.offset, a.inside, b.file, b.offset, b.inside FROM record a JOIN record b ON a.id = b.id
            WHERE a.rowid = (SELECT MIN(rowid) FROM record c WHERE c.id = a.id) AND b.rowid > a.rowid
            AND a.id IN (SELECT id FROM record GROUP BY id HAVING COUNT(*) > 1)"""
        for row in self._database.execute(query):
            yield Place(*row[:3]), Place(*row[3:])

    def revisits(self) -> Iterator[tuple[Place, Place | None, bool]]:
        """Every revisit, the record it seems to repeat (None: there is none), and whether their digests are equal.

        A revisit that names neither a record nor an address and date, as those of old crawlers, repeats any record
        with its digest.
        """
        query = "SELECT file, offset, inside, original, cited, digest FROM revisit ORDER BY file, offset, inside"
        for *place, original, cited, digest in self._database.execute(query):
            found = self._original(original, cited, digest)
            same = found is not None and (digest is None or found[3] == digest)
            yield Place(*place), Place(*found[:3]) if found else None, same

    def _original(
        self, original: int | None, cited: int | None, digest: int | None
    ) -> tuple[int, int, int, int] | None:
        """(file, offset, inside, digest) of the record that is meant; among several one with the right digest."""
        column, value = next(
            ((column, value) for column, value in (("id", original), ("cited", cited)) if value is not None),
            ("digest", digest),
        )
        query = f"""
            SELECT file, offset, inside, digest FROM record
            WHERE {column} = ? AND cited IS NOT NULL ORDER BY digest IS ? DESC, rowid LIMIT 1"""  # noqa: S608
        row: tuple[int, int, int, int] | None = self._database.execute(query, (value, digest)).fetchone()
        return row

    def unkept(self) -> Iterator[Claim]:
        """Claims that no record bears out."""
        query = """
            SELECT record, file, offset, by FROM claim WHERE NOT EXISTS (
                SELECT 1 FROM record WHERE record.id = claim.id
                AND record.file = claim.file AND record.offset = claim.offset)"""
        for row in self._database.execute(query):
            yield Claim(*row)

    def claimed(self) -> set[int]:
        """The files that some claim names."""
        return {file for (file,) in self._database.execute("SELECT DISTINCT file FROM claim")}

    def close(self) -> None:
        """Give the disk space back."""
        self._database.close()

    def _flush(self) -> None:
        self._database.executemany("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?)", self._rows)
        self._rows.clear()
