"""Items of the live feed: which ids are known, and which articles only they name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, bindparam, func, select
from sqlalchemy import literal_column as literal

from newsbot.ledger.database import Database
from newsbot.ledger.schema import article, flash
from newsbot.ledger.statement import BLANK, Backend, Insert, Statement, at_most, either, parameters
from newsbot.ledger.values import storable
from newsbot.text import stamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from newsbot.article import Capture
    from newsbot.sina.feed import Flash


@dataclass(frozen=True, slots=True)
class MissingIds:
    """Ids between two known ones."""

    first: int
    last: int
    after: str  #: when the known item before them came (text.stamp)
    before: str  #: and the one behind them


def _newer(backend: Backend) -> Insert:
    row = backend.insert(flash).values(parameters(flash.c.keys()))
    newer = row.excluded.key > flash.c.key
    chosen = either(newer, row, [column.name for column in flash.c if column.name != "id"])
    return row.on_conflict_do_update(index_elements=["id"], set_=chosen, where=newer)


_ONE = literal("1", Integer)
_PUT = Statement(_newer)
_NEWEST = Statement(at_most(select(flash.c.id, flash.c.created).order_by(flash.c.id.desc())))
_COUNT = Statement(
    select(
        func.count(),
        func.coalesce(func.min(flash.c.id), literal("0")),
        func.coalesce(func.max(flash.c.id), literal("0")),
    )
)
_DELETED = Statement(select(func.count()).where(flash.c.deleted))
_BEFORE = select(
    flash.c.id,
    flash.c.created,
    func.lag(flash.c.id).over(order_by=flash.c.id).label("last"),
    func.lag(flash.c.created).over(order_by=flash.c.id).label("after"),
).subquery()
_GAPS = Statement(
    select(_BEFORE.c.last + _ONE, _BEFORE.c.id - _ONE, _BEFORE.c.after, _BEFORE.c.created)
    .where(_BEFORE.c.id > _BEFORE.c.last + _ONE)
    .order_by(_BEFORE.c.id)
)
_UNLISTED = Statement(
    at_most(
        select(flash.c.url)
        .where(
            flash.c.article > BLANK,
            flash.c.created >= bindparam("since"),
            flash.c.created < bindparam("until"),
            ~select(article.c.key).where(article.c.key == flash.c.article).exists(),
        )
        .order_by(flash.c.id.desc())
    )
)


class Flashes(Database):
    """What the live feed showed."""

    def note_flashes(self, seen: Capture, flashes: Sequence[Flash]) -> None:
        """Note one answer."""
        with self.transaction():
            self._run(_PUT, *(_row(seen.key(), one) for one in flashes))

    def newest_flash(self) -> tuple[int, str]:
        """The largest id known, and when that item came (text.stamp); 0 and '' for none."""
        rows = self._rows(_NEWEST, limit=1)
        return (rows[0][0], rows[0][1]) if rows else (0, "")

    def counted_flashes(self) -> tuple[int, int, int, int]:
        """(items, of these deleted, smallest id, largest id)."""
        [(number, first, last)] = self._rows(_COUNT)
        [(deleted,)] = self._rows(_DELETED)
        return number, deleted, first, last

    def missing_flashes(self) -> list[MissingIds]:
        """The ids between known ones that are not known, in order."""
        return [MissingIds(*row) for row in self._rows(_GAPS)]

    def only_in_feed(self, since: datetime, until: datetime, limit: int) -> list[str]:
        """Addresses of articles that only the feed names, of items of that time, the newest first."""
        return self._column(_UNLISTED, since=stamp(since), until=stamp(until), limit=limit)


def _row(key: str, one: Flash) -> dict[str, Any]:
    times = {
        name: stamp(moment) if moment else "" for name, moment in (("created", one.created), ("updated", one.updated))
    }
    return storable({"id": one.id, "key": key, "article": one.key, "url": one.url, "deleted": one.deleted, **times})
