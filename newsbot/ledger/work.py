"""Who works on which article. Starts empty, and may be lost without losing anything (design.md, "Work is leased")."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import BindParameter, bindparam, delete, func, or_, select, update
from sqlalchemy import literal_column as literal

from newsbot.ledger.database import Database
from newsbot.ledger.rows import Work
from newsbot.ledger.schema import DUE, article, lease, wanted
from newsbot.ledger.statement import BLANK, Backend, Statement, at_most, parameters
from newsbot.ledger.values import as_keys
from newsbot.text import stamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement, Select, TextClause
    from sqlalchemy.sql.dml import ReturningInsert

_NOW: BindParameter[str] = bindparam("now")
_FAR: BindParameter[str] = bindparam("far")
#: No lease, wait or rest reaches farther.
FARTHEST = timedelta(days=8)


def _free() -> ColumnElement[bool]:
    """What is farther off than any lease or wait can be was noted by a clock that was ahead."""
    expired = (lease.c.expires <= _NOW) | (lease.c.expires > _FAR)
    return expired & ((lease.c.not_before <= _NOW) | (lease.c.not_before > _FAR))


def _due(condition: ColumnElement[bool] | TextClause) -> Select[Any]:
    """The newest articles to ask. On PostgreSQL rows that another process is just leasing are passed over."""
    query = (
        select(
            *(article.c[name] for name in ("key", "url", "channel", "title")),
            func.coalesce(lease.c.attempts, literal("0")),
        )
        .select_from(article.outerjoin(lease, lease.c.article == article.c.key))
        .where(condition, or_(lease.c.article.is_(None), _free()))
        .order_by(article.c.ctime.desc(), article.c.key)
        .with_for_update(skip_locked=True, of=article)
    )
    return at_most(query)


def _take(backend: Backend) -> ReturningInsert[Any]:
    """Lease these articles, as far as they are still free: this alone decides who gets one.

    PostgreSQL's snapshot of `_due` may be older than another process's lease; what it locked says nothing of that.
    """
    keys = backend.each_key.subquery()
    due = select(keys.c.value, bindparam("owner"), bindparam("expires")).where(literal("1") == literal("1"))
    row = backend.insert(lease).from_select(["article", "owner", "expires"], due.order_by(keys.c.value))
    new = {name: row.excluded[name] for name in ("owner", "expires")}
    return row.on_conflict_do_update(
        index_elements=["article"], set_=new | {"not_before": BLANK}, where=_free()
    ).returning(lease.c.article)


def _owned() -> ColumnElement[bool]:
    """All leases of an owner. PostgreSQL locks them in the order of `_take`, so that neither waits for the other."""
    mine = select(lease.c.article).where(lease.c.owner == bindparam("of")).order_by(lease.c.article)
    return lease.c.article.in_(mine.with_for_update())


_ONE = (lease.c.article == bindparam("of")) & (lease.c.owner == bindparam("by"))
_DUE = Statement(_due(DUE))
_AGAIN = Statement(lambda backend: _due(literal("1") == literal("1")).where(article.c.key.in_(backend.each_key)))
_TAKE = Statement(_take)
_RENEW = Statement(update(lease).where(_owned()).values(parameters(["expires"])))
_OWN_WANTED = wanted.c.owner == bindparam("of")
_RENEW_WANTED = Statement(update(wanted).where(_OWN_WANTED).values(parameters(["expires"])))
_FREE_WANTED = Statement(update(wanted).where(_OWN_WANTED).values(owner=BLANK, expires=BLANK))
_DONE = Statement(delete(lease).where(_ONE))
_PUT_OFF = Statement(
    update(lease)
    .where(_ONE)
    .values(
        owner=BLANK,
        expires=BLANK,
        not_before=bindparam("not_before"),
        attempts=lease.c.attempts + bindparam("tries", type_=lease.c.attempts.type),
    )
)
_FREE_ALL = Statement(update(lease).where(_owned()).values(owner=BLANK, expires=BLANK))


class Worklist(Database):
    """Leases of articles. Their owner is a run."""

    def lease(self, owner: str, limit: int, now: datetime, seconds: float) -> list[Work]:
        """Up to `limit` articles that are listed or failed, free and due, the newest first; `owner`'s for `seconds`.

        Two processes never get the same one.
        """
        with self.transaction(alone=False):
            due = self._rows(_DUE, **_moments(now), limit=limit)
            return self._taken(due, owner, now, seconds)

    def lease_again(self, owner: str, keys: Sequence[str], now: datetime, seconds: float) -> list[Work]:
        """Those of `keys` that are free, whatever their state, to be looked at again; `owner`'s for `seconds`."""
        with self.transaction(alone=False):
            due = self._rows(_AGAIN, **_moments(now), limit=len(keys), keys=as_keys(keys))
            return self._taken(due, owner, now, seconds)

    def _taken(self, due: Sequence[tuple[Any, ...]], owner: str, now: datetime, seconds: float) -> list[Work]:
        """The ones of `due` that could be leased."""
        if not due:
            return []
        keys = as_keys(key for key, *_ in due)
        taken = set(self._column(_TAKE, keys=keys, owner=owner, expires=after(now, seconds), **_moments(now)))
        return [Work(*row) for row in due if row[0] in taken]

    def renew(self, owner: str, now: datetime, seconds: float) -> None:
        """Prolong all of `owner`'s leases, of articles and of requisites."""
        for statement in (_RENEW, _RENEW_WANTED):
            self._run(statement, {"of": owner, "expires": after(now, seconds)})

    def release(self, key: str, owner: str, *, not_before: datetime | None = None, tried: bool = True) -> None:
        """Give an article back; with `not_before` as one to be tried again from then on.

        `tried` says whether that counts as one more failed attempt. Nothing happens when the lease is another's by now.
        """
        if not_before is None:
            self._run(_DONE, {"of": key, "by": owner})
        else:
            self._run(_PUT_OFF, {"of": key, "by": owner, "not_before": stamp(not_before), "tries": int(tried)})

    def release_all(self, owner: str) -> int:
        """Give back what `owner` holds, requisites too; how many articles."""
        self._run(_FREE_WANTED, {"of": owner})
        return self._run(_FREE_ALL, {"of": owner})


def _moments(now: datetime) -> dict[str, str]:
    return {"now": stamp(now), "far": stamp(now + FARTHEST)}


def after(now: datetime, seconds: float) -> str:
    """The stamp of a moment so many seconds later."""
    return stamp(now + timedelta(seconds=seconds))
