"""Page requisites: which were asked with what result (archival), and which are still wanted (work)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy import literal_column as literal

from newsbot.article import REASONS
from newsbot.ledger.database import Database
from newsbot.ledger.schema import requisite, wanted
from newsbot.ledger.statement import BLANK, Backend, Insert, Statement, at_most, either, parameters, put_new
from newsbot.ledger.values import as_keys, storable
from newsbot.ledger.work import FARTHEST, after
from newsbot.sina.urls import first_page, further_prefix
from newsbot.text import stamp

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.sql.dml import ReturningUpdate

    from newsbot.article import Capture


@dataclass(frozen=True, slots=True)
class Asked:
    """How a requisite was answered last."""

    url: str
    kind: str  #: image, style or part
    key: str  #: article.Key of the answer
    status: int
    reason: str  #: why there is none, a word of article.REASONS; '' when it is kept


@dataclass(frozen=True, slots=True)
class Wanted:
    """A requisite to ask for."""

    url: str
    kind: str
    of: str  #: the article page's URL
    referer: str
    attempts: int = 0  #: earlier ones that failed


def _answer(backend: Backend) -> Insert:
    row = backend.insert(requisite).values(parameters(requisite.c.keys()))
    newer = row.excluded.key > requisite.c.key
    chosen = either(newer, row, ("kind", "key", "status", "reason"))
    return row.on_conflict_do_update(index_elements=["url"], set_=chosen, where=newer)


def _lease(backend: Backend) -> ReturningUpdate[Any]:
    """The newest that are free and due become the owner's; rows another process is just taking are passed over."""
    free = (
        select(wanted.c.url)
        .where(
            (wanted.c.expires <= bindparam("now")) | (wanted.c.expires > bindparam("far")),
            wanted.c.kind.in_(backend.each_key),
            (wanted.c.not_before <= bindparam("now")) | (wanted.c.not_before > bindparam("far")),
        )
        .order_by(wanted.c.since.desc(), wanted.c.url)
        .with_for_update(skip_locked=True)
    )
    names = ("url", "kind", "of", "referer", "attempts")
    return (
        update(wanted)
        .where(wanted.c.url.in_(at_most(free).scalar_subquery()))
        .values(owner=bindparam("by"), expires=bindparam("until"))
        .returning(*(wanted.c[name] for name in names))
    )


_ANSWER = Statement(_answer)
_ANSWERS = Statement(
    lambda backend: select(*(requisite.c[name] for name in Asked.__slots__)).where(
        requisite.c.url.in_(backend.each_key)
    )
)
_PARTS = Statement(
    select(requisite.c.url).where(
        requisite.c.url > bindparam("prefix"), requisite.c.url < bindparam("end"), requisite.c.kind == literal("'part'")
    )
)
_WANT = put_new(wanted, ["url", "kind", "of", "referer", "since"])
_LEASE = Statement(_lease)
_MINE = (wanted.c.url == bindparam("of_url")) & (wanted.c.owner == bindparam("by"))
_DONE = Statement(delete(wanted).where(wanted.c.url == bindparam("of_url")))
_ANSWERED = Statement(delete(wanted).where(wanted.c.url == bindparam("of_url"), wanted.c.since <= bindparam("when")))
_PUT_OFF = Statement(
    update(wanted)
    .where(_MINE)
    .values(
        owner=BLANK,
        expires=BLANK,
        not_before=bindparam("later"),
        attempts=wanted.c.attempts + bindparam("tries", type_=wanted.c.attempts.type),
    )
)
_COUNT = Statement(select(func.count()).select_from(wanted))


class Requisites(Database):
    """What pages need beside themselves."""

    def note_requisite(self, url: str, kind: str, seen: Capture, reason: str) -> None:
        """Note an answer to a requisite's request, or that there was none; one that lasts is wanted no more."""
        row = {"url": url, "kind": kind, "key": seen.key(), "status": seen.status, "reason": reason}
        with self.transaction():
            self._run(_ANSWER, storable(row))
            if not reason or REASONS[reason]:
                self._run(_ANSWERED, storable({"of_url": url, "when": seen.date}))

    def asked(self, urls: Sequence[str]) -> dict[str, Asked]:
        """How these were answered last; the ones never asked are left out."""
        return {row[0]: Asked(*row) for row in self._rows(_ANSWERS, keys=as_keys(urls))}

    def parts(self, url: str) -> list[str]:
        """The further pages of the article at `url` that were asked for, in their order (canonical URLs)."""
        prefix = further_prefix(url)
        if not prefix:
            return []
        rows = self._rows(_PARTS, prefix=prefix, end=prefix[:-1] + chr(ord(prefix[-1]) + 1))
        found = [part for (part,) in rows if first_page(part) == first_page(url)]
        return sorted(found, key=lambda part: (len(part), part))

    def want(self, one: Wanted, now: datetime) -> None:
        """Ask for it when there is time; nothing changes when it is wanted already."""
        row = {"url": one.url, "kind": one.kind, "of": one.of, "referer": one.referer, "since": stamp(now)}
        self._run(_WANT, storable(row))

    def lease_wanted(
        self, owner: str, limit: int, now: datetime, seconds: float, *, kinds: Sequence[str]
    ) -> list[Wanted]:
        """Up to `limit` of these kinds that are due, of the newest articles; `owner`'s for `seconds`."""
        with self.transaction(alone=False):
            moments = {"now": stamp(now), "far": stamp(now + FARTHEST), "until": after(now, seconds)}
            rows = self._rows(_LEASE, by=owner, limit=limit, keys=as_keys(kinds), **moments)
        return [Wanted(*row) for row in rows]

    def done_wanted(self, url: str) -> None:
        """It is not wanted any more."""
        self._run(_DONE, {"of_url": url})

    def put_off_wanted(self, url: str, owner: str, until: datetime, *, tried: bool = True) -> None:
        """Give it back, to be asked again from `until` on; `tried` counts a failed attempt."""
        self._run(_PUT_OFF, {"of_url": url, "by": owner, "later": stamp(until), "tries": int(tried)})

    def count_wanted(self) -> int:
        """How many are still wanted."""
        count: int = self._rows(_COUNT)[0][0]
        return count
