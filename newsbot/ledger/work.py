"""The operational half of the ledger: who works on what, how long hosts rest, which files are taken in."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from newsbot.errors import Locked
from newsbot.ledger.base import Base
from newsbot.ledger.rows import Work
from newsbot.ledger.schema import article, host, job, lease, warcfile
from newsbot.text import stamp, unstamp

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_INSERT = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Worklist(Base):
    """Leases of articles, jobs of runs, rests of hosts. Starts empty, and may be lost without losing anything."""

    def lease(
        self, owner: str, limit: int, now: datetime, seconds: float, *, keys: Sequence[str] | None = None
    ) -> list[Work]:
        """Up to `limit` articles that are listed or failed, free and due, the newest first; `owner`'s for `seconds`.

        Two processes never get the same one: SQLite's transaction begins IMMEDIATE, PostgreSQL skips locked rows.
        """
        moment = stamp(now)
        free = or_(lease.c.article.is_(None), and_(lease.c.expires <= moment, lease.c.not_before <= moment))
        due = (
            select(article.c.key, article.c.url, func.coalesce(lease.c.attempts, 0))
            .select_from(article.outerjoin(lease, lease.c.article == article.c.key))
            .where(article.c.state.in_(("listed", "failed")), free)
            .order_by(article.c.ctime.desc(), article.c.key)
            .limit(limit)
            .with_for_update(skip_locked=True, of=article)
        )
        if keys is not None:
            due = due.where(article.c.key.in_(keys))
        with self.transaction():
            work = [Work(*row) for row in self._rows(due)]
            if work:
                expires = stamp(now + timedelta(seconds=seconds))
                rows = [
                    {"article": one.key, "owner": owner, "expires": expires, "not_before": "", "attempts": one.attempts}
                    for one in work
                ]
                self._put(lease, ("article",), rows)
        return work

    def renew(self, owner: str, now: datetime, seconds: float) -> None:
        """Prolong all of `owner`'s leases."""
        expires = stamp(now + timedelta(seconds=seconds))
        self._write(update(lease).where(lease.c.owner == owner).values(expires=expires), [{}])

    def release(self, key: str, owner: str, *, not_before: datetime | None = None) -> None:
        """Give an article back; with `not_before` as one that failed and may be tried again from then on."""
        mine = and_(lease.c.article == key, lease.c.owner == owner)
        if not_before is None:
            self._write(delete(lease).where(mine), [{}])
            return
        later = {"owner": "", "expires": "", "not_before": stamp(not_before), "attempts": lease.c.attempts + 1}
        self._write(update(lease).where(mine).values(later), [{}])

    def release_all(self, owner: str) -> int:
        """Give back what `owner` holds; how many."""
        return self._write(update(lease).where(lease.c.owner == owner).values(owner="", expires=""), [{}])

    def take_job(
        self, kind: str, run: str, holder: str, now: datetime, seconds: float, alive: Callable[[str], bool | None]
    ) -> None:
        """Become the one run of this kind; Locked when another holds the job and is not known to be dead.

        `alive(holder)` says True, False, or None for not known. A dead run's leases are given back.
        """
        with self.transaction():
            query = select(job).where(job.c.kind == kind).with_for_update()
            for other in self._rows(query):
                if other.expires > stamp(now) and alive(other.holder) is not False:
                    raise Locked(
                        f"another {kind} run is at work: {other.run} of {other.holder}, since {other.begun}; "
                        f"wait for it, or until its lease ends at {other.expires}"
                    )
                self.release_all(other.run)
            row = {"kind": kind, "run": run, "holder": holder, "begun": stamp(now)}
            self._put(job, ("kind",), [row | {"expires": stamp(now + timedelta(seconds=seconds))}])

    def renew_job(self, kind: str, run: str, now: datetime, seconds: float) -> None:
        """Keep the job."""
        expires = stamp(now + timedelta(seconds=seconds))
        self._write(update(job).where(job.c.kind == kind, job.c.run == run).values(expires=expires), [{}])

    def end_job(self, kind: str, run: str) -> None:
        """Give the job back."""
        self._write(delete(job).where(job.c.kind == kind, job.c.run == run), [{}])

    def rest(self, name: str, until: datetime, strikes: int) -> None:
        """Note that a host rests, and how often in a row it said no."""
        row = {"name": name, "next_at": "", "rest_until": stamp(until), "strikes": strikes}
        self._put(host, ("name",), [row], ("rest_until", "strikes"))

    def resting(self, name: str, now: datetime) -> datetime | None:
        """Until when a host rests, None when it does not."""
        until = next(iter(self._column(select(host.c.rest_until).where(host.c.name == name))), "")
        return unstamp(until) if until > stamp(now) else None

    def strikes(self, name: str) -> int:
        """How often in a row the host said no."""
        return next(iter(self._column(select(host.c.strikes).where(host.c.name == name))), 0)

    def reserve(self, name: str, now: datetime, interval: float) -> datetime:
        """The moment at which the caller may ask the host; whoever comes next waits `interval` seconds longer."""
        with self.transaction():
            query = select(host.c.next_at).where(host.c.name == name).with_for_update()
            begin = max(next(iter(self._column(query)), ""), stamp(now))
            following = stamp(unstamp(begin) + timedelta(seconds=interval))
            row = {"name": name, "next_at": following, "rest_until": "", "strikes": 0}
            self._put(host, ("name",), [row], ("next_at",))
        return unstamp(begin)

    def absorbed(self) -> dict[str, int]:
        """WARC files that the views know whole: path in the archive → size in bytes."""
        return {row.file: row.size for row in self._rows(select(warcfile.c.file, warcfile.c.size))}

    def mark_absorbed(self, file: str, size: int) -> None:
        """The views know all that this file holds."""
        self._put(warcfile, ("file",), [{"file": file, "size": size}])

    def _put(
        self, table: object, key: tuple[str, ...], rows: list[dict[str, object]], only: tuple[str, ...] = ()
    ) -> None:
        """Insert, or set the other columns (`only` some of them) where the row is there."""
        insert = _INSERT[self.backend](table)  # type: ignore[arg-type]
        changed = only or tuple(name for name in rows[0] if name not in key)
        chosen = {name: insert.excluded[name] for name in changed}
        self._write(insert.on_conflict_do_update(index_elements=key, set_=chosen), rows)
