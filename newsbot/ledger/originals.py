"""Which payload lies where: the de-duplication index, and what a conditional request may name.

A view of the response records, like the rest: it outlives restarts and rotation, and `scrapy index` makes it anew.
"""

from __future__ import annotations

from dataclasses import fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, select, union_all
from sqlalchemy import literal_column as literal

from newsbot.article import IMPORTED
from newsbot.ledger.database import Database
from newsbot.ledger.schema import capture, original
from newsbot.ledger.statement import Statement, at_most, put
from newsbot.ledger.values import storable
from newsbot.warc.original import Original

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import ColumnElement, Select

#: Evidence of others (`scrapy import`) may be taken away again: no record of ours leans on it.
_OURS = original.c.file.notlike(literal(f"'{IMPORTED}%'"))


_NAMES = tuple(field.name for field in fields(Original))
_values = attrgetter(*_NAMES)


def _query(condition: ColumnElement[bool], *order: ColumnElement[Any]) -> Select[Any]:
    return select(*(original.c[name] for name in _NAMES)).where(condition, _OURS).order_by(*order)


def _found(condition: ColumnElement[bool], *order: ColumnElement[Any]) -> Statement:
    return Statement(at_most(_query(condition, *order)))


_PUT = put(original, original.c.keys())
# Of several the eldest, so that a payload has one original for good; the id decides between two of one moment.
_REPEATED_AT = _found(
    (original.c.digest == bindparam("digest")) & (original.c.url == bindparam("url")),
    original.c.date,
    original.c.record_id,
)
_REPEATED = _found(original.c.digest == bindparam("digest"), original.c.date, original.c.record_id)
_ANSWERS = _query(original.c.url == bindparam("url"), original.c.date.desc(), original.c.record_id)
_ALL, _NEWEST = Statement(_ANSWERS), Statement(at_most(_ANSWERS))
_OF_ID = Statement(
    union_all(*(select(table.c.record_id).where(table.c.record_id == bindparam("id")) for table in (original, capture)))
)
_CLEAR = Statement(delete(original))


class Originals(Database):
    """Answers that a revisit record may stand for."""

    def note_original(self, one: Original) -> None:
        """Remember a response record that is on disk."""
        self._run(_PUT, _row(one))

    def note_originals(self, them: Sequence[Original]) -> None:
        """Remember several, in a transaction of the caller's."""
        self._run(_PUT, *(_row(one) for one in them))

    def repeated(self, digest: str, url: str, *, anywhere: bool = True) -> Original | None:
        """The eldest answer with this payload digest: at this URL, else (`anywhere`) at any."""
        rows = self._rows(_REPEATED_AT, digest=digest, url=url, limit=1)
        if not rows and anywhere:
            rows = self._rows(_REPEATED, digest=digest, limit=1)
        return Original(*rows[0]) if rows else None

    def newest(self, url: str) -> Original | None:
        """The newest whole answer at this URL."""
        rows = self._rows(_NEWEST, url=url, limit=1)
        return Original(*rows[0]) if rows else None

    def answers_at(self, url: str) -> list[Original]:
        """Every whole answer at this URL that differs from those before, the newest first."""
        return [Original(*row) for row in self._rows(_ALL, url=url)]

    def has_record(self, record_id: str) -> bool:
        """Is this record known: a look at an article, or an answer that a revisit may stand for?"""
        return bool(self._rows(_OF_ID, id=record_id))

    def replace_originals(self, them: Iterable[Original]) -> int:
        """Make the index anew; how many there are."""
        count = 0
        with self.transaction():
            self._run(_CLEAR, {})
            for count, one in enumerate(them, 1):  # noqa: B007 - the number is what is wanted
                self.note_original(one)
        return count


def _row(one: Original) -> dict[str, Any]:
    return storable(dict(zip(_NAMES, _values(one), strict=True)))
